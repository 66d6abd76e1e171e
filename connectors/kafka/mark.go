package kafka

import (
	"net/url"
	"strconv"
	"strings"
)

// markName begins the metadata of every commit of ours; the number is the version of what follows it.
const markName = "freshet/1"

// mark is what travels with a commit: whose it is, and how often that ledger had been opened by then.
func mark(state string, opening int64) string {
	return markName + " " + url.PathEscape(state) + " " + strconv.FormatInt(opening, 10)
}

// readMark takes a mark apart; ok is false for what is no mark.
func readMark(text string) (state string, opening int64, ok bool) {
	words := strings.Split(text, " ")
	if len(words) != 3 || words[0] != markName {
		return "", 0, false
	}
	state, err := url.PathUnescape(words[1])
	opening, err2 := strconv.ParseInt(words[2], 10, 64)
	return state, opening, err == nil && err2 == nil
}

// judge says why a commit is not one that this ledger may go on beside; "" where it may.
func (st *stream) judge(c committed) string {
	if st.state == "" || st.adopt || c.offset < 0 {
		return ""
	}
	state, opening, ours := readMark(c.metadata)
	switch {
	case !ours:
		return strangerCommits
	case state != st.state:
		return otherState
	case opening > st.count:
		return newerCopy
	}
	return ""
}
