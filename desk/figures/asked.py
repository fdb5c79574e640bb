"""What stands beside the questions of a round: the last value before, as old and of which period; who asks and why;
what is known, or asked already, and so not asked."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from desk.showing.values import ShownQuestion
from ledger.chain.figures.series import known_of_figure, last_before
from ledger.rounds.asking import AskingRound, asking_round, standing_questions
from rules.figures.asking import question_of
from rules.figures.figure import Figure, FigureSource
from rules.forms.form import ASKS, Form, FormField
from rules.forms.wording import text_words
from rules.rounds.campaign import asked_for
from rules.rounds.periods import RHYTHM_NAMES, ends_with, period_of, read_period

SOURCE_NAMES = {FigureSource.ASKED: "填报", FigureSource.IMPORTED: "导入", FigureSource.LEDGER: "留痕"}
"""Whence a value is, in a word."""


def with_old(
    connection: Connection, batch: str, unit: str, form: Form, questions: Sequence[ShownQuestion]
) -> tuple[ShownQuestion, ...]:
    """The questions, each that a round asks with why, and with the old value beside it where it has one. One that need
    not be confirmed begins with it, unless something stands there already."""
    asking = asking_round(connection, batch) if form.id == ASKS else None
    if asking is None:
        return tuple(questions)
    return tuple(_beside(connection, asking, unit, form.field(one.at), one) for one in questions)


def _beside(
    connection: Connection, asking: AskingRound, unit: str, field: FormField | None, shown: ShownQuestion
) -> ShownQuestion:
    figure = asking.register.figure(field.figure) if field else None
    if field is None or figure is None:
        return shown
    period = read_period(field.period)
    more = {"why": why_words(asking, figure, period.name), "label": f"{shown.label}（{period.name}）"}
    if not field.prefill:
        return shown.model_copy(update=more)
    found = last_before(connection, figure, unit, period)
    if found is None:
        return shown.model_copy(update=more)
    before, known = found
    words = f"{text_words(field, known.value)}（{before.name}）"
    begun = shown.value or ("" if field.confirm else known.value)
    old = {"old": known.value, "old_words": words, "confirm": field.confirm, "value": begun}
    return shown.model_copy(update={**more, **old})


def with_answered(
    connection: Connection, batch: str, unit: str, form: Form, questions: Sequence[ShownQuestion]
) -> tuple[ShownQuestion, ...]:
    """The questions of a round that is to be corrected, each with its period and with what is known now."""
    asking = asking_round(connection, batch) if form.id == ASKS else None
    if asking is None:
        return tuple(questions)
    return tuple(_answered(connection, asking, unit, form.field(one.at), one) for one in questions)


def _answered(
    connection: Connection, asking: AskingRound, unit: str, field: FormField | None, shown: ShownQuestion
) -> ShownQuestion:
    figure = asking.register.figure(field.figure) if field else None
    if field is None or figure is None:
        return shown
    known = known_of_figure(connection, figure, [field.period], {unit}, _ANY).get((unit, field.period))
    now = f"现在是 {text_words(field, known.value)}" if known else ""
    hint = "；".join(part for part in (shown.hint, now) if part)
    return shown.model_copy(update={"label": f"{shown.label}（{read_period(field.period).name}）", "hint": hint})


_ANY = datetime.max.replace(tzinfo=UTC)
"""What was answered or imported is known whenever one looks."""


def why_words(asking: AskingRound, figure: Figure, period: str) -> str:
    """Who asks for the figure, for which period, and that nobody else does."""
    owner = f"，归口{figure.owner}" if figure.owner else ""
    each = RHYTHM_NAMES[figure.every]
    by = f"由周期工作“{asking.campaign.name}”问{period}的，别处不问"
    return f"数据项“{figure.name}”（{figure.id}），{each}一个数{owner}；{by}。"


def still_old(before: Sequence[ShownQuestion], now: Sequence[ShownQuestion]) -> tuple[ShownQuestion, ...]:
    """The questions as somebody has filled them in, with what stood beside each."""
    known = {one.at: one for one in before}
    kept = ("old", "old_words", "confirm", "why", "label", "hint")
    return tuple(
        one.model_copy(update={name: getattr(known[one.at], name) for name in kept}) if one.at in known else one
        for one in now
    )


def known_beside(connection: Connection, batch: str, unit: str, form: Form, now: datetime) -> tuple[str, ...]:
    """What is known of the unit for the periods of the round, and so is not asked: each in a line."""
    asking = asking_round(connection, batch) if form.id == ASKS else None
    if asking is None:
        return ()
    asked = {(one.figure, one.period) for one in form.fields}
    others = [one for one in asked_for(asking.campaign, asking.period) if (one.figure, one.period) not in asked]
    standing = standing_questions(connection, tuple(others), but=batch, unit=unit).get(unit, {}) if others else {}
    return tuple(
        words
        for figure, period in dict.fromkeys(_meant(asking))
        if (figure.id, period) not in asked
        and (
            words := _known(connection, figure, period, unit, now)
            or _elsewhere(figure, period, standing.get((figure.id, period), ""))
        )
    )


def _elsewhere(figure: Figure, period: str, no: str) -> str:
    return f"{figure.name}（{read_period(period).name}）：还在事项 {no} 里等着填" if no else ""


def _meant(asking: AskingRound) -> Iterator[tuple[Figure, str]]:
    """The figures that the round asks for, then those that end with its period and come from elsewhere."""
    for one in asked_for(asking.campaign, asking.period):
        if figure := asking.register.figure(one.figure):
            yield figure, one.period
    ending = set(ends_with(asking.period))
    for figure in asking.register.figures:
        if not figure.asked and figure.every in ending:
            yield figure, period_of(figure.every, asking.period.last).id


def _known(connection: Connection, figure: Figure, period: str, unit: str, now: datetime) -> str:
    found = known_of_figure(connection, figure, [period], {unit}, now).get((unit, period))
    if found is None:
        return ""
    words = text_words(question_of(figure, period), found.value)
    return f"{figure.name}（{read_period(period).name}）：{words}，{SOURCE_NAMES[found.source]}"
