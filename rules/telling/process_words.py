"""A process in words, one line for each thing that it says, so that people can read it; and what two versions of it say
differently. Which lines there are stands in tables by field: what a process learns to say needs a line there."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from typing import Any, TypeAlias

from rules.dates.windows import window_words
from rules.forms.wording import condition_words
from rules.links import IssueRule
from rules.names import CLOCK_NAMES, FIELD_NAMES, HOLDER_NAMES, LINK_NAMES, ROLE_NAMES, SCOPE_NAMES, STAGE_NAMES
from rules.permitting import party_name
from rules.process import (
    CLOSE,
    WATCH,
    ExtensionRule,
    Lamp,
    Outcome,
    PauseRule,
    Process,
    Rung,
    Step,
    UrgeRule,
    Wait,
    Way,
    Window,
)
from rules.publicity import Publicity
from rules.telling.form_words import question_words
from rules.telling.tally_words import tally_words

WHOLE = "各种走法"
"""What the chapter is called that holds for every variant."""

PART_NAMES = {
    "process": "流程",
    "variant": "走法",
    "step": "环节",
    "outcome": "认定",
    "form": "表单",
    "rung": "督办",
    "lamp": "灯",
}
"""The kinds of parts, in the order in which they are told."""

_Words: TypeAlias = Callable[[Process, Any], str]
_Lines: TypeAlias = dict[str, tuple[str, _Words] | None]
"""For each field of a dataclass what its line is called and says; None for one that is said elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessPart:
    """One step, rung, outcome or lamp, or the rest of a process: its lines as pairs of what it is about and words."""

    kind: str
    id: str
    name: str
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessChapter:
    """What holds for one variant, or with an empty id for all of them."""

    id: str
    name: str
    parts: tuple[ProcessPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """One line that two versions say differently: in which chapter and part, what about, before and after. Empty
    `before`: it is new; empty `after`: it is no more; empty `about`: the whole part."""

    chapter: str
    part: str
    about: str
    before: str
    after: str


def _long(window: Window | None) -> str:
    return window_words(window) if window else ""


def _step_name(process: Process, step: str) -> str:
    return f"“{process.step_names.get(step, step)}”"


def _leads_to(process: Process, to: str) -> str:
    return {CLOSE: "办结", WATCH: "销号，转入回头看"}.get(to) or _step_name(process, to)


def _submitted(process: Process, step: Step) -> str:
    return "；否则".join(_way(process, step, way) for way in step.submit_to)


def _way(process: Process, step: Step, way: Way) -> str:
    outcome = f"，认定为{process.outcome_names.get(step.outcome, step.outcome)}" if way.to == CLOSE else ""
    when = f"{condition_words(way.when, process.forms)}时" if way.when else ""
    times = f"，一轮最多 {way.times} 次" if way.times else ""
    name = f"（{way.name}）" if way.name else ""
    return f"{when}{_leads_to(process, way.to)}{outcome}{name}{times}"


def _asked(process: Process, step: Step) -> str:
    return _names_in(process, step.form)


def _matter_name(process: Process, field_id: str) -> str:
    return next(one.name for one in process.matter.fields if one.id == field_id)


def _names_in(process: Process, form_id: str) -> str:
    form = process.form(form_id)
    return "、".join(field.name for field in form.fields) if form else ""


def _checked(process: Process, step: Step) -> str:
    return "；".join(f"{condition_words(check.that, process.forms)}（否则：{check.say}）" for check in step.checks)


def _waited(process: Process, wait: Wait) -> str:
    form, _, field = wait.until.partition(".")
    found = process.form(form)
    question = found.field(field) if found else None
    until = f"，至填报的“{question.name}”那天" if question else ""
    return f"到时自动进入{_step_name(process, wait.then)}{until}"


def publicity_words(rule: Publicity) -> str:
    """What has to be published, before whom and how long."""
    return f"{rule.what}（{SCOPE_NAMES[rule.scope]}，不少于 {rule.days} 个工作日）"


def _issues(process: Process, step: Step) -> str:
    return "；".join(_issue(process, process.issue_rule(rule)) for rule in step.issues)


def _issue(process: Process, rule: IssueRule) -> str:
    form = process.form(rule.form)
    table = form.field(rule.table) if form else None
    waits = "都等" if rule.wait is None else f"等 {rule.wait} 项" if rule.wait else "不等"
    order = "，按先后" if rule.after_in else ""
    what = f"“{table.name if table else rule.table}”的每一行成为 {rule.process}"
    return f"{what}（{LINK_NAMES[rule.link]}）{order}，{waits}它们办结"


_STEP: _Lines = {
    "id": None,
    "name": None,
    "stage": ("阶段", lambda p, s: STAGE_NAMES[s.stage]),
    "party": ("谁办", lambda p, s: "没有人，等待" if s.waits else party_name(p, s.party, s)),
    "posts": None,
    "window": ("时限", lambda p, s: window_words(s.window)),
    "submit_to": ("上报后到", _submitted),
    "approve_to": ("审核通过后到", lambda p, s: _leads_to(p, s.approve_to)),
    "return_to": ("可以退回到", lambda p, s: "、".join(_step_name(p, to) for to in s.return_to)),
    "closes": ("认定销号", lambda p, s: "可以"),
    "outcome": None,
    "proposes": ("上报时自报", lambda p, s: f"{_step_name(p, s.proposes)}的天数"),
    "requires": ("上报须填", lambda p, s: "、".join(FIELD_NAMES[field] for field in s.requires)),
    "report_every": ("反馈进展", lambda p, s: f"每 {window_words(s.report_every)}一次"),
    "uses_deadline": ("交办时定了完成日期的", lambda p, s: "以那一天为准"),
    "form": ("填表", _asked),
    "checks": ("检查", _checked),
    "waits": ("等待", lambda p, s: _waited(p, s.waits)),
    "publish": ("上报前公示", lambda p, s: publicity_words(s.publish)),
    "issues": ("交办后续事项", _issues),
    "reaches": ("上报的条件", lambda p, s: "本环节的各项都已完成"),
    "short": ("没有全部完成的", lambda p, s: "写明理由可以上报"),
    "gathers": ("自动结束", lambda p, s: f"等着的子项都办结时，认定为“{p.outcome_names.get(s.outcome, s.outcome)}”"),
}


def offset_words(offset: int) -> str:
    """When a rung speaks."""
    if offset == 0:
        return "到期当天"
    return f"到期前 {-offset} 个工作日" if offset < 0 else f"到期后第 {offset} 个工作日"


_RUNG: _Lines = {
    "id": None,
    "name": None,
    "offset": ("何时", lambda p, r: offset_words(r.offset)),
    "applies": ("对哪些计时", lambda p, r: "、".join(CLOCK_NAMES[kind] for kind in r.applies)),
    "audience": ("告诉", lambda p, r: "、".join(ROLE_NAMES[role] for role in r.audience)),
    "mover": ("也告诉", lambda p, r: "轮到的一方"),
    "lamp": ("亮灯", lambda p, r: p.lamp(r.lamp).name),
    "consequence": ("后果", lambda p, r: r.consequence),
    "points": ("扣分", lambda p, r: f"{r.points} 分"),
    "immediate": ("当时就告诉", lambda p, r: "是"),
    "repeat": ("重复", lambda p, r: f"此后每 {r.repeat} 个工作日一次"),
}

_OUTCOME: _Lines = {
    "id": None,
    "name": None,
    "then": ("认定后", lambda p, o: "直接销号" if o.then == CLOSE else _next_cycle(p, o)),
    "when": ("只在", lambda p, o: f"{condition_words(o.when, p.forms)}时"),
    "reason": ("须写说明", lambda p, o: "是"),
    "issues": ("后续事项", lambda p, o: "不交办"),
}


def _next_cycle(process: Process, outcome: Outcome) -> str:
    return (
        _leads_to(process, WATCH) if outcome.then == WATCH else f"转入下一轮，从{_step_name(process, outcome.then)}起"
    )


_LAMP: _Lines = {
    "id": None,
    "name": None,
    "colour": ("颜色", lambda p, lamp: lamp.colour),
    "rank": ("轻重", lambda p, lamp: str(lamp.rank)),
    "meaning": ("含义", lambda p, lamp: lamp.meaning),
}


def _extension(process: Process, rule: ExtensionRule) -> str:
    return (
        f"每个环节最多 {rule.times} 次，合计不超过原时限的 {rule.percent}%；"
        f"超过 {rule.leader_over} 个工作日由分管领导批；"
        f"{window_words(rule.decide)}内答复"
    )


def _urge(process: Process, rule: UrgeRule) -> str:
    return f"{rule.cooldown_hours} 小时内不重复，每个事项最多 {rule.at_most} 次"


def _pause(process: Process, rule: PauseRule) -> str:
    return f"每个事项最多 {rule.times} 次，一次最多 {rule.days} 个工作日"


_WHOLE: _Lines = {
    "prefix": ("编号开头", lambda p, _: p.prefix),
    "holder": ("承办的是", lambda p, _: HOLDER_NAMES[p.holder]),
    "words": ("屏幕上的说法", lambda p, _: f"办结叫“{p.words.close}”，退回叫“{p.words.back}”"),
    "sign": ("签收", lambda p, _: window_words(p.sign) if p.sign else "不必签收，一交办就开始"),
    "declined": ("退回后改派", lambda p, _: f"{_long(p.declined)}内"),
    "extension": ("延期", lambda p, _: _extension(p, p.extension)),
    "pause": ("暂停计时", lambda p, _: _pause(p, p.pause) if p.pause else "不可以"),
    "urge": ("催办", lambda p, _: _urge(p, p.urge)),
    "watch": ("回头看", lambda p, _: f"销号后 {_long(p.watch)}"),
    "due_time": ("到期的时刻", lambda p, _: f"{p.due_time:%H:%M}"),
    "ring_time": ("督办的时刻", lambda p, _: f"{p.ring_time:%H:%M}"),
    "lazily": ("流程何时开始", lambda p, _: "不为每件另起流程，办理以后有要等的才起；到期由定时巡检记"),
    "burden": ("减负", lambda p, _: "向单位要数、要材料的，计入减负账，不得超出每月的预算"),
    "cycles": ("最多几轮", lambda p, _: f"{p.cycles} 轮"),
    "ended_lamp": ("销号后的灯", lambda p, _: p.lamp(p.ended_lamp).name),
    "annulled_lamp": ("作废的灯", lambda p, _: p.lamp(p.annulled_lamp).name),
    "lamps": ("平时的灯", lambda p, _: p.lamps[0].name),
}
_VARIANT: _Lines = {
    "cap": ("一轮的总时限", lambda p, _: window_words(p.cap) if p.cap else "没有"),
    "span": ("各轮合计的总时限", lambda p, _: _long(p.span)),
    "veil": ("暗访：承办单位看不到，直到", lambda p, _: _step_name(p, p.veil)),
    "reopen_to": ("重启后从哪一步开始", lambda p, _: _step_name(p, p.reopen_to)),
    "together": ("给几个单位的，合在一个父项下", lambda p, _: p.together),
    "sign_form": ("签收时填", lambda p, _: _names_in(p, p.sign_form)),
    "tallies": ("要逐次记的", lambda p, _: "；".join(f"{t.name}：{tally_words(p, t)}" for t in p.tallies)),
    "year_in": ("日期是哪一年的", lambda p, _: f"交办时填的“{_matter_name(p, p.year_in)}”"),
    "steps": ("第一步", lambda p, _: _step_name(p, p.first_step.id)),
}
_ALWAYS = frozenset({"sign", "pause", "cap", "due_time", "ring_time"})
"""Fields of which it is said too that there is nothing, or nothing but the usual."""
_NAMES = (
    "ref",
    "id",
    "version",
    "name",
    "variant",
    "variant_name",
    "unit_kind",
    "unit_kind_name",
    "outcomes",
    "rungs",
    "forms",
    "matter",
    "issues",
)
_ELSEWHERE: _Lines = dict.fromkeys(_NAMES)
_TABLES: dict[type, _Lines] = {Step: _STEP, Rung: _RUNG, Outcome: _OUTCOME, Lamp: _LAMP}


def _lines(process: Process, value: Any, table: _Lines) -> tuple[tuple[str, str], ...]:
    """The lines of a value. Every field has its line or is said elsewhere, so that nothing goes unsaid (a test)."""
    said = []
    for field in fields(value):
        told, line = getattr(value, field.name), table[field.name]
        if line and (field.name in _ALWAYS or not (told in (None, "", ()) or told is False or told == field.default)):
            said.append((line[0], line[1](process, value)))
    return tuple(said)


def _parts(process: Process, kind: str, values: Iterable[Any]) -> list[ProcessPart]:
    return [ProcessPart(kind=kind, id=v.id, name=v.name, said=_lines(process, v, _TABLES[type(v)])) for v in values]


def _of_every_variant(process: Process) -> list[ProcessPart]:
    table = {**_WHOLE, **_ELSEWHERE, **dict.fromkeys(_VARIANT.keys() - _WHOLE.keys())}
    whole = ProcessPart(kind="process", id="", name=process.name, said=_lines(process, process, table))
    forms = [
        ProcessPart(kind="form", id=f.id, name=name, said=tuple((q.name, question_words(q)) for q in f.fields))
        for f, name in ((process.matter, "事由"), *((form, form.id) for form in process.forms))
    ]
    return [whole, *forms, *_parts(process, "rung", process.rungs), *_parts(process, "lamp", process.lamps)]


def _of_its_variant(process: Process) -> list[ProcessPart]:
    table: _Lines = {**dict.fromkeys(f.name for f in fields(process)), **_VARIANT}
    whole = ProcessPart(kind="variant", id="", name=process.variant_name, said=_lines(process, process, table))
    return [whole, *_parts(process, "step", process.steps), *_parts(process, "outcome", process.outcomes)]


def tell_process(processes: Sequence[Process]) -> tuple[ProcessChapter, ...]:
    """What the processes of one version say: first what holds for every variant, then each variant. Where variants or
    kinds of unit differ, each is named with its own words."""
    chapters = [ProcessChapter(id="", name=WHOLE, parts=_together(processes, _of_every_variant))]
    for variant in dict.fromkeys(p.variant for p in processes):
        own = [p for p in processes if p.variant == variant]
        chapters.append(ProcessChapter(id=variant, name=own[0].variant_name, parts=_together(own, _of_its_variant)))
    return tuple(chapters)


def _together(processes: Sequence[Process], told: Callable[[Process], list[ProcessPart]]) -> tuple[ProcessPart, ...]:
    """The parts of all of these, kind by kind, line by line in the order of the first that has it."""
    names: dict[tuple[str, str], str] = {}
    cells: dict[tuple[str, str], dict[str, list[tuple[str, str, str]]]] = {}
    for process in processes:
        for part in told(process):
            lines = cells.setdefault((part.kind, part.id), {})
            names.setdefault((part.kind, part.id), part.name)
            for about, words in part.said:
                lines.setdefault(about, []).append((process.variant_name, process.unit_kind_name, words))
    return tuple(
        ProcessPart(
            kind=kind,
            id=part_id,
            name=names[kind, part_id],
            said=tuple((about, _merged(found)) for about, found in lines.items()),
        )
        for (kind, part_id), lines in sorted(cells.items(), key=lambda cell: list(PART_NAMES).index(cell[0][0]))
    )


def _merged(found: list[tuple[str, str, str]]) -> str:
    """Words that are the same for all once; else by kind of unit, by variant, or by both: whatever tells them apart."""
    if len({words for _, _, words in found}) == 1:
        return found[0][2]
    labels: tuple[Callable[[tuple[str, str, str]], str], ...] = (
        lambda cell: cell[1],
        lambda cell: cell[0],
        lambda cell: f"{cell[0]}的{cell[1]}",
    )
    for label in labels:
        by_label: dict[str, set[str]] = {}
        for cell in found:
            by_label.setdefault(label(cell), set()).add(cell[2])
        if all(len(words) == 1 for words in by_label.values()):
            pairs = [(next(iter(words)), name) for name, words in by_label.items()]
            return "；".join(
                f"{'、'.join(name for _, name in same)} {words}" for words, same in groupby(pairs, key=lambda p: p[0])
            )
    raise AssertionError("a variant and a kind of unit name one process of a version")


def rule_changes(before: Sequence[ProcessChapter], after: Sequence[ProcessChapter]) -> tuple[RuleChange, ...]:
    """What the second says differently from the first, in the order of the second; what is no more comes last."""
    changes: list[RuleChange] = []
    old = {(c.id, p.kind, p.id): (c, p) for c in before for p in c.parts}
    new = {(c.id, p.kind, p.id): (c, p) for c in after for p in c.parts}
    for key, (chapter, part) in new.items():
        if key not in old:
            changes.append(_whole_part(chapter, part, new=True))
            continue
        _, was = old[key]
        if was.name != part.name:
            changes.append(_change(chapter, part, "名称", was.name, part.name))
        lines, now = dict(was.said), dict(part.said)
        for about in dict.fromkeys((*now, *lines)):
            if lines.get(about, "") != now.get(about, ""):
                changes.append(_change(chapter, part, about, lines.get(about, ""), now.get(about, "")))
    changes += [_whole_part(chapter, part, new=False) for key, (chapter, part) in old.items() if key not in new]
    return tuple(changes)


def _change(chapter: ProcessChapter, part: ProcessPart, about: str, before: str, after: str) -> RuleChange:
    return RuleChange(
        chapter=chapter.name, part=f"{PART_NAMES[part.kind]}“{part.name}”", about=about, before=before, after=after
    )


def _whole_part(chapter: ProcessChapter, part: ProcessPart, *, new: bool) -> RuleChange:
    words = "；".join(f"{about}：{said}" for about, said in part.said) or part.name
    return _change(chapter, part, "", "" if new else words, words if new else "")
