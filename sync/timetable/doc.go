// Package timetable tells when a sync is to run: from its tier or schedule, a time zone, and when it ran last.
//
// It must not know what a run does, nor read a clock: the present comes in as a value.
package timetable
