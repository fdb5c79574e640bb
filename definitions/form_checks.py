"""Whether expressions fit the forms that they name: each is settled to whole names, in the scope of its step."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace

from definitions.fields import listed
from definitions.process import ProcessDefinition, StepDefinition, VariantDefinition
from definitions.source import Keys, Source
from rules.codec import encode
from rules.forms.answering import kept_of
from rules.forms.answers import FILES_LIMIT
from rules.forms.expressions import Expression, ExpressionFault, text_of
from rules.forms.form import DIGIT_LIMIT, MATTER, ROW_LIMIT, AnswerKind, Form, FormField, Question
from rules.forms.parsing import parse
from rules.forms.scope import VALUE_KIND_NAMES, Scope, ValueKind, value_kind
from rules.process import FormCheck, Outcome, Way

PROCESS_SIZE_LIMIT = 16 * 1024
"""Bytes of a process as a workflow takes it."""
KEPT_LIMIT = 4096
"""Bytes that the state of an item keeps of its answers at most."""
_LONGEST = {
    AnswerKind.DATE: 10,
    AnswerKind.MONTH: 7,
    AnswerKind.YES_NO: 3,
    AnswerKind.CHOICE: 40,
    AnswerKind.UNIT: 64,
    AnswerKind.EVIDENCE: 65 * FILES_LIMIT,
}
"""The longest canonical text of a kind; a number has its digits."""


def settle(source: Source, definition: ProcessDefinition) -> ProcessDefinition:
    """The definition with every expression whole; what does not fit is added to the source's mistakes."""
    if not all(source.sound((key,)) for key in ("forms", "checks")) or not source.sound(("variants",)):
        return definition
    settled = replace(
        definition,
        variants=tuple(_variant(source, definition, variant) for variant in definition.variants),
        forms=tuple(_form(source, definition, form) for form in definition.forms),
    )
    _check_asked(source, definition)
    if source.sound():
        _check_kept(source, settled)
        _check_size(source, settled)
    return settled


def _variant(source: Source, definition: ProcessDefinition, variant: VariantDefinition) -> VariantDefinition:
    path = ("variants", variant.id)
    steps = []
    for step in variant.steps:
        scope = scope_of(definition, variant, step)
        at = (*path, "steps", step.id)
        steps.append(
            replace(
                step,
                submit_to=tuple(
                    _way(source, (*at, "submit_to", place, "when"), scope, way)
                    for place, way in enumerate(step.submit_to)
                ),
                checks=tuple(
                    _check(source, ("checks", step.id, place, "that"), scope, check)
                    for place, check in enumerate(step.checks)
                ),
            )
        )
        if step.waits and step.waits.until:
            _check_until(source, (*at, "until"), scope, step.waits.until)
        _check_prefill(source, definition, variant, step)
    outcomes = tuple(_outcome(source, definition, variant, outcome) for outcome in variant.outcomes)
    return replace(variant, steps=tuple(steps), outcomes=outcomes)


def scope_of(definition: ProcessDefinition, variant: VariantDefinition, step: StepDefinition) -> Scope:
    """What may be named in a step: its own form, and those of steps from which it is come to."""
    before = [one.form for one in variant.steps if one is not step and step.id in variant.reached(*one.onward())]
    forms = {form.id: form for form in definition.forms}
    named = dict.fromkeys(form for form in (step.form, *before) if form)
    return Scope([forms[form] for form in named], home=step.form)


def _settled(source: Source, path: Keys, text: str, whole: Callable[[Expression], Expression]) -> str:
    """The text with whole names; as it was, and reported, where it does not stand."""
    try:
        return text_of(whole(parse(text)))
    except ExpressionFault as fault:
        source.add(path, fault.what, fault.expected)
        return text


def _way(source: Source, path: Keys, scope: Scope, way: Way) -> Way:
    return replace(way, when=_settled(source, path, way.when, scope.condition)) if way.when else way


def _check(source: Source, path: Keys, scope: Scope, check: FormCheck) -> FormCheck:
    return replace(check, that=_settled(source, path, check.that, scope.condition))


def _outcome(source: Source, definition: ProcessDefinition, variant: VariantDefinition, outcome: Outcome) -> Outcome:
    """The outcome with its condition whole: it has to stand in every step that can end with it."""
    path = ("variants", variant.id, "outcomes", outcome.id, "when")
    closing = [step for step in variant.steps if step.closes]
    for step in closing if outcome.when else ():
        scope = scope_of(definition, variant, step)
        outcome = replace(outcome, when=_settled(source, path, outcome.when, scope.condition))
        if not source.sound(path):
            break
    if outcome.when and not closing:
        source.add(path, "没有环节由人认定结果，这个条件没有人看", "某个审核环节写 closes: true，或去掉 when")
    return outcome


def _check_until(source: Source, path: Keys, scope: Scope, until: str) -> None:
    try:
        kind = scope.kind(scope.settled(parse(until)))
    except ExpressionFault as fault:
        source.add(path, fault.what, fault.expected)
        return
    if kind is not ValueKind.DATE:
        source.add(path, f"“{until}”是{VALUE_KIND_NAMES[kind]}", "一个 kind: date 的填报项")


def _form(source: Source, definition: ProcessDefinition, form: Form) -> Form:
    """The form with its computed fields whole, in the scope of every step that asks it."""
    fields: list[FormField] = []
    for one in form.fields:
        path = ("forms", form.id, one.id, "derive")
        found = one
        for variant in definition.variants if one.derive else ():
            for step in (step for step in variant.steps if step.form == form.id):
                scope = scope_of(definition, variant, step)
                if source.sound(path):
                    found = replace(one, derive=_derived(source, path, one, scope))
        fields.append(found)
    return replace(form, fields=tuple(fields))


def _derived(source: Source, path: Keys, one: FormField, scope: Scope) -> str:
    text = _settled(source, path, one.derive, scope.settled)
    if source.sound(path):
        kind, wanted = scope.kind(parse(text)), value_kind(one)
        if kind is not wanted:
            expected = VALUE_KIND_NAMES[wanted] if wanted else "数"
            source.add(path, f"“{one.id}”算出来的是{VALUE_KIND_NAMES[kind]}", f"算出{expected}的式子，或改 kind")
    return text


def _check_prefill(
    source: Source, definition: ProcessDefinition, variant: VariantDefinition, step: StepDefinition
) -> None:
    """What a field begins with has been answered when the item was issued, or to a form of the variant."""
    forms = {form.id: form for form in (*definition.forms, definition.matter)}
    asked = {MATTER, *(one.form for one in variant.steps if one.form)}
    for one in forms[step.form].fields if step.form else ():
        if not one.prefill:
            continue
        form, _, name = one.prefill.partition(".")
        found = forms[form].field(name) if form in asked else None
        path = ("forms", step.form, one.id, "prefill")
        if found is None:
            expected = "本流程某个环节的表单里的一项：form.field，或事由的一项：matter.field"
            source.add(path, f"没有“{one.prefill}”这一项可以带入", expected)
        elif _sort(found) != _sort(one):
            source.add(path, f"“{one.prefill}”是 {_sort(found)}，“{one.id}”是 {_sort(one)}", "同一种的填报项")


def _sort(one: FormField) -> str:
    """Of which kind it is; a table with its columns."""
    columns = listed([f"{column.id} {column.kind}" for column in one.columns])
    return f"{one.kind}（{columns}）" if one.columns else str(one.kind)


def _check_asked(source: Source, definition: ProcessDefinition) -> None:
    """Every form is asked by some step."""
    asked = {step.form for variant in definition.variants for step in variant.steps}
    asked |= {definition.sign_form, *(one.tally.form for one in definition.tallies)}
    for form in definition.forms:
        if form.id not in asked:
            source.add(("forms", form.id), f"表单“{form.id}”没有环节要填", "某个环节写 form，否则删去")


def _check_size(source: Source, definition: ProcessDefinition) -> None:
    """A process, resolved for one kind of unit, is small: every item carries it into its workflow."""
    kind = definition.unit_kinds[0].id
    for variant in definition.variants:
        size = len(json.dumps(encode(definition.resolve(kind, variant.id)), ensure_ascii=False).encode())
        if size > PROCESS_SIZE_LIMIT:
            what = f"走法“{variant.name}”连同表单有 {size} 字节，每个事项都带着它"
            source.add(("variants", variant.id), what, f"不超过 {PROCESS_SIZE_LIMIT} 字节：少几项填报，名称和说明写短")


def _check_kept(source: Source, definition: ProcessDefinition) -> None:
    """What later conditions need fits into the state of an item."""
    kind = definition.unit_kinds[0].id
    for variant in definition.variants:
        process = definition.resolve(kind, variant.id)
        size = sum(_kept_size(form, kept_of(process, form.id)) for form in process.forms)
        if size > KEPT_LIMIT:
            what = f"后面的条件要用到的填报项最多有 {size} 字节"
            source.add(("forms",), what, f"不超过 {KEPT_LIMIT} 字节：少提几项，或减少表的行数")


def _kept_size(form: Form, kept: Iterable[str]) -> int:
    size = 0
    for name in kept:
        table, _, column = name.partition(".")
        one = form.field(table)
        assert one is not None, "what is kept is named by an expression that stands"
        if not column:
            size += len(form.id) + len(name) + (4 if name.endswith(".") else _length(one))
            continue
        cell = next(c for c in one.columns if c.id == column)
        size += min(one.most or ROW_LIMIT, ROW_LIMIT) * (len(form.id) + len(name) + 4 + _length(cell))
    return size


def _length(question: Question) -> int:
    return _LONGEST.get(question.kind, DIGIT_LIMIT + question.decimals + 2)
