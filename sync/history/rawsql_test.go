package history

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// TestRawHistoryCanBeReadWithSQL: the files are for people as well, who find columns with names and types they know.
func TestRawHistoryCanBeReadWithSQL(t *testing.T) {
	r := New(t.TempDir()).Raw("carts")
	list := streamed(0, 0, 3)
	list[1].Key, list[1].Value, list[1].Headers = nil, nil, nil
	list[2].Key, list[2].Value = []byte{}, []byte{}
	list[2].Headers = []model.Header{{Name: "\xffa", Value: []byte{}}}
	many, bytes := streamed(1, 0, 200_000), 0
	for i := range many {
		bytes += len(many[i].Value)
	}
	archived(t, r, list, many)
	if err := withDuck(t.Context(), func(conn *sql.Conn) error {
		files := quoted(filepath.Join(r.dir, "*.parquet"))
		for query, want := range map[string]string{
			`SELECT string_agg(column_name || ' ' || column_type, ', ') FROM (DESCRIBE FROM read_parquet(` + files + `))`: `topic VARCHAR, ` +
				`topic_id UUID, partition INTEGER, offset BIGINT, epoch INTEGER, ts TIMESTAMP WITH TIME ZONE, key BLOB, value BLOB, ` +
				`headers STRUCT("name" VARCHAR, "value" BLOB, name_bytes BLOB)[]`,
			`SELECT topic || ' ' || topic_id || ' ' || epoch || ' ' || (ts = '2026-03-01 10:00:00.123+00') || ' ' || decode(key) || ' ' ||
				(decode(value)->'after'->>'id') || ' ' || headers[1].name || ' ' || len(headers) || ' ' || (headers[2].value IS NULL) || ' ' ||
				(headers[1].value = '\x00\x00'::BLOB) FROM read_parquet(` + files + `) WHERE partition = 0 AND "offset" = 0`: `shop.carts ` +
				`01000000-0000-0000-0000-000000000002 3 true {"id":0} 0 trace 2 true true`,
			`SELECT concat_ws(' ', key IS NULL, value IS NULL, len(headers)) FROM read_parquet(` + files + `) WHERE partition = 0 AND "offset" = 1`: `true true 0`,
			`SELECT concat_ws(' ', octet_length(key), octet_length(value), headers[1].name, headers[1].name_bytes) FROM read_parquet(` + files + `)
				WHERE partition = 0 AND "offset" = 2`: "0 0 \ufffda \\xFFa",
			`SELECT concat_ws(' ', count(*), sum("offset")::BIGINT, count(DISTINCT key), sum(len(headers))::BIGINT, sum(octet_length(value))::BIGINT)
				FROM read_parquet(` + files + `) WHERE partition = 1`: fmt.Sprintf("200000 19999900000 10 400000 %d", bytes),
		} {
			var got string
			if err := conn.QueryRowContext(t.Context(), query).Scan(&got); err != nil {
				t.Errorf("%s: %v", query, err)
			}
			if got != want {
				t.Errorf("%s:\n got %s\nwant %s", query, got, want)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestDeliveriesCanBeReadWithSQL: as the raw history, what was sent is there for people with SQL.
func TestDeliveriesCanBeReadWithSQL(t *testing.T) {
	s := New(t.TempDir())
	list := delivered("a", "run_1", 0, 3)
	list[1].SettledAt = time.Time{}
	path, _, err := s.Write(t.Context(), "a", "run_1", batches(list, 2))
	must(t, err)
	must(t, withDuck(t.Context(), func(conn *sql.Conn) error {
		for query, want := range map[string]string{
			`SELECT string_agg(column_name || ' ' || column_type, ', ') FROM (DESCRIBE FROM ` + quoted(path) + `)`: `sync VARCHAR, run VARCHAR, ` +
				`call VARCHAR, ord BIGINT, key VARCHAR, verb VARCHAR, verdict VARCHAR, effect VARCHAR, cause VARCHAR, version VARCHAR, code VARCHAR, ` +
				`message VARCHAR, request_id VARCHAR, remote_id VARCHAR, attempt BIGINT, intended_at TIMESTAMP WITH TIME ZONE, ` +
				`settled_at TIMESTAMP WITH TIME ZONE, match VARCHAR, fields VARCHAR, before VARCHAR`,
			`SELECT concat_ws(' ', key, fields->>'n', intended_at = '2026-03-01 10:00:00.123456+00', settled_at IS NULL) FROM ` + quoted(path) +
				` WHERE ord = 1`: "k1 1 true true",
		} {
			var got string
			must(t, conn.QueryRowContext(t.Context(), query).Scan(&got))
			if got != want {
				t.Errorf("%s:\n got %s\nwant %s", query, got, want)
			}
		}
		return nil
	}))
}
