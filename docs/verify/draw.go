// Recomputes an exported draw of Duban without Duban, from docs/draw.md alone. Needs the file, nothing else.
//
//	go run docs/verify/draw.go DRAW.json
//
// Prints the drawn units, one a line with their inspectors, and ends with 0 when they are those that stand in the file;
// with 1 and one line when something does not follow.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"sort"
	"strconv"
	"strings"
)

type unit struct{ id, area, stratum string }
type drawnUnit struct {
	Unit       string   `json:"unit"`
	Inspectors []string `json:"inspectors"`
}

func sha(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func fail(format string, values ...any) {
	fmt.Printf("does not follow: "+format+"\n", values...)
	os.Exit(1)
}

var column = map[string]int{"kind": 2, "size": 3, "area": 4, "condition": 5}

func main() {
	raw, err := os.ReadFile(os.Args[1])
	if err != nil {
		fail("%v", err)
	}
	var file struct {
		Population string
		Entries    []struct{ Kind, Body string }
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		fail("%v", err)
	}

	// The population, as its lines say it.
	var draw, by string
	var share, most, each int64
	most = -1
	own := map[string]int64{}
	var witnesses []string
	units := map[string][]unit{}
	inspectors := [][2]string{}
	for _, line := range strings.Split(strings.TrimSuffix(file.Population, "\n"), "\n") {
		words := strings.Split(line, " ")
		number := func(text string) int64 { n, _ := strconv.ParseInt(text, 10, 64); return n }
		switch words[0] {
		case "draw":
			draw = words[1]
		case "by":
			by = words[1]
		case "share":
			share = number(words[1])
		case "share-of":
			own[words[1]] = number(words[2])
		case "most":
			if words[1] != "-" {
				most = number(words[1])
			}
		case "each":
			each = number(words[1])
		case "witness":
			witnesses = append(witnesses, words[1])
		case "unit":
			stratum := words[column[by]]
			units[stratum] = append(units[stratum], unit{words[1], words[4], stratum})
		case "inspector":
			inspectors = append(inspectors, [2]string{words[1], words[2]})
		}
	}
	if len(witnesses) != 2 || witnesses[0] == witnesses[1] {
		fail("two witnesses")
	}

	// Seals before numbers, numbers that fit their seals.
	var hash, stated string
	seals, numbers := map[string]string{}, map[string]string{}
	var result []drawnUnit
	type replacement struct {
		Unit      string
		Successor drawnUnit
	}
	var replaced []replacement
	for _, entry := range file.Entries {
		var body struct {
			PopulationHash string `json:"population_hash"`
			Person, Seal   string
			Number, Salt   string
			Seed           string
			Units          []json.RawMessage
			Unit           string
			Successor      drawnUnit
		}
		if err := json.Unmarshal([]byte(entry.Body), &body); err != nil {
			fail("%v", err)
		}
		switch entry.Kind {
		case "population_sealed":
			hash = body.PopulationHash
		case "number_sealed":
			if len(numbers) > 0 || seals[body.Person] != "" {
				fail("sealed too late")
			}
			seals[body.Person] = body.Seal
		case "number_opened":
			if len(seals) != 2 {
				fail("opened before both were sealed")
			}
			if sha(draw+":"+body.Person+":"+body.Number+":"+body.Salt) != seals[body.Person] {
				fail("the number of %s is not what was sealed", body.Person)
			}
			numbers[body.Person] = body.Number
		case "drawn":
			stated = body.Seed
			for _, one := range body.Units {
				var u drawnUnit
				json.Unmarshal(one, &u)
				result = append(result, u)
			}
		case "replaced":
			replaced = append(replaced, replacement{body.Unit, body.Successor})
		}
	}
	if sha(file.Population) != hash {
		fail("the population is not what was sealed")
	}
	seed := sha(numbers[witnesses[0]] + ":" + numbers[witnesses[1]] + ":" + hash)
	if seed != stated {
		fail("another seed: %s", seed)
	}

	// How many of each stratum, by largest remainder.
	var names []string
	for name := range units {
		names = append(names, name)
	}
	sort.Strings(names)
	whole, quotas := new(big.Rat), map[string]*big.Rat{}
	for _, name := range names {
		percent, given := own[name]
		if !given {
			percent = share
		}
		quotas[name] = big.NewRat(int64(len(units[name]))*percent, 100)
		whole.Add(whole, quotas[name])
	}
	floor := func(r *big.Rat) int64 { return new(big.Int).Div(r.Num(), r.Denom()).Int64() }
	total := floor(new(big.Rat).Add(whole, big.NewRat(1, 2)))
	if total < 1 {
		total = 1
	}
	if most >= 0 && total > most {
		total = most
		for _, name := range names {
			quotas[name] = new(big.Rat).Quo(new(big.Rat).Mul(quotas[name], big.NewRat(most, 1)), whole)
		}
	}
	wanted, left := map[string]int64{}, total
	for _, name := range names {
		wanted[name] = floor(quotas[name])
		left -= wanted[name]
	}
	order := append([]string{}, names...)
	rest := func(name string) *big.Rat { return new(big.Rat).Sub(quotas[name], big.NewRat(wanted[name], 1)) }
	before := map[string]*big.Rat{}
	for _, name := range names {
		before[name] = rest(name)
	}
	sort.SliceStable(order, func(i, j int) bool { return before[order[i]].Cmp(before[order[j]]) > 0 })
	for _, name := range order[:left] {
		wanted[name]++
	}

	// The smallest of each stratum, and who inspects them.
	with := func(u unit) drawnUnit {
		var may []string
		for _, one := range inspectors {
			if one[1] == "-" || one[1] != u.area {
				may = append(may, one[0])
			}
		}
		key := func(person string) string { return sha(seed + ":" + draw + ":" + u.id + ":" + person) }
		sort.Slice(may, func(i, j int) bool { return key(may[i]) < key(may[j]) })
		may = may[:each]
		sort.Strings(may)
		return drawnUnit{u.id, may}
	}
	touched, expected := map[string]bool{}, map[string]drawnUnit{}
	stratumOf := map[string]string{}
	for _, name := range names {
		key := func(u unit) string { return sha(seed + ":" + draw + ":" + u.id) }
		sort.Slice(units[name], func(i, j int) bool { return key(units[name][i]) < key(units[name][j]) })
		for place, u := range units[name] {
			stratumOf[u.id] = name
			if int64(place) < wanted[name] {
				expected[u.id], touched[u.id] = with(u), true
			}
		}
	}
	same := func(a, b drawnUnit) bool { return fmt.Sprint(a.Unit, a.Inspectors) == fmt.Sprint(b.Unit, b.Inspectors) }
	if len(result) != len(expected) {
		fail("%d drawn, %d expected", len(result), len(expected))
	}
	for _, one := range result {
		if !same(one, expected[one.Unit]) {
			fail("%s is drawn otherwise", one.Unit)
		}
	}
	for _, one := range replaced {
		for _, u := range units[stratumOf[one.Unit]] {
			if !touched[u.id] {
				if !same(one.Successor, with(u)) {
					fail("%s takes no place of %s", one.Successor.Unit, one.Unit)
				}
				touched[u.id] = true
				delete(expected, one.Unit)
				expected[u.id] = with(u)
				break
			}
		}
	}
	var standing []string
	for id := range expected {
		standing = append(standing, id)
	}
	sort.Strings(standing)
	for _, id := range standing {
		fmt.Println(strings.Join(append([]string{id}, expected[id].Inspectors...), " "))
	}
}
