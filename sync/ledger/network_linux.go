package ledger

import (
	"syscall"

	"github.com/freshet/freshet/sync/fault"
)

// networkName names a file system on which a lock or a sync may not mean what it says, by its statfs magic; "" for others.
func networkName(magic int64) string {
	switch uint32(magic) {
	case 0x6969:
		return "NFS"
	case 0x517b, 0xfe534d42, 0xff534d42:
		return "SMB"
	case 0x5346414f:
		return "AFS"
	case 0x00c36400:
		return "Ceph"
	default:
		return ""
	}
}

// refuseNetwork fails where dir is on a network file system: two machines could both believe they hold the lock.
func refuseNetwork(dir string) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return explain(err, dir)
	}
	name := networkName(int64(s.Type))
	if name == "" {
		return nil
	}
	return fault.New(fault.Storage, "ledger.network_fs", "the data directory is on a network file system ("+name+")").At(dir).
		Do("Name a data_dir on a local disk in freshet.yaml: over a network, locks and syncs do not hold what they promise.")
}
