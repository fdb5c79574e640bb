"""Nodes in an item that is played ahead of time: when somebody reports for one, and what."""

from collections.abc import Iterator
from datetime import date, datetime
from fractions import Fraction

from rules.dates.calendar import Calendar
from rules.errors import RuleViolation
from rules.forms.answers import Pairs, number_text
from rules.forms.form import AnswerKind, Form
from rules.forms.samples import samples
from rules.forms.tally import Tally
from rules.machine.state import State
from rules.nodes.node import OwedNode
from rules.nodes.owing import counted
from rules.process import Process, Step


def tally_of(process: Process, node: OwedNode) -> Tally:
    """The tally whose node it is."""
    return next(one for one in process.tallies if one.id == node.tally)


def reported_for(process: Process, tally: Tally) -> Tally:
    """The tally for which something is reported, so that it counts for this one."""
    return tally if tally.reported else next(one for one in process.tallies if one.id == tally.of)


def earliest(calendar: Calendar, process: Process, state: State, node: OwedNode) -> date | None:
    """The first day on which a report counts for the node, as far as those before it say; None for any day."""
    tally = tally_of(process, node)
    own = (one for one in state.tallied if one.about == node.about and tally.apart)
    days = [one.on for one in own if any(amount.tally == tally.id for amount in one.amounts)]
    try:
        return calendar.add(max(days), tally.apart) if days else None
    except RuleViolation:
        return None


def answers_for(process: Process, state: State, node: OwedNode) -> Iterator[Pairs]:
    """What may be answered so that the report counts: what a sum still lacks, and each choice in turn."""
    tally = tally_of(process, node)
    form = process.form(reported_for(process, tally).form)
    if form is None:
        yield ()
        return
    for pairs in _chosen(form, next(samples(form))):
        yield tuple(_enough(form, tally, node, state, pair) for pair in pairs)


def _chosen(form: Form, pairs: Pairs) -> Iterator[Pairs]:
    """The answers, and those with another option of one choice."""
    yield pairs
    for one in form.fields:
        for option in one.options:
            yield tuple((at, option.id if at == one.id else text) for at, text in pairs)


def _enough(form: Form, tally: Tally, node: OwedNode, state: State, pair: tuple[str, ...]) -> tuple[str, ...]:
    field = form.field(pair[0])
    if field is None or pair[0] != tally.sum:
        return pair
    lacking = max(node.nth - counted(state.tallied, tally.id, node.about), Fraction(0))
    whole = -(-lacking.numerator // lacking.denominator)
    return pair[0], number_text(whole if field.most is None else min(whole, field.most), field.decimals)


def dated(form: Form, pairs: Pairs, day: date) -> Pairs:
    """The answers with that day for each date."""
    kinds = ((pair, form.question(pair[0])) for pair in pairs)
    return tuple((pair[0], day.isoformat()) if q and q.kind is AnswerKind.DATE else pair for pair, q in kinds)


def undated(form: Form, pairs: Pairs) -> Pairs:
    """The answers without the dates that need not be said."""
    kinds = ((pair, form.question(pair[0])) for pair in pairs)
    return tuple(pair for pair, q in kinds if not (q and q.kind is AnswerKind.DATE and not q.need))


def is_blocked(step: Step, state: State) -> bool:
    """Whether the step cannot be submitted while what is open is owed."""
    return step.reaches and not step.short and bool(state.nodes)


def reason_for(step: Step, state: State) -> str | None:
    """Why the step ends though something is owed; None where nothing is, or no reason is asked."""
    return "推演" if step.reaches and step.short and state.nodes else None


def begun_at(node: OwedNode, state: State) -> datetime:
    """Since when the node is owed."""
    return node.clock.started if node.clock else state.owed_since or state.at
