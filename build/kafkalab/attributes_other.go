//go:build !linux

package lab

import "syscall"

// attributes are empty: the laboratory runs on Linux only.
func attributes(uint32, uint32) *syscall.SysProcAttr { return nil }
