// The language of checks, conditions and computed answers, from docs/answers.md alone: read, and reckoned with exactly.
package main

import (
	"fmt"
	"math/big"
	"strings"
	"unicode"
)

// Day is a date as text; texts of dates compare as the days do.
type Day string

// Value is *big.Rat, bool, Day or string; nil is unknown.
type Value any

// Part is a part of an expression: a number or text, a name (Path), an operator or a function with what it works on.
type Part struct {
	Sign   string
	Value  Value
	Path   []string
	Inside []*Part
}

// Known is what has been answered: single answers by "form.field", tables by "form.table" as rows by column.
type Known struct {
	Single map[string]Value
	Tables map[string][]map[string]Value
}

type token struct{ kind, text string }

func tokens(text string) []token {
	var found []token
	rest := []rune(text)
	is := func(at int, among func(rune) bool) bool { return at < len(rest) && among(rest[at]) }
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	letter := func(r rune) bool { return r >= 'a' && r <= 'z' }
	for len(rest) > 0 {
		length, kind := 0, "sign"
		switch r := rest[0]; {
		case unicode.IsSpace(r):
			rest = rest[1:]
			continue
		case digit(r):
			kind = "number"
			for ; is(length, digit); length++ {
			}
			if is(length, func(r rune) bool { return r == '.' }) && is(length+1, digit) {
				for length++; is(length, digit); length++ {
				}
			}
		case letter(r):
			kind = "name"
			for ; is(length, func(r rune) bool { return letter(r) || digit(r) || r == '_' }); length++ {
			}
		case r == '"':
			kind = "text"
			for length = 1; length < len(rest) && rest[length] != '"'; length++ {
				demand(rest[length] != '\\', "a text holds a backslash")
			}
			demand(length < len(rest), "a text does not end")
			length++
		case strings.ContainsRune("<>=!", r) && is(1, func(r rune) bool { return r == '=' }):
			length = 2
		case strings.ContainsRune("-+*/<>().", r):
			length = 1
		default:
			demand(false, "%q has no meaning", string(r))
		}
		word := string(rest[:length])
		if kind == "name" && (word == "and" || word == "or" || word == "not") {
			kind = "sign"
		}
		found = append(found, token{kind, word})
		rest = rest[length:]
	}
	return append(found, token{"end", ""})
}

type reader struct{ left []token }

// parse is the tree of an expression; it panics with refused where the text is none.
func parse(text string) *Part {
	r := &reader{tokens(text)}
	found := r.either()
	demand(r.left[0].kind == "end", "%q is too much", r.left[0].text)
	return found
}

// sign takes the next token if it is one of these signs.
func (r *reader) sign(among ...string) string {
	for _, one := range among {
		if r.left[0].kind == "sign" && r.left[0].text == one {
			r.left = r.left[1:]
			return one
		}
	}
	return ""
}

func (r *reader) chain(inner func() *Part, among ...string) *Part {
	found := inner()
	for sign := r.sign(among...); sign != ""; sign = r.sign(among...) {
		found = &Part{Sign: sign, Inside: []*Part{found, inner()}}
	}
	return found
}

func (r *reader) either() *Part  { return r.chain(r.both, "or") }
func (r *reader) both() *Part    { return r.chain(r.denied, "and") }
func (r *reader) sum() *Part     { return r.chain(r.product, "+", "-") }
func (r *reader) product() *Part { return r.chain(r.value, "*", "/") }

func (r *reader) denied() *Part {
	if r.sign("not") != "" {
		return &Part{Sign: "not", Inside: []*Part{r.denied()}}
	}
	return r.compared()
}

func (r *reader) compared() *Part {
	comparisons := []string{"==", "!=", "<=", ">=", "<", ">"}
	left := r.sum()
	sign := r.sign(comparisons...)
	if sign == "" {
		return left
	}
	found := &Part{Sign: sign, Inside: []*Part{left, r.sum()}}
	demand(r.sign(comparisons...) == "", "comparisons do not follow one another")
	return found
}

func (r *reader) value() *Part {
	if r.sign("-") != "" {
		return &Part{Sign: "minus", Inside: []*Part{r.value()}}
	}
	if r.sign("(") != "" {
		return r.closed()
	}
	next := r.left[0]
	demand(next.kind == "number" || next.kind == "text" || next.kind == "name", "%q does not stand for a value", next.text)
	r.left = r.left[1:]
	switch next.kind {
	case "number":
		number, _ := new(big.Rat).SetString(next.text)
		return &Part{Value: number}
	case "text":
		return &Part{Value: next.text[1 : len(next.text)-1]}
	}
	if r.sign("(") != "" {
		demand(next.text == "count" || next.text == "sum" || next.text == "any", "there is no function %q", next.text)
		return &Part{Sign: next.text, Inside: []*Part{r.closed()}}
	}
	path := []string{next.text}
	for r.sign(".") != "" {
		demand(r.left[0].kind == "name", "no name follows %q", path)
		path = append(path, r.left[0].text)
		r.left = r.left[1:]
	}
	return &Part{Path: path}
}

func (r *reader) closed() *Part {
	found := r.either()
	demand(r.sign(")") != "", "a bracket is not closed")
	return found
}

// reckon is what the expression comes to; nil where that is unknown. `row`: within a function, the row at hand.
func (k Known) reckon(part *Part, row map[string]Value) Value {
	switch {
	case part.Value != nil:
		return part.Value
	case len(part.Path) == 3:
		return row[part.Path[2]]
	case part.Path != nil:
		return k.Single[strings.Join(part.Path, ".")]
	case part.Sign == "count" || part.Sign == "sum" || part.Sign == "any":
		return k.overRows(part.Sign, part.Inside[0])
	}
	values := []Value{}
	for _, inside := range part.Inside {
		values = append(values, k.reckon(inside, row))
	}
	if part.Sign == "and" || part.Sign == "or" {
		decides := part.Sign == "or"
		if values[0] == decides || values[1] == decides {
			return decides
		}
	}
	for _, value := range values {
		if value == nil {
			return nil
		}
	}
	switch part.Sign {
	case "and", "or":
		return part.Sign == "and"
	case "not":
		return !truth(values[0])
	case "minus":
		return new(big.Rat).Neg(number(values[0]))
	case "+":
		return new(big.Rat).Add(number(values[0]), number(values[1]))
	case "-":
		return new(big.Rat).Sub(number(values[0]), number(values[1]))
	case "*":
		return new(big.Rat).Mul(number(values[0]), number(values[1]))
	case "/":
		if number(values[1]).Sign() == 0 {
			return nil
		}
		return new(big.Rat).Quo(number(values[0]), number(values[1]))
	}
	return compare(part.Sign, values[0], values[1])
}

func (k Known) overRows(function string, argument *Part) Value {
	if function == "count" && len(argument.Path) == 2 {
		rows, known := k.Tables[strings.Join(argument.Path, ".")]
		if known {
			return new(big.Rat).SetInt64(int64(len(rows)))
		}
	}
	rows, known := k.Tables[tableIn(argument)]
	if !known {
		return nil
	}
	total, count, some := new(big.Rat), int64(0), false
	for _, row := range rows {
		value := k.reckon(argument, row)
		if value == nil {
			continue
		}
		if function == "sum" {
			total.Add(total, number(value))
		} else if truth(value) {
			count, some = count+1, true
		}
	}
	switch function {
	case "sum":
		return total
	case "any":
		return some
	}
	return new(big.Rat).SetInt64(count)
}

// tableIn is the table whose columns a function's argument names.
func tableIn(part *Part) string {
	if len(part.Path) == 3 {
		return strings.Join(part.Path[:2], ".")
	}
	for _, inside := range part.Inside {
		if found := tableIn(inside); found != "" {
			return found
		}
	}
	return ""
}

func compare(sign string, left, right Value) bool {
	order := 0
	switch l := left.(type) {
	case *big.Rat:
		order = l.Cmp(number(right))
	case Day:
		r, is := right.(Day)
		demand(is, "a date is compared with something else")
		order = strings.Compare(string(l), string(r))
	default:
		demand(fmt.Sprintf("%T", left) == fmt.Sprintf("%T", right), "a %T is compared with a %T", left, right)
		demand(sign == "==" || sign == "!=", "neither is the greater one: %v, %v", left, right)
		if left != right {
			order = 1
		}
	}
	switch sign {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func number(value Value) *big.Rat {
	found, is := value.(*big.Rat)
	demand(is, "%v is no number", value)
	return found
}

func truth(value Value) bool {
	found, is := value.(bool)
	demand(is, "%v is neither true nor false", value)
	return found
}

// rounded is the number with exactly so many places: half up, which is towards the greater number, also below 0.
func rounded(value *big.Rat, places int) string {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	doubled := new(big.Rat).Mul(value, new(big.Rat).SetInt(scale))
	doubled.Add(doubled.Add(doubled, doubled), big.NewRat(1, 1))
	floor := new(big.Int).Div(doubled.Num(), new(big.Int).Mul(doubled.Denom(), big.NewInt(2)))
	digits := new(big.Int).Abs(floor).String()
	digits = strings.Repeat("0", max(0, places+1-len(digits))) + digits
	if places > 0 {
		digits = digits[:len(digits)-places] + "." + digits[len(digits)-places:]
	}
	if floor.Sign() < 0 {
		return "-" + digits
	}
	return digits
}
