package plan

// Estimate is how many calls the verbs need at the destination's limits and how long they take, in seconds.
func Estimate(verbs []VerbCount, limits Limits) (calls int64, seconds float64) { return 0, 0 }
