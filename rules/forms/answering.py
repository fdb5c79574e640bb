"""What a step's form is answered with: read, reckoned, checked; and what of it the state has to keep.

A state keeps answers that a later step's condition names, and nothing else: `form.field`, or of a table how many rows
it has (`form.table`) and the cells of a column (`form.table.2.column`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from rules.errors import Code, RuleViolation
from rules.forms.answers import Pairs, check, text_for
from rules.forms.expressions import names_in
from rules.forms.form import AnswerKind, Form
from rules.forms.parsing import parse
from rules.forms.reckoning import AnswerValues, holds, reckon
from rules.forms.scope import Path
from rules.forms.wording import said_of
from rules.links import IssueRule
from rules.process import FormCheck, Process, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A step's answers as the fact that follows holds them, the files that they name, and everything that conditions
    can be asked about."""

    said: dict[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    known: AnswerValues = field(default_factory=AnswerValues)


def answered(process: Process, step: Step, before: Pairs, given: Pairs) -> Filled:
    """What that step's form is answered with, where `before` is what the state keeps. Without a form there is nothing
    to answer. Raises answers_invalid, answers_contradict."""
    return answers_to(process, process.form(step.form), step.checks, before, given)


def answers_to(
    process: Process, form: Form | None, checks: tuple[FormCheck, ...], before: Pairs, given: Pairs
) -> Filled:
    """The same of any form of the process, and of no form. Raises answers_invalid, answers_contradict."""
    known = known_of(process, before)
    if form is None:
        return Filled(known=known)
    check(form, given)
    pairs, known = _derived(form, given, known)
    contradicted = [one for one in checks if holds(parse(one.that), known) is False]
    if contradicted:
        words = (f"{one.say}（{said_of(parse(one.that), process.forms, known)}）" for one in contradicted)
        raise RuleViolation(Code.ANSWERS_CONTRADICT, said="；".join(words))
    kept = kept_of(process, form.id)
    said: dict[str, Any] = {"form": form.id, "answers": pairs} | ({"kept": kept} if kept else {})
    return Filled(said=said, files=_files(form, pairs), known=known)


def _files(form: Form, pairs: Pairs) -> tuple[str, ...]:
    asked = {one.id for one in form.fields if one.kind is AnswerKind.EVIDENCE}
    return tuple(id_ for pair in pairs if pair[0] in asked for id_ in pair[1].split(","))


def _derived(form: Form, pairs: Pairs, known: AnswerValues) -> tuple[Pairs, AnswerValues]:
    """The answers with those that nobody fills in, each where its field stands; what is unknown stays away."""
    known = known.with_form(form, pairs)
    derived = [one for one in form.fields if one.derive]
    for one in derived:
        value = reckon(parse(one.derive), known)
        if value is not None:
            pairs = (*pairs, (one.id, text_for(one, value)))
            known = known.with_form(form, pairs)  # a later one may be reckoned from it
    if not derived:
        return pairs, known
    order = {one.id: place for place, one in enumerate(form.fields)}
    return tuple(sorted(pairs, key=lambda pair: order[pair[0].partition(".")[0]])), known


def known_of(process: Process, kept: Pairs) -> AnswerValues:
    """What a state keeps, as values."""
    known = AnswerValues()
    for form in process.forms:
        head = f"{form.id}."
        own = tuple((pair[0].removeprefix(head), pair[1]) for pair in kept if pair[0].startswith(head))
        if own:
            known = known.with_form(form, own)
    return known


@lru_cache(maxsize=1024)
def kept_of(process: Process, form_id: str) -> tuple[str, ...]:
    """What the state has to keep of a form: what is named where another form is being answered. `field`, `table.` for
    how many rows there are, `table.column`."""
    form = process.form(form_id)
    assert form is not None, "a step names a form that there is: checked at load"
    tables = {one.id for one in form.fields if one.kind is AnswerKind.ROWS}
    found: dict[str, None] = {}
    for path in paths_beyond(process, form_id):
        if path[1] in tables:
            found[f"{path[1]}."] = None
        if path[1] not in tables or len(path) == 3:
            found[".".join(path[1:])] = None
    for name in _of_tallies(process, form):
        found[name] = None
    return tuple(found)


def _of_tallies(process: Process, form: Form) -> Iterable[str]:
    """What tallies rest on: the rows that they are about, with their days, and the days proposed at signing."""
    for tally in process.tallies:
        if tally.table and tally.table[0] == form.id:
            table = form.field(tally.table[1])
            assert table is not None, "a tally names a table that there is: checked at load"
            yield f"{table.id}."
            yield f"{table.id}.{table.columns[0].id}"
            if tally.column:
                yield f"{table.id}.{tally.column}"
        if form.id == process.sign_form and form.field(tally.id) and tally.elastic:
            yield tally.id


def paths_beyond(process: Process, form_id: str) -> Iterable[Path]:
    """The answers of that form which are named by what is reckoned in another form's step."""
    for text in _expressions_beyond(process, form_id):
        yield from (name.path for name in names_in(parse(text)) if name.path[0] == form_id)
    for step in process.steps:
        for rule in (process.issue_rule(one) for one in step.issues):
            if rule.form == form_id != step.form:
                yield from _of_rule(rule)


def _of_rule(rule: IssueRule) -> Iterable[Path]:
    """What has to be known of rows that become items later: how many there are, and which come before which."""
    yield (rule.form, rule.table)
    if rule.after_in:
        yield (rule.form, rule.table, rule.after_in)


def paths_in(process: Process, step: Step) -> Iterable[Path]:
    """The answers that are named by what is reckoned in that step."""
    form = process.form(step.form)
    derived = [one.derive for one in form.fields if one.derive] if form else []
    for text in (*_conditions(process, step), *derived):
        yield from (name.path for name in names_in(parse(text)))
    yield from (tally.table for tally in process.tallies if tally.table and tally.step == step.id)


def _conditions(process: Process, step: Step) -> Iterable[str]:
    yield from (one.that for one in step.checks)
    yield from (way.when for way in step.submit_to if way.when)
    if step.waits and step.waits.until:
        yield step.waits.until
    if step.closes:
        yield from (outcome.when for outcome in process.outcomes if outcome.when)


def _expressions_beyond(process: Process, form_id: str) -> Iterable[str]:
    for step in process.steps:
        if step.form != form_id:
            yield from _conditions(process, step)
    for form in process.forms:
        if form.id != form_id:
            yield from (one.derive for one in form.fields if one.derive)


def keep(answers: Pairs, form: str, kept: tuple[str, ...], given: Pairs) -> Pairs:
    """What a state keeps after that form has been answered (again). Knows no process: the fact says what is kept."""
    head = f"{form}."
    found = [pair for pair in answers if not pair[0].startswith(head)]
    for name in kept:
        table, _, column = name.partition(".")
        if name == table:
            found += [(head + pair[0], pair[1]) for pair in given if pair[0] == table]
            continue
        cells = [pair for pair in given if pair[0].startswith(f"{table}.")]
        if not column:
            rows = max((int(pair[0].split(".")[1]) for pair in cells), default=0)
            found.append((head + table, str(rows)))
            continue
        found += [(head + pair[0], pair[1]) for pair in cells if pair[0].endswith(f".{column}")]
    return tuple(found)
