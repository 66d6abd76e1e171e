package history

import (
	"github.com/duckdb/duckdb-go/v2"
)

// stream hands deliveries to DuckDB as a table, a few thousand at a time, so that a run of any length is written with
// the memory of one row group.
type stream struct {
	next    func() ([]Delivery, error)
	columns []column
	waiting []Delivery
	rows    int64
	ended   bool
	err     error // what next failed with; DuckDB only keeps its text
}

// table is the stream as a function of SQL without arguments.
func (s *stream) table() duckdb.ChunkTableFunction {
	return duckdb.ChunkTableFunction{
		BindArguments: func(map[string]any, ...any) (duckdb.ChunkTableSource, error) { return s, nil },
	}
}

// ColumnInfos is part of duckdb.ChunkTableSource.
func (s *stream) ColumnInfos() []duckdb.ColumnInfo {
	infos := make([]duckdb.ColumnInfo, len(s.columns))
	for i, c := range s.columns {
		kind, err := duckdb.NewTypeInfo(c.kind)
		if err != nil {
			s.err = err
		}
		infos[i] = duckdb.ColumnInfo{Name: c.name, T: kind}
	}
	return infos
}

// Cardinality is part of duckdb.ChunkTableSource: nobody knows yet.
func (s *stream) Cardinality() *duckdb.CardinalityInfo { return nil }

// Init is part of duckdb.ChunkTableSource.
func (s *stream) Init() {}

// fill makes sure that something waits, unless the deliveries have ended.
func (s *stream) fill() error {
	for len(s.waiting) == 0 && !s.ended && s.err == nil {
		s.waiting, s.err = s.next()
		s.ended = len(s.waiting) == 0
	}
	return s.err
}

// FillChunk is part of duckdb.ChunkTableSource.
func (s *stream) FillChunk(chunk duckdb.DataChunk) error {
	n, room := 0, duckdb.GetDataChunkCapacity()
	for n < room {
		if err := s.fill(); err != nil {
			return err
		}
		if s.ended {
			break
		}
		take := min(room-n, len(s.waiting))
		for i := range take {
			if err := s.put(chunk, n+i, &s.waiting[i]); err != nil {
				s.err = err
				return err
			}
		}
		s.waiting = s.waiting[take:]
		n += take
	}
	s.rows += int64(n)
	return chunk.SetSize(n)
}

func (s *stream) put(chunk duckdb.DataChunk, row int, d *Delivery) error {
	for i := range s.columns {
		if err := chunk.SetValue(i, row, s.columns[i].get(d)); err != nil {
			return err
		}
	}
	return nil
}
