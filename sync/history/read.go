package history

import (
	"context"
	"database/sql"
	"os"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// Trace gives every delivery of a record, oldest first; none where nothing was ever delivered.
func (s *Store) Trace(ctx context.Context, sync string, key model.Key) ([]Delivery, error) {
	files, err := s.files(sync)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	var list []Delivery
	err = withDuck(ctx, func(conn *sql.Conn) error {
		list, err = trace(ctx, conn, files, key)
		return err
	})
	if err != nil && ctx.Err() == nil {
		return nil, unreadable(s.folder(sync), err)
	}
	return list, err
}

func trace(ctx context.Context, conn *sql.Conn, files []string, key model.Key) ([]Delivery, error) {
	columns := columns()
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = `"` + c.name + `"`
	}
	rows, err := conn.QueryContext(ctx, `SELECT `+strings.Join(names, ", ")+` FROM read_parquet(`+listed(files)+
		`, union_by_name = true, hive_partitioning = false) WHERE key = ? ORDER BY intended_at, attempt, run, ord`, valid(string(key)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Delivery
	values := make([]any, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		var d Delivery
		for i, c := range columns {
			c.set(&d, values[i])
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

// Size tells what a sync's history takes: files, bytes on the disk, deliveries.
func (s *Store) Size(ctx context.Context, sync string) (files int, bytes int64, rows int64, err error) {
	names, err := s.files(sync)
	if err != nil || len(names) == 0 {
		return 0, 0, 0, err
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return 0, 0, 0, unreadable(name, err)
		}
		bytes += info.Size()
	}
	rows, err = s.count(ctx, names)
	return len(names), bytes, rows, err
}

// count reads the number of rows from the files' own footers.
func (s *Store) count(ctx context.Context, files []string) (rows int64, err error) {
	err = withDuck(ctx, func(conn *sql.Conn) error {
		return conn.QueryRowContext(ctx, `SELECT coalesce(sum(num_rows), 0)::BIGINT FROM parquet_file_metadata(`+listed(files)+`)`).Scan(&rows)
	})
	if err != nil && ctx.Err() == nil {
		return 0, unreadable(s.dir, err)
	}
	return rows, err
}

// RunsIn names the runs whose deliveries are in the file that carries a run's name, that run among them; none where there is
// no such file.
func (s *Store) RunsIn(ctx context.Context, sync string, run model.RunID) (ids []model.RunID, err error) {
	path := s.file(sync, run)
	if _, err := os.Stat(path); err != nil {
		return nil, nil
	}
	ids = append(ids, run)
	err = withDuck(ctx, func(conn *sql.Conn) error {
		rows, err := conn.QueryContext(ctx, `SELECT DISTINCT run FROM read_parquet(`+listed([]string{path})+`) WHERE run <> ?`, string(run))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id model.RunID
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	if err != nil && ctx.Err() == nil {
		return nil, unreadable(path, err)
	}
	return ids, err
}
