package history

import (
	"sync"

	"github.com/klauspost/compress/zstd"
	parquetzstd "github.com/parquet-go/parquet-go/compress/zstd"
)

// packing is Parquet's zstd, packed by one packer for all files: the library makes one or two for each file, which take 8 MB each,
// and several files are made in a minute while events come fast.
type packing struct{ parquetzstd.Codec }

// packWindow is how far back a packer looks: twice as much memory is what it keeps.
const packWindow = 1 << 20

var packer = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithZeroFrames(true),
		zstd.WithEncoderCRC(false), zstd.WithWindowSize(packWindow))
})

// Encode packs one page.
func (*packing) Encode(dst, src []byte) ([]byte, error) {
	zip, err := packer()
	if err != nil {
		return nil, err
	}
	return zip.EncodeAll(src, dst[:0]), nil
}
