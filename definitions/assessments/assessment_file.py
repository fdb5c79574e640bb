"""Reading an assessment's file: what it says, each mistake with its line. Whether it adds up is checked beside it."""

import hashlib
import json
import re
from calendar import monthrange
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from definitions.assessments.checks import check_assessment
from definitions.assessments.indicator_file import Among, points, read_indicator, read_levels
from definitions.catalogue import SHIPPED
from definitions.directory import UNIT_KINDS
from definitions.fields import FileMapping, listed
from definitions.process import ProcessDefinition
from definitions.source import Source
from rules.assessment.assessment import (
    APPEALED_MATTER,
    POINT,
    SAID_BY,
    AppealRule,
    Assessment,
    Band,
    Guidance,
    Honour,
    IndicatorKind,
    Individual,
    Level,
    Tiers,
)
from rules.assessment.sheets import points_text
from rules.codec import encode
from rules.figures.figure import FigureRegister
from rules.forms.form import TITLE, AnswerKind
from rules.names import CONDITION_NAMES
from rules.process import Holder, Role
from rules.rounds.campaign import Campaign
from rules.rounds.periods import MONTHS_OF_PERIOD, RHYTHM_NAMES, Rhythm

SHIPPED_ASSESSMENTS = SHIPPED / "assessments"
_ANSWER = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_DATE = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_BY_DECISION = "slack"
"""No score makes a unit 软弱涣散: that is for people to say."""
_ORDINARY = 2026
"""A year without a 29 February."""
_DECIDES = (Role.LEADER, Role.SUPERVISOR)
_OWN_KINDS = (IndicatorKind.COUNTED.value, IndicatorKind.COMPUTED.value, IndicatorKind.JUDGED.value)


def load_assessment(
    path: Path,
    processes: Sequence[ProcessDefinition],
    campaigns: Collection[Campaign],
    register: FigureRegister,
) -> Assessment:
    """The assessment that a file gives, by these processes, campaigns and figures; its version holds a hash of its
    content. Raises definition_invalid with every mistake of the file."""
    source = Source(path)
    source.refuse()
    top = FileMapping(source, (), source.root)
    known = {process.id: process for process in processes}
    levels = _defaults(top.table("defaults")) if top.has("defaults") else ()
    among = Among(register=register, campaigns=campaigns, levels=levels)
    found = Assessment(
        id=top.word("assessment"),
        name=top.text("name", "考核的名称"),
        version=top.text("version", "版本，形如 2026.1", 20) if top.has("version") else "1",
        note=top.text("note", "说明", 500) if top.has("note") else "",
        year=top.integer("year", 2000, 2999),
        total=points(top, "total", POINT),
        campaign=top.reference("campaign", [one.id for one in campaigns]),
        rescales=top.has("not_applicable") and top.reference("not_applicable", ("rescale",)) == "rescale",
        indicators=tuple(
            read_indicator(name, table, among) for name, table in top.tables("indicators", "指标：每项一个编号")
        ),
        individual=_individual(top.table("individual")) if top.has("individual") else None,
        tiers=_tiers(top.table("tiers"), known) if top.has("tiers") else None,
        appeal=_appeal(top.table("appeal"), known) if top.has("appeal") else None,
        ranking=top.has("ranking") and top.reference("ranking", ("none", "units")) == "units",
        seen=top.flag("record_views"),
        honours=_honours(top) if top.has("honours") else (),
    )
    top.done()
    if source.sound():
        check_assessment(source, found, campaigns)
    source.refuse()
    return replace(found, version=f"{found.version}#{_digest(found)}")


def shipped_assessments(
    processes: Sequence[ProcessDefinition], campaigns: Collection[Campaign], register: FigureRegister
) -> tuple[Assessment, ...]:
    """Those that come with the program."""
    files = sorted(SHIPPED_ASSESSMENTS.glob("*.yaml"))
    return tuple(load_assessment(file, processes, campaigns, register) for file in files)


def _digest(assessment: Assessment) -> str:
    text = json.dumps(encode(assessment), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _defaults(table: FileMapping) -> tuple[Level, ...]:
    found = read_levels(table, "by")
    table.done()
    return found


def _individual(table: FileMapping) -> Individual:
    each = table.table("each")
    day = table.word("by", _DATE, "几月几日前审定，形如 02-15")
    month, _, day_of = day.partition("-") if _DATE.fullmatch(day) else ("2", "", "15")
    if int(day_of) > monthrange(_ORDINARY, int(month))[1]:
        table.mistake("by", f"{month} 月 {day_of} 日不是每年都有", "每年都有的一天，形如 02-15")
    found = Individual(
        count=table.integer("count", 1, 12),
        full=points(table, "full", 1),
        least=points(each, "least", 1),
        most=points(each, "most", 1),
        kinds=tuple(IndicatorKind(one) for one in table.words("kinds", _OWN_KINDS)),
        month=int(month),
        day=int(day_of),
    )
    each.done()
    table.done()
    low, high = found.count * found.least, found.count * found.most
    if table.source.sound(table.path) and not low <= found.full <= high:
        each_of = f"每项 {points_text(found.least)} 至 {points_text(found.most)} 分"
        what = f"{found.count} 项、{each_of}，凑不成 {points_text(found.full)} 分"
        table.mistake("full", what, f"{points_text(low)} 至 {points_text(high)} 分，或改每项的范围")
    return found


def _tiers(table: FileMapping, processes: dict[str, ProcessDefinition]) -> Tiers:
    every = table.reference("every", (Rhythm.HALF_YEAR.value, Rhythm.YEAR.value))
    bands = []
    named = table.tables("bands", "状况：从高到低，如 advanced: {name: 先进, enter: 90, leave: 87}")
    for place, (name, one) in enumerate(named):
        last = place == len(named) - 1
        if name not in CONDITION_NAMES:
            table.source.add(one.path, f"没有状况“{name}”", listed(CONDITION_NAMES))
        elif name == _BY_DECISION:
            what = f"{CONDITION_NAMES[name]}只能由人认定，不能由分数评"
            table.source.add(one.path, what, f"by_decision: {{tier: {name}, months: 12}}")
        label = one.text("name", "状况的名称")
        if last:
            bands.append(Band(id=name, name=label))
            for key in ("enter", "leave"):
                if one.has(key):
                    one.mistake(key, f"最低的状况没有{'进入' if key == 'enter' else '退出'}的分数", "删去")
        else:
            bands.append(Band(id=name, name=label, enter=points(one, "enter"), leave=points(one, "leave")))
        one.done()
    _check_bands(table, bands)
    slack, slack_name, months = "", "", 12
    if table.has("by_decision"):
        inner = table.table("by_decision")
        slack = inner.reference("tier", tuple(CONDITION_NAMES))
        slack_name = CONDITION_NAMES.get(slack, slack)
        months = inner.integer("months", 1, 36)
        inner.done()
        if any(band.id == slack for band in bands):
            table.mistake("by_decision", f"“{slack}”已由分数评，不能又由人认定", "从 bands 里去掉，或换一种状况")
    guidance = _guidance(table, processes, [*(band.id for band in bands), *([slack] if slack else [])])
    found = Tiers(
        every=Rhythm(every) if every in (Rhythm.HALF_YEAR, Rhythm.YEAR) else Rhythm.HALF_YEAR,
        bands=tuple(bands),
        down_after=_down_after(table, every) if table.has("down_after") else 1,
        confirm=Role(table.reference("confirm", _DECIDES)) if table.has("confirm") else Role.LEADER,
        by_decision=slack,
        by_decision_name=slack_name,
        months=months,
        guidance=guidance,
    )
    table.done()
    return found


def _down_after(table: FileMapping, every: str) -> int:
    """So many times in a row; a year has to have as many periods."""
    found = table.integer("down_after", 1, 6)
    times = 12 // MONTHS_OF_PERIOD[Rhythm(every)] if every in (Rhythm.HALF_YEAR, Rhythm.YEAR) else found
    if found > times:
        what = f"{RHYTHM_NAMES[Rhythm(every)]}评一次，一年只有 {times} 次，连续 {found} 次才降，当年永远降不了"
        table.mistake("down_after", what, f"1 至 {times}" if times > 1 else "1")
    return found


def _check_bands(table: FileMapping, bands: Sequence[Band]) -> None:
    if len(bands) < 2 and table.has("bands"):
        table.mistake("bands", "只有一种状况", "至少两种，从高到低")
    for band in bands[:-1]:
        if band.leave >= band.enter:
            what = f"“{band.name}”退出的分数不低于进入的，分数一动就进进出出"
            table.source.add((*table.path, "bands", band.id, "leave"), what, "leave 低于 enter")
    for one, other in pairwise(bands[:-1]):
        if other.enter >= one.enter or other.leave >= one.leave:
            what = f"“{other.name}”的分数不低于“{one.name}”的"
            table.source.add((*table.path, "bands", other.id, "enter"), what, "从高到低，一档比一档低")


def _guidance(
    table: FileMapping, processes: dict[str, ProcessDefinition], tiers: Collection[str]
) -> tuple[Guidance, ...]:
    if not table.has("issues"):
        return ()
    found = []
    for name, one in table.tables("issues", "每种状况交办什么，如 weak: {process: upgrade, variant: pdca}"):
        if name not in tiers:
            table.source.add(one.path, f"没有状况“{name}”", listed(tiers))
        process = one.reference("process", processes)
        variants = [v.id for v in processes[process].variants] if process in processes else []
        variant = one.reference("variant", variants) if variants else one.word("variant")
        days = one.integer("days", 1, 400) if one.has("days") else 0
        if process in processes and variant in variants:
            _check_guidance(one, processes[process], variant, days)
        found.append(Guidance(tier=name, process=process, variant=variant, days=days))
        one.done()
    return tuple(found)


def _honours(top: FileMapping) -> tuple[Honour, ...]:
    found = []
    for name, one in top.tables("honours", "按结果推荐什么，如 advanced_party: {name: 先进基层党组织, least: 90}"):
        found.append(
            Honour(
                id=name,
                name=one.text("name", "推荐什么"),
                least=points(one, "least", 1),
                tier=one.reference("tier", tuple(CONDITION_NAMES)) if one.has("tier") else "",
                without=one.words("without") if one.has("without") else (),
            )
        )
        one.done()
    return tuple(found)


def _check_guidance(table: FileMapping, process: ProcessDefinition, variant: str, days: int) -> None:
    """It is issued to a unit by itself: nobody is asked what the matter is, and the unit has to see it."""
    if process.holder is not Holder.UNIT:
        table.mistake("process", f"“{process.id}”交给片组办，不交给单位", "交给单位办的流程")
    if process.veil:
        table.mistake("process", f"“{process.id}”单位看不见，指导不了", "单位看得见的流程")
    asked = [one.name for one in process.matter.fields if one.need and one.id not in (TITLE, *SAID_BY)]
    if asked:
        table.mistake(
            "process", f"交办“{process.id}”要先填{'、'.join(asked)}，自动交办填不了", "事由里没有必填项的流程"
        )
    missing = [name for kind, name in UNIT_KINDS.items() if kind not in {one.id for one in process.unit_kinds}]
    if missing:
        table.mistake("process", f"“{process.id}”没有{'、'.join(missing)}的时限", "各类单位都能办的流程")
    steps = next(one.steps for one in process.variants if one.id == variant)
    if days and not any(step.uses_deadline for step in steps):
        table.mistake("days", f"“{process.id}”的“{variant}”没有用得上几天办结的环节", "删去")


def _appeal(table: FileMapping, processes: dict[str, ProcessDefinition]) -> AppealRule:
    process = table.reference("process", processes)
    variants = [v.id for v in processes[process].variants] if process in processes else []
    outcomes = _outcomes(processes[process]) if process in processes else []
    answers = _numbers(processes[process]) if process in processes else []
    if process in processes:
        fields = {one.id: one.need for one in processes[process].matter.fields}
        fits = set(APPEALED_MATTER) <= fields.keys()
        if not fits or any(need and id_ not in (TITLE, *APPEALED_MATTER) for id_, need in fields.items()):
            expected = f"事由有 {'、'.join(APPEALED_MATTER)}，没有别的必填项的流程"
            table.mistake("process", f"“{process}”的事由装不下申诉的是哪一项", expected)
    found = AppealRule(
        process=process,
        variant=table.reference("variant", variants) if variants else table.word("variant"),
        within=table.integer("within", 1, 250),
        upheld=table.reference("upheld", outcomes) if outcomes else table.word("upheld"),
        points=table.reference("points", answers)
        if answers
        else table.word("points", _ANSWER, "一项数，如 verdict.points"),
        most=table.integer("at_most", 1, 20) if table.has("at_most") else 0,
    )
    table.done()
    return found


def _numbers(process: ProcessDefinition) -> list[str]:
    """The process's answers that are numbers of two places, as form.field."""
    return [
        f"{form.id}.{field.id}"
        for form in process.forms
        for field in form.fields
        if field.kind is AnswerKind.NUMBER and field.places == 2
    ]


def _outcomes(process: ProcessDefinition) -> list[str]:
    return list(dict.fromkeys(one.id for variant in process.variants for one in variant.outcomes))
