package webhook

import (
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// appendBody writes one call. It appends bytes and builds no maps: this is the inner loop of a delivery.
func appendBody(dst []byte, b connect.Batch) []byte {
	dst = append(dst, `{"sync":`...)
	dst = model.AppendQuoted(dst, b.Sync)
	dst = append(dst, `,"batch":`...)
	dst = model.AppendQuoted(dst, string(b.ID))
	if b.Object != "" {
		dst = append(dst, `,"object":`...)
		dst = model.AppendQuoted(dst, b.Object)
	}
	dst = append(dst, `,"records":[`...)
	for i := range b.Ops {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendRecord(dst, b.Verb, &b.Ops[i])
	}
	return append(dst, `]}`...)
}

func appendRecord(dst []byte, verb connect.Verb, op *connect.Operation) []byte {
	dst = append(dst, opening(verb)...)
	dst = model.AppendQuoted(dst, string(op.Key))
	if op.Version != "" {
		dst = append(dst, `,"version":`...)
		dst = model.AppendQuoted(dst, op.Version)
	}
	if len(op.Match) > 0 {
		dst = op.Match.AppendNested(append(dst, `,"match":`...))
	}
	if len(op.PriorMatch) > 0 {
		dst = op.PriorMatch.AppendNested(append(dst, `,"prior_match":`...))
	}
	if !verb.Leaving() || verb == connect.Clear {
		dst = op.Fields.AppendNested(append(dst, `,"fields":`...))
	}
	return append(dst, '}')
}

func opening(verb connect.Verb) string {
	switch verb {
	case connect.Upsert:
		return `{"op":"upsert","key":`
	case connect.Update:
		return `{"op":"update","key":`
	case connect.Insert:
		return `{"op":"insert","key":`
	case connect.Clear:
		return `{"op":"leave","leave":"clear","key":`
	case connect.Archive:
		return `{"op":"leave","leave":"archive","key":`
	case connect.Delete:
		return `{"op":"leave","leave":"delete","key":`
	}
	return ""
}
