// Reckons again, without Duban, what the entries of items say was answered, computed and concluded, from docs/answers.md
// alone: the text of every answer, every computed one to its last digit, that no check is known to be wrong, which way
// was taken, that the verdict's condition held. Standard library only.
//
//	go run docs/verify/reckon.go docs/verify/forms.go docs/verify/expressions.go docs/verify/shared.go PROCESSES ENTRIES
//	go run docs/verify/reckon.go docs/verify/forms.go docs/verify/expressions.go docs/verify/shared.go vectors docs/vectors/answers.json
//
// PROCESSES: the bodies of the table process_version, one on a line. ENTRIES: as for verify.go, or a proof bundle. Prints a
// line for everything that does not agree. Ends with 0 when all of it does, with 1 when not, with 2 when the input cannot
// be read. Whether entries are whole and true to what was sealed say verify.go and check.go.
package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"os"
	"slices"
	"sort"
	"strings"
)

type Process struct {
	Ref      string    `json:"ref"`
	Steps    []Step    `json:"steps"`
	Forms    []Form    `json:"forms"`
	Outcomes []Outcome `json:"outcomes"`
	ReopenTo string    `json:"reopen_to"`
	Cycles   *int      `json:"cycles"`
	Matter   *Form     `json:"matter"`
}

type Step struct {
	ID        string   `json:"id"`
	SubmitTo  []Way    `json:"submit_to"`
	ApproveTo string   `json:"approve_to"`
	ReturnTo  []string `json:"return_to"`
	Closes    bool     `json:"closes"`
	Outcome   string   `json:"outcome"`
	Form      string   `json:"form"`
	Checks    []struct {
		That string `json:"that"`
	} `json:"checks"`
	Waits *struct {
		Then string `json:"then"`
	} `json:"waits"`
}

type Way struct {
	To    string `json:"to"`
	When  string `json:"when"`
	Times *int   `json:"times"`
	Name  string `json:"name"`
}

type Outcome struct {
	ID     string `json:"id"`
	Then   string `json:"then"`
	When   string `json:"when"`
	Reason bool   `json:"reason"`
}

type Entry struct {
	Stream string          `json:"stream"`
	Seq    int64           `json:"seq"`
	Kind   string          `json:"kind"`
	Body   json.RawMessage `json:"body"`
}

// Body is what of any kind of entry bears on what is reckoned here.
type Body struct {
	Process string `json:"process"`
	Turn    *struct {
		Step string `json:"step"`
	} `json:"turn"`
	Step    string   `json:"step"`
	Known   []Pair   `json:"known"`
	Taken   []string `json:"taken"`
	Form    string   `json:"form"`
	Answers []Pair   `json:"answers"`
	Way     string   `json:"way"`
	Counted string   `json:"counted"`
	Outcome string   `json:"outcome"`
	Text    string   `json:"text"`
	Title   string   `json:"title"`
	Matter  []Pair   `json:"matter"`
}

// plainMatter is what a process asks of an item that is issued where it says nothing else.
var plainMatter = Form{"matter", []Question{{ID: "title", Kind: "text", Need: true, Limit: 2000}}}

// Item is what the entries so far have led to.
type Item struct {
	process *Process
	step    string
	cycle   int
	counted map[string]int
	known   Known
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: reckon PROCESSES ENTRIES | reckon vectors FILE")
		os.Exit(2)
	}
	if os.Args[1] == "vectors" {
		end(tryVectors(must(os.ReadFile(os.Args[2]))))
	}
	processes := readProcesses(must(os.ReadFile(os.Args[1])))
	entries := readEntries(must(os.ReadFile(os.Args[2])))
	sort.SliceStable(entries, func(i, j int) bool {
		a, b := entries[i], entries[j]
		return a.Stream < b.Stream || a.Stream == b.Stream && a.Seq < b.Seq
	})
	items, forms, wrong := map[string]*Item{}, 0, 0
	for _, e := range entries {
		if strings.HasPrefix(e.Stream, "~") {
			continue
		}
		item := items[e.Stream]
		if item == nil {
			item = &Item{cycle: 1}
			item.forget()
			items[e.Stream] = item
		}
		var body Body
		mustNot(json.Unmarshal(inside(e.Body), &body))
		if body.Form != "" {
			forms++
		}
		for _, what := range item.follow(processes, e.Kind, body) {
			fmt.Printf("%s\t%d\t%s\n", e.Stream, e.Seq, what)
			wrong++
		}
	}
	fmt.Printf("%d items, %d forms, %d wrong\n", len(items), forms, wrong)
	end(wrong)
}

func end(wrong int) {
	if wrong > 0 {
		os.Exit(1)
	}
	os.Exit(0)
}

// follow takes one entry more and says what of it does not agree with the process.
func (item *Item) follow(processes map[string]*Process, kind string, body Body) (wrong []string) {
	defer func() {
		if what := recover(); what != nil {
			sentence, ours := what.(refused)
			if !ours {
				panic(what)
			}
			wrong = append(wrong, string(sentence))
		}
		if body.Turn != nil {
			item.step = body.Turn.Step
		}
	}()
	found := func(format string, values ...any) { wrong = append(wrong, fmt.Sprintf(format, values...)) }
	if body.Process != "" {
		item.process = processes[body.Process]
		demand(item.process != nil, "the process %s is not among those given", body.Process)
		if kind == "reassigned" {
			item.forget()
		}
	}
	demand(item.process != nil, "no process is known")
	to := ""
	if body.Turn != nil {
		to = body.Turn.Step
	}
	goes := func(to string, among ...string) {
		if !slices.Contains(among, to) {
			found("leads to %q instead of %q", to, among)
		}
	}
	step := item.process.step(item.step)
	if slices.Contains([]string{"submitted", "completed", "approved", "closed", "cycle_started"}, kind) {
		if body.Form != step.Form {
			found("the form %q is answered, the step asks %q", body.Form, step.Form)
		}
		wrong = append(wrong, item.answer(step, body)...)
	}
	switch kind {
	case "issued":
		matter := plainMatter
		if item.process.Matter != nil {
			matter = *item.process.Matter
		}
		wrong = append(wrong, item.known.answer(matter, append([]Pair{{"title", body.Title}}, body.Matter...))...)
	case "signed":
		goes(to, item.process.Steps[0].ID)
	case "submitted", "completed":
		if kind == "completed" {
			to = "close"
			if body.Outcome != step.Outcome {
				found("ends with %q instead of %q", body.Outcome, step.Outcome)
			}
		}
		way, counted := item.open(step)
		demand(way != nil, "no way is open")
		goes(to, way.To)
		if body.Way != way.Name && kind == "submitted" || body.Counted != counted {
			found("the way is said to be %q, counted as %q, and is %q, %q", body.Way, body.Counted, way.Name, counted)
		}
		if counted != "" {
			item.counted[counted]++
		}
	case "approved":
		goes(to, step.ApproveTo)
	case "returned":
		goes(to, step.ReturnTo...)
	case "wait_ended":
		demand(step.Waits != nil, "nobody waits in %s", step.ID)
		goes(to, step.Waits.Then)
	case "closed", "cycle_started":
		wrong = append(wrong, item.verdict(step, kind, to, body)...)
	case "reopened":
		goes(to, item.process.ReopenTo)
	case "migrated":
		item.step = body.Step
		item.counted = map[string]int{}
		for _, place := range body.Taken {
			item.counted[place]++
		}
		for _, path := range item.known.only(body.Known) {
			found("%s is said to be known, and nobody answered it", path)
		}
	}
	if kind == "cycle_started" || kind == "reopened" {
		item.cycle++
		item.counted = map[string]int{}
	}
	return wrong
}

func (item *Item) forget() {
	item.counted = map[string]int{}
	item.known = Known{map[string]Value{}, map[string][]map[string]Value{}}
}

// only forgets everything but those answers, and names those of them that nobody gave.
func (k Known) only(pairs []Pair) (missing []string) {
	singles, tables := map[string]Value{}, map[string][]map[string]Value{}
	for _, pair := range pairs {
		parts := strings.SplitN(pair[0], ".", 3)
		path := strings.Join(parts[:min(2, len(parts))], ".")
		if rows, there := k.Tables[path]; there {
			tables[path] = rows
		} else if value, there := k.Single[path]; there {
			singles[path] = value
		} else {
			missing = append(missing, pair[0])
		}
	}
	for path := range k.Single {
		delete(k.Single, path)
	}
	for path := range k.Tables {
		delete(k.Tables, path)
	}
	maps.Copy(k.Single, singles)
	maps.Copy(k.Tables, tables)
	return missing
}

func (item *Item) answer(step Step, body Body) []string {
	place := slices.IndexFunc(item.process.Forms, func(one Form) bool { return one.ID == body.Form })
	if place < 0 {
		demand(body.Form == "" && len(body.Answers) == 0, "there is no form %q", body.Form)
		return nil
	}
	wrong := item.known.answer(item.process.Forms[place], body.Answers)
	for _, check := range step.Checks {
		if item.known.reckon(parse(check.That), nil) == false {
			wrong = append(wrong, fmt.Sprintf("the check %q is known to be wrong", check.That))
		}
	}
	return wrong
}

// open is the first way that is open, and as what it is counted where it may be taken only so often.
func (item *Item) open(step Step) (*Way, string) {
	for n, way := range step.SubmitTo {
		if way.When != "" && item.known.reckon(parse(way.When), nil) != true {
			continue
		}
		if way.Times == nil {
			return &way, ""
		}
		if counted := fmt.Sprintf("%s.%d", step.ID, n+1); item.counted[counted] < *way.Times {
			return &way, counted
		}
	}
	return nil, ""
}

func (item *Item) verdict(step Step, kind, to string, body Body) (wrong []string) {
	place := slices.IndexFunc(item.process.Outcomes, func(one Outcome) bool { return one.ID == body.Outcome })
	demand(place >= 0, "there is no outcome %q", body.Outcome)
	demand(step.Closes, "nobody concludes in %q", step.ID)
	outcome := item.process.Outcomes[place]
	ends := outcome.Then == "watch" || outcome.Then == "close"
	if ends != (kind == "closed") || !ends && outcome.Then != to {
		wrong = append(wrong, fmt.Sprintf("%s leads to %q instead of %q", outcome.ID, to, outcome.Then))
	}
	if outcome.When != "" && item.known.reckon(parse(outcome.When), nil) != true {
		wrong = append(wrong, fmt.Sprintf("%s is concluded, and %q does not hold", outcome.ID, outcome.When))
	}
	if outcome.Reason && strings.TrimSpace(body.Text) == "" {
		wrong = append(wrong, fmt.Sprintf("%s is concluded, and no reason is given", outcome.ID))
	}
	if item.process.Cycles != nil && !ends && item.cycle >= *item.process.Cycles {
		wrong = append(wrong, fmt.Sprintf("cycle %d begins, of at most %d", item.cycle+1, *item.process.Cycles))
	}
	return wrong
}

func (p *Process) step(id string) Step {
	for _, one := range p.Steps {
		if one.ID == id {
			return one
		}
	}
	return Step{}
}

// readProcesses are the processes by the ref that entries name, of which the end is a hash of all the rest.
func readProcesses(data []byte) map[string]*Process {
	found := map[string]*Process{}
	for _, line := range notBlank(data) {
		var plain map[string]any
		mustNot(decode(string(line), &plain))
		var one Process
		mustNot(json.Unmarshal(line, &one))
		plain["ref"] = ""
		sum := sha256.Sum256([]byte(canonical(plain)))
		if strings.HasSuffix(one.Ref, "@"+hex.EncodeToString(sum[:6])) {
			found[one.Ref] = &one
		} else {
			fmt.Fprintf(os.Stderr, "left out, since its ref is of another content: %s\n", one.Ref)
		}
	}
	return found
}

func readEntries(data []byte) (entries []Entry) {
	if archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data))); err == nil {
		data = must(io.ReadAll(must(archive.Open("entries.jsonl"))))
	}
	for _, line := range notBlank(data) {
		var one Entry
		mustNot(json.Unmarshal(line, &one))
		entries = append(entries, one)
	}
	return entries
}

// inside is the body, which an export holds as text and a bundle as it is.
func inside(body json.RawMessage) []byte {
	var text string
	if json.Unmarshal(body, &text) == nil {
		return []byte(text)
	}
	return body
}

// Vectors are what any program of this sort can be tried on.
type Vectors struct {
	Forms       []Form `json:"forms"`
	Expressions []struct {
		Expression string            `json:"expression"`
		Answers    map[string][]Pair `json:"answers"`
		ComesTo    any               `json:"comes_to"`
	} `json:"expressions"`
	Refused []string `json:"refused"`
	Texts   []struct {
		Question  Question `json:"question"`
		Text      string   `json:"text"`
		Canonical bool     `json:"canonical"`
	} `json:"texts"`
	Rounded []struct {
		Number string `json:"number"`
		Places int    `json:"places"`
		Text   string `json:"text"`
	} `json:"rounded"`
	Answered []struct {
		Form  string `json:"form"`
		Pairs []Pair `json:"pairs"`
		Right bool   `json:"right"`
	} `json:"answered"`
}

func tryVectors(data []byte) (wrong int) {
	var vectors Vectors
	mustNot(json.Unmarshal(data, &vectors))
	compare := func(what any, said, found any) {
		if said != found {
			fmt.Printf("%v: %v is said, %v is found\n", what, said, found)
			wrong++
		}
	}
	forms := map[string]Form{}
	for _, form := range vectors.Forms {
		forms[form.ID] = form
	}
	empty := func() Known { return Known{map[string]Value{}, map[string][]map[string]Value{}} }
	for n, one := range vectors.Expressions {
		compare(fmt.Sprintf("%d: %s", n, one.Expression), one.ComesTo, attempt(func() any {
			known := empty()
			for _, form := range vectors.Forms {
				if pairs, given := one.Answers[form.ID]; given {
					if told := known.answer(form, pairs); len(told) > 0 {
						return strings.Join(told, "; ")
					}
				}
			}
			return plain(known.reckon(parse(one.Expression), nil))
		}))
	}
	for _, text := range vectors.Refused {
		compare(text, "refused", attempt(func() any { parse(text); return "read" }))
	}
	for _, one := range vectors.Texts {
		compare(fmt.Sprintf("%s %q", one.Question.Kind, one.Text), one.Canonical, one.Question.isCanonical(one.Text))
	}
	for _, one := range vectors.Rounded {
		value, _ := new(big.Rat).SetString(one.Number)
		compare(one.Number, one.Text, rounded(value, one.Places))
	}
	for n, one := range vectors.Answered {
		compare(fmt.Sprintf("answered %d", n), one.Right, len(empty().answer(forms[one.Form], one.Pairs)) == 0)
	}
	fmt.Printf("%d expressions, %d wrong\n", len(vectors.Expressions), wrong)
	return wrong
}

func attempt(what func() any) (found any) {
	defer func() {
		if panicked := recover(); panicked != nil {
			_, ours := panicked.(refused)
			if !ours {
				panic(panicked)
			}
			found = "refused"
		}
	}()
	return what()
}

// plain is a value as it stands in vectors: numbers as whole fractions.
func plain(value Value) any {
	switch v := value.(type) {
	case *big.Rat:
		return v.RatString()
	case Day:
		return string(v)
	}
	return value
}
