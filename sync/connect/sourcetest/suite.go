package sourcetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// Suite is what the tests need to know of a source.
type Suite struct {
	Driver   connect.Driver
	Settings func(t *testing.T) connect.Settings // a healthy source with the table below, made anew at each call
	Table    string                              // one of its tables: "customers"
	Key      string                              // a column of it that can be a model's key
	Rows     int64                               // rows of the table that can be read
	Problems int                                 // rows of the table that cannot be read
	Broken   []Broken                            // settings with which attaching must fail
}

// Broken is a source that cannot be attached.
type Broken struct {
	Name     string
	Settings func(t *testing.T) connect.Settings
	Code     string   // the fault's code: "duckdb.missing"
	Names    []string // what the message must name, so that people find it: a file, a process
	Hides    []string // row values that must not be in the message
}

// Run proves a source.
func Run(t *testing.T, s Suite) {
	t.Run("spec says what it is", func(t *testing.T) { checkSpec(t, s) })
	t.Run("attaches and can be read", func(t *testing.T) { checkRead(t, s, "warehouse") })
	for _, alias := range []string{"my-shop", "Größe", `quo"ted`, "select", "it's"} {
		t.Run("alias "+alias, func(t *testing.T) { checkRead(t, s, alias) })
	}
	t.Run("refuses writes", func(t *testing.T) { checkReadOnly(t, s) })
	t.Run("reports rows it cannot read", func(t *testing.T) { checkProblems(t, s) })
	t.Run("attaches again after close", func(t *testing.T) { checkAgain(t, s) })
	t.Run("stops when told", func(t *testing.T) { checkCanceled(t, s) })
	for _, b := range s.Broken {
		t.Run("clear about "+b.Name, func(t *testing.T) { checkBroken(t, s, b) })
	}
}

func checkSpec(t *testing.T, s Suite) {
	if s.Driver.Spec.Type == "" || s.Driver.Spec.Title == "" || s.Driver.Spec.Summary == "" {
		t.Error("the Spec needs a type, a title and a summary")
	}
	for _, setting := range s.Driver.Spec.Settings {
		if setting.Title == "" || setting.Help == "" {
			t.Errorf("setting %s needs a title and a sentence of help", setting.Name)
		}
	}
}

// start opens an engine and the source; both are closed with the test.
func start(t *testing.T, s Suite, settings connect.Settings) (*engine.Engine, connect.Relational) {
	t.Helper()
	e, err := engine.Open(t.Context(), engine.Options{Dir: t.TempDir(), MemoryMB: 256})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error("closing the engine:", err)
		}
	})
	return e, source(t, s, settings)
}

func source(t *testing.T, s Suite, settings connect.Settings) connect.Relational {
	t.Helper()
	src, err := s.Driver.Source(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	relational, ok := src.(connect.Relational)
	if !ok {
		t.Fatal("the source is not Relational")
	}
	return relational
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (s Suite) model(alias string) model.Model {
	return model.Model{Name: "m", SQL: "select * from " + quote(alias) + "." + quote(s.Table), Key: []string{s.Key}}
}

// rows attaches the source under the alias and counts what a model over its table has.
func rows(t *testing.T, s Suite, e *engine.Engine, src connect.Relational, alias string) int64 {
	t.Helper()
	if err := e.Attach(t.Context(), alias, src); err != nil {
		t.Fatal(err)
	}
	described, err := e.Describe(t.Context(), s.model(alias))
	if err != nil {
		t.Fatal(err)
	}
	w, err := e.Walk(t.Context(), s.model(alias), described.Columns, engine.MatchCheck{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return w.Rows()
}

func checkRead(t *testing.T, s Suite, alias string) {
	e, src := start(t, s, s.Settings(t))
	if n := rows(t, s, e, src, alias); n != s.Rows {
		t.Errorf("%d rows, want %d", n, s.Rows)
	}
}

// checkReadOnly writes through the very connection that a source is given.
func checkReadOnly(t *testing.T, s Suite) {
	e, src := start(t, s, s.Settings(t))
	table := quote("warehouse") + "." + quote(s.Table)
	for _, write := range []string{
		"DELETE FROM " + table,
		"UPDATE " + table + " SET " + quote(s.Key) + " = NULL",
		"INSERT INTO " + table + " SELECT * FROM " + table,
		"ALTER TABLE " + table + " ADD COLUMN intruder INTEGER",
	} {
		if err := e.Attach(t.Context(), "warehouse", src); err != nil && !fault.Is(err, "engine.alias_taken") {
			t.Fatal(err)
		}
		if err := e.Attach(t.Context(), "writer of "+write, writer(write)); err == nil {
			t.Errorf("%s was let through", write)
		}
	}
	w, err := e.Walk(t.Context(), s.model("warehouse"), nil, engine.MatchCheck{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if w.Rows() != s.Rows {
		t.Errorf("%d rows after the attempts, want %d", w.Rows(), s.Rows)
	}
}

// writer is a statement dressed as a source.
type writer string

func (writer) Close() error { return nil }

func (w writer) Attach(ctx context.Context, db connect.SQL, _ string) ([]connect.Problem, error) {
	return nil, db.Exec(ctx, string(w))
}

func checkProblems(t *testing.T, s Suite) {
	e, src := start(t, s, s.Settings(t))
	if err := e.Attach(t.Context(), "warehouse", src); err != nil {
		t.Fatal(err)
	}
	described, err := e.Describe(t.Context(), s.model("warehouse"))
	if err != nil {
		t.Fatal(err)
	}
	problems := e.Problems(described.Tables)
	if len(problems) != s.Problems {
		t.Errorf("%d problems, want %d: %v", len(problems), s.Problems, problems)
	}
	for _, p := range problems {
		if p.Code == "" || p.Message == "" || p.Table == "" {
			t.Errorf("a problem needs table, code and message: %+v", p)
		}
	}
}

// checkAgain opens the same source a second time, in a second engine, after the first has gone.
func checkAgain(t *testing.T, s Suite) {
	settings := s.Settings(t)
	for range 2 {
		e, err := engine.Open(t.Context(), engine.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		src := source(t, s, settings)
		if n := rows(t, s, e, src, "warehouse"); n != s.Rows {
			t.Errorf("%d rows, want %d", n, s.Rows)
		}
		if err := errors.Join(e.Close(), src.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func checkCanceled(t *testing.T, s Suite) {
	e, src := start(t, s, s.Settings(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	if err := e.Attach(ctx, "warehouse", src); err == nil {
		t.Error("attached though the context was done")
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("stopping took %s", took)
	}
}

func checkBroken(t *testing.T, s Suite, b Broken) {
	settings := b.Settings(t)
	src, err := s.Driver.Source(t.Context(), settings)
	if err == nil {
		defer src.Close()
		e, _ := start(t, s, s.Settings(t))
		err = e.Attach(t.Context(), "warehouse", src.(connect.Relational))
	}
	if !fault.Is(err, b.Code) {
		t.Fatalf("got %v, want a fault %s", err, b.Code)
	}
	f := fault.As(err)
	if f.Suggestion == "" {
		t.Error("the fault does not say what to do")
	}
	said := f.Error() + " " + f.Suggestion
	for _, want := range b.Names {
		if !strings.Contains(said, want) {
			t.Errorf("%q does not name %q", said, want)
		}
	}
	for _, value := range b.Hides {
		if strings.Contains(said, value) {
			t.Errorf("the message shows the row value %q", value)
		}
	}
}
