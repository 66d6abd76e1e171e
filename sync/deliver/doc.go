// Package deliver makes calls: within the account's budget, no faster than the destination bears, at the right time,
// and with an honest answer about every row, "nobody knows" included.
//
// It must not know the plan's meaning or keep anything: what must survive a restart is given to its caller.
package deliver
