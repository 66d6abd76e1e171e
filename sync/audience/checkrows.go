package audience

import (
	"fmt"
	"slices"
)

// table finds a related table with everything above it, and checks how they hang together.
func (k *checker) table(path, name string, wantsTime bool) (Related, bool) {
	chain, ok := k.catalogue.path(name)
	if !ok {
		k.fail(path, "unknown_related", fmt.Sprintf("the model %s has no related table %s", k.catalogue.Model, quote(name)), suggest(name, k.catalogue.relatedNames()))
		return Related{}, false
	}
	for i, r := range chain {
		up := k.catalogue.Entity
		if i+1 < len(chain) {
			up = chain[i+1].Relation
		}
		k.joined(path, r, up)
		if r.At != "" {
			k.time(path, r)
		}
	}
	if wantsTime && !timed(chain) {
		k.fail(path, "no_time", "the rows of "+name+" have no time", "name the column with it: at: …, under the related table")
	}
	return chain[0], true
}

// joined checks that both ends of a join are there and of one sort.
func (k *checker) joined(path string, r Related, up Relation) {
	if len(split(r.Table)) < 2 {
		k.fail(path, "bad_table", "the table "+quote(r.Table)+" does not say where it is", "write source.table, feeds.name or models.name")
	}
	if len(r.On) == 0 {
		k.fail(path, "bad_table", "nothing says which rows of "+r.Table+" belong to a record", "add on: {its column: our column}")
	}
	for _, j := range r.On {
		theirs, ok := k.field(path, r.Relation, r.Table, j.Theirs)
		ours, also := k.field(path, up, up.Table, j.Ours)
		if ok && also && classOf(theirs.Type) != classOf(ours.Type) {
			k.fail(path, "wrong_type", fmt.Sprintf("%s of %s is a %s and %s of %s a %s: they are never equal", j.Theirs, r.Table, theirs.Type, j.Ours, up.Table, ours.Type),
				"bring both to one type in a model's SQL")
		}
	}
}

func (k *checker) time(path string, r Related) {
	if c, ok := k.field(path, r.Relation, r.Table, r.At); ok && classOf(c.Type) != instant {
		k.fail(path, "wrong_type", fmt.Sprintf("column %s of %s is a %s and no time", r.At, r.Table, c.Type), "name a DATE or TIMESTAMP column")
	}
}

func (k *checker) related(path string, n Rel) {
	if len(n.Names) == 0 || !n.Event && len(n.Names) > 1 {
		k.fail(path, "unknown_related", "a condition on related rows names one table, one on events at least one", suggest("", k.catalogue.relatedNames()))
		return
	}
	wantsTime := n.Event || n.Window != Window{} || n.Agg.Fn == FirstAt || n.Agg.Fn == LastAt
	sort, first := anything, true
	for _, name := range n.Names {
		r, ok := k.table(path, name, wantsTime)
		if !ok {
			continue
		}
		k.rows(path+".where", n.Where, r, nil)
		if s := k.aggregate(path+".agg", n.Agg, r); first {
			sort, first = s, false
		} else if s != sort {
			k.fail(path+".agg", "wrong_type", "column "+quote(n.Agg.Field)+" is of another type in each of the tables", "make a condition for each")
		}
	}
	k.window(path+".window", n.Window)
	k.test(path, string(n.Agg.Fn), sort, n.Test)
}

// aggregate checks what is made of the rows, and gives its sort.
func (k *checker) aggregate(path string, a Agg, r Related) class {
	switch {
	case !slices.Contains(Functions(), a.Fn):
		k.fail(path, "unknown_word", "there is no function "+quote(string(a.Fn)), suggest(string(a.Fn), wordsOf(Functions())))
		return anything
	case !a.Fn.wantsField() && a.Field != "":
		k.fail(path, "bad_value", string(a.Fn)+" is of the rows, not of a column", "leave the column out")
	case a.Fn == FirstAt || a.Fn == LastAt:
		return instant
	case a.Fn == Count:
		return numeric
	}
	if !a.Fn.wantsField() {
		return anything
	}
	c, ok := k.field(path, r.Relation, r.Table, a.Field)
	if !ok {
		return anything
	}
	sort := classOf(c.Type)
	switch {
	case a.Fn == Distinct && sort != list && sort != other:
		return numeric
	case (a.Fn == Sum || a.Fn == Avg) && sort == numeric:
		return numeric
	case (a.Fn == Min || a.Fn == Max) && (sort == numeric || sort == textual || sort == instant):
		return sort
	}
	k.fail(path, "wrong_type", fmt.Sprintf("column %s is a %s, of which there is no %s", a.Field, c.Type, a.Fn), "choose another column or function")
	return anything
}

// rows checks the conditions on rows; first is the step that step0 means, nil where there is none.
func (k *checker) rows(path string, w Rows, r Related, first *Related) {
	for i, p := range w.All {
		k.pred(fmt.Sprintf("%s.all.%d", path, i), p, r, first)
	}
	for i, p := range w.Any {
		if p.Ref == RefStep0 {
			k.fail(fmt.Sprintf("%s.any.%d", path, i), "bad_value", "a comparison with the first step stands under all", "move it there")
			continue
		}
		k.pred(fmt.Sprintf("%s.any.%d", path, i), p, r, nil)
	}
}

func (k *checker) pred(path string, p Pred, r Related, first *Related) {
	c, known := k.field(path, r.Relation, r.Table, p.Field)
	switch p.Ref {
	case NoRef:
		k.test(path, p.Field, classOf(c.Type), p.Test)
	case RefEntity:
		k.reference(path, p, c, known, k.catalogue.Entity)
	case RefStep0:
		if first == nil {
			k.fail(path, "bad_value", "there is no first step to compare with here", "step0 is for the steps of a sequence that are measured from the first")
			return
		}
		k.reference(path, p, c, known, first.Relation)
	default:
		k.fail(path, "unknown_word", "there is no ref "+quote(string(p.Ref)), suggest(string(p.Ref), []string{string(RefEntity), string(RefStep0)}))
	}
}

// reference checks a comparison of two fields.
func (k *checker) reference(path string, p Pred, c Column, known bool, of Relation) {
	if !slices.Contains([]Cmp{Eq, Ne, Lt, Le, Gt, Ge, Contains, NotContains, Starts, Ends}, p.Cmp) || len(p.Values) != 1 {
		k.fail(path, "bad_value", "two fields compare by eq, ne, lt, le, gt, ge, contains, ncontains, starts or ends, with one name as the value", "choose one of them")
		return
	}
	other, ok := k.field(path, of, of.Table, p.Values[0].Text)
	if !ok || !known {
		return
	}
	k.fits(path, p.Field, classOf(c.Type), p.Cmp)
	if classOf(c.Type) != classOf(other.Type) {
		k.fail(path, "wrong_type", fmt.Sprintf("%s is a %s and %s a %s", p.Field, c.Type, other.Name, other.Type), "compare fields of one sort")
	}
}

func (k *checker) window(path string, w Window) {
	forms := 0
	for _, set := range []bool{w.Last != 0, w.From != "" || w.To != "", w.Ago != [2]Span{}} {
		if set {
			forms++
		}
	}
	switch {
	case forms > 1:
		k.fail(path, "bad_window", "a window is one of last, from and to, and ago", "keep one")
	case w.Align != Rolling && w.Align != Days && w.Align != Weeks:
		k.fail(path, "unknown_word", "windows are not aligned to "+quote(string(w.Align)), suggest(string(w.Align), []string{"day", "week"}))
	case w.Align != Rolling && w.Last <= 0, w.Align == Days && w.Last%day != 0, w.Align == Weeks && w.Last%week != 0:
		k.fail(path, "bad_window", "an aligned window is of whole days or weeks", "write last: 7d with align: day, or last: 2w with align: week")
	case w.Ago != [2]Span{} && (w.Ago[0] <= w.Ago[1] || w.Ago[1] <= 0):
		k.fail(path, "bad_window", "ago names the longer span first", "write ago: [90d, 30d]")
	case w.Last < 0:
		k.fail(path, "bad_window", "a window reaches back", "write last: 7d")
	}
	k.moments(path, w.From, w.To)
}

func (k *checker) moments(path string, all ...string) {
	for _, text := range all {
		if _, err := parseMoment(text); text != "" && err != nil {
			k.fail(path, "bad_value", "what a window names is no day and no time", "write 2026-01-31 or 2026-01-31T12:00:00Z")
		}
	}
}

func (k *checker) sequence(path string, n Seq) {
	if len(n.Steps) < 2 || len(n.Steps) > maxSteps {
		k.fail(path, "bad_sequence", fmt.Sprintf("a sequence has 2 to %d steps", maxSteps), "a single event is an event condition")
		return
	}
	k.window(path+".window", n.Window)
	tables := make([]*Related, len(n.Steps))
	from := -1 // the step that this one is measured from
	for i, step := range n.Steps {
		at := fmt.Sprintf("%s.steps.%d", path, i)
		if i == 0 && (step.Not || step.Within != 0 || len(step.Same) > 0) {
			k.fail(at, "bad_sequence", "the first step is an event, and nothing stands before it", "leave out neg, within and same")
		}
		if step.Within < 0 {
			k.fail(at, "bad_value", "within is a span of time", "write within: 30m")
		}
		if r, ok := k.table(at, step.Event, true); ok {
			tables[i] = &r
			k.step(at, step, r, n.Steps, from, tables)
		}
		if !step.Not {
			from = i
		}
	}
}

func (k *checker) step(path string, step Step, r Related, steps []Step, from int, tables []*Related) {
	var first *Related
	if from == 0 {
		first = tables[0]
	}
	k.rows(path+".where", step.Where, r, first)
	if from < 0 || tables[from] == nil {
		return
	}
	for _, f := range step.Same {
		mine, ok := k.field(path+".same", r.Relation, r.Table, f)
		theirs, also := k.field(path+".same", tables[from].Relation, steps[from].Event, f)
		if ok && also && classOf(mine.Type) != classOf(theirs.Type) {
			k.fail(path+".same", "wrong_type", fmt.Sprintf("%s is a %s here and a %s in the step before", f, mine.Type, theirs.Type), "compare fields of one sort")
		}
	}
}
