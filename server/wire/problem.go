package wire

// Problem is an answer that says what is wrong (RFC 9457), with what Freshet says of its faults.
type Problem struct {
	Type       string   `json:"type,omitempty" format:"uri-reference"`
	Title      string   `json:"title"`
	Status     int      `json:"status"`
	Detail     string   `json:"detail" doc:"what is wrong, in one sentence"`
	Code       string   `json:"code" doc:"stable; for programs"`
	Kind       string   `json:"kind" doc:"usage, source, destination, storage, busy, held, moved, canceled or internal"`
	Where      string   `json:"where,omitempty"`
	Suggestion string   `json:"suggestion,omitempty" doc:"what to do about it"`
	Errors     []Detail `json:"errors,omitempty" doc:"each place of the request that is wrong"`
}

// Detail is one place of a request that is wrong.
type Detail struct {
	Location string `json:"location" doc:"such as body.why or query.limit"`
	Message  string `json:"message"`
}

// Error is the sentence.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of problems, whatever was asked for.
func (p *Problem) ContentType(string) string { return "application/problem+json" }
