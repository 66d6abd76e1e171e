package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// person is how a made-up name is written, and the letters of it that an e-mail address takes.
type person struct{ written, plain string }

// firstNames and lastNames hold what breaks naive software: apostrophes, emoji, right-to-left scripts, and letters with
// accents both as one code point and as two, which look the same and are different texts.
var firstNames = []person{
	{"Ada", "ada"}, {"Grace", "grace"}, {"Linus", "linus"}, {"Mary-Jane", "maryjane"}, {"D'Arcy", "darcy"}, {"Siân", "sian"},
	{"José", "jose"}, {"Jose\u0301", "jose"}, {"Zoë", "zoe"}, {"Zoe\u0308", "zoe"}, {"Åsa", "asa"}, {"A\u030asa", "asa"},
	{"محمد", "mohamed"}, {"فاطمة", "fatima"}, {"שרה", "sara"}, {"דוד", "david"}, {"李娜", "lina"}, {"さくら", "sakura"}, {"Ольга", "olga"},
	{"Νίκος", "nikos"}, {"Sky 🌊", "sky"}, {"Leo 🦁", "leo"}, {"Nguyễn", "nguyen"}, {"İpek", "ipek"}, {"Günther", "gunther"}, {"Ana", "ana"},
	{"Tom", "tom"}, {"Priya", "priya"}, {"Kofi", "kofi"}, {"Noa", "noa"},
}

var lastNames = []person{
	{"O'Brien", "obrien"}, {"D'Angelo", "dangelo"}, {"Nuñez", "nunez"}, {"Nun\u0303ez", "nunez"}, {"Müller", "mueller"}, {"Smith", "smith"},
	{"van der Berg", "vanderberg"}, {"Łukasz", "lukasz"}, {"Çelik", "celik"}, {"الحسن", "alhassan"}, {"כהן", "cohen"}, {"王", "wang"},
	{"佐藤", "sato"}, {"Иванов", "ivanov"}, {"Παπαδόπουλος", "papadopoulos"}, {"Silva", "silva"}, {"Okafor", "okafor"}, {"Ångström", "angstrom"},
	{"McDonald \"Mac\"", "mcdonald"}, {"Null", "null"}, {"Test, Jr.", "testjr"}, {"Fitz\\Gerald", "fitzgerald"},
}

var cities = []string{"Lisbon", "São Paulo", "Zürich", "Tel Aviv תל אביב", "القاهرة", "東京", "Kraków", "Coeur d'Alene", "Reykjavík", "Cape Town"}

// email is unique by its number, in any case of letters. Some use plus-addressing, some capitals.
func email(r *rand.Rand, first, last person, n int) string {
	domain := []string{"example.com", "example.org", "mail.example.net"}[r.IntN(3)]
	switch r.IntN(10) {
	case 0:
		return fmt.Sprintf("%s+shop%d@%s", first.plain, n, domain)
	case 1:
		return fmt.Sprintf("%s.%s.%d@%s", capital(first.plain), capital(last.plain), n, capital(domain))
	default:
		return fmt.Sprintf("%s.%s.%d@%s", first.plain, last.plain, n, domain)
	}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// phone keeps what a number type would lose: leading zeros and a plus. Numbers are from ranges kept for fiction.
func phone(r *rand.Rand) string {
	n := r.IntN(1000)
	switch r.IntN(4) {
	case 0:
		return fmt.Sprintf("0044207946%04d", n)
	case 1:
		return fmt.Sprintf("+1202555%04d", 100+n%100)
	case 2:
		return fmt.Sprintf("020 7946 %04d", n)
	default:
		return ""
	}
}
