package reach

// class is a set of columns that the SQL makes equal, as a tree of parents.
type class struct{ parent *class }

func (c *class) root() *class {
	for c.parent != nil {
		c = c.parent
	}
	return c
}

// equal notes that two columns have one value wherever both have one.
func equal(a, b *class) {
	if a == nil || b == nil {
		return
	}
	if a, b = a.root(), b.root(); a != b {
		a.parent = b
	}
}

func same(a, b *class) bool { return a != nil && b != nil && a.root() == b.root() }
