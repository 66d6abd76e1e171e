package audience

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// buckets is how many there are: a bucket is a hundredth of a percent.
const buckets = 10000

// BucketOf is the bucket of a key: the first 60 bits of SHA-256(salt, 0x1F, key), modulo 10000. It never changes for a key.
func BucketOf(salt, key string) int {
	sum := sha256.Sum256([]byte(salt + "\x1f" + key))
	return int(binary.BigEndian.Uint64(sum[:8]) >> 4 % buckets)
}

// bucketOf is BucketOf in SQL.
func bucketOf(salt, key string) string {
	return fmt.Sprintf("(CAST('0x' || substr(sha256(%s || chr(31) || %s), 1, 15) AS UBIGINT) %% %d)", literal(salt), key, buckets)
}

// inBucket is SQL for the question whether the key's bucket is at least from and below to.
func inBucket(salt, key string, from, to int) string {
	b := bucketOf(salt, key)
	return fmt.Sprintf("coalesce(%s >= %d AND %s < %d, false)", b, from, b, to)
}
