// Package window stub.
package window

import (
	"time"

	"github.com/freshet/freshet/sync/model"
)

type Op uint8

const (
	Nothing Op = iota
	Write
	Patch
	Delete
	Truncate
)

type Column struct {
	Name, Type string
	Known      bool
}

type Change struct {
	Op          Op
	Key         model.Key
	Row, Before model.Fields
	Absent      []string
	Columns     []Column
	At          time.Time
	Snapshot    bool
}

type Problem struct{ Code, Message string }

type Reading struct {
	Changes []Change
	Ignored string
	Problem *Problem
}

func Formats() []string { return []string{"json", "debezium-json"} }
