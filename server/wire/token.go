package wire

// NewToken asks for a token.
type NewToken struct {
	Name    string   `json:"name" minLength:"1" maxLength:"64" doc:"what it is for: letters, digits, dots, dashes and underscores"`
	Role    string   `json:"role" enum:"viewer,marketer,engineer,steward,admin"`
	Syncs   []string `json:"syncs,omitempty" maxItems:"1000" doc:"what it is good for; without it everything"`
	Days    int      `json:"days,omitempty" minimum:"0" maximum:"366" doc:"how long it is good; 0: 90 days"`
	Person  string   `json:"person,omitempty" maxLength:"100" doc:"whose it is; without it yours"`
	Because          // the reason, for the record
}

// Token is what is known of a token. The token itself is shown once, when it is made.
type Token struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Person  string   `json:"person" doc:"what is done with it this person does"`
	Role    string   `json:"role"`
	Syncs   []string `json:"syncs,omitempty" doc:"what it is good for; absent: everything"`
	Made    string   `json:"made" doc:"RFC 3339"`
	MadeBy  string   `json:"made_by"`
	Expires string   `json:"expires" doc:"RFC 3339"`
	Revoked string   `json:"revoked,omitempty" doc:"RFC 3339"`
	Used    string   `json:"used,omitempty" doc:"when it was used last, to the minute, RFC 3339"`
}

// MadeToken is a new token.
type MadeToken struct {
	Token
	Secret string `json:"token" doc:"keep it: it is shown this once and cannot be read again"`
}

// TokenList is every token, revoked ones too, by name.
type TokenList struct {
	Tokens []Token `json:"tokens"`
}

// Me is whoever asks.
type Me struct {
	Name    string   `json:"name" doc:"the name that is kept with what you do"`
	Token   string   `json:"token,omitempty" doc:"id of the token that was shown; absent for the owner of the server's machine"`
	Role    string   `json:"role"`
	Syncs   []string `json:"syncs,omitempty" doc:"what you may deal with; absent: everything"`
	Expires string   `json:"expires,omitempty" doc:"RFC 3339"`
	May     []string `json:"may" doc:"the operations that you may ask for"`
}
