"""Which values of figures an entry of an item gives: the answers to what a round asked, and what they are corrected
to."""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.forms.form import ASKS, Form
from rules.machine.facts import Corrected, Fact
from rules.process import Process


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenValue:
    """A figure for a period, as canonical text."""

    figure: str
    period: str
    value: str


def values_in(process: Process, fact: Fact) -> tuple[GivenValue, ...]:
    """In the order of the form; nothing of a fact that answers something else."""
    answers: Sequence[tuple[str, ...]] = getattr(fact, "answers", ())
    if not answers or not (isinstance(fact, Corrected) or getattr(fact, "form", "") == ASKS):
        return ()
    form = process.form(ASKS) or Form(id=ASKS, fields=())
    asked = ((form.field(pair[0]), pair[1]) for pair in answers)
    return tuple(GivenValue(figure=one.figure, period=one.period, value=text) for one, text in asked if one)
