"""A step whose form each round makes: `form: round.asks`. In the file it is a form without fields."""

from collections.abc import Collection, Sequence

from definitions.fields import FileMapping
from definitions.process import ProcessDefinition, VariantDefinition
from definitions.source import Source
from rules.forms.form import ASKS, Form
from rules.process import Holder, Party

ROUND_ASKS = "round.asks"
"""How a step names it."""


def read_step_form(table: FileMapping, forms: Collection[str]) -> str:
    """The form that a step asks for: one of the file's, or the one that each round makes; nothing where it asks for
    none."""
    if not table.has("form"):
        return ""
    found = table.reference("form", (*forms, ROUND_ASKS))
    return ASKS if found == ROUND_ASKS else found


def with_asks(forms: tuple[Form, ...], variants: Sequence[VariantDefinition]) -> tuple[Form, ...]:
    """The forms of a file, with the one that each round makes where a step asks for it."""
    asks = any(step.form == ASKS for variant in variants for step in variant.steps)
    return (*forms, Form(id=ASKS, fields=())) if asks else forms


def check_asks(source: Source, definition: ProcessDefinition) -> None:
    """Add to the source's mistakes what no round could ask: it asks units, once, and nobody hands it on."""
    for variant in definition.variants:
        asking = [step for step in variant.steps if step.form == ASKS]
        for place, step in enumerate(asking):
            path = ("variants", variant.id, "steps", step.id, "form")
            if step.party is not Party.UNIT or definition.holder is not Holder.UNIT:
                source.add(path, "轮次问的是单位，这里填表的不是", f"单位办的环节写 form: {ROUND_ASKS}")
            elif place:
                source.add(path, f"“{asking[0].id}”已经填轮次问的表", f"只有一个环节写 form: {ROUND_ASKS}")
        if asking and definition.together:
            source.add(("together",), "轮次逐个单位问，没有合在一起的父项", "去掉 together")
