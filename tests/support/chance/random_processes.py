"""Process definitions made by chance within the language, written as a file and loaded; and answers made by chance."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from definitions.catalogue import load_process
from definitions.mistakes import DefinitionErrors
from definitions.process import ProcessDefinition
from rules.forms.answers import Pairs, number_text
from rules.forms.form import NUMERIC, AnswerKind, Form, Question
from rules.forms.samples import samples

Table: TypeAlias = dict[str, Any]
Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]
KINDS = {"organ": "机关", "research": "科研院所"}
FIELD_KINDS = [kind.value for kind in AnswerKind]
OPTIONS = {"one": "一", "two": "二", "three": "三"}
LAMPS = {
    "green": {"name": "绿灯", "colour": "#00aa00", "rank": 1},
    "red": {"name": "红灯", "colour": "#aa0000", "rank": 3},
    "grey": {"name": "灰灯", "colour": "#777777", "rank": 0},
    "void": {"name": "作废", "colour": "#555555", "rank": -1},
}
COMPARED = ("<", "<=", ">", ">=", "==", "!=")


def loaded(written: Table) -> ProcessDefinition | None:
    """The process that the loader makes of it; None where it refuses."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chance.yaml"
        path.write_text(json.dumps(written, ensure_ascii=False), "utf-8")
        try:
            return load_process(path)
        except DefinitionErrors:
            return None


@st.composite
def written_processes(draw: Draw) -> Table:
    """A file: mostly one that the loader takes."""
    return _File(draw).whole()


class _File:
    """One file while it is being written: what its parts have to know of each other."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.steps = [f"s{n}" for n in range(1, self.number(1, 6) + 1)]
        self.forms: dict[str, Table] = {}
        self.checks: dict[str, list[Table]] = {}
        self.clocks: set[str] = set()
        self.closes = False
        self.named = False

    def number(self, least: int, most: int) -> int:
        return int(self.draw(st.integers(least, most)))

    def chance(self, times: int) -> bool:
        """Once in so many times."""
        return self.number(1, times) == 1

    def one_of(self, several: Any) -> Any:
        return self.draw(st.sampled_from(list(several)))

    def window(self) -> Any:
        least = self.number(2, 9)
        cells: list[Any] = [
            least,
            f"{least}-{least + self.number(1, 20)}",
            {kind: self.one_of([least, f"{least}-{least + 9}"]) for kind in KINDS},
            f"{self.number(1, 2)} months",
            f"{least + 5} calendar_days",
        ]
        return self.one_of(cells)

    def whole(self) -> Table:
        signed = self.chance(2)
        steps = {step: self.step(place) for place, step in enumerate(self.steps)}
        outcomes, tallies = self.outcomes(), self.tallies(steps)
        watches = any("watch" in (then if isinstance(then, str) else then["then"]) for then in outcomes.values())
        if signed:
            self.clocks |= {"unsigned", "declined"}
        if "working" in self.clocks:
            self.clocks.add("extension")
        variant: Table = {"name": "一种", "steps": steps, "reopen_to": self.one_of(self.steps), "outcomes": outcomes}
        if self.chance(2):
            variant["cap"] = self.one_of([400, "24 months"])
            if self.chance(2):
                variant["span"] = 900
        file: Table = {
            "process": "chance",
            "name": "随机流程",
            "prefix": "SJ",
            "version": "1",
            "unit_kinds": KINDS,
            "windows": {},
            "sign": self.window() if signed else "none",
            "extension": {
                "times": self.number(0, 2) if "working" in self.clocks else 0,
                "percent": 100,
                "decide": 3,
                "leader_over": self.one_of([0, 1]),
            },
            "urge": {"cooldown_hours": 24, "at_most": 3},
            "outcomes": {outcome: f"结果{outcome}" for outcome in outcomes},
            "lamps": LAMPS,
            "normal_lamp": "green",
            "ended_lamp": "grey",
            "annulled_lamp": "void",
            "ladder": self.ladder(),
            "variants": {"one": variant},
        }
        file |= {"declined": 2} if signed else {}
        file |= {"pause": {"times": self.number(1, 3), "days": self.number(1, 20)}} if self.chance(2) else {}
        file |= {"watch": self.one_of(["3 months", 20])} if watches else {}
        file |= {"cycles": self.number(1, 3)} if self.chance(3) else {}
        file |= {"forms": self.forms} if self.forms else {}
        file |= {"checks": self.checks} if self.checks else {}
        file |= {"tallies": tallies} if tallies else {}
        return file

    # ------------------------------------------------------------ steps

    def step(self, place: int) -> Table:
        step, last = self.steps[place], place == len(self.steps) - 1
        after = None if last else self.steps[place + 1]
        party = self.one_of(["unit", "reviewer"] if last else ["unit", "unit", "reviewer", "wait"])
        said: Table = {"name": f"环节{step}", "stage": self.one_of(["plan", "execute", "inspect", "adjust"])}
        said["window"] = self.window()
        if party == "wait":
            dates = [path for path, kind in self.known() if kind == "date"]
            return said | {"wait_to": after} | ({"until": self.one_of(dates)} if dates and self.chance(2) else {})
        said["party"] = party
        self.clocks.add("working" if party == "unit" else "reviewing")
        own = self.form_of(step, said)
        if party == "reviewer":
            return said | self.judging(place, after)
        if self.chance(4):
            said["report_every"] = self.one_of(["1 months", 5])
            self.clocks.add("reporting")
        if self.chance(3) and (days := said["window"]) and isinstance(days, int) and days > 1:
            said["publish"] = {"scope": "public", "days": self.number(1, days - 1), "what": "公示"}
        if self.chance(3):
            said["uses_deadline"] = True
        if self.chance(4):
            said["requires"] = ["text"]
        return said | self.ways(place, after, own)

    def judging(self, place: int, after: str | None) -> Table:
        said: Table = {"approve_to": after} if after else {}
        if after is None or self.chance(6):
            said["closes"] = self.closes = True
        if place and self.chance(2):
            back = self.draw(st.lists(st.sampled_from(self.steps[:place]), min_size=1, max_size=3, unique=True))
            said["return_to"] = back
        return said

    def ways(self, place: int, after: str | None, own: bool) -> Table:
        """On to the next step, or elsewhere on a condition: backwards so many times, forwards, or to the end."""
        to = after or "close"
        conditions = [condition for path, kind in self.known() if (condition := self.condition(path, kind))]
        ways: list[Table] = []
        for _ in range(self.number(0, 2) if conditions else 0):
            target = self.one_of([*self.steps, "close"])
            back = target != "close" and self.steps.index(target) <= place  # counted: its condition may always hold
            ways.append({"when": self.one_of(conditions), "to": target})
            ways[-1] |= {"times": self.number(1, 3), "name": "再来"} if back or self.chance(4) else {}
        ends = to == "close" or any(way["to"] == "close" for way in ways)
        self.named |= ends
        said: Table = {"submit_to": [*ways, {"to": to}] if ways else to}
        return said | ({"outcome": "done"} if ends else {})

    def tallies(self, steps: dict[str, Table]) -> Table:
        """In one of the unit's steps it is owed so often or so much, by dates or by its end, which may need it."""
        ours = [step for step, said in steps.items() if said.get("party") == "unit"]
        if not ours or self.chance(2):
            return {}
        step, found = self.one_of(ours), dict[str, Table]()
        for n in range(1, self.number(1, 3) + 1):
            few = self.number(1, 3)
            by = {"03-31": few, "06-30": few + self.number(1, 3), "11-20": few + 4}
            said: Table = {"name": f"逐次{n}", "step": step}
            said |= self.one_of([{"least": few}, {"least": few, "by": "09-30"}, {"by": by}])
            if self.chance(2):
                self.forms[f"r{n}"] = {"how": self.field("how", "choice"), "much": self.field("much", "money")}
                said |= {"form": f"r{n}"} | self.one_of([{}, {"sum": "much"}, {"when": 'how == "one"'}])
            said |= {"apart": self.number(1, 3)} if self.chance(4) else {}
            found[f"t{n}"] = said
        if any("by" in one for one in found.values()):
            self.clocks.add("node")
        steps[step] |= {"ends": "reached", "short": True} if self.chance(2) else {}
        return found

    def outcomes(self) -> Table:
        """What leads to an end, always; and where somebody concludes, also to another cycle, on conditions."""
        found: Table = {"done": self.one_of(["close", "watch"])}
        if not self.closes:
            return found
        if self.chance(2):
            found["again"] = self.one_of(self.steps)
        if self.chance(2):
            found["stopped"] = {"then": self.one_of(["close", *self.steps]), "reason": True}
        return found

    def ladder(self) -> Table:
        turns = sorted(self.clocks & {"unsigned", "declined", "working", "reviewing", "node"}) or ["working"]
        rung = {"audience": ["supervisor"], "lamp": "red"}
        found: Table = {"weekly": {"name": "每周", "offset": 6, "applies": turns, "repeat": self.number(1, 9)} | rung}
        if self.chance(2):
            found["soon"] = rung | {"name": "提醒", "offset": -1, "applies": turns[:1], "lamp": "green"}
        if self.chance(2):
            found["late"] = rung | {"name": "逾期", "offset": 1, "applies": sorted(self.clocks), "points": 1}
        return found

    # ------------------------------------------------------------ forms

    def known(self) -> list[tuple[str, str]]:
        """(path, kind) of everything that has been asked so far."""
        return [(f"{form}.{name}", one["kind"]) for form, fields in self.forms.items() for name, one in fields.items()]

    def form_of(self, step: str, said: Table) -> bool:
        """The step may ask a form of its own, and check what is answered; whether it does."""
        if self.chance(3):
            return False
        form = f"f_{step}"
        kinds = self.draw(st.lists(st.sampled_from(FIELD_KINDS), min_size=1, max_size=4))
        fields = {f"a{n}": self.field(f"a{n}", kind) for n, kind in enumerate(kinds, 1)}
        self.forms[form] = fields
        numbers = [name for name, one in fields.items() if one["kind"] in NUMERIC]
        rows = [name for name, one in fields.items() if one["kind"] == "rows"]
        if numbers and self.chance(2):
            divided = f"{self.one_of(numbers)} / {self.one_of([3, *numbers])}"
            fields["mean"] = {"name": "算出", "kind": "number", "places": self.number(0, 4), "derive": divided}
        if rows and self.chance(2):
            fields["how_many"] = {"name": "个数", "kind": "count", "derive": f"count({rows[0]}.c1 >= 1)"}
        said["form"] = form
        if numbers and self.chance(2):
            name = self.one_of(numbers)
            other = self.one_of([path for path, kind in self.known() if kind in NUMERIC])
            that = self.one_of([f"{name} <= 900", f"{name} + {other} >= {other}", f"not ({other} == 13)"])
            self.checks[step] = [{"that": that, "say": "不合情理"}]
        return True

    def field(self, name: str, kind: str) -> Table:
        said: Table = {"name": f"填报项{name}", "kind": kind}
        if kind == "rows":
            columns = {"c1": {"name": "数", "kind": "count"}, "c2": self.field("c2", "yes_no")}
            return said | {"rows": f"{self.number(0, 1)}-{self.number(1, 4)}", "columns": columns}
        if kind in ("choice", "choices"):
            said["options"] = OPTIONS
        if kind in ("number", "percent"):
            said["places"] = self.number(0, 4)
        if kind in NUMERIC and self.chance(3):
            said |= {"least": 0, "most": 100}
        if self.chance(2):
            said |= {"need": True} | ({"because": "要有依据"} if kind == "evidence" else {})
        return said

    def condition(self, path: str, kind: str) -> str:
        """Something that may be asked about that answer; nothing where nothing can be."""
        if kind in NUMERIC:
            sign, bound = self.one_of(COMPARED), self.one_of([0, 1, "2.5", 10])
            return str(self.one_of([f"{path} {sign} {bound}", f"not ({path} * 2 {sign} {path} + {bound})"]))
        if kind == "rows":
            return str(self.one_of([f"count({path}) >= 1", f"any({path}.c1 > 1)", f"sum({path}.c1) / 2 < 3"]))
        return {"yes_no": path, "choice": f'{path} == "two"', "date": f"{path} == {path}"}.get(kind, "")


processes = written_processes().map(loaded)
"""A process made by chance; None for one that the loader refuses."""


def some(count: int, worth: Callable[[ProcessDefinition], bool]) -> list[ProcessDefinition]:
    """The first so many that are worth it, each time the same."""
    found: list[ProcessDefinition] = []

    @settings(
        max_examples=30 * count,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(processes)
    def look(definition: ProcessDefinition | None) -> None:
        if definition is not None and len(found) < count and worth(definition):
            found.append(definition)

    look()
    return found


def answers_by_chance(form: Form | None, chance: Random) -> Pairs:
    """What fills the form: each answer as in a sample or another of its kind; some that need not be are left out."""
    found: list[tuple[str, ...]] = []
    sample = next(samples(form))
    for at, text in sample:
        assert form is not None
        question = _question(form, at)
        whole_row = "." in at
        if not question.need and not whole_row and chance.random() < 0.2:
            continue
        found.append((at, _other(question, text, chance) if chance.random() < 0.8 else text))
    return tuple(found)


def _question(form: Form, at: str) -> Question:
    table, _, rest = at.partition(".")
    field = next(one for one in form.fields if one.id == table)
    return next((one for one in field.columns if one.id == rest.rpartition(".")[2]), field)


def _other(question: Question, text: str, chance: Random) -> str:
    if question.kind in NUMERIC:
        least, most = question.least or 0, min(question.most or 100, 100)
        return number_text(chance.choice([least, most, chance.randint(least, most)]), question.decimals)
    if question.kind is AnswerKind.YES_NO:
        return chance.choice(["yes", "no"])
    if question.kind is AnswerKind.CHOICE:
        return chance.choice([option.id for option in question.options])
    if question.kind is AnswerKind.DATE:
        return chance.choice([text, "2026-05-18", "2027-12-31", "1999-01-01"])
    return text
