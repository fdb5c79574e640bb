"""Dead ends: what nobody could mend or leave, whatever they fill in. The definition's expressions are whole here."""

from collections.abc import Mapping

from definitions.fields import FileMapping, listed
from definitions.process import ProcessDefinition, StepDefinition, VariantDefinition
from definitions.source import Source
from rules.forms.expressions import names_in
from rules.forms.form import Form
from rules.forms.parsing import parse
from rules.process import CLOSE, FormCheck, Way


def check_dead_ends(source: Source, definition: ProcessDefinition) -> None:
    """Add each to the source's mistakes."""
    forms = {form.id: form for form in definition.forms}
    for variant in definition.variants:
        for step in variant.steps:
            for place, check in enumerate(step.checks):
                _check_mendable(source, forms, step, place, check)
            _check_rounds(source, forms, variant, step)


def check_last_way(step_id: str, row: FileMapping, way: Way) -> None:
    """The last of several ways is open whatever was answered and however often it was taken, and leads elsewhere."""
    for key, written in (("when", way.when), ("times", way.times)):
        if written:
            what = f"最后一条路还有 {key}，可能哪一条都走不通"
            row.mistake(key, what, f"去掉 {key}，或再加一条没有 when、没有 times 的")
    if way.to == step_id:
        row.mistake("to", f"最后一条路回到“{step_id}”自己，可能谁也离不开", "另一个环节，或 close")


def _check_mendable(
    source: Source, forms: Mapping[str, Form], step: StepDefinition, place: int, check: FormCheck
) -> None:
    """Whoever is refused by the check can fill in something else."""
    path = ("checks", step.id, place, "that")
    if source.sound(path) and step.form not in _rests_on(forms, check.that):
        filled = [f"{step.form}.{one.id}" for one in forms[step.form].fields if not one.derive]
        what = f"“{check.that}”里没有“{step.id}”由人填的项，不符时填表的人改不了"
        source.add(path, what, f"至少一项是 {listed(filled)}，或写到填那一项的环节")


def _check_rounds(source: Source, forms: Mapping[str, Form], variant: VariantDefinition, step: StepDefinition) -> None:
    """A way that answers alone choose does not lead back for ever: the item comes to where one of them is filled in
    anew, or to where it can be ended, before it is in the step again."""
    named: set[str] = set()
    for place, way in enumerate(step.submit_to):
        named |= _rests_on(forms, way.when) if way.when else set()
        if not named or step.form in named or way.times is not None or way.to == CLOSE:
            continue
        there = variant.reached(way.to, without=step.id)
        if step.id in there and not any(one.ends_item or one.form in named for one in variant.steps if one.id in there):
            what = f"走到“{way.to}”只看“{listed(sorted(named))}”，再回到“{step.id}”以前没有人能改它，会一直转下去"
            bounded = "times: 最多几次，或" if way.when else ""
            expected = f"{bounded}条件里有“{step.id}”自己的填报，或去向是能办结的、能改它的环节"
            source.add(("variants", variant.id, "steps", step.id, "submit_to", place), what, expected)


def _rests_on(forms: Mapping[str, Form], text: str) -> set[str]:
    """The forms in which somebody fills in what the expression comes to."""
    found: set[str] = set()
    waiting, seen = [text], set[tuple[str, ...]]()
    while waiting:
        for path in (name.path for name in names_in(parse(waiting.pop()))):
            field = forms[path[0]].field(path[1])
            if field is None or not field.derive:
                found.add(path[0])
            elif path not in seen:
                seen.add(path)
                waiting.append(field.derive)
    return found
