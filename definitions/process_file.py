"""Reading a process file: keys, types and references. Whether the parts fit together: `definitions.process_checks`."""

import re
from dataclasses import dataclass, field
from datetime import time

from ruamel.yaml.nodes import MappingNode, SequenceNode

from definitions.fields import FileMapping, listed
from definitions.form_file import PATH, read_forms
from definitions.language.dead_ends import check_last_way
from definitions.matter_file import read_matter, read_year
from definitions.parts.allowances import read_extension, read_pause, read_urge
from definitions.parts.asks import read_step_form, with_asks
from definitions.parts.issues import read_issued, read_issues, reads_none
from definitions.parts.publicity import read_publicity
from definitions.parts.tally_file import read_tallies
from definitions.process import Named, ProcessDefinition, StepDefinition, VariantDefinition, digest
from definitions.source import Source
from definitions.who.ladder import read_rung
from definitions.who.parties import Parties, read_parties
from definitions.window_table import WindowRow, read_one, read_row, read_rows
from rules.forms.parsing import LENGTH_LIMIT
from rules.links import IssueRule
from rules.machine.commands import CommandKind
from rules.machine.fields import optional
from rules.process import (
    AREA_KIND,
    CLOSE,
    WATCH,
    FormCheck,
    Holder,
    Lamp,
    Outcome,
    Party,
    Stage,
    Wait,
    Way,
)

_PREFIX = re.compile(r"[A-Z]{1,6}")
EDITION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.\-]{0,19}")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
ENDS = (WATCH, CLOSE)
UNSIGNED = "none"
REQUIRABLE = tuple(sorted(optional(CommandKind.SUBMIT) - {"days", "answers", "reason"}))
PARTY_KEYS = {
    Party.UNIT: ("submit_to", "outcome", "proposes", "requires", "report_every", "uses_deadline", "publish", "ends"),
    Party.REVIEWER: ("approve_to", "return_to", "closes"),
}
REACHED, CHILDREN = "reached", "children"
"""When a step ends: not before all its tallies are reached; by itself, with the last of the children waited for."""
_PARTY_NAMES = {Party.UNIT: "unit（承办单位）", Party.REVIEWER: "reviewer（审核方）"}
_SIDES = {Party.UNIT: "上报（submit_to）", Party.REVIEWER: "审核"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What other parts of the file have named."""

    kinds: tuple[str, ...]
    rows: dict[str, WindowRow]
    outcomes: dict[str, str]
    forms: tuple[str, ...]
    checks: dict[str, tuple[FormCheck, ...]]
    parties: Parties
    rules: tuple[IssueRule, ...]
    asked: set[str] = field(default_factory=set)
    checked: set[str] = field(default_factory=set)

    def row(self, table: FileMapping, key: str) -> WindowRow:
        """The window row under a key, noting which named row it uses."""
        node = table.node(key, "时限") if table.has(key) else None
        if node is not None and isinstance(node.value, str):
            self.asked.add(node.value)
        return read_row(table, key, self.kinds, self.rows)

    def checks_of(self, step_id: str, table: FileMapping) -> tuple[FormCheck, ...]:
        """The checks of that step's form, noting that they are made."""
        found = self.checks.get(step_id, ())
        if found:
            self.checked.add(step_id)
            if not table.has("form"):
                table.source.add(("checks", step_id), f"环节“{step_id}”没有表单，无可检查", "form: 表单，或删去检查")
        return found


def read_process(source: Source) -> ProcessDefinition:
    """What the file says; with stand-ins and no version when it is not sound. Problems of form are in the source."""
    top = FileMapping(source, (), source.root)
    holder = top.choice("holder", Holder) if top.has("holder") else Holder.UNIT
    kinds = _kinds(top, holder)
    forms = read_forms(top)
    known = _Known(
        kinds=tuple(k.id for k in kinds),
        rows=read_rows(top, tuple(k.id for k in kinds)),
        outcomes={o.id: o.name for o in _names(top, "outcomes", "认定结果")},
        forms=tuple(form.id for form in forms),
        checks=_checks(top),
        parties=read_parties(top, holder),
        rules=read_issues(top, forms),
    )
    sign, lamps = _sign(top, known), _lamps(top)
    edition = top.word("version", EDITION, "版本，形如 2026.1")
    definition = ProcessDefinition(
        file=source.file,
        id=top.word("process"),
        name=top.text("name", "流程的中文名称"),
        prefix=top.word("prefix", _PREFIX, "1 至 6 个大写字母，用作事项编号的开头"),
        edition=edition,
        version=f"{edition}#{digest(source.canonical())}" if source.sound() else "",
        note=top.text("note", "说明", 1000) if top.has("note") else "",
        unit_kinds=kinds,
        sign=sign,
        declined=_declined(top, known, signed=sign is not None),
        extension=read_extension(top.table("extension", "延期规则：times、percent、decide、leader_over")),
        urge=read_urge(top.table("urge", "催办规则：cooldown_hours、at_most")),
        pause=read_pause(top.table("pause", "暂停规则：times、days")) if top.has("pause") else None,
        watch=read_one(top, "watch") if top.has("watch") else None,
        lamps=lamps,
        ended_lamp=top.reference("ended_lamp", [lamp.id for lamp in lamps]),
        annulled_lamp=top.reference("annulled_lamp", [lamp.id for lamp in lamps]),
        rungs=tuple(
            read_rung(name, row, lamps, holder) for name, row in top.tables("ladder", "督办阶梯：每级一个名字")
        ),
        variants=(variants := _variants(top, known, signed=sign is not None)),
        **(about := read_matter(top)),
        due_time=top.clock_time("due_time") if top.has("due_time") else time(17, 30),
        ring_time=top.clock_time("ring_time") if top.has("ring_time") else time(9, 0),
        forms=with_asks(forms, variants),
        cycles=top.integer("cycles", 1, 100) if top.has("cycles") else None,
        holder=holder,
        issues=known.rules,
        veil=top.word("veil") if top.has("veil") else "",
        sign_form=top.reference("sign_form", known.forms) if top.has("sign_form") else "",
        together=top.word("together") if top.has("together") else "",
        tallies=read_tallies(top, known.kinds, known.forms),
        year_in=read_year(top, about["matter"]),
        burden=top.flag("burden"),
        lazily=top.has("starts") and top.reference("starts", ("lazily",)) == "lazily",
    )
    top.done()
    known.parties.report_unused(top)
    for name in known.rows:
        if name not in known.asked:
            source.add(("windows", name), f"时限“{name}”没有被使用", "被签收、改派、总时限或某个环节使用，否则删去")
    for step_id in known.checks:
        if step_id not in known.checked:
            source.add(("checks", step_id), f"没有名为“{step_id}”的环节", "某个环节的名字，否则删去")
    return definition


def _kinds(top: FileMapping, holder: Holder) -> tuple[Named, ...]:
    """What has items: units of so many kinds, or areas, which are all of one."""
    if holder is Holder.UNIT:
        return _names(top, "unit_kinds", "单位类别")
    if top.has("unit_kinds"):
        top.mistake("unit_kinds", "片组承办的事项不分单位类别", "去掉 unit_kinds，或去掉 holder: area")
    return (Named(id=AREA_KIND, name="片组"),)


def _sign(top: FileMapping, known: _Known) -> WindowRow | None:
    """How long the unit has to sign; none where the file says that it need not."""
    node = top.node("sign", f"签收时限；不必签收的写 {UNSIGNED}") if top.has("sign") else None
    if node is not None and node.value == UNSIGNED:
        return None
    return known.row(top, "sign")


def _declined(top: FileMapping, known: _Known, *, signed: bool) -> WindowRow | None:
    """How long the reviewer has for what a unit has declined: only what is to be signed can be."""
    if signed:
        return known.row(top, "declined")
    if top.has("declined"):
        top.mistake("declined", "不必签收的事项不会被退回", f"去掉 declined，或去掉 sign: {UNSIGNED}")
    return None


def _names(top: FileMapping, key: str, what: str) -> tuple[Named, ...]:
    table = top.table(key, f"{what}：每行“名字: 中文名称”")
    if top.has(key) and not list(table):
        top.mistake(key, f"“{key}”是空的", f"至少一项{what}")
    return tuple(Named(id=name, name=table.text(name, "中文名称")) for name in table)


def _lamps(top: FileMapping) -> tuple[Lamp, ...]:
    """The lamps, the normal one first, the others in the order of the file."""
    lamps = []
    ranks: dict[int, str] = {}
    for name, table in top.tables("lamps", "灯：每盏一个名字"):
        lamp = Lamp(
            id=name,
            name=table.text("name", "灯的中文名称"),
            colour=table.word("colour", COLOUR, '颜色，形如 "#c62828"'),
            rank=table.integer("rank", -1, 99),
            meaning=table.text("meaning", "含义", 200) if table.has("meaning") else "",
        )
        table.done()
        if lamp.rank in ranks and table.has("rank"):
            table.mistake("rank", f"与“{ranks[lamp.rank]}”同为 {lamp.rank}", "各灯轻重不同的数，越大越重")
        ranks.setdefault(lamp.rank, lamp.id)
        lamps.append(lamp)
    normal = top.reference("normal_lamp", [lamp.id for lamp in lamps])
    return tuple(sorted(lamps, key=lambda lamp: lamp.id != normal))


def _variants(top: FileMapping, known: _Known, *, signed: bool) -> tuple[VariantDefinition, ...]:
    tables = top.tables("variants", "类别：至少一种走法")
    return tuple(_variant(name, table, known, signed=signed) for name, table in tables)


def _variant(name: str, table: FileMapping, known: _Known, *, signed: bool) -> VariantDefinition:
    steps = table.tables("steps", "环节：至少一个")
    ids = [step_id for step_id, _ in steps]
    variant = VariantDefinition(
        id=name,
        name=table.text("name", "中文名称"),
        signed=signed,
        cap=known.row(table, "cap") if table.has("cap") else None,
        span=known.row(table, "span") if table.has("span") else None,
        steps=tuple(_step(step_id, step, ids, known) for step_id, step in steps),
        reopen_to=table.reference("reopen_to", ids),
        outcomes=_outcomes(table, ids, known),
    )
    table.done()
    return variant


def _outcomes(variant: FileMapping, ids: list[str], known: _Known) -> tuple[Outcome, ...]:
    expected = f"每个认定结果（{listed(known.outcomes)}）的去向：watch、close 或一个环节"
    table = variant.table("outcomes", expected)
    found = []
    for outcome, name in known.outcomes.items():
        if table.has(outcome):
            found.append(_outcome(table, outcome, name, [*ENDS, *ids]))
        elif variant.has("outcomes"):
            table.mistake(outcome, f"缺少认定结果“{outcome}”的去向", expected)
    table.done()
    return tuple(found)


def _outcome(outer: FileMapping, outcome: str, name: str, targets: list[str]) -> Outcome:
    """Where an outcome leads: written as one word, or as a table with what has to hold for it."""
    node = outer.node(outcome, listed(targets))
    if not isinstance(node, MappingNode):
        return Outcome(id=outcome, name=name, then=outer.reference(outcome, targets))
    table = outer.table(outcome)
    found = Outcome(
        id=outcome,
        name=name,
        then=table.reference("then", targets),
        when=_condition(table, "when"),
        reason=table.flag("reason"),
        issues=not reads_none(table),
    )
    table.done()
    return found


def _step(step_id: str, table: FileMapping, ids: list[str], known: _Known) -> StepDefinition:
    if step_id in ENDS:
        table.source.add(table.path, f"环节不能叫“{step_id}”", "watch 和 close 以外的名字")
    waits = _waits(table, ids)
    party, posts = (Party.UNIT, None) if waits else known.parties.of_step(table)
    closes = table.flag("closes")
    ends = table.reference("ends", [REACHED, CHILDREN]) if table.has("ends") else ""
    if waits is None:
        _check_keys(step_id, table, party, closes=closes, declared=posts is not None, gathers=ends == CHILDREN)
    unit = party is Party.UNIT and waits is None
    submit_to = _ways(step_id, table, ids) if unit else ()
    outcome = table.reference("outcome", list(known.outcomes)) if table.has("outcome") else ""
    if unit and table.source.sound((*table.path, "submit_to")):
        _check_ending(step_id, table, known, ends=any(way.to == CLOSE for way in submit_to))
    form = read_step_form(table, known.forms)
    asked = () if form else ("text",)  # without a form the unit says in words what it has done
    further = table.words("requires", REQUIRABLE, 0) if table.has("requires") else ()
    step = StepDefinition(
        id=step_id,
        name=table.text("name", "环节的中文名称"),
        stage=table.choice("stage", Stage),
        party=party,
        window=known.row(table, "window"),
        submit_to=submit_to,
        approve_to=_optional(table, "approve_to", ids),
        return_to=_steps(table, "return_to", ids) if table.has("return_to") else (),
        closes=closes,
        outcome=outcome,
        proposes=_optional(table, "proposes", ids),
        requires=tuple(dict.fromkeys((*asked, *further))) if unit else (),
        report_every=known.row(table, "report_every") if table.has("report_every") else None,
        uses_deadline=table.flag("uses_deadline"),
        form=form,
        checks=known.checks_of(step_id, table),
        waits=waits,
        posts=posts,
        publish=read_publicity(table),
        issues=read_issued(table, known.rules, waits=waits is not None),
        reaches=ends == REACHED,
        short=table.flag("short"),
        gathers=ends == CHILDREN,
    )
    table.done()
    return step


def _check_keys(step_id: str, table: FileMapping, party: Party, *, closes: bool, declared: bool, gathers: bool) -> None:
    """A step has only the keys of the side that has the move, and leads somewhere."""
    if gathers and party is Party.UNIT:
        table.mistake(
            "ends", "子项办结即结束的环节由审核方看着，不由办的一方", "party: reviewer、closes: true、outcome"
        )
    for other in set(Party) - {party}:
        for key in PARTY_KEYS[other]:
            if table.has(key) and table.has("party") and not (gathers and key in ("outcome", "ends")):
                whose = _SIDES[party] if declared else _PARTY_NAMES[party]
                otherwise = f"；它们和“{key}”只能有一边" if declared else f"，或改 party 为 {other.value}"
                table.mistake(key, f"{whose}的环节不能写“{key}”", listed(PARTY_KEYS[party]) + otherwise)
    if party is Party.REVIEWER and not closes and not table.has("approve_to"):
        table.source.add(table.path, f"审核环节“{step_id}”没有通过之后的去向", "approve_to: 环节，或 closes: true")


def _check_ending(step_id: str, table: FileMapping, known: _Known, *, ends: bool) -> None:
    """Where submitting ends the item, it says with which outcome, and only there."""
    if ends and not table.has("outcome"):
        expected = f"outcome: {listed(known.outcomes)} 之一"
        table.source.add(table.path, f"“{step_id}”上报即办结，没有写认定结果", expected)
    elif not ends and table.has("outcome"):
        table.mistake("outcome", "上报以后还有环节，认定结果不在这里", "submit_to: close，或去掉 outcome")


def _waits(table: FileMapping, ids: list[str]) -> Wait | None:
    """Where the step leads by itself; None for one in which somebody has the move."""
    if not table.has("wait_to"):
        if table.has("until"):
            table.mistake("until", "有人办理的环节不等到某一天", "wait_to: 环节，并去掉 party，或去掉 until")
        return None
    for key in ("party", "form", *(key for keys in PARTY_KEYS.values() for key in keys)):
        if table.has(key):
            table.mistake(key, f"等待的环节没有人办理，不能写“{key}”", "name、stage、window、until、wait_to")
    until = table.word("until", PATH, "填报的日期：form.field，如 notice.until") if table.has("until") else ""
    return Wait(then=table.reference("wait_to", ids), until=until)


def _ways(step_id: str, table: FileMapping, ids: list[str]) -> tuple[Way, ...]:
    """Where submitting leads: one step, or a list of ways of which the first that is open is taken."""
    targets = [*ids, CLOSE]
    node = table.node("submit_to", f"{listed(targets)}，或一个列表：{{when: 条件, to: 环节}}，最后一条没有 when")
    if not isinstance(node, SequenceNode):
        return (Way(to=table.reference("submit_to", targets)),) if node is not None else ()
    ways: list[Way] = []
    for row in table.rows("submit_to"):
        way = Way(
            to=row.reference("to", targets),
            when=_condition(row, "when"),
            times=row.integer("times", 1, 100) if row.has("times") else None,
            name=row.text("name", "这条路叫什么") if row.has("name") else "",
        )
        if len(ways) == len(node.value) - 1:
            check_last_way(step_id, row, way)
        else:
            if not way.when:
                row.source.add(row.path, "没有条件，后面的路永远轮不到", "when: 条件，或移到最后")
            if way.to == step_id and way.times is None:
                row.source.add(row.path, f"回到“{step_id}”自己，没有写最多几次", "times: 次数")
        row.done()
        ways.append(way)
    return tuple(ways)


def _condition(table: FileMapping, key: str) -> str:
    return table.text(key, "一个条件，如 check.after >= plan.target", LENGTH_LIMIT) if table.has(key) else ""


def _checks(top: FileMapping) -> dict[str, tuple[FormCheck, ...]]:
    """What answers must not contradict, by step."""
    if not top.has("checks"):
        return {}
    table = top.table("checks", "检查：环节的名字下面一个列表，每条 {that: 条件, say: 一句话}")
    found = {}
    for step_id in table:
        checks = []
        for row in table.rows(step_id):
            checks.append(FormCheck(that=_condition(row, "that"), say=row.text("say", "不符合时说什么", 200)))
            if not row.has("that"):
                row.source.add(row.path, "没有写条件", "that: 条件")
            row.done()
        found[step_id] = tuple(checks)
    return found


def _steps(table: FileMapping, key: str, ids: list[str]) -> tuple[str, ...]:
    """The steps under a key: one, or a list of them."""
    node = table.node(key, "一个环节，或几个环节的列表")
    if node is not None and isinstance(node.value, str):
        return (table.reference(key, ids),)
    return tuple(table.words(key, ids))


def _optional(table: FileMapping, key: str, ids: list[str]) -> str | None:
    return table.reference(key, ids) if table.has(key) else None
