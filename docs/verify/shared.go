// What the other programs share: canonical JSON (RFC 8785), the algorithms SHA-256 and SM3 (GB/T 32905-2016), refusing, reading lines.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/bits"
	"os"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// algorithms are those that a ledger may be kept in, by name.
var algorithms = map[string]func([]byte) [32]byte{"sha256": sha256.Sum256, "sm3": sm3}

// refused ends a check; the only panic that is recovered.
type refused string

func demand(right bool, format string, values ...any) {
	if !right {
		panic(refused(fmt.Sprintf(format, values...)))
	}
}

func sm3(message []byte) [32]byte {
	state := [8]uint32{
		0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
	}
	padded := append(append([]byte{}, message...), 0x80)
	for len(padded)%64 != 56 {
		padded = append(padded, 0)
	}
	padded = binary.BigEndian.AppendUint64(padded, uint64(len(message))*8)
	for ; len(padded) > 0; padded = padded[64:] {
		compress(&state, padded[:64])
	}
	var out [32]byte
	for i, word := range state {
		binary.BigEndian.PutUint32(out[4*i:], word)
	}
	return out
}

func compress(state *[8]uint32, block []byte) {
	left := bits.RotateLeft32
	var w [68]uint32
	for j := range w {
		if j < 16 {
			w[j] = binary.BigEndian.Uint32(block[4*j:])
			continue
		}
		x := w[j-16] ^ w[j-9] ^ left(w[j-3], 15)
		w[j] = x ^ left(x, 15) ^ left(x, 23) ^ left(w[j-13], 7) ^ w[j-6]
	}
	a, b, c, d, e, f, g, h := state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]
	for j := 0; j < 64; j++ {
		t, ff, gg := uint32(0x79cc4519), a^b^c, e^f^g
		if j >= 16 {
			t, ff, gg = 0x7a879d8a, a&b|a&c|b&c, e&f|^e&g
		}
		ss1 := left(left(a, 12)+e+left(t, j%32), 7)
		tt1 := ff + d + (ss1 ^ left(a, 12)) + (w[j] ^ w[j+4])
		tt2 := gg + h + ss1 + w[j]
		a, b, c, d = tt1, a, left(b, 9), c
		e, f, g, h = tt2^left(tt2, 9)^left(tt2, 17), e, left(f, 19), g
	}
	for i, word := range [8]uint32{a, b, c, d, e, f, g, h} {
		state[i] ^= word
	}
}

func decode(text string, into any) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}

// canonical is RFC 8785 for what stands in a ledger: objects with ASCII keys, lists, strings, integers, true, false, null.
func canonical(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprint(v)
	case json.Number:
		return integer(v)
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

// integer is the one form that a number has in a ledger; any other text gives another form than it has itself.
func integer(number json.Number) string {
	whole, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil || whole > 1<<53-1 || whole < -(1<<53-1) {
		return "a number that is no integer of the ledger's"
	}
	return strconv.FormatInt(whole, 10)
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

func isHash(text string) bool {
	raw, err := hex.DecodeString(text)
	return err == nil && len(raw) == 32 && hex.EncodeToString(raw) == text
}

// notBlank are the lines of a file that hold something.
func notBlank(data []byte) (found [][]byte) {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		if line := bytes.TrimSpace(lines.Bytes()); len(line) > 0 {
			found = append(found, bytes.Clone(line))
		}
	}
	mustNot(lines.Err())
	return found
}

func must[T any](value T, err error) T {
	mustNot(err)
	return value
}

func mustNot(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot read:", err)
		os.Exit(2)
	}
}
