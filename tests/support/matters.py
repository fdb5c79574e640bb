"""What tests' items are about: forms like a rectification's, and answers to them."""

from dataclasses import replace
from typing import Any

from rules.forms.answers import read
from rules.forms.form import AnswerKind, Form, FormField, Question
from rules.process import Process

MEASURES = FormField(
    id="measures",
    name="整改措施",
    kind=AnswerKind.ROWS,
    least=0,
    most=50,
    columns=(Question(id="what", name="措施", kind=AnswerKind.TEXT, limit=2000),),
)
PLAN = Form(id="plan", fields=(replace(MEASURES, least=1, prefill="matter.measures"),))
PLANNED = (("measures.1.what", "修订制度"),)
"""What a plan asks for, and an answer to it."""
_TEXTS = {"category": "类别", "source": "来源", "basis": "依据", "goal": "整改目标"}
_NAMES = {"leader": "责任领导", "person": "责任人"}
MATTER = Form(
    id="matter",
    fields=(
        FormField(id="title", name="问题", kind=AnswerKind.TEXT, need=True, limit=2000),
        *(FormField(id=id_, name=name, kind=AnswerKind.TEXT, limit=2000) for id_, name in _TEXTS.items()),
        MEASURES,
        *(FormField(id=id_, name=name, kind=AnswerKind.NAME) for id_, name in _NAMES.items()),
    ),
)


def about(title: str = "制度执行不严", measures: tuple[str, ...] = (), **said: str) -> dict[str, Any]:
    """What an item is about, as an order takes it."""
    rows = {f"measures.{n}.what": text for n, text in enumerate(measures, 1)}
    (_, first), *matter = read(MATTER, {"title": title, **said, **rows})
    return {"title": first, "matter": tuple(matter)}


ABOUT = about(measures=("修订制度",), source="巡察")


def about_for(process: Process) -> dict[str, Any]:
    """The same, as far as the process asks for it."""
    return {**ABOUT, "matter": tuple(pair for pair in ABOUT["matter"] if process.matter.question(pair[0]))}
