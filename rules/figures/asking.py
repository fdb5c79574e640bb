"""What a round asks of whom: the figures of its period, less what is known of the unit, as the questions of one form.

So one form grows: with a quarter, a half-year and a year end the questions that come as often are in it too. Nobody is
asked for what is known; and no figure is asked by two campaigns of the same unit, so none is asked twice.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from rules.figures.figure import FIGURE_TEXT, Figure, FigureRegister
from rules.forms.form import ASKS, AnswerKind, Form, FormField
from rules.process import Process
from rules.rounds.campaign import Campaign, FigureOf
from rules.units.selecting import disjoint

LAST_VALUE = "last"
"""What `prefill` says of a question beside which the answer for the period before stands."""


def takes_asks(process: Process) -> bool:
    """Whether its items are asked what a round asks."""
    return process.form(ASKS) is not None


def is_asked(process: Process) -> bool:
    """Whether its questions are those of a round already."""
    form = process.form(ASKS)
    return form is not None and form.fields != ()


def left_to_ask(
    of: Iterable[FigureOf], known: Collection[tuple[str, str]], standing: Collection[tuple[str, str]] = ()
) -> tuple[FigureOf, ...]:
    """Of these figures those that are neither `known` nor asked already and not answered yet (`standing`); each of both
    is (figure, period)."""
    return tuple(
        one for one in of if (one.figure, one.period) not in known and (one.figure, one.period) not in standing
    )


def asks_form(register: FigureRegister, asked: Sequence[FigureOf]) -> Form:
    """The form in which these are asked. What the register does not have any more is not asked."""
    found = ((register.figure(one.figure), one.period) for one in asked)
    return Form(id=ASKS, fields=tuple(question_of(figure, period) for figure, period in found if figure))


def question_of(figure: Figure, period: str) -> FormField:
    """What is asked of a unit for that period."""
    return FormField(
        id=figure.id,
        name=figure.name,
        kind=figure.kind,
        need=True,
        places=figure.places,
        least=figure.least,
        most=figure.most,
        limit=(figure.limit or FIGURE_TEXT) if figure.kind is AnswerKind.TEXT else 0,
        prefill=LAST_VALUE if figure.prefill else "",
        confirm=figure.confirm,
        figure=figure.id,
        period=period,
    )


def with_questions(process: Process, form: Form) -> Process:
    """The process, whose items are asked by that form. Without a ref: that one is of its content."""
    assert form.id == ASKS, "the form that a round makes"
    return replace(process, ref="", forms=tuple(form if one.id == ASKS else one for one in process.forms))


def some_of(form: Form) -> Form:
    """The form of which only some is answered: what is to be corrected."""
    return replace(form, fields=tuple(replace(one, need=False) for one in form.fields))


def asked_twice(campaigns: Sequence[Campaign]) -> Iterator[tuple[Campaign, str, Campaign]]:
    """Each figure that a campaign asks and one before it asks too, of a unit that may be meant by both. The periods are
    the figure's own, so both would ask for the same."""
    for place, one in enumerate(campaigns):
        mine = {figure: None for asks in one.asks for figure in asks.figures}
        for other in campaigns[:place]:
            if one.id != other.id and not disjoint(one.to, other.to):
                theirs = {figure for asks in other.asks for figure in asks.figures}
                yield from ((one, figure, other) for figure in mine if figure in theirs)
