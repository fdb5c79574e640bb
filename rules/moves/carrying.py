"""What an item takes along into another version of its process: the step in which it stands, what its state keeps of
the forms, how often its ways were taken."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from rules.dates.calendar import Calendar
from rules.errors import Code, RuleViolation
from rules.forms.answering import keep, kept_of, paths_in
from rules.forms.answers import Pairs, canonical
from rules.forms.form import AnswerKind, Form, FormField
from rules.machine.commands import IN_STEP, Command
from rules.machine.facts import Fact, Reassigned, Reported
from rules.machine.fields import FIELDS
from rules.machine.state import State
from rules.names import version_words
from rules.process import Process, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """An item from version `old` to version `new`, as of `now`."""

    old: Process
    new: Process
    calendar: Calendar
    state: State
    command: Command
    now: datetime

    def renamed(self, step: str) -> str:
        """The step of the new version that goes on in the place of that one."""
        return next((pair[1] for pair in self.command.steps if pair[0] == step), step)

    def refused(self, why: str) -> RuleViolation:
        """The refusal, with the reason and the way out in words."""
        version = version_words(self.new.version)
        return RuleViolation(Code.MIGRATION_REFUSED, no=self.state.no, version=version, why=why)


def target_of(move: Migration) -> Step | None:
    """The step in which the item stands by the new version; None while nobody is in one that it has.

    Raises migration_refused, field_invalid.
    """
    old, new, state = move.old, move.new, move.state
    if (new.id, new.variant, new.unit_kind) != (old.id, old.variant, state.unit.kind):
        raise move.refused(f"它是{new.unit_kind_name}的“{new.name}”（{new.variant_name}），不是这个事项的流程")
    there = move.renamed(state.step)
    found = next((step for step in new.steps if step.id == there), None)
    if found is None and there != state.step:
        expected = "、".join(f"{step.id}（{step.name}）" for step in new.steps)
        raise RuleViolation(Code.FIELD_INVALID, field=FIELDS["steps"].label, actual=there, expected=expected)
    if found is None and state.status in IN_STEP:
        gone = f"现在的环节“{state.step_name}”（{state.step}）在新版本里没有"
        raise move.refused(f"{gone}，请用 --step {state.step}=新环节 指明")
    return found


def counted_in(move: Migration) -> tuple[str, ...]:
    """The ways of this cycle that may be taken only so often, as often as they were: those that still lead there."""
    return tuple(place for one in move.state.counted for place in _place(move, *one.split(".")))


def _place(move: Migration, step: str, number: str) -> Iterator[str]:
    way = move.old.step(step).submit_to[int(number) - 1]
    there = next((one for one in move.new.steps if one.id == move.renamed(step)), None)
    for place, one in enumerate(there.submit_to if there else (), 1):
        if there and one.times is not None and one.to == move.renamed(way.to):
            yield f"{there.id}.{place}"
            return


def proposed_in(move: Migration, target: Step | None) -> int | None:
    """The days that the unit proposed for the step behind the approval, as far as that one still takes them."""
    proposed = move.state.proposed
    if proposed is None or target is None or target.approve_to is None:
        return None
    window = move.new.step(target.approve_to).window
    return min(max(proposed, window.minimum), window.amount) if window.minimum is not None else None


def answers_in(move: Migration, target: Step | None) -> Pairs:
    """What the state keeps by the new version, of what it kept and of what the item's entries say: what is named there
    and can still be read so.

    Raises migration_refused where the new version reckons with an answer that it asks of everybody, and the step that
    asks for it lies behind.
    """
    found = tuple(pair for form in move.new.forms for pair in _kept(move, form))
    if target is not None and move.state.status in IN_STEP:
        for form in move.new.forms:
            _check_known(move, target, form, {at for at, _ in found})
    return found


def given_in(facts: Iterable[Fact]) -> Pairs:
    """What the forms were answered with last by the unit that has the item, as `form.field`, of all that happened."""
    given: dict[str, Pairs] = {}
    for fact in facts:
        if isinstance(fact, Reassigned):
            given.clear()
        elif not isinstance(fact, Reported) and (form := getattr(fact, "form", "")):
            given[form] = getattr(fact, "answers", ())
    return tuple((f"{form}.{at}", text) for form, pairs in given.items() for at, text in pairs)


def _kept(move: Migration, form: Form) -> Pairs:
    head, names = f"{form.id}.", kept_of(move.new, form.id)
    if not names:
        return ()
    given = tuple((at.removeprefix(head), text) for at, text in move.command.given if at.startswith(head))
    readable = tuple(pair for pair in given if _reads(form, *pair))
    if readable:
        return keep((), form.id, names, readable)
    stands = ((at, text) for at, text in move.state.answers if at.startswith(head))
    return tuple(
        (at, text)
        for at, text in stands
        if _name(form, at.removeprefix(head)) in names and _reads(form, at.removeprefix(head), text)
    )


def _name(form: Form, at: str) -> str:
    """The name under which the state keeps that answer of the form: `field`, `table.` or `table.column`."""
    table, dot, rest = at.partition(".")
    if dot:
        return f"{table}.{rest.partition('.')[2]}"
    field = form.field(table)
    return f"{table}." if field and field.kind is AnswerKind.ROWS else table


def _reads(form: Form, at: str, text: str) -> bool:
    """Whether the form would take the answer as it stands there."""
    question = form.question(at)
    if question is None:
        return False
    if question.kind is AnswerKind.ROWS:  # how many rows there are
        return text.isdecimal()
    try:
        return canonical(question, text) == text
    except ValueError:
        return False


def _check_known(move: Migration, target: Step, form: Form, known: set[str]) -> None:
    """Wherever the item goes from there, what it has to have answered in that form it has, or is asked for first."""
    asking = next((step for step in move.new.steps if step.form == form.id), None)
    for step in _before(move.new, target, form):
        for path in paths_in(move.new, step):
            field = form.field(path[1]) if path[0] == form.id else None
            if field is None or not _has_to_be(field) or f"{form.id}.{field.id}" in known or asking is None:
                continue
            raise move.refused(
                f"新版本的环节“{step.name}”要用“{field.name}”（{form.id}.{field.id}），这个事项没有填过；"
                f"请用 --step {move.state.step}={asking.id} 让它从填这一项的环节“{asking.name}”接着走，"
                "或把新版本里的这一项改为可以不填"
            )


def _has_to_be(field: FormField) -> bool:
    return field.need or (field.kind is AnswerKind.ROWS and bool(field.least))


def _before(process: Process, start: Step, form: Form) -> Iterator[Step]:
    """The steps that can be come to without answering that form."""
    seen, coming = set[str](), [start]
    while coming:
        step = coming.pop()
        if step.id in seen or step.form == form.id:
            continue
        seen.add(step.id)
        yield step
        begins = [outcome.then for outcome in process.outcomes if step.closes and not outcome.ends]
        coming += [process.step(to) for to in (*step.onward, *step.return_to, *begins)]
