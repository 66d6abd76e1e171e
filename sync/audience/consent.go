package audience

import "strings"

// consent makes a consent node: only what is on record counts, and of two rows of one moment the refusal.
func (s *scope) consent(n Consent) truth {
	if column, ok := s.catalogue.Consent.Columns[n.Purpose]; ok {
		sql, _ := s.field(column)
		return truth{is: "coalesce(" + sql + ", false)"}
	}
	c := s.catalogue.Consent
	rows := s.consentRows(c, n.Purpose)
	if c.Table.At == "" {
		part := s.add("c", "SELECT pk, bool_and(g) AS v\nFROM (\n"+rows+")\nGROUP BY pk")
		s.join(part)
		return truth{is: "coalesce(" + part + ".v, false)"}
	}
	latest := func(which string) string { return "max(t) FILTER (WHERE " + which + " AND t <= " + now + ")" }
	part := s.add("c", "SELECT pk, "+latest("g")+" > coalesce("+latest("NOT g")+", "+number(firstMicro-1)+") AS v, min(t) FILTER (WHERE t > "+now+
		") AS d\nFROM (\n"+rows+")\nGROUP BY pk")
	s.join(part)
	return truth{is: "coalesce(" + part + ".v, false)", due: part + ".d"}
}

func (s *scope) consentRows(c Consents, purpose string) string {
	r := c.Table
	granted, _ := r.column(c.Granted)
	of, _ := r.column(c.Purpose)
	time := "CAST(NULL AS BIGINT)"
	keep := "r." + name(of.Name) + " = " + literal(purpose)
	if at, ok := r.column(r.At); ok {
		time = operandOf("r."+name(at.Name), at.Type, s.zone).sql
		keep += " AND " + time + " IS NOT NULL"
	}
	return "SELECT k.pk AS pk, coalesce(r." + name(granted.Name) + ", false) AS g, " + time + " AS t\nFROM " +
		strings.Join([]string{r.SQL() + " AS r", "JOIN k ON " + s.joinEntity("r", r)}, "\n") + "\nWHERE " + keep
}
