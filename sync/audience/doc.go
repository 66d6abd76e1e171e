// Package audience turns the definition of an audience into SQL and into a sentence: who of a model's records is a
// member at one moment, when time alone can next change that, and which keys a changed row concerns.
//
// The meaning is fixed here and nowhere else: full, incremental and sample evaluation, the numbers of a funnel and the
// explanation of one person are one text of SQL (DuckDB's dialect). The package runs no SQL, reads no file and has no
// clock: tables and types come in as a Catalogue, and the moment of an evaluation is the variable named by NowVariable.
package audience
