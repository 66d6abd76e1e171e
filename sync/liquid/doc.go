// Package liquid renders Liquid templates over one row of a model, exactly and strictly.
//
// Everything that can be wrong before a row is seen is found by Parse: tags that are not closed, filters and columns that
// do not exist, filters with too few or too many values. What can only be seen in a row fails that row. Numbers are exact:
// they are rationals, never binary floating point, and a number that is only printed keeps every digit of its source. A
// template is a function of its row: it has no clock, no files and no other templates, and it is bounded in output, in
// work and in depth.
//
// The dialect is Shopify's: the tags if, unless, case, for, assign, capture, comment and raw, and the filters in filters.go.
// It differs where Liquid would go on with something nobody meant: an unknown name, a number made of text that is none, a
// text compared with a number and a date that cannot be read are errors.
//
// The package must not know destinations, mappings or how errors are shown.
package liquid
