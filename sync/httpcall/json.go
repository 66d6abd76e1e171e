package httpcall

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"

	"github.com/freshet/freshet/sync/connect"
)

// JSON reads the whole body as one JSON value into v, numbers into any as json.Number. A body that is not JSON (a
// login page, a proxy's word, a broken-off reply) is a *connect.CallError Lost with code "reply.not_json"; JSON of
// another shape than v's has code "reply.unexpected". The body is never quoted: it can hold anything.
func JSON(reply *Reply, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(reply.Body))
	decoder.UseNumber()
	err := decoder.Decode(v)
	if err == nil {
		_, err = decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
	}
	out := &connect.CallError{Class: connect.Lost, Status: reply.Status, RequestID: RequestID(reply.Header),
		Code: "reply.not_json", Message: "the reply is not JSON but " + described(reply)}
	var shape *json.UnmarshalTypeError
	if errors.As(err, &shape) {
		out.Code, out.Message = "reply.unexpected", "the reply is JSON of an unexpected shape"
	}
	return out
}

func described(reply *Reply) string {
	if len(bytes.TrimSpace(reply.Body)) == 0 {
		return "empty"
	}
	kind, _, err := mime.ParseMediaType(reply.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return "of no known type"
	case kind == "application/json":
		return "broken (it says it is JSON)"
	}
	return kind + " (a proxy, a login page or a wrong address may have answered)"
}
