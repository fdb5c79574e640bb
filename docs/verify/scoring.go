// How a unit's points come about, from docs/ledger.md section 14 alone: the objects, the rules, a sheet, tiers. Exact.
package main

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

type Assessment struct {
	ID         string      `json:"id"`
	Version    string      `json:"version"`
	Year       int         `json:"year"`
	Campaign   string      `json:"campaign"`
	Total      int64       `json:"total"`
	Indicators []Indicator `json:"indicators"`
	Tiers      *Tiers      `json:"tiers"`
}

type Indicator struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Every   string `json:"every"`
	Full    int64  `json:"full"`
	Applies struct {
		Kinds      []string `json:"kinds"`
		Sizes      []string `json:"sizes"`
		Conditions []string `json:"conditions"`
	} `json:"applies"`
	Figure  string   `json:"figure"`
	Figures []string `json:"figures"`
	Value   string   `json:"value"`
	Levels  []struct {
		Least int64 `json:"least"`
		Share int64 `json:"share"`
	} `json:"levels"`
	Counts   []Counting `json:"counts"`
	Short    int64      `json:"short"`
	Campaign string     `json:"campaign"`
	Late     int64      `json:"late"`
	Missing  int64      `json:"missing"`
	Rungs    bool       `json:"rungs"`
	Second   int64      `json:"second"`
	Add      int64      `json:"add"`
	Deduct   int64      `json:"deduct"`
}

type Counting struct {
	Figure string `json:"figure"`
	Least  []struct {
		Least int64  `json:"least"`
		Kind  string `json:"kind"`
	} `json:"least"`
}

type Band struct {
	ID    string `json:"id"`
	Enter int64  `json:"enter"`
	Leave int64  `json:"leave"`
}

type Tiers struct {
	Every      string `json:"every"`
	Bands      []Band `json:"bands"`
	DownAfter  *int64 `json:"down_after"`
	ByDecision string `json:"by_decision"`
}

type Figure struct {
	ID     string `json:"id"`
	Every  string `json:"every"`
	Source string `json:"source"`
}

type Input struct {
	Name   string `json:"name"`
	Period string `json:"period"`
	Value  string `json:"value"`
	Entry  string `json:"entry"`
	Owed   string `json:"owed"`
}

type Line struct {
	Indicator  string  `json:"indicator"`
	Period     string  `json:"period"`
	Full       int64   `json:"full"`
	Points     int64   `json:"points"`
	Rule       string  `json:"rule"`
	Inputs     []Input `json:"inputs"`
	Reason     string  `json:"reason"`
	Difference int64   `json:"difference"`
}

type Left struct {
	Indicator string `json:"indicator"`
	Period    string `json:"period"`
	Why       string `json:"why"`
	Reason    string `json:"reason"`
	Entry     string `json:"entry"`
	Awaits    string `json:"awaits"`
}

// Judged is what somebody gave, or what an appeal decided.
type Judged struct {
	By, Reason, Entry string
	Points            int64
	Seq               int64
}

type Merit struct {
	Indicator, Merit, Day, Entry string
	Points                       int64
	Withdrawn                    bool
}

// Facts are what a line is reckoned from: each gives inputs as they have to be.
type Facts struct {
	unitKind string
	since    string
	// figure gives the inputs of a figure within the period; last the one that is told last, or none.
	figure func(figure string, period Period) []Input
	last   func(figure string, period Period) Input
	// parts is how many periods of its own a figure has within the period.
	parts  func(figure string, period Period) int
	rounds func(indicator Indicator, period Period) []Input
	rungs  func(period Period) []Input
	judged []Judged
	merits []Merit // those that were withdrawn too
}

var monthsOf = map[string]int{"month": 1, "quarter": 3, "half_year": 6, "year": 12}

// Period is the nth of its year, of so many months.
type Period struct{ months, year, nth int }

var periodForm = regexp.MustCompile(`^(\d{4})(?:-(Q[1-4]|H[12]|0[1-9]|1[0-2]))?$`)

func readPeriod(text string) Period {
	found := periodForm.FindStringSubmatch(text)
	demand(found != nil, "%q is no period", text)
	year, _ := strconv.Atoi(found[1])
	switch part := found[2]; {
	case part == "":
		return Period{12, year, 1}
	case part[0] == 'Q' || part[0] == 'H':
		return Period{map[byte]int{'Q': 3, 'H': 6}[part[0]], year, int(part[1] - '0')}
	default:
		nth, _ := strconv.Atoi(part)
		return Period{1, year, nth}
	}
}

func (p Period) String() string {
	return map[int]string{
		1: fmt.Sprintf("%04d-%02d", p.year, p.nth), 3: fmt.Sprintf("%04d-Q%d", p.year, p.nth),
		6: fmt.Sprintf("%04d-H%d", p.year, p.nth), 12: fmt.Sprintf("%04d", p.year),
	}[p.months]
}

// last is the number of its last month, counted from the year 0.
func (p Period) last() int { return p.year*12 + p.nth*p.months - 1 }

// month is its nth month, from 0 on, as text.
func (p Period) month(nth int) string {
	month := p.last() - p.months + 1 + nth
	return fmt.Sprintf("%04d-%02d", month/12, month%12+1)
}

func (p Period) firstDay() string  { return p.month(0) + "-01" }
func (p Period) lastMonth() string { return p.month(p.months - 1) }

func (p Period) holds(other Period) bool {
	return p.last()-p.months < other.last()-other.months+1 && other.last() <= p.last()
}

// within are its periods of so many months each, in order.
func (p Period) within(months int) (found []Period) {
	if months == 0 || months > p.months {
		return nil
	}
	for nth := (p.nth-1)*p.months/months + 1; nth <= p.nth*p.months/months; nth++ {
		found = append(found, Period{months, p.year, nth})
	}
	return found
}

// dueWith is the period of so many months that ends with that month.
func dueWith(month Period, months int) (Period, bool) {
	if months == 0 || month.nth%months != 0 {
		return Period{}, false
	}
	return Period{months, month.year, month.nth / months}, true
}

func whole(value int64) *big.Rat          { return new(big.Rat).SetInt64(value) }
func plus(a, b *big.Rat) *big.Rat         { return new(big.Rat).Add(a, b) }
func minus(a, b *big.Rat) *big.Rat        { return new(big.Rat).Sub(a, b) }
func times(a, b *big.Rat) *big.Rat        { return new(big.Rat).Mul(a, b) }
func over(a, b *big.Rat) *big.Rat         { return new(big.Rat).Quo(a, b) }
func limit(x, least, most int64) int64    { return max(least, min(most, x)) }
func pointsText(points int64) string      { return strconv.FormatInt(points, 10) }
func isBase(indicator Indicator) bool     { return indicator.Kind != "add_deduct" }
func (l Line) key() [2]string             { return [2]string{l.Indicator, l.Period} }
func (l Left) key() [2]string             { return [2]string{l.Indicator, l.Period} }
func mean(values []*big.Rat) *big.Rat     { return over(sumOf(values), whole(int64(len(values)))) }
func among(what string, of []string) bool { return len(of) == 0 || slices.Contains(of, what) }

func sumOf(values []*big.Rat) *big.Rat {
	total := new(big.Rat)
	for _, one := range values {
		total.Add(total, one)
	}
	return total
}

// halfUp is R(x).
func halfUp(x *big.Rat) int64 {
	moved := plus(x, big.NewRat(1, 2))
	return new(big.Int).Div(moved.Num(), moved.Denom()).Int64()
}

func numberIn(text string) *big.Rat {
	if text == "" {
		return new(big.Rat)
	}
	found, is := new(big.Rat).SetString(text)
	demand(is, "%q is no number", text)
	return found
}

func (i Indicator) appliesTo(kind, size, condition string) bool {
	return among(kind, i.Applies.Kinds) && among(size, i.Applies.Sizes) && among(condition, i.Applies.Conditions)
}

func (i Indicator) byLevels(percentage *big.Rat) *big.Rat {
	best := int64(0)
	for _, level := range i.Levels {
		if times(percentage, whole(100)).Cmp(whole(level.Least)) >= 0 {
			best = max(best, level.Share)
		}
	}
	return big.NewRat(i.Full*best, 10_000)
}

func (i Indicator) shortOf(missing *big.Rat) *big.Rat {
	if missing.Sign() <= 0 {
		return whole(i.Full)
	}
	if i.Short == 0 {
		return new(big.Rat)
	}
	return minus(whole(i.Full), times(whole(i.Short), missing))
}

func (c Counting) leastOf(kind string) int64 {
	found := int64(0)
	for n := len(c.Least) - 1; n >= 0; n-- {
		if c.Least[n].Kind == "" {
			found = c.Least[n].Least
		}
	}
	for n := len(c.Least) - 1; n >= 0; n-- {
		if c.Least[n].Kind == kind {
			found = c.Least[n].Least
		}
	}
	return found
}

// score is the line of an indicator that applies and is not excused, before an appeal; or why there is none.
func score(i Indicator, period Period, facts Facts) (line Line, why string) {
	line = Line{Indicator: i.ID, Period: period.String(), Full: i.Full}
	var x *big.Rat
	switch i.Kind {
	case "ledger":
		x, why = ofLedger(i, period, facts, &line)
	case "counted":
		x, why = counted(i, period, facts, &line)
	case "computed":
		x, why = computed(i, period, facts, &line)
	case "on_time":
		x, why = onTime(i, period, facts, &line)
	case "judged":
		x, why = judged(i, period, facts, &line)
	case "add_deduct":
		facts.merits = slices.DeleteFunc(slices.Clone(facts.merits), func(one Merit) bool { return one.Withdrawn })
		if len(facts.merits) == 0 {
			return line, "nothing_owed"
		}
		line.Rule, line.Full, line.Points = "merits", 0, merits(i, facts, &line)
		return line, ""
	default:
		demand(false, "%s is of no kind that there is: %q", i.ID, i.Kind)
	}
	if why == "" {
		line.Points = limit(halfUp(x), 0, i.Full)
	}
	return line, why
}

func told(inputs []Input) (found []Input) {
	for _, one := range inputs {
		if one.Value != "" {
			found = append(found, one)
		}
	}
	return found
}

func numbers(inputs []Input) (found []*big.Rat) {
	for _, one := range inputs {
		found = append(found, numberIn(one.Value))
	}
	return found
}

func owing(inputs []Input, least int64) []Input {
	found := slices.Clone(inputs)
	for n := range found {
		found[n].Owed = strconv.FormatInt(least, 10)
	}
	return found
}

func ofLedger(i Indicator, period Period, facts Facts, line *Line) (*big.Rat, string) {
	inputs, rungs := facts.figure(i.Figure, period), []Input{}
	if i.Rungs {
		rungs = facts.rungs(period)
	}
	taken, said := sumOf(numbers(rungs)), told(inputs)
	words := map[string]int{}
	for _, one := range said {
		words[one.Value]++
	}
	line.Inputs, line.Rule = append(inputs, rungs...), "levels"
	var x *big.Rat
	switch {
	case len(said) == 0 && len(rungs) == 0:
		return nil, "nothing_owed"
	case len(said) == 0:
		x = whole(i.Full)
	case words["yes"]+words["no"] == len(said):
		line.Rule, x = "yes_no", whole(i.Full)
		if words["no"] > 0 {
			x = new(big.Rat)
		}
	case len(i.Counts) > 0:
		least := facts.least(i.Counts[0], period, len(inputs))
		line.Rule, line.Inputs = "least", append(owing(inputs, least), rungs...)
		x = i.shortOf(minus(whole(least), sumOf(numbers(said))))
	default:
		x = i.byLevels(mean(numbers(said)))
	}
	return minus(x, taken), ""
}

// least is what is owed of a counting, of a unit that came to be within the period its part, rounded down. `counted`:
// in so many periods.
func (f Facts) least(one Counting, period Period, counted int) int64 {
	least, parts := one.leastOf(f.unitKind), f.parts(one.Figure, period)
	if f.since == "" || parts == 0 {
		return least
	}
	return least * int64(counted) / int64(parts)
}

func counted(i Indicator, period Period, facts Facts, line *Line) (*big.Rat, string) {
	line.Rule = "counted"
	missing, said := new(big.Rat), 0
	for _, one := range i.Counts {
		inputs := facts.figure(one.Figure, period)
		least := facts.least(one, period, len(inputs))
		if short := minus(whole(least), sumOf(numbers(inputs))); short.Sign() > 0 {
			missing.Add(missing, short)
		}
		said += len(told(inputs))
		line.Inputs = append(line.Inputs, owing(inputs, least)...)
	}
	if facts.since != "" && len(line.Inputs) == 0 {
		return nil, "nothing_owed"
	}
	if missing.Sign() > 0 && said == 0 {
		return new(big.Rat), ""
	}
	return i.shortOf(missing), ""
}

func computed(i Indicator, period Period, facts Facts, line *Line) (*big.Rat, string) {
	line.Rule = "ratio"
	expression := parse(i.Value)
	known := Known{map[string]Value{}, nil}
	for _, figure := range figuresIn(expression) {
		input := facts.last(figure, period)
		if input.Value != "" {
			known.Single["figure."+figure] = numberIn(input.Value)
		}
		line.Inputs = append(line.Inputs, input)
	}
	switch found := known.reckon(expression, nil).(type) {
	case *big.Rat:
		return i.byLevels(times(found, whole(100))), ""
	default:
		if len(told(line.Inputs)) == len(line.Inputs) {
			return nil, "nothing_owed"
		}
		return new(big.Rat), ""
	}
}

// figuresIn are the figures that an expression names, each once, in its order.
func figuresIn(part *Part) (found []string) {
	if len(part.Path) == 2 && part.Path[0] == "figure" {
		return []string{part.Path[1]}
	}
	for _, inside := range part.Inside {
		for _, one := range figuresIn(inside) {
			if !slices.Contains(found, one) {
				found = append(found, one)
			}
		}
	}
	return found
}

func onTime(i Indicator, period Period, facts Facts, line *Line) (*big.Rat, string) {
	line.Rule, line.Inputs = "on_time", facts.rounds(i, period)
	if len(line.Inputs) == 0 {
		return nil, "nothing_owed"
	}
	shares := int64(0)
	for _, one := range line.Inputs {
		share, is := map[string]int64{"on_time": 10_000, "late": i.Late, "missing": i.Missing}[one.Value]
		demand(is, "%s: %q is no way to stand in a round", i.ID, one.Value)
		shares += share
	}
	return big.NewRat(i.Full*shares, 10_000*int64(len(line.Inputs))), ""
}

func judged(i Indicator, period Period, facts Facts, line *Line) (*big.Rat, string) {
	line.Rule = "judged"
	given := facts.judged
	var x *big.Rat
	switch {
	case len(given) == 0:
		return nil, "not_judged"
	case i.Second == 0:
		given = []Judged{slices.MaxFunc(given, func(a, b Judged) int { return int(a.Seq - b.Seq) })}
		x = whole(given[0].Points)
	case len(given) == 1:
		return nil, "not_judged"
	case max(given[0].Points-given[1].Points, given[1].Points-given[0].Points) <= i.Second:
		x = big.NewRat(given[0].Points+given[1].Points, 2)
	case len(given) == 2:
		return nil, "not_judged"
	default:
		x = whole(given[2].Points)
	}
	reasons := []string{}
	for _, one := range given {
		line.Inputs = append(line.Inputs, Input{"judge", period.String(), pointsText(one.Points), one.Entry, ""})
		if one.Reason != "" {
			reasons = append(reasons, one.Reason)
		}
	}
	for _, figure := range i.Figures {
		line.Inputs = append(line.Inputs, facts.figure(figure, period)...)
	}
	line.Reason = strings.Join(reasons, "；")
	return x, ""
}

func merits(i Indicator, facts Facts, line *Line) int64 {
	own := slices.Clone(facts.merits)
	slices.SortFunc(own, func(a, b Merit) int {
		for _, pair := range [][2]string{{a.Day, b.Day}, {a.Entry, b.Entry}, {a.Merit, b.Merit}} {
			if order := strings.Compare(pair[0], pair[1]); order != 0 {
				return order
			}
		}
		return int(a.Points - b.Points)
	})
	up, down := int64(0), int64(0)
	for _, one := range own {
		up, down = up+max(0, one.Points), down+min(0, one.Points)
		line.Inputs = append(line.Inputs, Input{one.Merit, one.Day, pointsText(one.Points), one.Entry, ""})
	}
	return min(i.Add, up) + max(-i.Deduct, down)
}

// appealed is the line after an appeal was decided.
func appealed(i Indicator, line Line, decided Judged) Line {
	before := Input{line.Rule, line.Period, pointsText(line.Points), decided.Entry, ""}
	line.Inputs = append(slices.Clone(line.Inputs), before)
	line.Rule, line.Reason, line.Points = "appeal", decided.Reason, decided.Points
	if isBase(i) {
		line.Points = limit(decided.Points, 0, i.Full)
	}
	return line
}

// sheet is what lines come to, and whether there is a score at all.
func sheet(total int64, indicators []Indicator, lines []Line) (int64, bool) {
	of := map[string][]Line{}
	for _, line := range lines {
		of[line.Indicator] = append(of[line.Indicator], line)
	}
	var base, beside []Indicator
	full := int64(0)
	for _, one := range indicators {
		if len(of[one.ID]) == 0 {
			continue
		}
		if isBase(one) {
			base, full = append(base, one), full+one.Full
		} else {
			beside = append(beside, one)
		}
	}
	if len(base) == 0 || full == 0 {
		return 0, false
	}
	weights, places, rest := make([]int64, len(base)), make([]int, len(base)), total
	for n, one := range base {
		weights[n], places[n] = one.Full*total/full, n
		rest -= weights[n]
	}
	slices.SortStableFunc(places, func(a, b int) int { return int(base[b].Full*total%full - base[a].Full*total%full) })
	for _, n := range places[:rest] {
		weights[n]++
	}
	score := int64(0)
	for n, one := range base {
		parts := []*big.Rat{}
		for _, line := range of[one.ID] {
			demand(line.Full > 0, "%s is worth nothing", one.ID)
			parts = append(parts, big.NewRat(line.Points, line.Full))
		}
		score += halfUp(times(whole(weights[n]), mean(parts)))
	}
	for _, below := range []bool{false, true} {
		for _, one := range beside {
			comes := int64(0)
			for _, line := range of[one.ID] {
				comes += line.Points
			}
			if comes = limit(comes, -one.Deduct, one.Add); (comes < 0) == below {
				score += max(comes, -score)
			}
		}
	}
	return score, true
}

// tier is the tier after a score, of a unit in `before` that was below what that asks so many times.
func (t Tiers) tier(before string, below, score int64) (string, int64) {
	own, entered := -1, -1
	for n, band := range t.Bands {
		if entered < 0 && score >= band.Enter {
			entered = n
		}
		if band.ID == before {
			own = n
		}
	}
	demand(entered >= 0, "a score enters no tier")
	if own < 0 || entered < own {
		return t.Bands[entered].ID, 0
	}
	if score >= t.Bands[own].Leave {
		return before, 0
	}
	often := int64(1)
	if t.DownAfter != nil {
		often = *t.DownAfter
	}
	if below+1 < often {
		return before, below + 1
	}
	for _, band := range t.Bands[own+1:] {
		if score >= band.Leave {
			return band.ID, 0
		}
	}
	demand(false, "there is no tier below %s", before)
	return "", 0
}
