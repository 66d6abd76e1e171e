package salesforcefake

import "strings"

// Field is one field of an object, under the names of the vendor's describe reply.
type Field struct {
	Name, Label   string
	Type          string // id, string, textarea, email, phone, url, boolean, int, double, currency, percent, date, datetime, picklist, multipicklist, reference
	Length        int    // characters at most for the text types
	Precision     int    // digits in all for the numeric types
	Scale         int    // digits after the point for the numeric types
	Required      bool   // not nillable and without a default
	ReadOnly      bool   // neither createable nor updateable
	Unique        bool
	ExternalID    bool
	IDLookup      bool
	CaseSensitive bool
	Picklist      []string
	Restricted    bool   // a picklist that refuses other values
	ReferenceTo   string // object a reference points to
	Relationship  string // its name in nested writes and queries: "Account"
}

// Object is a kind of record.
type Object struct {
	Name, Label string
	Prefix      string // first three characters of its record ids
	Fields      []Field

	byName     map[string]*Field // lower-case names: the vendor does not tell case
	byRelation map[string]*Field
}

func (o *Object) index() {
	o.byName, o.byRelation = map[string]*Field{}, map[string]*Field{}
	for i := range o.Fields {
		f := &o.Fields[i]
		o.byName[strings.ToLower(f.Name)] = f
		if f.Relationship != "" {
			o.byRelation[strings.ToLower(f.Relationship)] = f
		}
	}
}

func (o *Object) field(name string) *Field { return o.byName[strings.ToLower(name)] }

func (o *Object) relation(name string) *Field { return o.byRelation[strings.ToLower(name)] }

func (f *Field) numeric() bool {
	return f.Type == "int" || f.Type == "double" || f.Type == "currency" || f.Type == "percent"
}

func (f *Field) text() bool { return !f.numeric() && f.Type != "boolean" }

// fold is the form in which values of the field are compared.
func (f *Field) fold(value string) string {
	if f.CaseSensitive {
		return strings.TrimSpace(value)
	}
	if f.numeric() {
		return plainNumber(value)
	}
	return strings.ToLower(strings.TrimSpace(value))
}

// plainNumber strips what makes equal numbers look different: "42.00" and "42".
func plainNumber(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func system() []Field {
	return []Field{
		{Name: "Id", Label: "Record ID", Type: "id", Length: 18, ReadOnly: true, IDLookup: true},
		{Name: "IsDeleted", Label: "Deleted", Type: "boolean", ReadOnly: true},
		{Name: "CreatedDate", Label: "Created Date", Type: "datetime", ReadOnly: true},
		{Name: "SystemModstamp", Label: "System Modstamp", Type: "datetime", ReadOnly: true},
	}
}

func text(name, label string, length int) Field {
	return Field{Name: name, Label: label, Type: "string", Length: length}
}

func required(f Field) Field { f.Required = true; return f }

func externalID() Field {
	return Field{Name: "External_Id__c", Label: "External Id", Type: "string", Length: 255, Unique: true, ExternalID: true, IDLookup: true}
}

func number(name, label, kind string, precision, scale int) Field {
	return Field{Name: name, Label: label, Type: kind, Precision: precision, Scale: scale}
}

func typed(name, label, kind string, length int) Field {
	return Field{Name: name, Label: label, Type: kind, Length: length}
}

func picklist(name, label string, values ...string) Field {
	return Field{Name: name, Label: label, Type: "picklist", Length: 255, Picklist: values, Restricted: true}
}

func reference(name, label, to, relationship string) Field {
	return Field{Name: name, Label: label, Type: "reference", Length: 18, ReferenceTo: to, Relationship: relationship}
}

// Standard gives the objects a new org has here: Account, Contact, Lead and the custom object Purchase__c.
func Standard() []Object {
	return []Object{account(), contact(), lead(), purchase()}
}

func account() Object {
	return Object{Name: "Account", Label: "Account", Prefix: "001", Fields: append(system(),
		required(text("Name", "Account Name", 255)), externalID(),
		typed("Website", "Website", "url", 255), typed("Phone", "Account Phone", "phone", 40),
		number("NumberOfEmployees", "Employees", "int", 8, 0), number("AnnualRevenue", "Annual Revenue", "currency", 18, 0),
		picklist("Industry", "Industry", "Retail", "Technology", "Media"),
		text("BillingCity", "Billing City", 40), text("BillingCountry", "Billing Country", 80),
		typed("Description", "Account Description", "textarea", 32000))}
}

func contact() Object {
	return Object{Name: "Contact", Label: "Contact", Prefix: "003", Fields: append(system(),
		required(text("LastName", "Last Name", 80)), text("FirstName", "First Name", 40), externalID(),
		Field{Name: "Customer_Number__c", Label: "Customer Number", Type: "double", Precision: 18, Unique: true, ExternalID: true, IDLookup: true},
		Field{Name: "Legacy_Code__c", Label: "Legacy Code", Type: "string", Length: 40, ExternalID: true, IDLookup: true, CaseSensitive: true},
		Field{Name: "Email", Label: "Email", Type: "email", Length: 80, IDLookup: true},
		typed("Phone", "Business Phone", "phone", 40), typed("MobilePhone", "Mobile Phone", "phone", 40),
		text("Title", "Title", 128), text("Department", "Department", 80),
		text("MailingStreet", "Mailing Street", 255), text("MailingCity", "Mailing City", 40),
		text("MailingPostalCode", "Mailing Zip/Postal Code", 20), text("MailingCountry", "Mailing Country", 80),
		typed("Birthdate", "Birthdate", "date", 0), typed("HasOptedOutOfEmail", "Email Opt Out", "boolean", 0),
		picklist("LeadSource", "Lead Source", "Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"),
		picklist("Plan__c", "Plan", "free", "pro", "team", "FREE", "PRO", "TEAM"),
		Field{Name: "Interests__c", Label: "Interests", Type: "multipicklist", Length: 4099, Picklist: []string{"news", "offers", "events"}, Restricted: true},
		number("Lifetime_Value__c", "Lifetime Value", "currency", 16, 2), number("Orders__c", "Orders", "double", 18, 0),
		number("Score__c", "Score", "double", 18, 4), typed("Last_Order__c", "Last Order", "datetime", 0),
		typed("Active__c", "Active", "boolean", 0), typed("Description", "Contact Description", "textarea", 32000),
		reference("AccountId", "Account ID", "Account", "Account"))}
}

func lead() Object {
	return Object{Name: "Lead", Label: "Lead", Prefix: "00Q", Fields: append(system(),
		required(text("LastName", "Last Name", 80)), text("FirstName", "First Name", 40),
		required(text("Company", "Company", 255)), externalID(),
		Field{Name: "Email", Label: "Email", Type: "email", Length: 80, IDLookup: true},
		typed("Phone", "Phone", "phone", 40),
		picklist("Status", "Lead Status", "Open - Not Contacted", "Working - Contacted", "Closed - Converted"),
		text("City", "City", 40), text("Country", "Country", 80), typed("HasOptedOutOfEmail", "Email Opt Out", "boolean", 0),
		typed("Description", "Description", "textarea", 32000))}
}

func purchase() Object {
	return Object{Name: "Purchase__c", Label: "Purchase", Prefix: "a01", Fields: append(system(),
		text("Name", "Purchase Name", 80), externalID(),
		number("Amount__c", "Amount", "currency", 16, 2), typed("Ordered_At__c", "Ordered At", "datetime", 0),
		reference("Contact__c", "Contact", "Contact", "Contact__r"))}
}
