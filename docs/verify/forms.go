// Forms and their answers, from docs/answers.md alone: the one text of each value, the order in which they stand.
package main

import (
	"cmp"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

type Question struct {
	ID      string     `json:"id"`
	Kind    string     `json:"kind"`
	Need    bool       `json:"need"`
	Places  int        `json:"places"`
	Least   *int64     `json:"least"`
	Most    *int64     `json:"most"`
	Limit   int        `json:"limit"`
	Options []Option   `json:"options"`
	Columns []Question `json:"columns"`
	Derive  string     `json:"derive"`
}

type Option struct {
	ID string `json:"id"`
}

type Form struct {
	ID     string     `json:"id"`
	Fields []Question `json:"fields"`
}

// Pair is what was answered: a field, or `table.row.column`, and the text.
type Pair [2]string

var (
	numeric    = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,11})(\.[0-9]+)?$`)
	unitID     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$`)
	apart      = regexp.MustCompile(`^erasable:[0-9a-f]{64}$`)
	unseen     = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f-\u009f\u202a-\u202e\u2066-\u2069]")
	rowOfTable = regexp.MustCompile(`^([1-9][0-9]{0,2})\.([a-z][a-z0-9_]*)$`)
)

func (q Question) decimals() int {
	if q.Kind == "money" {
		return 2
	}
	return q.Places
}

// isCanonical tells whether the text is the one that stands for its value.
func (q Question) isCanonical(text string) bool {
	switch q.Kind {
	case "count", "number", "money", "percent":
		return q.isNumber(text)
	case "date":
		return isDay(text)
	case "month":
		return isDay(text + "-01")
	case "yes_no":
		return text == "yes" || text == "no"
	case "choice":
		return q.place(text) >= 0
	case "choices":
		return ascends(strings.Split(text, ","), q.place)
	case "unit":
		return unitID.MatchString(text)
	case "numbers":
		return ascends(strings.Split(text, ","), func(one string) int {
			row, err := strconv.Atoi(one)
			if err != nil || strconv.Itoa(row) != one || row < 1 || row > 60 {
				return -1
			}
			return row
		})
	case "evidence":
		files := strings.Split(text, ",")
		seen := map[string]bool{}
		for _, one := range files {
			if !isHash(one) || seen[one] {
				return false
			}
			seen[one] = true
		}
		return len(files) <= 50
	case "name":
		return apart.MatchString(text) || isText(text, cmp.Or(q.Limit, 50))
	case "text":
		return isText(text, cmp.Or(q.Limit, 1000))
	}
	return false
}

func (q Question) isNumber(text string) bool {
	whole, part, _ := strings.Cut(text, ".")
	if !numeric.MatchString(text) || len(part) != q.decimals() || strings.Trim(text, "-0.") == "" && whole[0] == '-' {
		return false
	}
	value, _ := new(big.Rat).SetString(text)
	least, most := q.Least, q.Most
	if least == nil && q.Kind != "number" {
		least = new(int64)
	}
	if most == nil && q.Kind == "percent" {
		hundred := int64(100)
		most = &hundred
	}
	return (least == nil || value.Cmp(big.NewRat(*least, 1)) >= 0) && (most == nil || value.Cmp(big.NewRat(*most, 1)) <= 0)
}

func (q Question) place(option string) int {
	return slices.IndexFunc(q.Options, func(one Option) bool { return one.ID == option })
}

// ascends tells whether each one has a place, behind that of the one before.
func ascends(several []string, place func(string) int) bool {
	before := -1
	for _, one := range several {
		here := place(one)
		if here <= before {
			return false
		}
		before = here
	}
	return true
}

func isDay(text string) bool {
	_, err := time.Parse("2006-01-02", text)
	return err == nil && len(text) == 10 && text >= "1900" && text < "3000"
}

func isText(text string, limit int) bool {
	length := utf8.RuneCountInString(text)
	return utf8.ValidString(text) && 0 < length && length <= limit && !unseen.MatchString(text) &&
		strings.TrimFunc(text, unicode.IsSpace) == text
}

// valueOf is what a canonical text stands for, of a kind that an expression can reckon with.
func (q Question) valueOf(text string) Value {
	switch q.Kind {
	case "count", "number", "money", "percent":
		value, is := new(big.Rat).SetString(text)
		demand(is, "%q is no number", text)
		return value
	case "date":
		return Day(text)
	case "month":
		return Day(text + "-01")
	case "yes_no":
		return text == "yes"
	}
	return text
}

// textFor is the canonical text of what was reckoned.
func (q Question) textFor(value Value) string {
	if value == true {
		return "yes"
	}
	if value == false {
		return "no"
	}
	return rounded(number(value), q.decimals())
}

// answer makes the form's answers known in place of those that it had before, computes those that nobody fills in, and
// says what is wrong.
func (k Known) answer(form Form, pairs []Pair) (wrong []string) {
	found := func(format string, values ...any) { wrong = append(wrong, fmt.Sprintf(format, values...)) }
	for _, field := range form.Fields {
		delete(k.Single, form.ID+"."+field.ID)
		delete(k.Tables, form.ID+"."+field.ID)
	}
	said := map[string]string{}
	for _, field := range form.Fields {
		path := form.ID + "." + field.ID
		switch {
		case field.Kind == "rows":
			rows, left, told := field.rows(pairs)
			pairs, k.Tables[path] = left, rows
			for _, one := range told {
				found("%s: %s", path, one)
			}
		case len(pairs) == 0 || pairs[0][0] != field.ID:
			if field.Need {
				found("%s is not answered", path)
			}
		default:
			text := pairs[0][1]
			pairs = pairs[1:]
			if field.Derive != "" {
				said[field.ID] = text
			} else if field.isCanonical(text) {
				k.Single[path] = field.valueOf(text)
			} else {
				found("%s: %q is not the text of a value", path, text)
			}
		}
	}
	for _, pair := range pairs {
		found("%s.%s is not asked for, or not there", form.ID, pair[0])
	}
	for _, field := range form.Fields {
		if field.Derive == "" {
			continue
		}
		path, text := form.ID+"."+field.ID, ""
		if value := k.reckon(parse(field.Derive), nil); value != nil {
			text = field.textFor(value)
			k.Single[path] = field.valueOf(text)
		}
		if said[field.ID] != text {
			found("%s is said to be %q, and comes to %q", path, said[field.ID], text)
		}
	}
	return wrong
}

// rows takes the table's rows from the front of the pairs.
func (q Question) rows(pairs []Pair) (rows []map[string]Value, left []Pair, wrong []string) {
	rows = []map[string]Value{}
	before := -1
	answered := map[string]bool{}
	whole := func() {
		for _, column := range q.Columns {
			if column.Need && !answered[column.ID] && len(rows) > 0 {
				wrong = append(wrong, fmt.Sprintf("%s of row %d is not answered", column.ID, len(rows)))
			}
		}
	}
	for len(pairs) > 0 && strings.HasPrefix(pairs[0][0], q.ID+".") {
		at, text := strings.TrimPrefix(pairs[0][0], q.ID+"."), pairs[0][1]
		pairs = pairs[1:]
		cell := rowOfTable.FindStringSubmatch(at)
		place := -1
		if cell != nil {
			place = slices.IndexFunc(q.Columns, func(one Question) bool { return one.ID == cell[2] })
		}
		if place >= 0 && cell[1] == strconv.Itoa(len(rows)+1) {
			whole()
			rows, before, answered = append(rows, map[string]Value{}), -1, map[string]bool{}
		}
		if place < 0 || cell[1] != strconv.Itoa(len(rows)) || place <= before {
			wrong = append(wrong, fmt.Sprintf("%s is not asked for, or not there", at))
			continue
		}
		column := q.Columns[place]
		before, answered[column.ID] = place, true
		if column.isCanonical(text) {
			rows[len(rows)-1][column.ID] = column.valueOf(text)
		} else {
			wrong = append(wrong, fmt.Sprintf("%s: %q is not the text of a value", at, text))
		}
	}
	whole()
	least, most := int64(0), int64(60)
	if q.Least != nil {
		least = *q.Least
	}
	if q.Most != nil {
		most = min(most, *q.Most)
	}
	if count := int64(len(rows)); count < least || count > most {
		wrong = append(wrong, fmt.Sprintf("has %d rows, which is not %d to %d", count, least, most))
	}
	return rows, pairs, wrong
}
