// Reckons again, without Duban, every score of a ledger, or of one unit's proof bundle, from docs/ledger.md section 14
// alone: each line from its inputs, each input from the entry that it names, the sheet to the hundredth, differences,
// revisions, tiers. Standard library only.
//
//	go run docs/verify/scores.go docs/verify/scoring.go docs/verify/expressions.go docs/verify/shared.go PROCESSES ENTRIES
//	go run docs/verify/scores.go docs/verify/scoring.go docs/verify/expressions.go docs/verify/shared.go BUNDLE
//
// PROCESSES: the bodies of the table process_version, one on a line. ENTRIES: as for verify.go. Of a whole ledger it is
// known what was never told; in a bundle only that what is named is there. Prints a line for everything that does not
// agree. Ends with 0 when all of it does, with 1 when not, with 2 when the input cannot be read. Whether entries are whole
// and true to what was sealed say verify.go and check.go.
package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

type Entry struct {
	Position int64           `json:"position"`
	Stream   string          `json:"stream"`
	Seq      int64           `json:"seq"`
	At       string          `json:"at"`
	Actor    string          `json:"actor"`
	Kind     string          `json:"kind"`
	Body     json.RawMessage `json:"body"`
}

func (e Entry) name() string { return fmt.Sprintf("%s#%d", e.Stream, e.Seq) }

// Body is what of any kind of entry bears on scores.
type Body struct {
	Process    string          `json:"process"`
	Unit       json.RawMessage `json:"unit"`
	Batch      string          `json:"batch"`
	AskedOf    string          `json:"asked_of"`
	HandedIn   bool            `json:"handed_in"`
	TakesBack  bool            `json:"takes_back"`
	Form       string          `json:"form"`
	Answers    [][2]string     `json:"answers"`
	Values     []Imported      `json:"values"`
	Points     int64           `json:"points"`
	RangAt     string          `json:"rang_at"`
	Assessment *Assessment     `json:"assessment"`
	Register   *struct {
		Version string   `json:"version"`
		Figures []Figure `json:"figures"`
	} `json:"register"`

	ScoreOf    string      `json:"score_of"`
	Month      string      `json:"month"`
	Version    string      `json:"version"`
	Figures    string      `json:"figures"`
	Kind       string      `json:"kind"`
	Size       string      `json:"size"`
	Condition  string      `json:"condition"`
	Since      string      `json:"since"`
	Revision   *int64      `json:"revision"`
	Lines      []Line      `json:"lines"`
	Left       []Left      `json:"left"`
	Score      int64       `json:"score"`
	Reason     string      `json:"reason"`
	Indicator  string      `json:"indicator"`
	Period     string      `json:"period"`
	Merit      string      `json:"merit"`
	Day        string      `json:"day"`
	Indicators []Indicator `json:"indicators"`
	Seq        int64       `json:"seq"`
	Before     string      `json:"before"`
	To         string      `json:"to"`
	Below      int64       `json:"below"`
	Began      string      `json:"began"`
	Already    int64       `json:"already"`
	Follows    string      `json:"follows"`
	Tier       string      `json:"tier"`
	Agreed     *bool       `json:"agreed"`
}

// Imported is a value that was imported.
type Imported struct {
	Figure string `json:"figure"`
	Unit   string `json:"unit"`
	Period string `json:"period"`
	Value  string `json:"value"`
}

// unit is the body's unit: an id, or an object that has one.
func (b Body) unit() string {
	var id string
	if json.Unmarshal(b.Unit, &id) == nil {
		return id
	}
	var object struct {
		ID string `json:"id"`
	}
	mustNot(json.Unmarshal(b.Unit, &object))
	return object.ID
}

// Asked are a process's fields of the form `asks`, each with its figure and period.
type Asked map[string][2]string

type Item struct {
	process, unit, askedOf, batch, in string
	issued, reviewing                 bool
}

// answersFor is the unit whose figures it tells: of whom a round asks it, or else whoever has it.
func (i *Item) answersFor() string {
	if i.askedOf != "" {
		return i.askedOf
	}
	return i.unit
}

// comesIn says by which entry its unit has handed in what was owed, and whether that waits to be judged.
func (i *Item) comesIn(e Entry, body Body) {
	closes := e.Kind == "closed" || e.Kind == "completed"
	switch {
	case closes || e.Kind == "submitted" && body.HandedIn:
		if i.in == "" {
			i.in, i.reviewing = e.name(), !closes
		} else if closes {
			i.reviewing = false
		}
	case !i.reviewing:
	case e.Kind == "cycle_started":
		i.reviewing = false
	case e.Kind == "reassigned" || e.Kind == "annulled" || e.Kind == "returned" && body.TakesBack:
		i.in, i.reviewing = "", false
	}
}

// Of is a figure, a unit and a period.
type Of struct{ figure, unit, period string }

type Held struct{ value, entry string }

type Rung struct {
	input Input
	unit  string
	seq   int64
	at    string
}

// Standing is how a unit stands in an assessment.
type Standing struct {
	lines      map[[2]string]Line
	left       map[[2]string]Left
	scored     map[string]Body
	judged     map[[2]string][]Judged
	excused    map[[2]string]Left
	decided    map[[2]string]Judged
	merits     []Merit
	declared   []Indicator
	declaredAt int64
	own        []Indicator
	tier       string
	decisions  []Body
	looked     map[string]Body
	begun      *Stood
}

// Stood is a tier, and how many times in a row a unit was below what that asks.
type Stood struct {
	tier  string
	below int64
}

// stands is the tier in which the unit is.
func (s *Standing) stands() string {
	if s.tier == "" && s.begun != nil {
		return s.begun.tier
	}
	return s.tier
}

// refused says whether somebody said that by the period the unit does not come into the tier.
func (s *Standing) refused(period, tier string) bool {
	return slices.ContainsFunc(s.decisions, func(one Body) bool {
		return one.Agreed != nil && !*one.Agreed && one.Period == period && one.Tier == tier
	})
}

// begins is how the periods before that one leave the unit.
func (s *Standing) begins(period string) *Stood {
	found := s.begun
	for _, id := range slices.Sorted(maps.Keys(s.looked)) {
		if found == nil || id >= period {
			break
		}
		one := s.looked[id]
		if !s.refused(id, one.To) {
			found = &Stood{one.To, one.Below}
			continue
		}
		found = &Stood{found.tier, 0}
		for _, by := range s.decisions {
			if by.Period == id && (by.Agreed == nil || *by.Agreed) {
				found.tier = by.Tier
			}
		}
	}
	return found
}

// leaves is how the unit stands after the last period, for the assessment of the next year.
func (s *Standing) leaves() Stood {
	found := Stood{s.stands(), 0}
	if len(s.looked) > 0 {
		last := s.looked[slices.Max(slices.Collect(maps.Keys(s.looked)))]
		if last.To == found.tier {
			found.below = last.Below
		}
	}
	return found
}

// Ledger is what the entries so far have led to.
type Ledger struct {
	all         bool
	processes   map[string]Asked
	assessments map[string]*Assessment
	registers   map[string]map[string]Figure
	items       map[string]*Item
	asked       map[[2]string]string
	latest      map[Of]Held
	given       map[string]map[Of]string
	rungs       map[string][]Rung
	units       map[string]*Standing
	inForce     []*Assessment
	scores      int
	lines       int
}

func main() {
	l := &Ledger{
		processes: map[string]Asked{}, assessments: map[string]*Assessment{},
		registers: map[string]map[string]Figure{"": {}}, items: map[string]*Item{}, asked: map[[2]string]string{},
		latest: map[Of]Held{}, given: map[string]map[Of]string{},
		rungs: map[string][]Rung{}, units: map[string]*Standing{},
	}
	var entries []Entry
	switch len(os.Args) {
	case 2:
		entries = l.readBundle(os.Args[1])
	case 3:
		l.all = true
		l.readProcesses(must(os.ReadFile(os.Args[1])))
		entries = readEntries(must(os.ReadFile(os.Args[2])))
	default:
		fmt.Fprintln(os.Stderr, "usage: scores PROCESSES ENTRIES | scores BUNDLE")
		os.Exit(2)
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Position, b.Position) })
	wrong := 0
	for _, e := range entries {
		for _, what := range l.follow(e) {
			fmt.Printf("%s\t%d\t%s\n", e.Stream, e.Seq, what)
			wrong++
		}
	}
	fmt.Printf("%d units, %d scores, %d lines, %d wrong\n", len(l.units), l.scores, l.lines, wrong)
	if wrong > 0 {
		os.Exit(1)
	}
}

// follow takes one entry more, and says what of a score does not agree.
func (l *Ledger) follow(e Entry) (wrong []string) {
	defer func() {
		if what := recover(); what != nil {
			sentence, ours := what.(refused)
			if !ours {
				panic(what)
			}
			wrong = append(wrong, string(sentence))
		}
	}()
	if !strings.HasPrefix(e.Stream, "~") {
		l.followItem(e)
		return nil
	}
	if !slices.ContainsFunc([]string{"~office/", "~figures/", "~score/"}, func(one string) bool {
		return strings.HasPrefix(e.Stream, one)
	}) {
		return nil
	}
	body := bodyOf(e)
	switch e.Kind {
	case "assessment_loaded":
		if name := body.Assessment.ID + "\n" + body.Assessment.Version; l.assessments[name] == nil {
			l.assessments[name] = body.Assessment
		}
		same := func(one *Assessment) bool { return one.ID == body.Assessment.ID }
		if place := slices.IndexFunc(l.inForce, same); place >= 0 {
			l.inForce[place] = body.Assessment
		} else {
			l.inForce = append(l.inForce, body.Assessment)
		}
	case "figures_loaded":
		if l.registers[body.Register.Version] == nil {
			figures := map[string]Figure{}
			for _, one := range body.Register.Figures {
				figures[one.ID] = one
			}
			l.registers[body.Register.Version] = figures
		}
	case "figures_imported":
		for _, one := range body.Values {
			l.give(e.name(), Of{one.Figure, one.Unit, one.Period}, one.Value)
		}
	}
	if strings.HasPrefix(e.Stream, "~score/") {
		return l.followScores(e, body)
	}
	return nil
}

func (l *Ledger) followItem(e Entry) {
	body := bodyOf(e)
	item := l.items[e.Stream]
	if item == nil {
		item = &Item{}
		l.items[e.Stream] = item
	}
	item.comesIn(e, body)
	switch e.Kind {
	case "issued", "reassigned":
		item.process, item.unit = body.Process, body.unit()
		if e.Kind == "issued" {
			item.batch, item.askedOf, item.issued = body.Batch, body.AskedOf, true
			l.asked[[2]string{body.Batch, item.answersFor()}] = e.Stream
		}
	case "migrated":
		item.process = body.Process
	case "rung_reached":
		if body.Points > 0 {
			month := localMonth(body.RangAt)
			input := Input{"rungs", month.String(), pointsText(body.Points * 100), e.name(), ""}
			l.rungs[e.Stream] = append(l.rungs[e.Stream], Rung{input, item.unit, e.Seq, e.At})
		}
	}
	if len(body.Answers) == 0 || e.Kind != "corrected" && body.Form != "asks" {
		return
	}
	fields, known := l.processes[item.process]
	demand(known || !l.all, "the process %q is not among those given", item.process)
	for _, pair := range body.Answers {
		if of, asks := fields[pair[0]]; asks {
			l.give(e.name(), Of{of[0], item.answersFor(), of[1]}, pair[1])
		}
	}
}

func (l *Ledger) give(entry string, of Of, value string) {
	if l.given[entry] == nil {
		l.given[entry] = map[Of]string{}
	}
	l.given[entry][of] = value
	if before, stands := l.latest[of]; !stands || before.value != value {
		l.latest[of] = Held{value, entry}
	}
}

func (l *Ledger) followScores(e Entry, body Body) (wrong []string) {
	s := l.units[e.Stream]
	if s == nil {
		s = &Standing{
			lines: map[[2]string]Line{}, left: map[[2]string]Left{}, scored: map[string]Body{},
			judged: map[[2]string][]Judged{}, excused: map[[2]string]Left{}, decided: map[[2]string]Judged{},
			looked: map[string]Body{},
		}
		l.units[e.Stream] = s
	}
	if e.Stream != "~score/"+body.ScoreOf+"/"+body.unit() {
		wrong = append(wrong, "is of another unit or assessment than its stream")
	}
	at := [2]string{body.Indicator, body.Period}
	said := Judged{By: e.Actor, Reason: body.Reason, Entry: e.name(), Points: body.Points, Seq: e.Seq}
	switch e.Kind {
	case "points_judged":
		place := slices.IndexFunc(s.judged[at], func(one Judged) bool { return one.By == e.Actor })
		if place < 0 {
			s.judged[at] = append(s.judged[at], said)
		} else {
			s.judged[at][place] = said
		}
	case "points_decided":
		s.decided[at] = said
	case "indicator_excused":
		s.excused[at] = Left{Indicator: body.Indicator, Period: body.Period, Why: "excused", Reason: body.Reason, Entry: e.name()}
	case "merit_entered":
		s.merits = append(s.merits, Merit{body.Indicator, body.Merit, body.Day, e.name(), body.Points, false})
	case "merit_withdrawn":
		entered := fmt.Sprintf("%s#%d", e.Stream, body.Seq)
		place := slices.IndexFunc(s.merits, func(one Merit) bool { return one.Entry == entered })
		demand(place >= 0, "no merit was entered by entry %d", body.Seq)
		s.merits[place].Withdrawn = true
	case "indicators_declared":
		s.declared, s.declaredAt = body.Indicators, e.Seq
	case "indicators_returned":
		s.declaredAt = 0
	case "indicators_pinned":
		if s.declaredAt == body.Seq {
			s.own = s.declared
		}
		s.declaredAt = 0
	case "scored":
		wrong = append(wrong, l.checkScored(s, body)...)
	case "tier_proposed":
		wrong = append(wrong, l.checkTier(s, body)...)
		if s.begun == nil {
			s.begun = &Stood{body.Began, body.Already}
		}
		s.looked[body.Period] = body
	case "tier_decided":
		s.decisions = append(s.decisions, body)
		if body.Agreed == nil || *body.Agreed {
			s.tier = body.Tier
			if body.Period == "" {
				s.looked, s.begun = map[string]Body{}, nil
			}
		}
	}
	return wrong
}

// checkScored says what of a score does not follow, and the unit stands as it says from then on.
func (l *Ledger) checkScored(s *Standing, body Body) (wrong []string) {
	found := func(format string, values ...any) { wrong = append(wrong, fmt.Sprintf(format, values...)) }
	l.scores++
	revision, last := int64(1), int64(0)
	if body.Revision != nil {
		revision = *body.Revision
	}
	before, again := s.scored[body.Month]
	if again {
		last = 1
		if before.Revision != nil {
			last = *before.Revision
		}
	}
	if revision != last+1 {
		found("revision %d of %s follows %d", revision, body.Month, last)
	}
	stood := map[[2]string]Line{}
	for _, line := range body.Lines {
		key := line.key()
		if own, stands := s.lines[key]; stands {
			stood[key] = own
		}
		difference := int64(0)
		if again {
			difference = line.Points - stood[key].Points
		}
		if line.Difference != difference {
			found("%s %s: %d is written as the difference, %d follows", line.Indicator, line.Period, line.Difference, difference)
		}
		s.lines[key] = line
		delete(s.left, key)
		l.lines++
	}
	for _, left := range body.Left {
		s.left[left.key()] = left
		delete(s.lines, left.key())
	}
	s.scored[body.Month] = body
	assessment, register := l.assessments[body.ScoreOf+"\n"+body.Version], l.registers[body.Figures]
	if assessment == nil || register == nil || body.Figures == "" && len(l.registers) > 1 {
		found("the assessment %s or the figures %s were never loaded", body.Version, body.Figures)
		return wrong
	}
	month, indicators := readPeriod(body.Month), slices.Concat(assessment.Indicators, s.own)
	expected := map[[2]string]bool{}
	for _, one := range indicators {
		if period, due := dueWith(month, monthsOf[one.Every]); due {
			expected[[2]string{one.ID, period.String()}] = true
			wrong = append(wrong, l.checkIndicator(s, register, body, one, period)...)
		}
	}
	var own []Line
	for key, line := range s.lines {
		if readPeriod(key[1]).last() == month.last() {
			own = append(own, line)
			if !expected[key] {
				found("%s %s is no indicator that is due", key[0], key[1])
			}
		}
	}
	if score, _ := sheet(assessment.Total, indicators, own); score != body.Score {
		found("%s: %d is written as the score, %d follows", body.Month, body.Score, score)
	}
	return wrong
}

// checkIndicator compares how the unit stands with an indicator with what follows from what is known.
func (l *Ledger) checkIndicator(s *Standing, register map[string]Figure, body Body, one Indicator, period Period) (wrong []string) {
	at := [2]string{one.ID, period.String()}
	found := func(format string, values ...any) {
		wrong = append(wrong, fmt.Sprintf("%s %s: ", at[0], at[1])+fmt.Sprintf(format, values...))
	}
	line, there := s.lines[at]
	left, out := s.left[at]
	wanted := Left{Indicator: at[0], Period: at[1]}
	var should Line
	entered := false
	if excuse, excused := s.excused[at]; !one.appliesTo(body.Kind, body.Size, body.Condition) {
		wanted.Why = "not_applicable"
	} else if excused {
		wanted = excuse
	} else if !there && left.Why == "not_asked" && l.waits(register, body, one, period) {
		wanted = left
	} else {
		facts := l.factsOf(s, register, body, one, period, line.Inputs, found)
		entered = len(facts.merits) > 0
		should, wanted.Why = score(one, period, facts)
		if decided, is := s.decided[at]; is && wanted.Why == "" {
			should = appealed(one, should, decided)
		}
	}
	switch {
	case wanted.Why != "" && there:
		found("%d points are written, it has to be left out as %s", line.Points, wanted.Why)
	case wanted.Why == "nothing_owed" && !isBase(one) && !entered:
	case wanted.Why != "" && (!out || left != wanted):
		found("it has to be left out as %s", wanted.Why)
	case wanted.Why != "":
	case !there && out && left == (Left{Indicator: at[0], Period: at[1], Why: "nothing_owed"}) && l.unseen(register, one):
		// What was told stands only in a line.
	case !there:
		found("%d points follow, and it is left out", should.Points)
	default:
		should.Difference = line.Difference
		for n := range max(len(line.Inputs), len(should.Inputs)) {
			if n >= len(line.Inputs) || n >= len(should.Inputs) || line.Inputs[n] != should.Inputs[n] {
				found("its inputs are %s, and %s follow", texts(line.Inputs), texts(should.Inputs))
				break
			}
		}
		if line.Points != should.Points || line.Full != should.Full {
			found("%d of %d points are written, %d of %d follow", line.Points, line.Full, should.Points, should.Full)
		}
		if line.Rule != should.Rule || line.Reason != should.Reason {
			found("by %s (%s) is written, %s (%s) follows", line.Rule, line.Reason, should.Rule, should.Reason)
		}
	}
	return wrong
}

// waits tells whether a figure that units are asked for has not been told, so that a later round may be waited for.
// Whether one asks for it does not stand in a unit's entries.
func (l *Ledger) waits(register map[string]Figure, body Body, one Indicator, of Period) bool {
	var figures []string
	switch one.Kind {
	case "ledger":
		figures = []string{one.Figure}
	case "counted":
		for _, counting := range one.Counts {
			figures = append(figures, counting.Figure)
		}
	case "computed":
		figures = figuresIn(parse(one.Value))
	}
	for _, id := range figures {
		figure := register[id]
		for _, period := range of.within(monthsOf[figure.Every]) {
			key := Of{id, body.unit(), period.String()}
			if figure.Source == "asked" && (!l.all || l.latest[key].value == "") {
				return true
			}
		}
	}
	return false
}

// unseen tells whether what an indicator rests on need not stand in the entries at hand.
func (l *Ledger) unseen(register map[string]Figure, one Indicator) bool {
	if one.Kind == "on_time" || !l.all {
		return one.Kind == "on_time" || one.Kind == "ledger" || one.Kind == "computed"
	}
	figures := []string{one.Figure}
	if one.Kind == "computed" {
		figures = figuresIn(parse(one.Value))
	}
	return slices.ContainsFunc(figures, func(figure string) bool { return register[figure].Source == "ledger" })
}

// factsOf are what a line is reckoned from. `stated`: the line's own inputs, for what stands in no entry.
func (l *Ledger) factsOf(
	s *Standing, register map[string]Figure, body Body, one Indicator, of Period, stated []Input, found func(string, ...any),
) Facts {
	unit := body.unit()
	facts := Facts{unitKind: body.Kind, since: body.Since, judged: s.judged[[2]string{one.ID, of.String()}]}
	says := func(name, period string) (input Input) {
		for _, input := range stated {
			if input.Name == name && input.Period == period {
				return input
			}
		}
		return Input{}
	}
	value := func(figure Figure, period Period) Input {
		input := Input{Name: figure.ID, Period: period.String()}
		said := says(figure.ID, period.String())
		switch {
		case figure.Source == "ledger":
			input.Value = said.Value
		case l.all:
			known := l.latest[Of{figure.ID, unit, period.String()}]
			input.Value, input.Entry = known.value, known.entry
		case said.Value != "":
			if given, is := l.given[said.Entry][Of{figure.ID, unit, period.String()}]; !is || given != said.Value {
				found("%s of %s is said to be %q by %s, which does not say so", figure.ID, period, said.Value, said.Entry)
			}
			input.Value, input.Entry = said.Value, said.Entry
		}
		return input
	}
	facts.figure = func(id string, within Period) (inputs []Input) {
		figure, known := register[id]
		for _, period := range within.within(monthsOf[figure.Every]) {
			if said := value(figure, period); known && owedSince(body.Since, period, said) {
				inputs = append(inputs, said)
			}
		}
		return inputs
	}
	facts.parts = func(id string, within Period) int {
		return len(within.within(monthsOf[register[id].Every]))
	}
	facts.last = func(id string, within Period) Input {
		if inputs := told(facts.figure(id, within)); len(inputs) > 0 {
			return inputs[len(inputs)-1]
		}
		return Input{Name: id, Period: within.String()}
	}
	facts.rounds = func(one Indicator, within Period) (inputs []Input) {
		for _, months := range []int{1, 3, 6, 12} {
			for _, period := range within.within(months) {
				if said := says(one.Campaign, period.String()); said.Name != "" {
					inputs = append(inputs, said)
					l.checkRound(register, one, unit, period, said, found)
				}
			}
		}
		return inputs
	}
	facts.rungs = func(within Period) (inputs []Input) {
		for _, month := range within.within(1) {
			for _, rung := range l.rungsOf(unit) {
				if rung.input.Period != month.String() || !within.holds(localMonth(rung.at)) {
					continue
				}
				if l.all || slices.Contains(stated, rung.input) {
					inputs = append(inputs, rung.input)
				}
			}
		}
		return inputs
	}
	for _, merit := range s.merits {
		if merit.Indicator == one.ID && len(merit.Day) == 10 && of.holds(readPeriod(merit.Day[:7])) {
			facts.merits = append(facts.merits, merit)
		}
	}
	return facts
}

// checkRound looks up the report by which a unit is said to stand as it does in a round.
func (l *Ledger) checkRound(
	register map[string]Figure, one Indicator, unit string, period Period, said Input, found func(string, ...any),
) {
	batch := "round/" + one.Campaign + "/" + period.String()
	if stream, _, named := strings.Cut(said.Entry, "#"); named {
		item := l.items[stream]
		if item == nil || item.in != said.Entry || item.answersFor() != unit || item.batch != batch {
			found("%s is said to be the report of %s, and is not", said.Entry, period)
		}
	} else if said.Value != "missing" {
		found("the report of %s is said to be %s, and no entry is named", period, said.Value)
	} else if item := l.items[l.asked[[2]string{batch, unit}]]; l.all && item != nil && item.in != "" {
		found("the report of %s is said to be missing, and is %s", period, item.in)
	}
	if one.Figure == "" || said.Entry == "" || register[one.Figure].Source == "ledger" || !l.all {
		return
	}
	_, is := l.latest[Of{one.Figure, unit, period.String()}]
	if is == (said.Value == "missing") {
		found("the report of %s is said to be %s, and it tells %s: %v", period, said.Value, one.Figure, is)
	}
}

// owedSince says whether a period counts of a unit that came to be that day: not those before it, and that in which the
// day lies if it is told.
func owedSince(since string, period Period, said Input) bool {
	return since == "" || period.firstDay() >= since || period.lastMonth() >= since[:7] && said.Value != ""
}

// rungsOf are the rungs of items that were with the unit then, by stream and number.
func (l *Ledger) rungsOf(unit string) (found []Rung) {
	for _, stream := range slices.Sorted(maps.Keys(l.rungs)) {
		for _, rung := range l.rungs[stream] {
			if rung.unit == unit {
				found = append(found, rung)
			}
		}
	}
	return found
}

func (l *Ledger) checkTier(s *Standing, body Body) (wrong []string) {
	found := func(format string, values ...any) { wrong = append(wrong, fmt.Sprintf(format, values...)) }
	period := readPeriod(body.Period)
	scored, is := s.scored[Period{1, period.year, period.nth * period.months}.String()]
	assessment := l.assessments[body.ScoreOf+"\n"+scored.Version]
	if !is || assessment == nil || assessment.Tiers == nil || monthsOf[assessment.Tiers.Every] != period.months {
		found("a tier is proposed for %s, which was not scored for it", body.Period)
		return wrong
	}
	var lines []Line
	for key, line := range s.lines {
		if period.holds(readPeriod(key[1])) {
			lines = append(lines, line)
		}
	}
	score, some := sheet(assessment.Total, slices.Concat(assessment.Indicators, s.own), lines)
	if !some || score != body.Score {
		found("%d is written as the score of %s, %d follows", body.Score, body.Period, score)
	}
	if s.tier != "" && s.tier == assessment.Tiers.ByDecision {
		found("a tier is proposed for a unit that is %s by decision", s.tier)
	}
	begins := s.begins(body.Period)
	if begins == nil {
		first := l.first(s, assessment, body, scored.Condition)
		begins = &first
	}
	if begins.tier != body.Began || begins.below != body.Already {
		found("%q (%d) is written as what it began from, %q (%d) follows", body.Began, body.Already, begins.tier, begins.below)
	}
	before := s.stands()
	if before == "" {
		before = begins.tier
	}
	to, often := assessment.Tiers.tier(begins.tier, begins.below, score)
	if before != body.Before || to != body.To || often != body.Below {
		found("from %q to %q (%d) is proposed, from %q to %q (%d) follows", body.Before, body.To, body.Below, before, to, often)
	}
	return wrong
}

// first is how the unit stood before the first period that is looked at.
func (l *Ledger) first(s *Standing, assessment *Assessment, body Body, condition string) Stood {
	band := func(tier string) bool {
		return slices.ContainsFunc(assessment.Tiers.Bands, func(one Band) bool { return one.ID == tier })
	}
	if s.tier != "" {
		if band(s.tier) {
			return Stood{s.tier, 0}
		}
	} else if !l.all && body.Follows != "" {
		return Stood{body.Began, body.Already} // the year before is not in a bundle
	} else if before := l.preceding(assessment); before != nil {
		if one := l.units["~score/"+before.ID+"/"+body.unit()]; one != nil && band(one.stands()) {
			return one.leaves()
		}
	}
	if band(condition) {
		return Stood{condition, 0}
	}
	return Stood{}
}

// preceding is the assessment of the same campaign for the year before, of several the last.
func (l *Ledger) preceding(assessment *Assessment) (found *Assessment) {
	for _, one := range l.inForce {
		if one.ID != assessment.ID && one.Campaign == assessment.Campaign && one.Year == assessment.Year-1 {
			found = one
		}
	}
	return found
}

func texts(inputs []Input) string {
	var found []string
	for _, one := range inputs {
		found = append(found, fmt.Sprintf("%s %s=%q/%s (%s)", one.Name, one.Period, one.Value, one.Owed, one.Entry))
	}
	return "[" + strings.Join(found, ", ") + "]"
}

func localMonth(instant string) Period {
	at, err := time.Parse(time.RFC3339, instant)
	demand(err == nil, "%q is no instant", instant)
	local := at.Add(8 * time.Hour).UTC()
	return Period{1, local.Year(), int(local.Month())}
}

// bodyOf is an entry's body, which an export holds as text and a bundle as it is.
func bodyOf(e Entry) (body Body) {
	raw := []byte(e.Body)
	var text string
	if json.Unmarshal(raw, &text) == nil {
		raw = []byte(text)
	}
	var members map[string]json.RawMessage
	mustNot(json.Unmarshal(raw, &members))
	bears := []string{"process", "unit", "batch", "asked_of", "handed_in", "takes_back", "form", "answers", "points", "rang_at"}
	if strings.HasPrefix(e.Stream, "~") {
		mustNot(json.Unmarshal(raw, &body))
		return body
	}
	for name := range members {
		if !slices.Contains(bears, name) {
			delete(members, name)
		}
	}
	mustNot(json.Unmarshal(must(json.Marshal(members)), &body))
	return body
}

// readProcesses takes the processes by the ref that entries name, of which the end is a hash of all the rest.
func (l *Ledger) readProcesses(data []byte) {
	for _, line := range notBlank(data) {
		var plain map[string]any
		mustNot(decode(string(line), &plain))
		var one struct {
			Ref   string `json:"ref"`
			Forms []struct {
				ID     string `json:"id"`
				Fields []struct {
					ID     string `json:"id"`
					Figure string `json:"figure"`
					Period string `json:"period"`
				} `json:"fields"`
			} `json:"forms"`
		}
		mustNot(json.Unmarshal(line, &one))
		plain["ref"] = ""
		sum := sha256.Sum256([]byte(canonical(plain)))
		if !strings.HasSuffix(one.Ref, "@"+hex.EncodeToString(sum[:6])) {
			fmt.Fprintf(os.Stderr, "left out, since its ref is of another content: %s\n", one.Ref)
			continue
		}
		l.processes[one.Ref] = Asked{}
		for _, form := range one.Forms {
			for _, field := range form.Fields {
				if form.ID == "asks" {
					l.processes[one.Ref][field.ID] = [2]string{field.Figure, field.Period}
				}
			}
		}
	}
}

// readBundle takes the unit's stream and what it rests on, each entry with the position that its proof says.
func (l *Ledger) readBundle(path string) (entries []Entry) {
	data := must(os.ReadFile(path))
	archive := must(zip.NewReader(bytes.NewReader(data), int64(len(data))))
	member := func(name string) []byte {
		for _, file := range archive.File {
			if file.Name == name {
				return must(io.ReadAll(must(file.Open())))
			}
		}
		return nil
	}
	l.readProcesses(member("processes.jsonl"))
	for _, names := range [][2]string{{"entries.jsonl", "proofs.jsonl"}, {"basis.jsonl", "basis-proofs.jsonl"}} {
		some, proofs := readEntries(member(names[0])), notBlank(member(names[1]))
		for n := range min(len(some), len(proofs)) {
			mustNot(json.Unmarshal(proofs[n], &some[n]))
		}
		entries = append(entries, some...)
	}
	return entries
}

func readEntries(data []byte) (entries []Entry) {
	for _, line := range notBlank(data) {
		var one Entry
		mustNot(json.Unmarshal(line, &one))
		entries = append(entries, one)
	}
	return entries
}
