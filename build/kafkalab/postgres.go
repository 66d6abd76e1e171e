package lab

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// owner is the user the database runs as: it refuses to run as root.
type owner struct{ uid, gid uint32 }

func databaseOwner() (owner, error) {
	if os.Getuid() != 0 {
		return owner{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(found.Uid, 10, 32)
		gid, _ := strconv.ParseUint(found.Gid, 10, 32)
		return owner{uint32(uid), uint32(gid)}, nil
	}
	return owner{}, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

// startPostgres makes a new database cluster that keeps what logical replication needs, and the database "shop".
func (l *Lab) startPostgres(ctx context.Context) error {
	who, err := databaseOwner()
	if err != nil {
		return err
	}
	dir, port := l.path("postgres"), freePort()
	if err := l.initdb(ctx, who, dir); err != nil {
		return err
	}
	secret, err := os.ReadFile(l.path("postgres.secret"))
	if err != nil {
		return err
	}
	dsn := func(database string) string {
		return fmt.Sprintf("postgres://lab:%s@127.0.0.1:%d/%s?sslmode=disable", secret, port, database)
	}
	l.PG = dsn("shop")
	l.Postgres = &Service{
		name:    "postgres",
		log:     l.path("postgres.log"),
		polite:  os.Interrupt,    // fast: open sessions are ended
		harsh:   syscall.SIGQUIT, // immediate: its processes end at once, and nothing is put in order
		command: func() *exec.Cmd { return l.postgresCommand(who, dir, port) },
		ready:   func(ctx context.Context) error { return execute(ctx, dsn("postgres"), "select 1") },
	}
	l.closing(l.Postgres)
	if err := l.Postgres.start(ctx); err != nil {
		return err
	}
	return execute(ctx, dsn("postgres"), "create database shop")
}

func (l *Lab) initdb(ctx context.Context, who owner, dir string) error {
	secret := l.path("postgres.secret")
	if err := os.WriteFile(secret, []byte(rand.Text()), 0o600); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if who.uid != 0 {
		for _, name := range []string{secret, dir} {
			if err := os.Chown(name, int(who.uid), int(who.gid)); err != nil {
				return err
			}
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(l.tools.postgres, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "lab",
		"--pwfile", secret, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C")
	cmd.Dir = dir
	cmd.SysProcAttr = attributes(who.uid, who.gid)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("making a database cluster: %w\n%s", err, out)
	}
	return nil
}

func (l *Lab) postgresCommand(who owner, dir string, port int) *exec.Cmd {
	settings := []string{"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(port), "unix_socket_directories=" + dir,
		"wal_level=logical", "max_wal_senders=20", "max_replication_slots=20", "shared_buffers=32MB", "timezone=UTC"}
	cmd := exec.Command(filepath.Join(l.tools.postgres, "postgres"), "-D", filepath.Join(dir, "data"))
	for _, setting := range settings {
		cmd.Args = append(cmd.Args, "-c", setting)
	}
	cmd.Dir = dir
	cmd.SysProcAttr = attributes(who.uid, who.gid)
	return cmd
}

func execute(ctx context.Context, dsn, statement string) error {
	db, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	_, err = db.Exec(ctx, statement)
	return err
}
