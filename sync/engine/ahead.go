package engine

// ahead reads one slice while its owner works on the one before. Only one of a Walk's may read at a time, for a Walk
// has one connection.
type ahead[T any] struct{ coming chan slice[T] }

type slice[T any] struct {
	items []T
	err   error
}

// start begins to read the next slice.
func (a *ahead[T]) start(read func() ([]T, error)) {
	coming := make(chan slice[T], 1)
	a.coming = coming
	go func() {
		items, err := read()
		coming <- slice[T]{items, err}
	}()
}

// take waits for the slice that is being read; nil where none is.
func (a *ahead[T]) take() ([]T, error) {
	if a.coming == nil {
		return nil, nil
	}
	s := <-a.coming
	a.coming = nil
	return s.items, s.err
}

// settle waits until the connection is free and keeps what was read.
func (a *ahead[T]) settle() {
	if a.coming != nil {
		a.coming <- <-a.coming
	}
}
