package control_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAScheduledSyncFollowsTheWarehouse: a row that is changed between two runs, while the workspace is served, arrives.
func TestAScheduledSyncFollowsTheWarehouse(t *testing.T) {
	s := newShop(t, 20, "upsert", "keep")
	s.define(strings.Replace(s.yaml, "on_leave: keep", "schedule: {every: 1s}", 1))
	service := s.service()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Serve(ctx) }()
	arrives := func(n int) {
		t.Helper()
		for range 400 {
			if len(s.receiver.Records("customers")) == n {
				return
			}
			time.Sleep(25 * time.Millisecond)
		}
		t.Errorf("the receiver holds %d records, want %d", len(s.receiver.Records("customers")), n)
	}
	arrives(20)
	s.between(`insert into customers values (1000, 'new@example.com', 'New', 'pro', 1.00)`)
	arrives(21)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := service.Close(); err != nil {
		t.Error(err)
	}
	s.receives(everything)
}

// between changes the warehouse while nobody reads it: a run that reads it keeps writers out.
func (s *shop) between(query string) {
	s.t.Helper()
	var err error
	for range 400 {
		var db *sql.DB
		if db, err = sql.Open("duckdb", filepath.Join(s.dir, "warehouse.duckdb")); err == nil {
			_, err = db.Exec(query)
			_ = db.Close()
		}
		if err == nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.t.Fatal(err)
}
