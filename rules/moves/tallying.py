"""Reports that count: what is said for a tally, whether it counts, which nodes it meets; a step that ends when all is
reached; a correction that takes the count back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from rules.dates.calendar import Calendar, local_date
from rules.errors import Code, RuleViolation
from rules.forms.answering import answers_to, known_of
from rules.forms.answers import Pairs
from rules.forms.form import PLACES_LIMIT, Form
from rules.forms.parsing import parse
from rules.forms.reckoning import AnswerValues, holds
from rules.forms.tally import Tally
from rules.forms.wording import said_of
from rules.machine.commands import Status
from rules.machine.facts import Reported
from rules.machine.turns import limits_on_nodes
from rules.moves.case import Case
from rules.moves.following import issued_about
from rules.names import FIELD_NAMES
from rules.nodes.node import TALLIED_LIMIT, Amount, Tallied
from rules.nodes.owing import Owing, checked, counted, opened, subjects, tallies_in

SHOWN = 10
"""So many lines of what is missing a refusal lists."""


def owing_of(case: Case, **instead: Any) -> Owing:
    """What nodes of the item are worked out from, as it stands."""
    state = case.state
    found = Owing(
        process=case.process,
        calendar=case.calendar,
        since=state.owed_since or case.now,
        answers=state.answers,
        members=state.unit.members,
        said_year=state.year,
        tallied=state.tallied,
        rang=state.rang,
        stops=state.stops,
        limits=limits_on_nodes(state.cap),
    )
    return replace(found, **instead)


def report_for(case: Case) -> Reported:
    """What is reported for a tally. What does not count is recorded all the same, with the reason.

    Raises field_invalid, field_missing, field_not_taken, wrong_step, answers_invalid, counts_spent.
    """
    command, state = case.command, case.state
    tally = _tally(case)
    about = _about(case, tally)
    on = _on(case)
    form = case.process.form(tally.form)
    if form is None and command.answers:
        raise RuleViolation(
            Code.FIELD_NOT_TAKEN, command=f"{case.called(command.kind)}“{tally.name}”", field=FIELD_NAMES["answers"]
        )
    if form is None and not (command.text or "").strip():
        raise _missing(case, "text")
    given = answers_to(case.process, form, (), state.answers, command.answers)
    known = known_of(case.process, state.answers)
    pairs: Pairs = given.said.get("answers", ())
    if form:
        known = known.with_form(form, pairs)
    amounts, why = _amounts(case, tally, about, on, form, pairs, known)
    if amounts and len(state.tallied) >= TALLIED_LIMIT:
        raise RuleViolation(Code.COUNTS_SPENT, no=state.no, limit=TALLIED_LIMIT)
    said = command.said_for(Reported) | {name: value for name, value in given.said.items() if name != "kept"}
    files = tuple(dict.fromkeys((*command.evidence, *given.files)))
    said |= (
        {"tally": tally.id, "tally_name": tally.name, "on": on}
        | ({"about": about} if about else {})
        | ({"evidence": files} if files else {})
    )
    if form and (rows := issued_about(case, form.id, pairs)):
        said |= {"issued": rows}
    if not amounts:
        return Reported(uncounted=why, **said)
    tallied = (*state.tallied, Tallied(entry=state.seq + 1, about=about, on=on, amounts=amounts))
    gone, owed = _turned(case, tallied, {one.tally for one in amounts}, about)
    return Reported(amounts=amounts, met=gone, owed=owed, **said)


def _turned(
    case: Case, tallied: tuple[Tallied, ...], ids: set[str], about: str
) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    """The nodes that give way when that is what counts, by number, and those that are open instead."""
    state = case.state
    touched = [(tally, about) for tally in case.process.tallies if tally.id in ids]
    before = {node.key[:2]: node for node in state.nodes}
    owing = owing_of(case, tallied=tallied)
    after = {node.key[:2]: node for node in opened(owing, touched, no=case.next_no)}
    gone, owed = [], []
    for tally, _ in touched:
        was, now = before.get((tally.id, about)), after.get((tally.id, about))
        if was and now and was.key == now.key:
            continue
        if was:
            gone.append(was.no)
        if now:
            owed.append(now)
    checked((*(node for node in state.nodes if node.no not in gone), *owed))
    return tuple(gone), tuple(owed)


def _tally(case: Case) -> Tally:
    state, said = case.state, case.command.tally or ""
    could = [t for t in tallies_in(case.process, state.step) if t.reported] if state.status is Status.WORKING else []
    if not could:
        raise case.wrong_step(f"本环节没有要逐次记的；请去掉“{FIELD_NAMES['tally']}”。")
    if case.command.actor.unit in state.co_units and case.command.actor.unit != state.unit.id:
        name = f"协办单位{case.called(case.command.kind)}"
        raise RuleViolation(Code.FIELD_NOT_TAKEN, command=name, field=FIELD_NAMES["tally"])
    found = next((tally for tally in could if said in (tally.id, tally.name)), None)
    if found is None:
        raise _invalid("tally", said, "、".join(f"{tally.id}（{tally.name}）" for tally in could))
    return found


def _about(case: Case, tally: Tally) -> str:
    said = (case.command.about or "").strip()
    known = subjects(owing_of(case), tally)
    if not tally.each:
        if said:
            name = f"{case.called(case.command.kind)}“{tally.name}”"
            raise RuleViolation(Code.FIELD_NOT_TAKEN, command=name, field=FIELD_NAMES["about"])
        return ""
    if not said:
        raise _missing(case, "about")
    if said not in known:
        shown = "、".join(known[:20]) + ("……" if len(known) > 20 else "")
        raise _invalid("about", said, f"其中之一：{shown}" if known else "先列出的一项（现在一项也没有）")
    return said


def _on(case: Case) -> date:
    """The day on which it happened: today where it is not said."""
    today, issued = local_date(case.now), local_date(case.state.issued or case.now)
    on = case.command.on or today
    if not issued <= on <= today:
        raise _invalid("on", on.isoformat(), f"{issued}（交办）至 {today}（今天）的日期")
    return on


def _amounts(
    case: Case, tally: Tally, about: str, on: date, form: Form | None, pairs: Pairs, known: AnswerValues
) -> tuple[tuple[Amount, ...], str]:
    """How much it is in which tallies; where in none, why."""
    answers = {pair[0]: pair[1] for pair in pairs}
    found, reasons = [], []
    others = [t for t in tallies_in(case.process, case.state.step) if t.of == tally.id]
    for one in (tally, *others):
        if one.when and not holds(parse(one.when), known):
            reasons.append(f"不符合“{said_of(parse(one.when), case.process.forms, known)}”")
        elif near := _near(case.calendar, case.state.tallied, one, about, on):
            reasons.append(near)
        elif one.sum and one.sum not in answers:
            reasons.append(f"没有填“{_named(form, one.sum)}”")
        else:
            found.append(Amount(tally=one.id, amount=answers[one.sum] if one.sum else "1"))
    return tuple(found), "" if found else reasons[0]


def _named(form: Form | None, field: str) -> str:
    found = form.field(field) if form else None
    return found.name if found else field


def _near(calendar: Calendar, tallied: tuple[Tallied, ...], tally: Tally, about: str, on: date) -> str:
    """The one that counted and is too near, in words; nothing where none is."""
    for one in tallied if tally.apart else ():
        if one.about != about or all(amount.tally != tally.id for amount in one.amounts):
            continue
        days = calendar.count(min(one.on, on), max(one.on, on))
        if days < tally.apart:
            return f"与 {one.on} 的一次相隔 {days} 个工作日，不足 {tally.apart} 个"
    return ""


def uncounted(case: Case, entry: int) -> dict[str, Any]:
    """What becomes of the nodes when that entry counts no more, as the fact of its correction says it."""
    state = case.state
    one = next((one for one in state.tallied if one.entry == entry), None)
    if one is None or state.status is not Status.WORKING:
        return {}
    ids = {a.tally for a in one.amounts} & {tally.id for tally in tallies_in(case.process, state.step)}
    left = tuple(other for other in state.tallied if other.entry != entry)
    gone, owed = _turned(case, left, ids, one.about)
    return {"gone": gone, "owed": owed}


def check_reached(case: Case) -> dict[str, Any]:
    """All tallies of the step are met; or it ends short, and the fact says why and without what.

    Raises tallies_unmet, field_not_taken.
    """
    step, state, reason = case.step, case.state, (case.command.reason or "").strip()
    missing = missing_in(case) if step.reaches else ()
    if reason and not (missing and step.short):
        name = f"在“{step.name}”环节{case.called(case.command.kind)}"
        raise RuleViolation(Code.FIELD_NOT_TAKEN, command=name, field=FIELD_NAMES["reason"])
    if not missing or reason:
        return {"reason": reason, "missing": missing} if missing else {}
    more = f"……等 {len(missing)} 项" if len(missing) > SHOWN else ""
    way = f"确实做不到的，写明“{FIELD_NAMES['reason']}”可以提前结束。" if step.short else "请先反馈这些。"
    raise RuleViolation(
        Code.TALLIES_UNMET,
        command=case.called(case.command.kind),
        no=state.no,
        count=len(missing),
        missing="；".join(missing[:SHOWN]) + more,
        way=way,
    )


def missing_in(case: Case) -> tuple[str, ...]:
    """What is owed in the step and not met, a line each."""
    return tuple(_lines(case))


def _lines(case: Case) -> Iterator[str]:
    by_id = {tally.id: tally for tally in case.process.tallies}
    for node in case.state.nodes:
        yield progress_words(by_id.get(node.tally), node.name, node.about, case.state.tallied)


def progress_words(tally: Tally | None, name: str, about: str, tallied: tuple[Tallied, ...]) -> str:
    """How much there is of how much, in a line."""
    have = counted(tallied, tally.id, about) if tally else Fraction(0)
    what = f"{name}·{about}" if about else name
    return f"{what} {amount_text(have)}/{tally.least}" if tally else what


def amount_text(value: Fraction) -> str:
    """An exact amount as people write it."""
    if value.denominator == 1:
        return str(value.numerator)
    whole, rest = divmod(abs(value) * 10**PLACES_LIMIT, 10**PLACES_LIMIT)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{int(rest):0{PLACES_LIMIT}}".rstrip("0")


def _invalid(field: str, actual: str, expected: str) -> RuleViolation:
    return RuleViolation(Code.FIELD_INVALID, field=FIELD_NAMES[field], actual=actual, expected=expected)


def _missing(case: Case, field: str) -> RuleViolation:
    return RuleViolation(Code.FIELD_MISSING, command=case.called(case.command.kind), field=FIELD_NAMES[field])
