package contract

import "github.com/freshet/freshet/sync/model"

// Violation is a rule that a value breaks. It holds no value.
type Violation struct {
	Code    string // contract.required, contract.type, contract.pattern, …
	Column  string
	Message string    // what the contract wants, in words: "is null, and the contract requires it"
	Pos     model.Pos // of the column in the contract
}

// The codes of violations.
const (
	CodeRequired = "contract.required" // null, missing, or one of the values that count as missing
	CodeType     = "contract.type"     // not of the column's type, or outside of its range of digits
	CodeLength   = "contract.length"   // shorter or longer than allowed; more or fewer items or keys
	CodePattern  = "contract.pattern"  // does not match
	CodeRange    = "contract.range"    // below or above the bounds
	CodeMultiple = "contract.multiple" // no multiple
	CodeFormat   = "contract.format"   // not in the form named: an email address, a uuid, …
	CodeValue    = "contract.value"    // none of the values allowed
)
