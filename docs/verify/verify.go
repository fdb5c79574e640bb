// Verifies a ledger of Duban without Duban: reads entries as JSON Lines on standard input, in the order of their positions
// (docs/ledger.md says how they are exported), checks that no position is missing, every hash and every chain, items' and
// journals' alike, and names what is wrong. Then works out the root of the Merkle tree over all lines in their order;
// given a checkpoint's size and root, compares with it. Standard library only.
//
//	go run docs/verify/verify.go docs/verify/shared.go [sha256|sm3 [SIZE ROOT]] < entries.jsonl
//
// Ends with 0 when everything holds, with 1 when something does not, with 2 when the input cannot be read.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"strings"
)

// Entry is one row of the table `entry`. Body is the stored text: canonical JSON of an object.
type Entry struct {
	Position    int64   `json:"position"`
	Stream      string  `json:"stream"`
	Seq         int64   `json:"seq"`
	At          string  `json:"at"`
	RecordedAt  string  `json:"recorded_at"`
	Actor       string  `json:"actor"`
	Role        string  `json:"role"`
	Unit        *string `json:"unit"`
	Kind        string  `json:"kind"`
	Command     string  `json:"command"`
	Body        string  `json:"body"`
	PrevHash    string  `json:"prev_hash"`
	Hash        string  `json:"hash"`
	Behalf      *string `json:"behalf"`
	Told        *string `json:"told"`
	CommandHash *string `json:"command_hash"`
	Via         string  `json:"via"`
	Through     *string `json:"through"`
}

var genesis = strings.Repeat("0", 64)

var digest = algorithms["sha256"]

func main() {
	size, root := arguments(os.Args[1:])
	entries, err := read(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot read:", err)
		os.Exit(2)
	}
	wrong, streams := 0, 0
	for i, e := range entries {
		if e.Position != int64(i)+1 {
			fmt.Printf("%s\t%d\tstands at position %d of the ledger, where %d is the next\n", e.Stream, e.Seq, e.Position, i+1)
			wrong++
			break
		}
	}
	sealed, sealedRoot := len(entries), ""
	if root != "" {
		sealed = min(size, len(entries))
	}
	sealedRoot = hex.EncodeToString(rootOf(entries[:sealed]))
	sort.SliceStable(entries, func(i, j int) bool {
		a, b := entries[i], entries[j]
		return a.Stream < b.Stream || a.Stream == b.Stream && a.Seq < b.Seq
	})
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
	if root != "" && (sealed < size || sealedRoot != root) {
		fmt.Printf("the checkpoint of %d entries does not hold: the root of the first %d is %s\n", size, sealed, sealedRoot)
		wrong++
	}
	fmt.Printf("%d entries, %d streams, %d wrong\nroot of the first %d: %s\n", len(entries), streams, wrong, sealed, sealedRoot)
	if wrong > 0 {
		os.Exit(1)
	}
}

func arguments(given []string) (size int, root string) {
	var err error
	if len(given) > 0 {
		digest = algorithms[given[0]]
	}
	if len(given) == 3 {
		size, err = strconv.Atoi(given[1])
		root = given[2]
	}
	if digest == nil || err != nil || size < 0 || len(given) == 2 || len(given) > 3 {
		fmt.Fprintln(os.Stderr, "usage: verify [sha256|sm3 [SIZE ROOT]] < entries.jsonl")
		os.Exit(2)
	}
	return size, root
}

// rootOf is the Merkle tree's root (RFC 6962): a stack of complete subtrees, the largest first, folded from the right.
func rootOf(entries []Entry) []byte {
	node := func(left, right []byte) []byte {
		sum := digest(append(append([]byte{1}, left...), right...))
		return sum[:]
	}
	empty := digest(nil)
	root, stack := empty[:], [][]byte{}
	for n, e := range entries {
		leaf, _ := hex.DecodeString(e.Hash)
		sum := digest(append([]byte{0}, leaf...))
		root = sum[:]
		for ; n&1 == 1; n >>= 1 {
			root = node(stack[len(stack)-1], root)
			stack = stack[:len(stack)-1]
		}
		stack = append(stack, root)
	}
	for i := len(stack) - 2; i >= 0; i-- {
		root = node(stack[i], root)
	}
	return root
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
	var body map[string]any
	if err := decode(e.Body, &body); err != nil {
		return "", fmt.Errorf("the body is not a JSON object: %w", err)
	}
	if canonical(body) != e.Body {
		return "", fmt.Errorf("the body is not canonical JSON")
	}
	var unit any
	if e.Unit != nil {
		unit = *e.Unit
	}
	object := map[string]any{
		"stream": e.Stream, "seq": json.Number(fmt.Sprint(e.Seq)), "at": e.At, "recorded_at": e.RecordedAt,
		"actor": e.Actor, "role": e.Role, "unit": unit, "kind": e.Kind, "command": e.Command,
		"body": body, "prev_hash": e.PrevHash, "via": e.Via,
	}
	if e.Behalf != nil && *e.Behalf != "" {
		object["behalf"] = *e.Behalf
	}
	if e.CommandHash != nil && *e.CommandHash != "" {
		object["command_hash"] = *e.CommandHash
	}
	if e.Through != nil && *e.Through != "" {
		object["through"] = *e.Through
	}
	if e.Told != nil {
		var told []any
		if err := decode(*e.Told, &told); err != nil {
			return "", fmt.Errorf("those told are not a JSON list: %w", err)
		}
		if told == nil || canonical(told) != *e.Told {
			return "", fmt.Errorf("those told are not canonical JSON")
		}
		object["told"] = told
	}
	sum := digest([]byte(canonical(object)))
	return hex.EncodeToString(sum[:]), nil
}
