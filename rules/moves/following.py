"""What follows from an item: which rows become items when a step is left, what it has to wait for, what ends with it.

Knows neither other processes nor units: what a row says beyond its order is read where it is issued (ledger/chain).
"""

from collections.abc import Mapping
from datetime import date

from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.family import (
    Child,
    ChildEnded,
    ChildReopened,
    ChildStatus,
    FollowUp,
    awaited,
    child_no,
    depth,
    place_of_child,
    ready,
)
from rules.forms.answers import Pairs
from rules.links import CHILD_DEPTH, CHILD_LIMIT, IssueRule
from rules.machine.events import Event
from rules.machine.facts import Annulled, Closed, Completed, Reopened
from rules.machine.state import State
from rules.moves.case import Case
from rules.process import Process

Cells = dict[str, str]
"""What a row says, by column."""


def rows_in(pairs: Pairs, table: str) -> dict[int, Cells]:
    """The rows of a table by number, as answers give them."""
    rows: dict[int, Cells] = {}
    for at, text in pairs:
        name, _, rest = at.partition(".")
        number, _, column = rest.partition(".")
        if name == table and column:
            rows.setdefault(int(number), {})[column] = text
    return dict(sorted(rows.items()))


def check_awaited(case: Case) -> None:
    """Nothing is open that the item has to wait for before it goes on. Raises children_open."""
    if left := awaited(case.state.children):
        raise _still_open(case, left, "等它们办结，或先作废其中不再需要的。")


def annulled_with(case: Case) -> tuple[int, ...]:
    """The follow-ups that end with an item which is annulled. Raises children_open, unless the command says so."""
    left = tuple(one for one in case.state.children if one.waits and one.to_come)
    if left and not case.command.children:
        raise _still_open(case, left, "要连同它们一起作废的，请选“连同子项”。")
    return tuple(one.n for one in left)


def _still_open(case: Case, left: tuple[Child, ...], hint: str) -> RuleViolation:
    held = {ChildStatus.HELD: "（还没有交办）"}
    names = "、".join(f"{child_no(case.state.no, one.n)}{held.get(one.status, '')}" for one in left)
    called = case.called(case.command.kind)
    return RuleViolation(Code.CHILDREN_OPEN, command=called, count=len(left), names=names, hint=hint)


def issued(case: Case, answered: Pairs) -> tuple[FollowUp, ...]:
    """What is issued now that the step is left forward; `answered`: its own form. Raises follow_up_refused."""
    found: list[FollowUp] = []
    for rule in case.process.issues:
        if rule.form == case.step.form:
            _check_rows(case, rule, rows_in(answered, rule.table))
    for rule_id in case.step.issues:
        rule = case.process.issue_rule(rule_id)
        own = rule.form == case.step.form
        found += _made(case, rule, rows_in(answered, rule.table) if own else _kept_rows(case.state, rule), found)
    if found:
        _check_bounds(case, found)
    return tuple(found)


def issued_about(case: Case, form: str, answered: Pairs) -> tuple[FollowUp, ...]:
    """What is issued with a report in that form: each report's rows are its own. Raises follow_up_refused."""
    found: list[FollowUp] = []
    for rule in case.process.issues:
        if rule.about and rule.form == form:
            found += _made(case, rule, rows_in(answered, rule.table), found)
    if found:
        _check_bounds(case, found)
    return tuple(found)


def _kept_rows(state: State, rule: IssueRule) -> dict[int, Cells]:
    """How many rows there were, and which come before which: all that the state keeps of them."""
    head = f"{rule.form}."
    kept = tuple((at.removeprefix(head), text) for at, text in state.answers if at.startswith(head))
    count = int(dict(kept).get(rule.table, "0"))
    return {n: {} for n in range(1, count + 1)} | rows_in(kept, rule.table)


def _made(case: Case, rule: IssueRule, rows: Mapping[int, Cells], before: list[FollowUp]) -> list[FollowUp]:
    """A row is issued once in a cycle, however often the step is left; an annulled one may be issued anew."""
    state = case.state
    known = {
        one.row: one
        for one in state.children
        if one.issue == rule.id
        and one.cycle == state.cycle
        and one.status is not ChildStatus.ANNULLED
        and not rule.about
    }
    new = [row for row in rows if row not in known]
    last = max([0, *(one.n for one in state.children), *(one.n for one in before)])
    numbers = {row: last + place for place, row in enumerate(new, 1)}
    numbers |= {row: one.n for row, one in known.items()}
    over = {one.n for one in known.values() if not one.to_come}
    made = []
    for row in new:
        after = tuple(numbers[other] for other in _before(rule, rows[row]) if other in numbers)
        made.append(
            FollowUp(
                n=numbers[row],
                issue=rule.id,
                process=rule.process,
                row=row,
                link=rule.link,
                after=after,
                held=not set(after) <= over,
                waits=rule.wait != 0,
                spare=0 if rule.wait is None else max(0, len(new) - rule.wait),
            )
        )
    return made


def _before(rule: IssueRule, cells: Cells) -> tuple[int, ...]:
    text = cells.get(rule.after_in, "") if rule.after_in else ""
    return tuple(int(one) for one in text.split(",") if one)


def _check_bounds(case: Case, found: list[FollowUp]) -> None:
    state, first = case.state, found[0]
    if depth(state.no) >= CHILD_DEPTH:
        raise refused(case.process, first.issue, first.row, f"{state.no} 已经是第 {CHILD_DEPTH} 层，下面不能再有子项。")
    standing = sum(1 for one in state.children if one.to_come or one.cycle == state.cycle)
    if standing + len(found) > CHILD_LIMIT:
        why = f"一个事项同时最多 {CHILD_LIMIT} 个子项，已有 {standing} 个，这次又有 {len(found)} 个。"
        raise refused(case.process, found[-1].issue, found[-1].row, why)


def _check_rows(case: Case, rule: IssueRule, rows: Mapping[int, Cells]) -> None:
    """As they are filled in: no row before itself, none before one that there is not, no date that cannot be kept."""
    for row, cells in rows.items():
        for other in _before(rule, cells):
            if other not in rows:
                raise refused(case.process, rule.id, row, f"排在第 {other} 行之后，而没有这一行。")
        if row in _all_before(rule, rows, row):
            raise refused(case.process, rule.id, row, "绕了一圈又排在自己之后，永远轮不到。")
        if text := cells.get(rule.deadline_in, ""):
            check_date(case.process, case.state, rule, row, date.fromisoformat(text), local_date(case.now))


def _all_before(rule: IssueRule, rows: Mapping[int, Cells], row: int) -> set[int]:
    found: set[int] = set()
    waiting = list(_before(rule, rows[row]))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += _before(rule, rows.get(one, {}))
    return found


def check_date(process: Process, state: State, rule: IssueRule, row: int, day: date, today: date) -> None:
    """A follow-up's date lies ahead, and within the span of an item that waits for it. Raises follow_up_refused."""
    if day < today:
        raise refused(process, rule.id, row, f"完成日期 {day} 早于今天（{today}）。")
    if state.span and rule.wait != 0 and day > state.span.date:
        raise refused(process, rule.id, row, f"完成日期 {day} 晚于 {state.no} 的全程时限 {state.span.date}。")


def refused(process: Process, issue: str, row: int, why: str) -> RuleViolation:
    """The refusal to issue that row, in the words of its table."""
    rule = process.issue_rule(issue)
    form = process.form(rule.form)
    table = form.field(rule.table) if form else None
    return RuleViolation(Code.FOLLOW_UP_REFUSED, table=table.name if table else rule.table, row=row, why=why)


def told_parent(parent: State, process: Process, child: str, event: Event) -> ChildEnded | ChildReopened | None:
    """What the item that issued `child` is to know of what has happened to it, which goes by that process; None where
    that is nothing new."""
    n = place_of_child(child)
    known = next((one for one in parent.children if one.n == n), None)
    match event.fact:
        case Closed() | Completed():
            status, outcome = ChildStatus.ENDED, event.fact.outcome
        case Annulled():
            status, outcome = ChildStatus.ANNULLED, ""
        case Reopened():
            return ChildReopened(no=child) if known and not known.to_come else None
        case _:
            return None
    if known is None or not known.to_come:
        return None
    begun = tuple(child_no(parent.no, one) for one in ready(parent.children, n))
    verdict = process.outcome_names.get(outcome, "")
    return ChildEnded(no=child, status=status, outcome=outcome, verdict=verdict, begun=begun)
