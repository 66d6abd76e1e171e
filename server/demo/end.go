package demo

import "path/filepath"

// End says what the story came to and what to try next.
func (s *Story) End(stay bool) {
	s.screen.say("")
	s.screen.say("%s", s.screen.paint(bold, "The whole way took "+seconds(s.elapsed())+"; every record arrived, once."))
	s.screen.say("")
	switch {
	case stay:
		s.stays()
	case s.Result.Kept:
		s.screen.say("The workspace is in %s. The receivers are gone with this demonstration. Try next:", s.Dir)
		s.next(". "+filepath.Join(s.Dir, EnvFile), "the receivers' secrets, for this shell")
		s.next(s.line("status"), "where every sync stands")
		s.next(s.o.Program+" init my-shop", "a workspace for your own data")
	default:
		s.screen.say("Try next:")
		s.next(s.o.Program+" demo --stay", "the same, and leaves everything up for you to try")
		s.next(s.o.Program+" demo --keep my-demo", "keeps the workspace, to read and copy")
		s.next(s.o.Program+" init my-shop", "a workspace for your own data")
	}
}

func (s *Story) next(line, why string) {
	s.screen.say("   %s", columns([]int{44, 0}, line, s.screen.paint(dim, why)))
}

// stays tells what is up and what to type in another terminal.
func (s *Story) stays() {
	s.screen.say("Everything stays up until you press Ctrl-C.")
	widths := []int{12, 0}
	for _, line := range [][]string{{"workspace", s.Dir}, {"HubSpot", s.receivers.HubSpot.URL()}, {"Salesforce", s.receivers.Salesforce.URL},
		{"webhook", s.receivers.Webhook.URL()}} {
		s.screen.say("   %s", columns(widths, line...))
	}
	s.screen.say("")
	s.screen.say("In another terminal, try next:")
	s.next(". "+filepath.Join(s.Dir, EnvFile), "the receivers' secrets, for that shell")
	s.next(s.line("run", "--all"), "nothing has changed, so nothing is sent")
	s.next(s.line("plan", toCRM, "--full"), "what sending everything again would be")
}
