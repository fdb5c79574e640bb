"""Whether the item that stands over what goes to many units can: it is of a process that asks nothing of anybody, and
ends with the last of them."""

from collections.abc import Iterator, Mapping

from definitions.fields import listed, suggestion
from definitions.process import ProcessDefinition
from rules.forms.form import AnswerKind, FormField
from rules.process import Holder


def apart(definition: ProcessDefinition, known: Mapping[str, ProcessDefinition]) -> Iterator[tuple[str, str]]:
    """Why items of the process cannot be put under one of that which it names: (what is wrong, what is expected)."""
    other = known.get(definition.together)
    if other is None:
        yield (
            f"没有流程“{definition.together}”{suggestion(definition.together, known)}",
            f"已载入的流程：{listed(known)}",
        )
        return
    if definition.holder is not Holder.UNIT or definition.veil or other.holder is not Holder.UNIT or other.veil:
        yield "片组承办的、暗访的事项不能合在一个父项下", "去掉 together"
    first = other.variants[0]
    if other.sign is not None or not first.steps[0].gathers:
        what = f"流程“{other.id}”的第一个环节要有人办"
        yield what, "sign: none，第一种走法的第一个环节写 ends: children 的流程"
    kinds = {kind.id for kind in other.unit_kinds}
    if missing := [kind.id for kind in definition.unit_kinds if kind.id not in kinds]:
        yield (
            f"流程“{other.id}”不用于 {listed(missing)}",
            f"用于 {listed([k.id for k in definition.unit_kinds])} 的流程",
        )
    own = {field.id: field for field in definition.matter.fields}
    for field in other.matter.fields:
        said = own.get(field.id)
        if field.needed and (said is None or not said.needed):
            yield f"流程“{other.id}”交办时要填“{field.id}”（{field.name}），这里没有", "没有别的必填事由的流程"
        elif said and not carried(field, said):
            yield (
                f"“{field.id}”与流程“{other.id}”事由里的不是同一种，或比它长",
                "同一种、不比它长的一项，或给它另取名字",
            )


def carried(field: FormField, said: FormField) -> bool:
    """Whether what is said in the one field of a matter may stand in the other; of a choice, its words in a text."""
    if field.kind is AnswerKind.TEXT and said.kind is AnswerKind.CHOICE:
        return all(len(option.name) <= field.longest for option in said.options)
    options = {option.id for option in field.options}
    return field.kind is said.kind and field.longest >= said.longest and {one.id for one in said.options} <= options
