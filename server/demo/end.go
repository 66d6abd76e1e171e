package demo

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// End says what the story came to and what to try next.
func (s *Story) End(stay bool) {
	s.screen.say("")
	s.screen.say("%s", s.screen.paint(bold, "The whole way took "+seconds(s.elapsed())+"; every record arrived, once."))
	s.screen.say("")
	switch {
	case stay:
		s.screen.say("Everything stays up until you press Ctrl-C.")
		s.addresses()
		s.screen.say("In another terminal, try next:")
		s.next(s.enter(), "its folder, and the receivers' secrets",
			s.o.Program+" run --all", "nothing has changed, so nothing is sent",
			s.o.Program+" trace "+toSales+" 42", "the life of a record",
			s.o.Program+" plan "+toCRM, "what a change in freshet.yaml would send")
	case s.Result.Kept:
		s.screen.say("The workspace is kept; its receivers are gone. Try next:")
		s.next(s.enter(), "its folder, and the receivers' secrets",
			s.o.Program+" status", "where every sync stands",
			s.o.Program+" trace "+toSales+" 42", "the life of a record",
			s.o.Program+" init my-shop", "a workspace for your own data")
	default:
		s.screen.say("Try next:")
		s.next(s.o.Program+" demo --stay", "the same, and leaves everything up for you",
			s.o.Program+" demo --keep my-demo", "keeps the workspace, to read and to copy",
			s.o.Program+" init my-shop", "a workspace for your own data")
	}
}

// enter takes a shell into the workspace.
func (s *Story) enter() string { return "cd " + quote(s.Dir) + " && . ./" + EnvFile }

// quote makes a path safe to type where it has to be.
func quote(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool {
		return !strings.ContainsRune("/._-+", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

// next lists command lines, each followed by what it is good for.
func (s *Story) next(lines ...string) {
	width := 0
	for i := 0; i < len(lines); i += 2 {
		width = max(width, utf8.RuneCountInString(lines[i]))
	}
	for i := 0; i < len(lines); i += 2 {
		s.screen.tell("%s", columns([]int{width, 0}, lines[i], s.screen.paint(dim, lines[i+1])))
	}
}

// addresses tells what is up, and where.
func (s *Story) addresses() {
	for _, line := range [][]string{{"workspace", s.Dir}, {"HubSpot", s.receivers.HubSpot.URL()}, {"Salesforce", s.receivers.Salesforce.URL},
		{"webhook", s.receivers.Webhook.URL()}} {
		s.screen.tell("%s", columns([]int{10, 0}, line...))
	}
	s.screen.say("")
}
