"""How answers come to a form: gathered from however they were said, and begun with what was said before."""

import pytest

from desk.answers import flat, gathered
from desk.showing.questions import questions_of
from rules.forms.answers import Pairs
from rules.forms.form import AnswerKind, Form, FormField, Option, Question
from tests.support.factories import PROCESS, K, Play
from tests.support.matters import about

OPTIONS = (Option(id="a", name="甲"), Option(id="b", name="乙"))
COLUMNS = (
    Question(id="who", name="谁", kind=AnswerKind.TEXT),
    Question(id="days", name="天数", kind=AnswerKind.COUNT),
)
FORM = Form(
    id="form",
    fields=(
        FormField(id="goal", name="目标", kind=AnswerKind.TEXT),
        FormField(id="where", name="哪里", kind=AnswerKind.CHOICES, options=OPTIONS),
        FormField(id="tasks", name="任务", kind=AnswerKind.ROWS, most=9, columns=COLUMNS),
    ),
)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ((("goal", "一\n二"),), {"goal": "一\n二"}),
        ((("tasks", "甲\n \n乙"),), {"tasks.1.who": "甲", "tasks.2.who": "乙"}),
        ((("tasks", "甲"), ("goal", "一"), ("tasks", "乙")), {"tasks.1.who": "甲", "goal": "一", "tasks.2.who": "乙"}),
        ((("tasks.2.days", "3"), ("tasks", "甲")), {"tasks.2.days": "3", "tasks.1.who": "甲"}),
        ((("where", "a"), ("where", "b")), {"where": "a,b"}),
        (
            flat({"where": ["a", "b"], "tasks": ["甲", "乙"]}),
            {"where": "a,b", "tasks.1.who": "甲", "tasks.2.who": "乙"},
        ),
        (flat({"tasks": [{"who": "甲", "days": 3}]}), {"tasks.1.who": "甲", "tasks.1.days": "3"}),
        ((("nothing", "x"), ("goal", " ")), {"nothing": "x"}),
    ],
)
def test_a_table_is_said_line_by_line_or_again_and_again_and_choices_one_by_one(
    said: Pairs, found: dict[str, str]
) -> None:
    assert gathered(FORM, said) == found


def test_a_plan_begins_with_the_measures_of_the_matter_and_later_with_those_of_the_last_plan() -> None:
    play = Play(about=about(measures=("补记录", "定制度")))
    play.do(K.SIGN)
    assert _asked(play) == ("lines", "补记录\n定制度", "交办时填的是 2 行，请核对；1 至 50 行")
    play.do(K.SUBMIT, answers=(("measures.1.what", "重做"),))
    play.do(K.RETURN)
    assert _asked(play)[1] == "重做"
    assert _asked(play, {"measures": "写了一半"})[1] == "写了一半"
    assert _asked(play, {})[1] == "", "what somebody has struck out stays out"


def _asked(play: Play, given: dict[str, str] | None = None) -> tuple[str, str, str]:
    form = PROCESS.form("plan")
    assert form is not None
    (question,) = questions_of(PROCESS, form, play.events, given)
    return question.kind, question.value, question.hint
