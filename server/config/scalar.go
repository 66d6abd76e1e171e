package config

import (
	"errors"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/model"
	"github.com/robfig/cron/v3"
)

var errForm = errors.New("not in the form that is wanted")

// parseDuration reads "90m", "1h30m" and, beyond Go's own units, whole days: "7d". It is more than zero.
func parseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n <= 0 || n > 36500 {
			return 0, errForm
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, errForm
	}
	return d, nil
}

// parsePercent reads "99.9%": 0 to 100.
func parsePercent(text string) (float64, error) {
	number, ok := strings.CutSuffix(text, "%")
	if !ok {
		return 0, errForm
	}
	p, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || math.IsNaN(p) || p < 0 || p > 100 {
		return 0, errForm
	}
	return p, nil
}

// parseLimit reads "10%" or "500".
func parseLimit(text string) (model.Limit, error) {
	if p, err := parsePercent(text); err == nil {
		return model.Limit{Percent: p, IsShare: true}, nil
	}
	n, err := parseCount(text)
	return model.Limit{Count: n}, err
}

func parseCount(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, errForm
	}
	return n, nil
}

// parseCron takes the five classic fields and the @hourly family.
func parseCron(text string) error {
	_, err := cron.ParseStandard(text)
	return err
}

func parseURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return errForm // the parser's own words quote the address, which may hold a password
	}
	return nil
}

// The rules for names. A source becomes a catalog and a model a view of the engine, so both are plain SQL names.
var (
	sqlName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	plainName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
)
