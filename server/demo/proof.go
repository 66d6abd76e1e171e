package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/freshet/freshet/sync/fault"
)

// Finding is what reading one receiver back found.
type Finding struct {
	Receiver  string `json:"receiver"`
	Records   int    `json:"records"`  // that it holds
	Expected  int    `json:"expected"` // that the warehouse says it should hold
	Values    int    `json:"values"`   // compared, one by one
	Lost      int    `json:"lost"`
	Doubled   int    `json:"doubled"`
	Foreign   int    `json:"foreign"` // records that should not be there
	Different int    `json:"different"`
	Left      string `json:"left"`            // what became of those who left
	First     string `json:"first,omitempty"` // the first thing that does not hold
}

func (f *Finding) holds() bool {
	return f.Lost+f.Doubled+f.Foreign+f.Different == 0 && f.First == ""
}

// wrong keeps the words for the first thing that does not hold. They name a key and a field, never a value.
func (f *Finding) wrong(format string, args ...any) {
	if f.First == "" {
		f.First = fmt.Sprintf(format, args...)
	}
}

// held is a record as its receiver keeps it.
type held struct {
	key    string
	fields map[string]string
}

// Prove reads every receiver back and compares each record, field by field, with the warehouse. It may be asked again.
// Fault demo.proof where anything differs.
func (s *Story) Prove(ctx context.Context) error {
	s.Result.Proof = nil
	for _, e := range expectations() {
		s.screen.doing("comparing what %s sent", e.sync)
		want, err := s.wanted(ctx, e)
		if err != nil {
			return err
		}
		s.Result.Proof = append(s.Result.Proof, s.examine(e, want))
	}
	s.showProof()
	var wrong []string
	for _, f := range s.Result.Proof {
		if !f.holds() {
			wrong = append(wrong, f.Receiver+": "+f.First)
		}
	}
	if wrong != nil {
		return fault.New(fault.Internal, "demo.proof", "the proof fails: "+strings.Join(wrong, "; ")).
			Do("this must not happen: please report it")
	}
	return nil
}

// wanted is what the receiver should hold: what the warehouse says and, where those who left are kept, them as they were.
func (s *Story) wanted(ctx context.Context, e expectation) ([]row, error) {
	now, err := s.expected(ctx, e)
	if err != nil || e.leave != "kept" {
		return now, err
	}
	return append(now, departed(s.before[e.sync], now)...), nil
}

// departed are the rows of before whose keys are not among those of now.
func departed(before, now []row) (gone []row) {
	there := make(map[string]bool, len(now))
	for _, r := range now {
		there[r.key] = true
	}
	for _, r := range before {
		if !there[r.key] {
			gone = append(gone, r)
		}
	}
	return gone
}

func (s *Story) examine(e expectation, want []row) Finding {
	switch e.sync {
	case toCRM:
		return s.examineHubSpot(e, want)
	case toSales:
		return s.examineSalesforce(e, want)
	default:
		return s.examineWebhook(e, want)
	}
}

func (s *Story) examineHubSpot(e expectation, want []row) Finding {
	var have []held
	binned := map[string]bool{}
	for _, r := range s.receivers.HubSpot.Records("contacts") {
		if r.Archived {
			binned[r.Properties["customer_id"]] = true
			continue
		}
		have = append(have, held{r.Properties["customer_id"], r.Properties})
	}
	f := compare("HubSpot contacts", e, want, have)
	gone := departed(s.before[e.sync], want)
	for _, r := range gone {
		if !binned[r.key] {
			f.wrong("record %s left and is not in the recycling bin", r.key)
		}
	}
	if len(binned) != len(gone) {
		f.wrong("%d records are in the recycling bin, and %d left", len(binned), len(gone))
	}
	f.Left = number(len(binned)) + " archived"
	return f
}

func (s *Story) examineSalesforce(e expectation, want []row) Finding {
	var have []held
	for _, r := range s.receivers.Salesforce.Records("Contact") {
		have = append(have, held{r.Fields["External_Id__c"], r.Fields})
	}
	f := compare("Salesforce Contact", e, want, have)
	if n := len(s.receivers.Salesforce.Bin("Contact")); n > 0 {
		f.wrong("%d records are in the recycle bin, where none belongs", n)
	}
	f.Left = number(s.Result.Deleted) + " kept"
	return f
}

func (s *Story) examineWebhook(e expectation, want []row) Finding {
	var have []held
	for key, r := range s.receivers.Webhook.Records("customers") {
		have = append(have, held{key, r.Fields})
	}
	f := compare("webhook customers", e, want, have)
	f.Left = number(len(departed(s.before[e.sync], want))) + " deleted"
	return f
}

// compare holds a receiver's records against what it should hold. A field that was never sent must not be there either.
func compare(receiver string, e expectation, want []row, have []held) Finding {
	f := Finding{Receiver: receiver, Records: len(have), Expected: len(want)}
	byKey := make(map[string]held, len(have))
	for _, h := range have {
		if _, twice := byKey[h.key]; twice {
			f.Doubled++
			f.wrong("record %s is there twice", h.key)
		}
		byKey[h.key] = h
	}
	for _, w := range want {
		h, there := byKey[w.key]
		if !there {
			f.Lost++
			f.wrong("record %s is not there", w.key)
			continue
		}
		delete(byKey, w.key)
		f.Values += len(e.fields)
		if field := difference(e, w, h); field != "" {
			f.Different++
			f.wrong("record %s: its %s is not what the warehouse says", w.key, field)
		}
	}
	for key := range byKey {
		f.Foreign++
		f.wrong("record %s should not be there", key)
	}
	return f
}

// difference names the first field that is not as it should be, "" where all are.
func difference(e expectation, w row, h held) string {
	known := 0
	for i, field := range e.fields {
		text, there := h.fields[field.name]
		if text != w.values[i] {
			return field.name
		}
		if there {
			known++
		}
	}
	if len(h.fields) != known {
		return "set of fields"
	}
	return ""
}

func (s *Story) showProof() {
	widths := []int{18, -7, -9, -4, -7, -6, 0}
	s.screen.quiet("%s", columns(widths, "receiver", "records", "warehouse", "lost", "extra", "differ", "who left"))
	values, sound := 0, true
	for _, f := range s.Result.Proof {
		line := columns(widths, f.Receiver, number(f.Records), number(f.Expected), number(f.Lost), number(f.Doubled+f.Foreign), number(f.Different), f.Left)
		if !f.holds() {
			line, sound = s.screen.paint(red, line), false
		}
		s.screen.tell("%s", line)
		values += f.Values
	}
	s.screen.tell("%s values were compared, one by one.", number(values))
	if sound {
		s.screen.tell("%s", s.screen.paint(green, "Nothing is lost, nothing is doubled, nothing differs."))
	}
}
