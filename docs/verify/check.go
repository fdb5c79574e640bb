// Checks a proof bundle of Duban without Duban, from docs/ledger.md alone. Needs the file and a public key, nothing else:
// no network, no database, no package but the standard library. Writes nothing.
//
//	go run docs/verify/check.go docs/verify/shared.go BUNDLE KEY
//
// KEY is a PEM file, or the public key in 64 hexadecimal digits. Ends with 0 when the bundle proves what it says, with 1
// and one line when it does not.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"hash/crc32"
	"os"
	"reflect"
	"regexp"
	"strings"
)

type Manifest struct {
	Format     string `json:"format"`
	Algorithm  string `json:"algorithm"`
	Ledger     string `json:"ledger"`
	Item       string `json:"item"`
	MadeAt     string `json:"made_at"`
	Entries    int    `json:"entries"`
	Key        string `json:"key"`
	Checkpoint struct {
		Body      string `json:"body"`
		Signature string `json:"signature"`
	} `json:"checkpoint"`
	Keys []struct {
		Statement   string `json:"statement"`
		Signature   string `json:"signature"`
		Endorsement string `json:"endorsement"`
	} `json:"keys"`
	Evidence []struct {
		ID        string  `json:"id"`
		Name      string  `json:"name"`
		Size      int64   `json:"size"`
		MediaType string  `json:"media_type"`
		Absent    *string `json:"absent,omitempty"`
	} `json:"evidence"`
	Files []struct {
		Name string `json:"name"`
		Size int64  `json:"size"`
		Hash string `json:"hash"`
	} `json:"files"`
}

type Statement struct {
	ID       string `json:"id"`
	MadeAt   string `json:"made_at"`
	Previous string `json:"previous"`
	Public   string `json:"public"`
}

type Checkpoint struct {
	Algorithm string `json:"algorithm"`
	At        string `json:"at"`
	Key       string `json:"key"`
	Ledger    string `json:"ledger"`
	Number    int64  `json:"number"`
	Previous  string `json:"previous"`
	Root      string `json:"root"`
	Size      int64  `json:"size"`
}

type Entry struct {
	Actor       string     `json:"actor"`
	At          string     `json:"at"`
	Behalf      *string    `json:"behalf,omitempty"`
	Body        any        `json:"body"`
	Command     string     `json:"command"`
	CommandHash *string    `json:"command_hash,omitempty"`
	Kind        string     `json:"kind"`
	PrevHash    string     `json:"prev_hash"`
	RecordedAt  string     `json:"recorded_at"`
	Role        string     `json:"role"`
	Seq         int        `json:"seq"`
	Stream      string     `json:"stream"`
	Through     *string    `json:"through,omitempty"`
	Told        [][]string `json:"told,omitempty"`
	Unit        *string    `json:"unit"`
	Via         string     `json:"via"`
}

type Proof struct {
	Path     []string `json:"path"`
	Position int64    `json:"position"`
}

type Name struct {
	Ref    string  `json:"ref"`
	Salt   *string `json:"salt,omitempty"`
	Value  *string `json:"value,omitempty"`
	Absent *string `json:"absent,omitempty"`
}

var instant = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`)

var mayBeThere = []string{
	"names.jsonl", "basis.jsonl", "basis-proofs.jsonl", "processes.jsonl", "timeline.html", "timeline.pdf",
}

var whyAbsent = map[string]bool{"left_out": true, "erased": true, "too_large": true, "missing": true}

var erasableName = regexp.MustCompile(`^erasable:([0-9a-f]{64})$`)

func main() {
	defer func() {
		if what := recover(); what != nil {
			sentence, ours := what.(refused)
			if !ours {
				panic(what)
			}
			fmt.Println("refused:", sentence)
			os.Exit(1)
		}
	}()
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: check BUNDLE KEY")
		os.Exit(2)
	}
	data, err := os.ReadFile(os.Args[1])
	demand(err == nil, "%v", err)
	check(data, publicKey(os.Args[2]))
}

func check(data []byte, trusted ed25519.PublicKey) {
	zip := &container{rest: data}
	raw := zip.take("manifest.json", 2<<20)
	signature := zip.take("manifest.sig", 128)
	var m Manifest
	read(raw, &m, "the manifest")
	demand(m.Format == "duban proof 1", "the format is %q", m.Format)
	digest := algorithms[m.Algorithm]
	demand(digest != nil, "the algorithm is %q", m.Algorithm)
	sum := func(data []byte) string { d := digest(data); return hex.EncodeToString(d[:]) }

	keys := keysToTrust(m, trusted)
	signed(keys, m.Key, "duban bundle 1\n", string(raw), string(signature), "the manifest")
	var seal Checkpoint
	read([]byte(m.Checkpoint.Body), &seal, "the checkpoint")
	signed(keys, seal.Key, "duban checkpoint 1\n", m.Checkpoint.Body, m.Checkpoint.Signature, "the checkpoint")
	demand(seal.Algorithm == m.Algorithm && seal.Ledger == m.Ledger, "the checkpoint is of another ledger")
	demand(seal.Number >= 1 && isHash(seal.Root) && isHash(seal.Previous), "the checkpoint is none")

	// The members: those of the list, which may hold no others than these, in this order.
	expected := expectedFiles(m)
	members := map[string][]byte{}
	for i, file := range m.Files {
		demand(i < len(expected) && file.Name == expected[i], "the list of files is not a bundle's")
		content := zip.take(file.Name, file.Size)
		demand(int64(len(content)) == file.Size, "%s has not the size of the list", file.Name)
		demand(sum(content) == file.Hash, "%s is not what the manifest says", file.Name)
		members[file.Name] = content
	}
	demand(len(m.Files) == len(expected), "the list of files is not a bundle's")
	zip.end()
	scores := strings.HasPrefix(m.Item, "~score/")
	isThere := func(name string) bool { return members[name] != nil }
	demand(scores == isThere("basis.jsonl") && scores == isThere("basis-proofs.jsonl"), "the list of files is not a bundle's")
	demand(scores || !isThere("processes.jsonl"), "the list of files is not a bundle's")

	// Every entry is the next of its stream, and a leaf of the sealed tree.
	entries, proofs := lines(members, "entries.jsonl"), lines(members, "proofs.jsonl")
	demand(m.Entries > 0 && len(entries) == m.Entries && len(proofs) == m.Entries, "not as many entries as are said")
	root, _ := hex.DecodeString(seal.Root)
	head, last, at, named, names := strings.Repeat("0", 64), int64(0), "", map[string]bool{}, map[string]bool{}
	for i, line := range entries {
		var e Entry
		var p Proof
		read(line, &e, fmt.Sprintf("entry %d", i+1))
		demand(len(line) <= 1<<20, "entry %d is too long", i+1)
		demand(instant.MatchString(e.At) && instant.MatchString(e.RecordedAt), "an instant of entry %d is none", i+1)
		read(proofs[i], &p, fmt.Sprintf("the proof of entry %d", i+1))
		demand(e.Stream == m.Item, "entry %d is of %q", i+1, e.Stream)
		demand(e.Seq == i+1 && e.PrevHash == head && e.At >= at, "entry %d does not follow the one before", i+1)
		demand(p.Position > last, "the position of entry %d is not behind the one before", i+1)
		leaf := digest(line)
		demand(isIncluded(digest, leaf[:], p.Position-1, seal.Size, p.Path, root), "entry %d is not sealed", i+1)
		head, last, at = hex.EncodeToString(leaf[:]), p.Position, e.At
		body, isObject := e.Body.(map[string]any)
		demand(isObject, "the body of entry %d is no object", i+1)
		ids, isList := body["evidence"].([]any)
		demand(scores || isList || body["evidence"] == nil, "the evidence of entry %d is no list", i+1)
		for _, id := range ids {
			text, isText := id.(string)
			demand(isText, "the evidence of entry %d is no list of ids", i+1)
			named[text] = true
		}
		matter, _ := body["matter"].([]any)
		answers, _ := body["answers"].([]any)
		for _, answer := range append(matter, answers...) {
			pair, _ := answer.([]any)
			if len(pair) != 2 {
				continue
			}
			text, _ := pair[1].(string)
			if found := erasableName.FindStringSubmatch(text); found != nil {
				names[found[1]] = true
			}
		}
	}

	// What a unit's scores rest on: each is a leaf of the sealed tree too, of whichever stream.
	last = 0
	if scores {
		basis, places := lines(members, "basis.jsonl"), lines(members, "basis-proofs.jsonl")
		demand(len(basis) == len(places), "not as many proofs as entries of the basis")
		for i, line := range basis {
			var e Entry
			var p Proof
			read(line, &e, fmt.Sprintf("entry %d of the basis", i+1))
			read(places[i], &p, fmt.Sprintf("the proof of entry %d of the basis", i+1))
			demand(p.Position > last, "the position of entry %d of the basis is not behind the one before", i+1)
			leaf := digest(line)
			demand(isIncluded(digest, leaf[:], p.Position-1, seal.Size, p.Path, root), "entry %d of the basis is not sealed", i+1)
			last = p.Position
		}
	}

	// Names that stand apart: each is the one that an entry holds the hash of, or it says why it is not there.
	before, apart := "", len(names)
	if members["names.jsonl"] != nil {
		for _, line := range lines(members, "names.jsonl") {
			var one Name
			read(line, &one, "a name")
			demand(names[one.Ref] && one.Ref > before, "a name is not one that stands apart from the entries")
			delete(names, one.Ref)
			before = one.Ref
			if one.Absent != nil {
				demand(whyAbsent[*one.Absent], "a name is absent for no reason that there is")
				demand(one.Salt == nil && one.Value == nil, "a name that is absent is there")
				continue
			}
			demand(one.Salt != nil && one.Value != nil, "a name is neither there nor absent")
			salt, err := hex.DecodeString(*one.Salt)
			demand(err == nil && sum(append(salt, *one.Value...)) == one.Ref, "a name is not the one that was set apart")
		}
	}
	demand(len(names) == 0, "names that stand apart from the entries are not there")

	// Evidence: what the entries name, each file under its own hash.
	present := 0
	for _, one := range m.Evidence {
		demand(named[one.ID], "no entry names the evidence %s", one.ID)
		delete(named, one.ID)
		if one.Absent == nil {
			content := members[evidenceFile(one.ID, one.Name)]
			demand(sum(content) == one.ID && int64(len(content)) == one.Size, "evidence %s is something else", one.ID)
			present++
		} else {
			demand(whyAbsent[*one.Absent], "evidence %s is absent for no reason that there is", one.ID)
		}
	}
	demand(len(named) == 0, "evidence that entries name is not listed")
	sealed := sum([]byte(m.Checkpoint.Body))
	fmt.Printf("%s: %d entries, %d names apart, %d of %d evidence files, %s, checkpoint %d of %d entries at %s, fingerprint %s\n",
		m.Item, len(entries), apart, present, len(m.Evidence), m.Algorithm, seal.Number, seal.Size, seal.At,
		strings.Join([]string{sealed[:4], sealed[4:8], sealed[8:12], sealed[12:16]}, " "))
}

// container is a zip, read front to back against the bytes that it has to be.
type container struct {
	rest      []byte
	offset    uint32
	directory []byte
	members   uint16
}

func (c *container) cut(length int, what string) []byte {
	demand(length <= len(c.rest), "the file ends within %s", what)
	found := c.rest[:length]
	c.rest, c.offset = c.rest[length:], c.offset+uint32(length)
	return found
}

func (c *container) take(name string, most int64) []byte {
	begun := c.offset
	head := c.cut(30, name)
	crc, size := binary.LittleEndian.Uint32(head[14:]), binary.LittleEndian.Uint32(head[22:])
	common := fields(uint16(10), uint16(0), uint16(0), uint16(0), uint16(33), crc, size, size, uint16(len(name)))
	local := append(append(fields(uint32(0x04034b50)), common...), 0, 0)
	demand(bytes.Equal(head, local) && string(c.cut(len(name), name)) == name, "at %d: not %s as it has to be", begun, name)
	demand(int64(size) <= most, "%s has %d bytes", name, size)
	content := c.cut(int(size), name)
	demand(crc32.ChecksumIEEE(content) == crc, "%s has another CRC", name)
	c.directory = append(c.directory, fields(uint32(0x02014b50), uint16(10))...)
	c.directory = append(c.directory, common...)
	c.directory = append(c.directory, fields(uint16(0), uint16(0), uint16(0), uint16(0), uint32(0), begun)...)
	c.directory = append(c.directory, name...)
	c.members++
	return content
}

func (c *container) end() {
	start := c.offset
	tail := fields(uint32(0x06054b50), uint32(0), c.members, c.members, uint32(len(c.directory)), start, uint16(0))
	demand(bytes.Equal(c.rest, append(c.directory, tail...)), "the end of the file is not as it has to be")
}

func fields(values ...any) []byte {
	var out bytes.Buffer
	for _, value := range values {
		binary.Write(&out, binary.LittleEndian, value)
	}
	return out.Bytes()
}

func expectedFiles(m Manifest) []string {
	names := []string{"entries.jsonl", "proofs.jsonl"}
	for _, may := range mayBeThere {
		for _, file := range m.Files {
			if file.Name == may {
				names = append(names, may)
				break
			}
		}
	}
	before := ""
	for _, one := range m.Evidence {
		demand(isHash(one.ID) && one.ID > before, "an evidence id is none")
		before = one.ID
		if one.Absent == nil {
			names = append(names, evidenceFile(one.ID, one.Name))
		}
	}
	return names
}

func evidenceFile(id, name string) string {
	extension := regexp.MustCompile(`\.[A-Za-z0-9]{1,8}$`).FindString(name)
	return "evidence/" + id + strings.ToLower(extension)
}

// keysToTrust are the keys of the manifest that whoever trusts one of them can trust.
func keysToTrust(m Manifest, trusted ed25519.PublicKey) map[string]ed25519.PublicKey {
	all := map[string]ed25519.PublicKey{}
	found := map[string]ed25519.PublicKey{}
	before, seen, cut := "", false, false
	for _, one := range m.Keys {
		var s Statement
		read([]byte(one.Statement), &s, "a key's statement")
		public, err := hex.DecodeString(s.Public)
		demand(err == nil && len(public) == 32, "a public key is none")
		sum := sha256.Sum256(public)
		demand(hex.EncodeToString(sum[:8]) == s.ID && s.Previous == before && all[s.ID] == nil, "the keys are no chain")
		all[s.ID] = public
		signed(all, s.ID, "duban key 1\n", one.Statement, one.Signature, "a key's statement")
		if one.Endorsement != "" {
			signed(all, before, "duban key 1\n", one.Statement, one.Endorsement, "the next key's statement")
		} else {
			cut = cut || seen
		}
		if !cut {
			found[s.ID] = public
		}
		seen = seen || bytes.Equal(public, trusted)
		before = s.ID
	}
	demand(seen, "the key is not among the keys of this bundle")
	return found
}

func signed(keys map[string]ed25519.PublicKey, id, purpose, text, signature, what string) {
	raw, err := hex.DecodeString(signature)
	right := err == nil && hex.EncodeToString(raw) == signature && keys[id] != nil
	demand(right && ed25519.Verify(keys[id], []byte(purpose+text), raw), "%s is not signed as it has to be", what)
}

// isIncluded is RFC 9162, 2.1.3.2.
func isIncluded(digest func([]byte) [32]byte, leaf []byte, index, size int64, path []string, root []byte) bool {
	if index < 0 || index >= size {
		return false
	}
	node := func(left, right []byte) []byte {
		d := digest(append(append([]byte{1}, left...), right...))
		return d[:]
	}
	first := digest(append([]byte{0}, leaf...))
	here, last, found := index, size-1, first[:]
	for _, text := range path {
		sibling, err := hex.DecodeString(text)
		if err != nil || len(sibling) != 32 || hex.EncodeToString(sibling) != text || last == 0 {
			return false
		}
		if here&1 == 1 || here == last {
			found = node(sibling, found)
			for here&1 == 0 && here != 0 {
				here, last = here>>1, last>>1
			}
		} else {
			found = node(found, sibling)
		}
		here, last = here>>1, last>>1
	}
	return last == 0 && bytes.Equal(found, root)
}

// read takes one JSON value, which has to be canonical, into a structure that has exactly its members.
func read(data []byte, into any, what string) {
	var plain any
	demand(decode(string(data), &plain) == nil && canonical(plain) == string(data), "%s is not canonical JSON", what)
	demand(fits(plain, reflect.TypeOf(into).Elem()), "%s has not the members that it has to have", what)
	demand(json.Unmarshal(data, into) == nil, "%s cannot be read", what)
}

// fits tells whether an object has every member that the structure asks for, and no other; so for all that is inside it.
func fits(plain any, of reflect.Type) bool {
	switch of.Kind() {
	case reflect.Slice:
		items, isList := plain.([]any)
		for _, item := range items {
			isList = isList && fits(item, of.Elem())
		}
		return isList
	case reflect.Struct:
		object, isObject := plain.(map[string]any)
		known := 0
		for i := 0; i < of.NumField(); i++ {
			name, may, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			value, is := object[name]
			if is {
				known++
			}
			if isObject = isObject && (is || may != "") && (!is || fits(value, of.Field(i).Type)); !isObject {
				return false
			}
		}
		return isObject && known == len(object)
	}
	return true
}

func lines(members map[string][]byte, name string) [][]byte {
	content := members[name]
	demand(bytes.HasSuffix(content, []byte("\n")), "%s has no last line", name)
	return bytes.Split(content[:len(content)-1], []byte("\n"))
}

func publicKey(given string) ed25519.PublicKey {
	if text, err := os.ReadFile(given); err == nil {
		given = string(text)
	}
	if block, _ := pem.Decode([]byte(given)); block != nil {
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		public, right := key.(ed25519.PublicKey)
		demand(err == nil && right, "the PEM file holds no Ed25519 public key")
		return public
	}
	raw, err := hex.DecodeString(strings.TrimSpace(given))
	demand(err == nil && len(raw) == 32, "this is no public key")
	return raw
}
