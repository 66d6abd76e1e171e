package connecttest

import (
	"bytes"
	"fmt"
	"runtime"
	"time"
)

// openConnections counts the connections that HTTP clients of this process hold: each has a goroutine that reads.
func openConnections() int {
	dump := make([]byte, 1<<20)
	dump = dump[:runtime.Stack(dump, true)]
	return bytes.Count(dump, []byte("net/http.(*persistConn).readLoop(")) +
		bytes.Count(dump, []byte("net/http.(*http2ClientConn).readLoop("))
}

// connectionsClosed demands that a closed destination has let go of its connections by itself, before its peer goes.
func connectionsClosed(before int) error {
	const patience, step = 2 * time.Second, 5 * time.Millisecond
	for waited := time.Duration(0); ; waited += step {
		left := openConnections() - before
		if left <= 0 {
			return nil
		}
		if waited >= patience {
			return fmt.Errorf("closing the destination leaves %d connections open", left)
		}
		time.Sleep(step)
	}
}
