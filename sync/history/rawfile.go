package history

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/parquet-go/parquet-go"
)

var (
	errDamaged = errors.New("it is damaged: its checksum is another")
	errForeign = errors.New("it has other columns: it is of another version")
)

// rawFile is a file of a feed's history that is open and was found whole.
type rawFile struct {
	segment
	runs []run
	file *os.File
	rows *parquet.File
}

// openRaw opens a file and compares all of it with its checksum, so that nothing is ever read of a damaged one. Its
// error is fs.ErrNotExist where the file has gone, or a fault that names it.
func openRaw(dir string, s segment) (*rawFile, error) {
	return openSegment(dir, s, (*rawFile).checkWhole)
}

// readRuns reads only what the footer says of a file's events.
func readRuns(dir string, s segment) ([]run, error) {
	f, err := openSegment(dir, s, func(*rawFile) error { return nil })
	if err != nil {
		return nil, err
	}
	return f.runs, f.close()
}

func openSegment(dir string, s segment, check func(*rawFile) error) (*rawFile, error) {
	path := filepath.Join(dir, s.name)
	file, err := os.Open(path)
	if err != nil {
		return nil, goneOr(path, err)
	}
	f := &rawFile{segment: s, file: file}
	if err = check(f); err == nil {
		err = f.load()
	}
	if err != nil {
		_ = file.Close()
		return nil, rawUnreadable(path, err)
	}
	return f, nil
}

func (f *rawFile) close() error { return f.file.Close() }

func (f *rawFile) checkWhole() error {
	sum := crc32.New(castagnoli)
	if _, err := io.Copy(sum, f.file); err != nil {
		return err
	}
	if sum.Sum32() != f.whole {
		return errDamaged
	}
	return nil
}

// load reads the footer, once it is known to be what was written.
func (f *rawFile) load() error {
	sum, err := footerSum(f.file)
	if err != nil {
		return err
	}
	if sum != f.footer {
		return errDamaged
	}
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	f.rows, err = parquet.OpenFile(f.file, info.Size(), parquet.ReadBufferSize(64<<10), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	if !hasRawColumns(f.rows.Schema()) {
		return errForeign
	}
	runs, _ := f.rows.Lookup(runsKey)
	return json.Unmarshal([]byte(runs), &f.runs)
}

// hasRawColumns says whether a file begins with the columns that are read; later versions may have more.
func hasRawColumns(schema *parquet.Schema) bool {
	wanted, found := parquet.SchemaOf(rawRow{}).Columns(), schema.Columns()
	return len(found) >= len(wanted) && slices.EqualFunc(wanted, found[:len(wanted)], slices.Equal[[]string])
}

// footerSum is the checksum of a file's footer: what the file says of its own contents.
func footerSum(file *os.File) (uint32, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	var end [8]byte // the footer's length, and "PAR1"
	size := info.Size()
	if size < int64(len(end)) {
		return 0, errDamaged
	}
	if _, err := file.ReadAt(end[:], size-int64(len(end))); err != nil {
		return 0, err
	}
	length := int64(binary.LittleEndian.Uint32(end[:4])) + int64(len(end))
	if length > size {
		return 0, errDamaged
	}
	sum := crc32.New(castagnoli)
	_, err = io.Copy(sum, io.NewSectionReader(file, size-length, length))
	return sum.Sum32(), err
}
