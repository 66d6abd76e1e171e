package liquid

import (
	"errors"
	"math/big"
)

func two(in value, args []value) (a, b *big.Rat, err error) {
	if a, err = in.rat(); err != nil {
		return nil, nil, err
	}
	if b, err = args[0].rat(); err != nil {
		return nil, nil, err
	}
	if bits(a)+bits(b) > maxBits {
		return nil, nil, errors.New("the number gets too large")
	}
	return a, b, nil
}

func calculated(r *big.Rat, in value, args []value) value {
	return number(r, in.wholeNumber() && args[0].wholeNumber())
}

func plus(in value, args []value) (value, error) {
	a, b, err := two(in, args)
	if err != nil {
		return nothing, err
	}
	return calculated(new(big.Rat).Add(a, b), in, args), nil
}

func minus(in value, args []value) (value, error) {
	a, b, err := two(in, args)
	if err != nil {
		return nothing, err
	}
	return calculated(new(big.Rat).Sub(a, b), in, args), nil
}

func times(in value, args []value) (value, error) {
	a, b, err := two(in, args)
	if err != nil {
		return nothing, err
	}
	return calculated(new(big.Rat).Mul(a, b), in, args), nil
}

// dividedBy gives the whole part, rounded down, where both numbers are whole; otherwise the exact quotient, or, where
// that has no end, the quotient to 20 places.
func dividedBy(in value, args []value) (value, error) {
	a, b, err := two(in, args)
	if err != nil {
		return nothing, err
	}
	if b.Sign() == 0 {
		return nothing, errors.New("a number cannot be divided by zero")
	}
	q := new(big.Rat).Quo(a, b)
	if in.wholeNumber() && args[0].wholeNumber() {
		return number(floored(q), true), nil
	}
	return number(q, false), nil
}

// modulo has the sign of the divisor.
func modulo(in value, args []value) (value, error) {
	a, b, err := two(in, args)
	if err != nil {
		return nothing, err
	}
	if b.Sign() == 0 {
		return nothing, errors.New("a number cannot be divided by zero")
	}
	q := floored(new(big.Rat).Quo(a, b))
	return calculated(new(big.Rat).Sub(a, q.Mul(q, b)), in, args), nil
}

func floored(r *big.Rat) *big.Rat {
	// For a positive divisor, which a Rat's always is, Div rounds down.
	return new(big.Rat).SetInt(new(big.Int).Div(r.Num(), r.Denom()))
}

func abs(in value, _ []value) (value, error) {
	r, err := in.rat()
	if err != nil {
		return nothing, err
	}
	return number(new(big.Rat).Abs(r), in.wholeNumber()), nil
}

func floor(in value, _ []value) (value, error) {
	r, err := in.rat()
	if err != nil {
		return nothing, err
	}
	return number(floored(r), true), nil
}

func ceil(in value, _ []value) (value, error) {
	r, err := in.rat()
	if err != nil {
		return nothing, err
	}
	down := floored(new(big.Rat).Neg(r))
	return number(down.Neg(down), true), nil
}

// round goes to the nearest, and away from zero where two are as near.
func round(in value, args []value) (value, error) {
	r, err := in.rat()
	places := 0
	if err == nil && len(args) > 0 {
		places, err = args[0].small()
	}
	if err != nil {
		return nothing, err
	}
	if places > decimals || places < -decimals {
		return nothing, errors.New("a number is rounded to 20 places at most")
	}
	scale := power(places)
	scaled := new(big.Rat).Mul(new(big.Rat).Abs(r), scale)
	near := floored(scaled.Add(scaled, big.NewRat(1, 2)))
	if r.Sign() < 0 {
		near.Neg(near)
	}
	return number(near.Quo(near, scale), places <= 0), nil
}

func power(places int) *big.Rat {
	p := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(places, -places))), nil))
	if places < 0 {
		p.Inv(p)
	}
	return p
}

func atLeast(in value, args []value) (value, error) { return bound(in, args, -1) }
func atMost(in value, args []value) (value, error)  { return bound(in, args, 1) }

func bound(in value, args []value, beyond int) (value, error) {
	a, b, err := two(in, args)
	if err != nil {
		return nothing, err
	}
	if a.Cmp(b) == beyond {
		return args[0], nil
	}
	return in, nil
}
