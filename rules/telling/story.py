"""What happened, one Chinese sentence a fact: for timelines, the command line and notices. No names of people here: a
person stands as {{id}}, for an edge that knows people to name."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from rules.dates.calendar import LOCAL, local_date
from rules.dates.clocks import Clock
from rules.dates.explain import long_day, provisionally, short_day
from rules.family import ChildEnded, ChildReopened, ChildStatus
from rules.links import ChildLink
from rules.machine.commands import Status
from rules.machine.facts import (
    Annulled,
    Approved,
    Closed,
    Completed,
    Corrected,
    CorrectionAsked,
    CorrectionRefused,
    CycleStarted,
    Declined,
    Endorsed,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    Fact,
    HandedOver,
    Issued,
    Objected,
    ObjectionAnswered,
    Published,
    Reassigned,
    Remarked,
    Reopened,
    Reported,
    Returned,
    Signed,
    Submitted,
    Urged,
    Watched,
)
from rules.machine.fields import FIELDS, Field, FieldKind, fields_in
from rules.machine.timed import (
    DueSet,
    FellDue,
    Migrated,
    Paused,
    Recalculated,
    Redated,
    Resumed,
    RungReached,
    Turn,
    WaitEnded,
    WatchEnded,
)
from rules.machine.turns import deadline_words
from rules.names import CLOCK_NAMES, MOVED_NAMES, ROLE_NAMES, SCOPE_NAMES, names_of, version_words
from rules.permitting import post_name
from rules.process import Words
from rules.telling.item_words import PLAIN_WORDS

UNVEILED = "，自此承办单位看得到本事项"
"""What an entry says that lifts the veil."""
CLIP = 80
"""Characters of what somebody wrote that a sentence repeats; the entry holds the rest."""
WOKE_LATE = timedelta(hours=1)
"""An alarm that rang this much later was asleep: the sentence says when it woke."""
_COMES_FROM = {
    ChildLink.PART_OF: "{} 的子任务",
    ChildLink.FOUND_BY: "{} 发现的问题",
    ChildLink.GUIDES: "{} 的分类指导",
    ChildLink.REPEATS: "{} 的重复问题",
    ChildLink.CAUSED_BY: "由 {} 引起",
}
RECORDED_LATE = timedelta(hours=1)
"""An entry recorded this much later than it became true is marked."""


def tell(fact: Fact, outcomes: Mapping[str, str], words: Words = PLAIN_WORDS) -> str:
    """The fact as one line, in its process's words. `outcomes` gives the outcomes' names by id; one that it lacks
    stands as its id."""
    match fact:
        case Closed() | Completed() | CycleStarted() | Watched() | WatchEnded() | Reopened() | Annulled():
            return _end(fact, outcomes, words)
        case ExtensionAsked() | ExtensionGranted() | ExtensionRefused():
            return _extension(fact)
        case CorrectionAsked() | Corrected() | CorrectionRefused():
            return _correction(fact, words)
        case Published() | Objected() | ObjectionAnswered():
            return _publicity(fact)
        case FellDue() | RungReached():
            return _rang(fact)
        case ChildEnded() | ChildReopened():
            return _child(fact, outcomes)
        case WaitEnded():
            return f"等待期满，{_begins(fact.turn)}"
        case Paused() | Resumed() | Recalculated() | DueSet() | Migrated():
            return _redated(fact)
        case _:
            return _move(fact, words)


def written(fact: Fact) -> str:
    """All that somebody wrote, of which the sentence repeats only the beginning."""
    if isinstance(fact, CorrectionAsked | Corrected):
        return f"应为：{fact.text}；理由：{fact.reason}"
    parts = []
    for field in _fields_of(fact):
        if field.kind is FieldKind.TEXT and (said := getattr(fact, field.name)):
            parts.append(said if field.name in _FIRST else f"{field.label}：{said}")
    return "\n".join(parts)


def cut_short(text: str) -> bool:
    """Whether a sentence that repeats the text loses some of it: its end, or its lines."""
    return len(text) > CLIP or "\n" in text


def late_by(at: datetime, recorded_at: datetime) -> str:
    """How much later something was recorded than it became true; empty when it was recorded in time."""
    if recorded_at - at < RECORDED_LATE:
        return ""
    hours = (recorded_at - at) // timedelta(hours=1)
    return f"{hours // 24} 天" if hours >= 48 else f"{hours} 小时"


def _move(
    fact: Issued
    | Signed
    | Declined
    | Reassigned
    | HandedOver
    | Reported
    | Submitted
    | Approved
    | Endorsed
    | Returned
    | Urged
    | Remarked,
    words: Words,
) -> str:
    match fact:
        case Issued():
            of = f"（{_COMES_FROM[fact.link].format(fact.parent)}）" if fact.link else ""
            veiled = "，暗访，暂不告知" if fact.veiled else ""
            return f"交办给{fact.unit.name}{of}{veiled}{_deadline(fact)}，{_taken_up(fact.turn)}{_issued(fact)}"
        case Signed():
            return f"签收{_filled(fact)}，{_begins(fact.turn)}"
        case Declined():
            return f"退回{_filled(fact)}，{_until(fact.turn.clock)}前改派"
        case Reassigned():
            return f"改派给{fact.unit.name}{_filled(fact)}{_deadline(fact)}，{_taken_up(fact.turn)}"
        case HandedOver():
            return f"交接给{{{{{fact.successor}}}}}{_filled(fact)}"
        case Reported():
            following = f"，下次反馈{_until(fact.reporting)}前" if fact.reporting else ""
            return f"{_reported(fact)}{following}{_issued(fact)}"
        case Submitted():
            proposed = "" if fact.proposed is None else f"自报天数 {fact.proposed}"
            way = f"，{fact.way}" if fact.way else ""
            return f"上报{_filled(fact, proposed)}{_short(fact)}{way}，{_begins(fact.turn)}{_issued(fact)}"
        case Approved():
            return f"审核通过{_filled(fact)}，{_begins(fact.turn)}{_issued(fact)}"
        case Endorsed():
            return f"{post_name(fact.post)}同意{_filled(fact)}，还须 {fact.left} 方同意"
        case Returned():
            return f"{words.back}{_filled(fact)}，{_begins(fact.turn)}"
        case Urged():
            return f"催办{_filled(fact)}"
        case Remarked():
            return f"批示{_filled(fact)}"


def _reported(fact: Reported) -> str:
    if not fact.tally:
        return f"反馈进展{_filled(fact)}"
    about = f"·{fact.about}" if fact.about else ""
    day = f"（{long_day(fact.on)}）" if fact.on else ""
    counts = f"，未计入：{fact.uncounted}" if fact.uncounted else ""
    text = _said(fact.text) + _given(fact)
    return f"反馈“{fact.tally_name or fact.tally}{about}”{day}{text}{counts}"


def _short(fact: Submitted | Completed) -> str:
    return f"，还差 {len(fact.missing)} 项而提前结束" if fact.missing else ""


def _extension(fact: ExtensionAsked | ExtensionGranted | ExtensionRefused) -> str:
    match fact:
        case ExtensionAsked():
            answer = f"由{ROLE_NAMES[fact.decider]}在{_until(fact.clock)}前批复"
            return f"申请延期 {fact.days} 个工作日，到{long_day(fact.to)}{_said(fact.reason)}，{answer}"
        case ExtensionGranted():
            return f"同意延期 {fact.days} 个工作日{_filled(fact)}，改为{_until(fact.clock)}到期"
        case ExtensionRefused():
            return f"不同意延期{_filled(fact)}"


def _correction(fact: CorrectionAsked | Corrected | CorrectionRefused, words: Words) -> str:
    which = f"第 {fact.entry} 条（{names_of(words).event.get(fact.kind, fact.kind)}）"
    match fact:
        case CorrectionAsked():
            given, decider = _given(fact), ROLE_NAMES[fact.decider]
            return f"申请更正{which}，应为{_said(fact.text)}；理由{_said(fact.reason)}{given}，待{decider}批复"
        case Corrected():
            opinion = f"；批复意见{_said(fact.opinion)}" if fact.opinion else ""
            return f"更正{which}，应为{_said(fact.text)}；理由{_said(fact.reason)}{opinion}"
        case CorrectionRefused():
            return f"不同意更正{which}{_filled(fact)}"


def _publicity(fact: Published | Objected | ObjectionAnswered) -> str:
    match fact:
        case Published():
            where = f"{SCOPE_NAMES[fact.scope]}{fact.what}，{long_day(fact.on)}起在{' '.join(fact.place.split())}"
            number = f"（{' '.join(fact.reference.split())}）" if fact.reference else ""
            return f"{where}{number}，至{provisionally(long_day(fact.until.date), fact.until.provisional)}期满"
        case Objected():
            return f"公示期间有异议{_said(fact.text)}，答复以后才能上报"
        case ObjectionAnswered():
            return f"答复第 {fact.entry} 条的异议{_said(fact.text)}"


def _end(
    fact: Closed | Completed | CycleStarted | Watched | WatchEnded | Reopened | Annulled,
    outcomes: Mapping[str, str],
    words: Words,
) -> str:
    seen = UNVEILED if isinstance(fact, Closed | Completed) and fact.unveils else ""
    match fact:
        case Completed():
            watch = f"，回头看至{long_day(fact.watch.date)}" if fact.watch else ""
            verdict = outcomes.get(fact.outcome, fact.outcome)
            return f"上报即办结，认定为“{verdict}”{_filled(fact)}{_short(fact)}{watch}{_issued(fact)}{seen}"
        case Closed():
            watch = f"，回头看至{long_day(fact.watch.date)}" if fact.watch else ""
            verdict = outcomes.get(fact.outcome, fact.outcome)
            return f"认定为“{verdict}”并{words.close}{_filled(fact)}{watch}{_issued(fact)}{seen}"
        case CycleStarted():
            verdict = outcomes.get(fact.outcome, fact.outcome)
            return f"认定为“{verdict}”{_filled(fact)}，转入下一轮，{_begins(fact.turn)}{_issued(fact)}"
        case Watched():
            watch = f"，继续回头看至{long_day(fact.watch.date)}" if fact.watch else ""
            result = FIELDS["result"].choices.get(fact.result, fact.result)
            return f"回头看：{result}{_filled(fact)}{watch}"
        case WatchEnded():
            return "回头看期满，没有再发现问题"
        case Reopened():
            return f"重启{_filled(fact)}，{_begins(fact.turn)}"
        case Annulled():
            with_it = f"，连同子项 {len(fact.annulled)} 项" if fact.annulled else ""
            return f"作废{_filled(fact)}{with_it}"


def _child(fact: ChildEnded | ChildReopened, outcomes: Mapping[str, str]) -> str:
    match fact:
        case ChildReopened():
            return f"子项 {fact.no} 重启"
        case ChildEnded():
            ended = "作废" if fact.status is ChildStatus.ANNULLED else "办结"
            said = fact.verdict or outcomes.get(fact.outcome, fact.outcome)
            verdict = f"，认定为“{said}”" if said else ""
            begun = f"；轮到的子项 {'、'.join(fact.begun)} 交办" if fact.begun else ""
            return f"子项 {fact.no} 已{ended}{verdict}{begun}"


def _redated(fact: Paused | Resumed | Recalculated | DueSet | Migrated) -> str:
    match fact:
        case Paused():
            return f"暂停计时至{long_day(fact.until)}{_filled(fact)}"
        case Resumed():
            how = "暂停期满，恢复计时" if fact.rang_at else "恢复计时"
            moved = f"，顺延 {fact.days} 个工作日{_moves(fact.dates)}" if fact.days else "，日期不变"
            return f"{how}{_filled(fact)}{moved}"
        case Recalculated():
            return f"按日历 {fact.calendar} 重算{_said(fact.cause)}{_moves(fact.dates) or '，日期不变'}"
        case DueSet():
            return _due_set(fact)
        case Migrated():
            now = f"，{_taken_up(fact.turn)}" if fact.turn else f"，在{fact.step_name}环节" if fact.step_name else ""
            moved = _moves(fact.dates) or ("" if fact.turn else "，日期不变")
            seen = UNVEILED if fact.unveils else ""
            return f"换用流程的版本 {version_words(fact.version)}{_said(fact.cause)}{now}{moved}{seen}"


def _due_set(fact: DueSet) -> str:
    """Chosen by the unit, or moved with its round."""
    day, choice = fact.dates.deadline, fact.dates.choice
    assert day is not None, "it sets one"
    holds = f"由{long_day(fact.before)}改为{long_day(day)}" if day != fact.before else f"仍为{long_day(day)}"
    between = f"（可选{long_day(choice.first)}至{long_day(choice.last)}）" if choice else ""
    how = "轮次按新日历" if fact.calendar else "单位自定"
    others = "".join(_moves(replace(fact.dates, moved=tuple(m for m in fact.dates.moved if m.after != day))))
    return f"{how}，到期日{holds}{between}{_filled(fact)}{others}"


def _issued(fact: Issued | Reported | Submitted | Completed | Approved | Closed | CycleStarted) -> str:
    if not fact.issued:
        return ""
    held = sum(1 for one in fact.issued if one.held)
    return f"，交办子项 {len(fact.issued)} 项" + (f"（其中 {held} 项等前面的办结后交办）" if held else "")


def _moves(dates: Redated) -> str:
    """Which dates moved, from when to when."""
    return "".join(
        f"，{MOVED_NAMES[m.what]}由{long_day(m.before)}改为{provisionally(long_day(m.after), m.provisional)}"
        for m in dates.moved
    )


def _rang(fact: FellDue | RungReached) -> str:
    clock = f"{CLOCK_NAMES[fact.clock_kind]}“{fact.node}”" if fact.node else CLOCK_NAMES[fact.clock_kind]
    woke = ""
    if fact.rang_at - fact.due_at >= WOKE_LATE:
        woke = f"（{fact.rang_at.astimezone(LOCAL):%m月%d日 %H:%M} 补记）"
    if isinstance(fact, FellDue):
        return f"{clock}逾期：{_year(fact.due, fact.rang_at)}到期未办结{woke}"
    parts = [f"{clock}（{_year(fact.due, fact.rang_at)}到期）{fact.name}"]
    if fact.times > 1:
        parts[0] += f"，第 {fact.times} 次"
    if fact.consequence and fact.consequence != fact.name:
        parts.append(fact.consequence)
    if fact.points:
        parts.append(f"扣 {fact.points} 分")
    if fact.audience or fact.mover:
        told = "、".join((*(["当前办理方"] if fact.mover else []), *(ROLE_NAMES[role] for role in fact.audience)))
        parts.append("已过到期日，不再通知" if fact.quiet else f"通知{told}")
    return "，".join(parts) + woke


def _deadline(fact: Issued | Reassigned) -> str:
    return f"，完成时限{deadline_words(fact.deadline, fact.cap)}" if fact.deadline else ""


def _taken_up(turn: Turn) -> str:
    """What the unit has to do first: to sign, or its first step at once."""
    return f"{_until(turn.clock)}前签收" if turn.status is Status.UNSIGNED else _begins(turn)


def _begins(turn: Turn) -> str:
    if turn.status is Status.WAITING:
        return f"{turn.step_name}，等到{_until(turn.clock)}{UNVEILED if turn.unveils else ''}"
    report = f"，{_until(turn.reporting)}前反馈进展" if turn.reporting else ""
    return f"{turn.step_name}环节，{_until(turn.clock)}到期{report}{UNVEILED if turn.unveils else ''}"


def _until(clock: Clock) -> str:
    return provisionally(_year(clock.due.date, clock.started), clock.due.provisional)


def _year(day: date, seen: datetime) -> str:
    """The day, with its year where that is another than when it was said."""
    return short_day(day) if day.year == local_date(seen).year else long_day(day)


def _said(text: str) -> str:
    """What somebody wrote, on one line, not too long, and without the full stop: the sentence goes on."""
    line = " ".join(text.split()).rstrip("。.;；")
    if not line:
        return ""
    return f"：{line}" if len(line) <= CLIP else f"：{line[:CLIP]}…"


_FIRST = ("reason", "text")
"""What says why or what: it needs no label."""


def _fields_of(fact: Fact) -> tuple[Field, ...]:
    kind: type = type(fact)
    return fields_in(kind)


def _filled(fact: Fact, *more: str) -> str:
    """What somebody filled in, on one line: in words, then how much was given with it, and `more`."""
    words = ""
    for field in _fields_of(fact):
        if field.kind is FieldKind.TEXT and (said := getattr(fact, field.name)):
            words += _said(said) if field.name in _FIRST else f"；{field.label}{_said(said)}"
    return words + _given(fact, *more)


def _given(fact: Fact, *more: str) -> str:
    """How many answers and files were given, and `more`, in brackets."""
    many = [field for field in _fields_of(fact) if field.counted]
    counts = [field.counted.format(_how_many(field, values)) for field in many if (values := getattr(fact, field.name))]
    parts = [part for part in (*counts, *more) if part]
    return f"（{'，'.join(parts)}）" if parts else ""


def _how_many(field: Field, values: tuple[Any, ...]) -> int:
    """Files one by one; of answers how many questions, a table being one."""
    return len({at.partition(".")[0] for at, _ in values} if field.kind is FieldKind.ANSWERS else values)
