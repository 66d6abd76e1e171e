package files

import (
	"bytes"
	"unicode/utf8"
)

type parseState uint8

const (
	complete parseState = iota
	openQuote
	strayQuote
)

// parser takes one CSV row apart, line by line.
type parser struct {
	delimiter, quote, ending byte

	text   []byte // the values, one after the other, unquoted
	ends   []int  // where each value ends in text
	open   bool   // the line before ended inside quotes
	odd    bool   // other readers may take this row apart otherwise
	broken bool   // bytes that are not UTF-8 text
}

func (p *parser) reset() {
	p.text, p.ends, p.open, p.odd, p.broken = p.text[:0], p.ends[:0], false, false, false
}

// field gives value i of the row; it holds until the next reset.
func (p *parser) field(i int) []byte {
	start := 0
	if i > 0 {
		start = p.ends[i-1]
	}
	return p.text[start:p.ends[i]]
}

func (p *parser) feed(line []byte) parseState {
	if !utf8.Valid(line) || bytes.IndexByte(line, 0) >= 0 {
		p.broken = true
	}
	end := body(line, p.ending)
	i := 0
	for {
		var state parseState
		if p.open || i < end && line[i] == p.quote {
			if !p.open {
				i++
			}
			i, state = p.quoted(line, i, end)
			if state != complete {
				return state
			}
		} else {
			i = p.bare(line, i, end)
		}
		p.ends = append(p.ends, len(p.text))
		if i >= end {
			return complete
		}
		i++ // the delimiter
	}
}

// bare reads a value without quotes and stops at its delimiter or the line's end.
func (p *parser) bare(line []byte, i, end int) int {
	stop := bytes.IndexByte(line[i:end], p.delimiter)
	if stop < 0 {
		stop = end - i
	}
	value := line[i : i+stop]
	if bytes.IndexByte(value, p.quote) >= 0 || bytes.IndexByte(value, '\r') >= 0 || bytes.IndexByte(value, '\n') >= 0 {
		p.odd = true
	}
	p.text = append(p.text, value...)
	return i + stop
}

// quoted reads on inside quotes and stops behind the closing one.
func (p *parser) quoted(line []byte, i, end int) (int, parseState) {
	p.open = true
	for {
		stop := bytes.IndexByte(line[i:], p.quote)
		if stop < 0 {
			p.text = append(p.text, line[i:]...)
			return len(line), openQuote
		}
		p.text = append(p.text, line[i:i+stop]...)
		i += stop + 1
		if i < len(line) && line[i] == p.quote {
			p.text = append(p.text, p.quote)
			i++
			continue
		}
		p.open = false
		if i < end && line[i] != p.delimiter {
			return i, strayQuote
		}
		return i, complete
	}
}
