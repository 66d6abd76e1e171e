package history

import (
	"context"
	"encoding/json"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/freshet/freshet/sync/model"
	"github.com/parquet-go/parquet-go"
)

const (
	batchRows  = 256
	batchBytes = 1 << 20  // events that are turned into columns together
	pageBytes  = 1 << 20  // what is decompressed at once when it is read
	groupBytes = 16 << 20 // events of a row group: held compressed in memory until it is full
	runsKey    = "freshet.runs"
)

// run is the events of one partition in a file: they stand together, in the order of their offsets.
type run struct {
	Topic     string        `json:"topic"`
	TopicID   model.TopicID `json:"topic_id"`
	Partition int32         `json:"partition"`
	First     int64         `json:"first"` // offsets, both included
	Last      int64         `json:"last"`
	Row       int64         `json:"row"` // where in the file
	Rows      int64         `json:"rows"`
}

func (r run) partition() partition { return partition{r.Topic, r.TopicID, r.Partition} }

// draft is a file being written. It takes events in the order of a file and in bounded memory.
type draft struct {
	file    *os.File
	out     *parquet.Writer
	sum     hash.Hash32
	waiting []*model.Event
	bytes   int64 // of the events that wait
	group   int64 // bytes of the row group
	values  []parquet.Value
	runs    []run
	about   segment
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// newDraft begins a file in a folder; the caller ends with finish or abandon.
func newDraft(dir string, about segment) (*draft, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(dir, "*"+part) // 0600: what people did is in it
	if err != nil {
		return nil, err
	}
	d := &draft{file: file, sum: crc32.New(castagnoli), about: about}
	options := []parquet.WriterOption{parquet.SchemaOf(rawRow{}), parquet.PageBufferSize(pageBytes),
		parquet.Compression(new(packing)), parquet.CreatedBy("freshet", "1", "")}
	for _, path := range unbounded {
		options = append(options, parquet.SkipPageBounds(path...))
	}
	d.out = parquet.NewWriter(io.MultiWriter(file, d.sum), options...)
	return d, nil
}

// add takes the next event. It is kept until it is written, so it must not change.
func (d *draft) add(e *model.Event) error {
	at, raw := e.At.UnixMilli(), rawBytes(e)
	if d.about.events == 0 {
		d.about.from, d.about.to = at, at
	}
	d.about.from, d.about.to = min(d.about.from, at), max(d.about.to, at)
	d.note(e)
	d.about.events++
	d.about.raw += raw
	d.waiting = append(d.waiting, e)
	if d.bytes += raw; len(d.waiting) < batchRows && d.bytes < batchBytes {
		return nil
	}
	return d.write()
}

// note keeps the account of runs.
func (d *draft) note(e *model.Event) {
	if n := len(d.runs); n > 0 && d.runs[n-1].partition() == partitionOf(e) {
		d.runs[n-1].Last = e.Offset
		d.runs[n-1].Rows++
		return
	}
	d.runs = append(d.runs, run{Topic: e.Topic, TopicID: e.TopicID, Partition: e.Partition, First: e.Offset, Last: e.Offset,
		Row: d.about.events, Rows: 1})
}

// write turns the events that wait into columns.
func (d *draft) write() error {
	for i, column := range d.out.ColumnWriters() {
		d.values = d.values[:0]
		for _, e := range d.waiting {
			d.values = appendValues(d.values, e, i)
		}
		if _, err := column.WriteRowValues(d.values); err != nil {
			return err
		}
	}
	clear(d.values)
	clear(d.waiting)
	d.group += d.bytes + int64(len(d.waiting))
	d.waiting, d.bytes = d.waiting[:0], 0
	if d.group < groupBytes {
		return nil
	}
	d.group = 0
	return d.out.Flush()
}

// finish puts the file on the disk under its name, or leaves nothing.
func (d *draft) finish(ctx context.Context) (segment, error) {
	dir := filepath.Dir(d.file.Name())
	err := ctx.Err()
	if err == nil {
		err = d.end()
	}
	if err != nil {
		return segment{}, d.abandon(err)
	}
	d.about.whole = d.sum.Sum32()
	d.about.name = d.about.fileName()
	path := filepath.Join(dir, d.about.name)
	if err = os.Rename(d.file.Name(), path); err == nil {
		// G29: the name is on the disk before anybody hears of it.
		err = syncPath(dir)
	}
	if err != nil {
		_ = os.Remove(path)
		return segment{}, d.abandon(err)
	}
	return d.about, nil
}

// end writes what is left and waits for the disk.
func (d *draft) end() error {
	runs, err := json.Marshal(d.runs)
	if err != nil {
		return err
	}
	if err := d.write(); err != nil {
		return err
	}
	d.out.SetKeyValueMetadata(runsKey, string(runs))
	if err := d.out.Close(); err != nil {
		return err
	}
	if d.about.footer, err = footerSum(d.file); err != nil {
		return err
	}
	return errors.Join(d.file.Sync(), d.file.Close())
}

// abandon takes the file away and gives back why.
func (d *draft) abandon(why error) error {
	_ = d.file.Close()
	_ = os.Remove(d.file.Name())
	return why
}
