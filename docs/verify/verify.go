// Verifies a ledger of Duban without Duban: reads entries as JSON Lines on standard input (docs/ledger.md says how they
// are exported), checks every hash and every chain, and names what is wrong. Standard library only.
//
//	go run docs/verify/verify.go < entries.jsonl
//
// Ends with 0 when everything holds, with 1 when something does not, with 2 when the input cannot be read.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"unicode/utf8"
)

// Entry is one row of the table `entry`. Body is the stored text: canonical JSON of an object.
type Entry struct {
	Stream     string  `json:"stream"`
	Seq        int64   `json:"seq"`
	At         string  `json:"at"`
	RecordedAt string  `json:"recorded_at"`
	Actor      string  `json:"actor"`
	Role       string  `json:"role"`
	Unit       *string `json:"unit"`
	Kind       string  `json:"kind"`
	Command    string  `json:"command"`
	Body       string  `json:"body"`
	PrevHash   string  `json:"prev_hash"`
	Hash       string  `json:"hash"`
	Behalf     *string `json:"behalf"`
}

var genesis = strings.Repeat("0", 64)

func main() {
	entries, err := read(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot read:", err)
		os.Exit(2)
	}
	sort.SliceStable(entries, func(i, j int) bool {
		a, b := entries[i], entries[j]
		return a.Stream < b.Stream || a.Stream == b.Stream && a.Seq < b.Seq
	})
	wrong, streams := 0, 0
	stream, head, next := "", genesis, int64(1)
	for i, e := range entries {
		if i == 0 || e.Stream != stream {
			stream, head, next = e.Stream, genesis, 1
			streams++
		}
		for _, what := range check(e, head, next) {
			fmt.Printf("%s\t%d\t%s\n", e.Stream, e.Seq, what)
			wrong++
		}
		head, next = e.Hash, e.Seq+1
	}
	fmt.Printf("%d entries, %d streams, %d wrong\n", len(entries), streams, wrong)
	if wrong > 0 {
		os.Exit(1)
	}
}

func read(from io.Reader) ([]Entry, error) {
	var entries []Entry
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 64<<20)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var e Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		entries = append(entries, e)
	}
	return entries, lines.Err()
}

// check says what is wrong with an entry that should follow `head` as the `next`-th of its stream.
func check(e Entry, head string, next int64) []string {
	var wrong []string
	if e.Seq != next {
		wrong = append(wrong, fmt.Sprintf("entry %d is missing", next))
	} else if e.PrevHash != head {
		wrong = append(wrong, "does not follow the entry before it")
	}
	hash, err := hashOf(e)
	if err != nil {
		return append(wrong, err.Error())
	}
	if hash != e.Hash {
		wrong = append(wrong, "the hash is not that of the content")
	}
	return wrong
}

func hashOf(e Entry) (string, error) {
	decoder := json.NewDecoder(strings.NewReader(e.Body))
	decoder.UseNumber()
	var body map[string]any
	if err := decoder.Decode(&body); err != nil {
		return "", fmt.Errorf("the body is not a JSON object: %w", err)
	}
	var unit any
	if e.Unit != nil {
		unit = *e.Unit
	}
	object := map[string]any{
		"stream": e.Stream, "seq": json.Number(fmt.Sprint(e.Seq)), "at": e.At, "recorded_at": e.RecordedAt,
		"actor": e.Actor, "role": e.Role, "unit": unit, "kind": e.Kind, "command": e.Command,
		"body": body, "prev_hash": e.PrevHash,
	}
	if e.Behalf != nil && *e.Behalf != "" {
		object["behalf"] = *e.Behalf
	}
	sum := sha256.Sum256([]byte(canonical(object)))
	return hex.EncodeToString(sum[:]), nil
}

// canonical is RFC 8785 for what stands in a ledger: objects with ASCII keys, lists, strings, integers, true, false, null.
func canonical(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprint(v)
	case json.Number:
		return v.String()
	case string:
		return quoted(v)
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = canonical(item)
		}
		return "[" + strings.Join(parts, ",") + "]"
	case map[string]any:
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		for i, key := range keys {
			keys[i] = quoted(key) + ":" + canonical(v[key])
		}
		return "{" + strings.Join(keys, ",") + "}"
	}
	panic(fmt.Sprintf("%T has no form", value))
}

func quoted(text string) string {
	short := map[rune]string{
		'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`,
	}
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range text {
		if s, ok := short[r]; ok {
			out.WriteString(s)
		} else if r < 0x20 {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.Write(utf8.AppendRune(nil, r))
		}
	}
	out.WriteByte('"')
	return out.String()
}
