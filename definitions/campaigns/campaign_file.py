"""Reading one campaign file: what it says, each mistake with its line. Whether it can work is checked beside it."""

import re
from pathlib import Path

from ruamel.yaml.nodes import MappingNode, ScalarNode

from definitions.campaigns.asked import check_figures
from definitions.campaigns.checks import check_campaign
from definitions.campaigns.verifying import check_verify, read_verify
from definitions.directory import SIZES, UNIT_KINDS
from definitions.fields import FileMapping, listed, suggestion
from definitions.process import ProcessDefinition
from definitions.source import NODE_NAMES, Source
from rules.figures.figure import FigureRegister
from rules.names import CONDITION_NAMES
from rules.process import Holder
from rules.rounds.campaign import Asks, Campaign, DueBy, Joins, Late, MatterSaid, OfGone, OfMerged
from rules.rounds.moment import Moment, MomentForm
from rules.rounds.periods import Rhythm
from rules.units.selecting import Selector

ALL = "all"
DRAW = "draw"
_SPAN = re.compile(r"(-?[0-9]{1,3})(?:\.\.([0-9]{1,3}))?")
_DATE = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_MOMENT = "一个日子，形如 {working_day: 5, after: period}、{date: 12-15}、{after_open: 15}"


def read_campaign(
    path: Path, processes: dict[str, ProcessDefinition], figures: FigureRegister
) -> tuple[Source, Campaign | None]:
    """The campaign that the file says, and the file with every mistake in it; None where there are any."""
    source = Source(path)
    if source.root is None:
        return source, None
    top = FileMapping(source, (), source.root)
    process_id = top.reference("process", processes)
    process = processes.get(process_id)
    variants = [one.id for one in process.variants] if process else []
    rhythm = top.choice("every", Rhythm)
    kinds = tuple(kind.id for kind in process.unit_kinds) if process else tuple(UNIT_KINDS)
    campaign = Campaign(
        id=top.word("campaign"),
        name=top.text("name", "周期工作的名称"),
        version=top.text("version", "版本，形如 2026.1", 20) if top.has("version") else "1",
        note=top.text("note", "说明", 500) if top.has("note") else "",
        process=process_id,
        variant=top.reference("variant", variants) if process else top.word("variant"),
        rhythm=rhythm,
        to=_selector(top.table("to"), kinds),
        opens=_opens(top),
        due=_due(top, kinds),
        locks=_moment(top, "locks"),
        joins=top.choice("joins", Joins) if top.has("joins") else Joins.NEXT,
        gone=top.choice("gone", OfGone) if top.has("gone") else OfGone.ANNUL,
        merged=top.choice("merged", OfMerged) if top.has("merged") else OfMerged.BOTH,
        late=_late(top.table("late")) if top.has("late") else Late(),
        asks=_asks(top) if top.has("asks") else (),
        skips_known=top.has("nothing_to_ask") and top.reference("nothing_to_ask", ("skip",)) == "skip",
        matter=_matter(top, process) if top.has("matter") else (),
        holder=process.holder if process else Holder.UNIT,
        drawn=_opened_by(top) == DRAW,
        stagger=top.integer("stagger", 1, 20) if top.has("stagger") else 1,
        verify=read_verify(top, processes) if top.has("verify") else None,
    )
    top.done()
    if not source.sound() or process is None:
        return source, None
    check_campaign(source, campaign, process)
    check_figures(source, campaign, process, figures)
    check_verify(source, campaign, processes)
    return source, campaign if source.sound() else None


def _opened_by(top: FileMapping) -> str:
    """By whom or what a round is opened; empty where it opens by itself on a day."""
    node = top.node("opens", _MOMENT)
    if isinstance(node, MappingNode) and any(getattr(key, "value", "") == "by" for key, _ in node.value):
        return top.table("opens").reference("by", ("supervisor", DRAW))
    return ""


def _opens(top: FileMapping) -> Moment | None:
    if _opened_by(top):
        table = top.table("opens")
        table.has("by")
        table.done()
        return None
    found = _moment(top, "opens")
    if found.most is not None or found.form is MomentForm.AFTER_OPEN:
        top.mistake("opens", "开放的日子写成了弹性的，或从开放起数", "固定的一天：working_day 或 date")
    return found


def _due(top: FileMapping, kinds: tuple[str, ...]) -> tuple[DueBy, ...]:
    node = top.node("due", f"{_MOMENT}，或每类单位一个")
    if isinstance(node, MappingNode) and any(getattr(key, "value", "") in kinds for key, _ in node.value):
        table = top.table("due")
        for kind in table:
            if kind not in kinds:
                table.mistake(kind, f"没有单位类别“{kind}”{suggestion(kind, kinds)}", listed(kinds))
        for kind in kinds:
            table.has(kind)
        return tuple(DueBy(kind=kind, moment=_moment(table, kind)) for kind in table if kind in kinds)
    return (DueBy(kind="", moment=_moment(top, "due")),)


def _moment(top: FileMapping, key: str) -> Moment:
    table = top.table(key, _MOMENT)
    forms = [form for form in MomentForm if table.has(form)]
    after = table.has("after") and table.reference("after", ("period",)) == "period"
    if len(forms) != 1 and top.source.sound(table.path) and top.has(key):
        top.mistake(key, f"写了 {len(forms)} 种数法" if forms else "没有说是哪一天", _MOMENT)
    found = Moment(form=MomentForm.WORKING_DAY, nth=1)
    for form in forms[:1]:
        found = _day(table, form, after=after)
    table.done()
    return found


def _day(table: FileMapping, form: MomentForm, *, after: bool) -> Moment:
    if form is MomentForm.DATE:
        written = table.word("date", _DATE, "几月几日，形如 12-15")
        month, _, day = written.partition("-") if _DATE.fullmatch(written) else ("1", "", "1")
        if (month, day) in {("02", "29"), ("02", "30"), ("02", "31")} or (day == "31" and int(month) in (4, 6, 9, 11)):
            table.mistake("date", f"不是每年都有 {written}", "每年都有的一天")
            day = "1"
        return Moment(form=form, month=int(month), day=int(day), after=after)
    written = table.word(form, _SPAN, "一个数，或两个数的范围，形如 5..12")
    found = _SPAN.fullmatch(written)
    if found is None:
        return Moment(form=form, nth=1)
    nth, most = int(found[1]), int(found[2]) if found[2] else None
    positive = after or form is MomentForm.AFTER_OPEN or most is not None
    if nth == 0 or abs(nth) > 250 or (most or 1) > 250 or (nth < 0 and positive):
        table.mistake(form, f"写的是 {written}", "1 至 250；没有 after 的 working_day 也可以是负数，从期末数")
    elif most is not None and most <= nth:
        table.mistake(form, f"从 {nth} 到 {most} 没有可选的日子", "前面的数小于后面的")
    return Moment(form=form, nth=nth, most=most, after=after)


def _selector(table: FileMapping, kinds: tuple[str, ...]) -> Selector:
    every_kind, every_area = _is_all(table, "kinds"), _is_all(table, "areas")
    found = Selector(
        everybody=every_kind or every_area,
        every_kind=every_kind,
        kinds=table.words("kinds", kinds) if table.has("kinds") and not every_kind else (),
        sizes=table.words("sizes", SIZES) if table.has("sizes") else (),
        conditions=table.words("conditions", CONDITION_NAMES) if table.has("conditions") else (),
        areas=table.words("areas") if table.has("areas") and not every_area else (),
        units=table.words("units") if table.has("units") else (),
        excepted=table.words("except") if table.has("except") else (),
    )
    table.done()
    if table.source.sound(table.path) and found == Selector(excepted=found.excepted):
        table.source.add(table.path, "没有说对谁，名单会是空的", "至少写 kinds、sizes、conditions、areas、units 之一")
    return found


def _is_all(table: FileMapping, key: str) -> bool:
    if not table.has(key):
        return False
    node = table.node(key, "all，或列表")
    return isinstance(node, ScalarNode) and node.value == ALL


def _late(table: FileMapping) -> Late:
    found = Late(
        days=table.integer("unlock", 1, 60) if table.has("unlock") else 5,
        by=table.reference("by", ("supervisor",)) if table.has("by") else "supervisor",
    )
    table.done()
    return found


def _asks(top: FileMapping) -> tuple[Asks, ...]:
    table, found = top.table("asks"), []
    for rhythm in Rhythm:
        if rhythm is Rhythm.ONCE or not table.has(rhythm):
            continue
        node = table.node(rhythm, "数的列表，或 {with: 1, figures: [...]}")
        if isinstance(node, MappingNode):
            inner = table.table(rhythm)
            shifted = inner.integer("with", 0, 11) if inner.has("with") else 0
            found.append(Asks(rhythm=rhythm, figures=inner.words("figures"), shifted=shifted))
            inner.done()
        else:
            found.append(Asks(rhythm=rhythm, figures=table.words(rhythm)))
    table.done()
    return tuple(found)


def _matter(top: FileMapping, process: ProcessDefinition | None) -> tuple[MatterSaid, ...]:
    node = top.node("matter", NODE_NAMES[MappingNode])
    table = FileMapping(top.source, (*top.path, "matter"), node)
    known = [field.id for field in process.matter.fields if field.id != "title"] if process else list(table)
    found = []
    for field in table:
        if field not in known:
            table.mistake(field, f"流程的事由里没有“{field}”{suggestion(field, known)}", listed(known))
        table.has(field)
        found.append(MatterSaid(field=field, text=table.word(field, re.compile(r"[^\n]{1,200}"), "一段文字")))
    return tuple(found)
