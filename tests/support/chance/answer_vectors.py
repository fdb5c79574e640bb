"""What docs/vectors/answers.json holds: what a program that reckons answers, in any language, can be tried on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from rules.codec import encode
from rules.errors import RuleViolation
from rules.forms.answering import answered
from rules.forms.answers import Pairs, canonical, number_text
from rules.forms.expressions import ExpressionFault
from rules.forms.form import AnswerKind, Form, FormField, Option, Question
from rules.forms.parsing import parse
from rules.forms.reckoning import AnswerValues, Value, reckon
from tests.support.chance.ballots import BALLOT, NOTICE
from tests.support.factories import PROCESS, STEPS

A = AnswerKind
DUES = Form(
    id="dues",
    fields=(
        FormField(id="paid", name="实缴", kind=A.MONEY, need=True),
        FormField(id="share", name="比例", kind=A.PERCENT, places=1),
        FormField(id="change", name="增减", kind=A.NUMBER, places=2, least=-1000, most=1000),
        FormField(id="month", name="月份", kind=A.MONTH),
        FormField(id="unit", name="单位", kind=A.UNIT),
        FormField(
            id="ways", name="方式", kind=A.CHOICES, options=tuple(Option(id=one, name=one) for one in ("cash", "card"))
        ),
        FormField(
            id="people",
            name="党员",
            kind=A.ROWS,
            least=1,
            most=3,
            columns=(
                Question(id="who", name="姓名", kind=A.NAME, need=True),
                Question(id="due", name="应缴", kind=A.MONEY),
                Question(id="since", name="自", kind=A.DATE),
            ),
        ),
        FormField(id="due", name="应缴合计", kind=A.MONEY, derive="sum(dues.people.due)"),
        FormField(id="mean", name="人均", kind=A.NUMBER, places=2, derive="dues.due / count(dues.people.due > 0)"),
        FormField(id="whole", name="缴清", kind=A.YES_NO, derive="dues.paid >= dues.due"),
    ),
)
FORMS = (NOTICE, BALLOT, DUES)
Answers = Mapping[str, Pairs]

_VOTES: Pairs = (("votes.1.who", "甲"), ("votes.1.yes", "20"), ("votes.2.yes", "7"), ("votes.3.who", "丙"))
_HELD: Answers = {
    "notice": (("voters", "40"),),
    "ballot": (
        *(("present", "30"), ("share", "0.25"), ("secret", "yes"), ("held", "2026-03-05"), ("way", "hall")),
        *_VOTES,
    ),
}
_BLANK: Answers = {"notice": (), "ballot": ()}
_LARGE: Answers = {"notice": (("voters", "999999999999"),), "ballot": (("share", "-0.01"), ("secret", "no"))}
_OF_TABLES = ("count(ballot.votes)", "sum(ballot.votes.yes)", "any(ballot.votes.yes > 20)")
_UNSURE = ("ballot.present > 3", "not ballot.secret", "ballot.secret and ballot.present > 3")
EXPRESSIONS: tuple[tuple[Answers, tuple[str, ...]], ...] = (
    (
        _HELD,
        (
            *_OF_TABLES,
            *_UNSURE,
            "2 - 3 - 4",
            "2 - (3 - 4)",
            "-2 * -3 - -4",
            "1 / 3",
            "1 / 3 * 3 == 1",
            "2 / 3 / 4",
            "0.1 + 0.2 == 0.3",
            "ballot.present / (ballot.share - 0.25)",
            "ballot.present / (ballot.share - 0.25) > 1 or ballot.secret",
            "ballot.present / 0 == ballot.present / 0",
            "ballot.present * 5 >= notice.voters * 4",
            "count(ballot.votes.yes * 2 > ballot.present)",
            "count(ballot.votes.yes != 7)",
            "sum(ballot.votes.yes / 0)",
            "sum(ballot.votes.yes * notice.voters + 0.5)",
            "any(not ballot.votes.local)",
            "count(ballot.votes.yes > 7 or ballot.votes.yes <= 7)",
            'ballot.way == "hall"',
            'ballot.way != "hall" or not ballot.secret',
            'not ballot.way == "box"',
            "ballot.held <= ballot.held",
            "ballot.secret == ballot.secret",
            "not ballot.secret or ballot.present == 30 and notice.voters == 41",
        ),
    ),
    (
        _BLANK,
        (
            *_OF_TABLES,
            *_UNSURE,
            "ballot.secret or ballot.present > 3",
            "ballot.present == ballot.present",
            "ballot.present > 3 and 1 > 2",
            "ballot.present > 3 or 1 < 2",
            "not (ballot.present > 3 and 1 > 2)",
            "sum(ballot.votes.yes) / count(ballot.votes)",
        ),
    ),
    ({}, (*_OF_TABLES, *_UNSURE)),
    (
        _LARGE,
        (
            *_UNSURE,
            "notice.voters * notice.voters * notice.voters * notice.voters",
            "notice.voters + 0.000000000000001",
            "ballot.share / notice.voters",
            "-ballot.share",
        ),
    ),
    (
        {"dues": (("paid", "10.00"), ("month", "2026-03"), ("people.1.who", "甲"), ("due", "0.00"), ("whole", "yes"))},
        ("dues.month == dues.month", "dues.mean > 0", "dues.mean > 0 or dues.whole"),
    ),
)
REFUSED = (
    *("", "ballot.present >", "(1", "1)", "1 > 2 > 3", "1 = 1", "1 === 1", "1 2", ".5", "5.", "1e5", "１"),
    *(
        '"a',
        '"a\\"',
        "round(1)",
        "count 1",
        "ballot.",
        "ballot.and",
        "and 1",
        "not",
        "1 +",
        "A.b",
        "a % b",
        "1 - not a",
    ),
)
_CHOICE = Question(id="a", name="方式", kind=A.CHOICE, options=(Option(id="hall", name="会场"),))
_CHOICES = replace(_CHOICE, kind=A.CHOICES, options=tuple(Option(id=one, name=one) for one in "abc"))
TEXTS: tuple[tuple[Question, tuple[str, ...]], ...] = (
    (
        Question(id="a", name="人数", kind=A.COUNT),
        ("0", "7", "007", "7.0", "-1", "-0", "+1", "999999999999", "1000000000000", "1e3", "", " 7", "７"),
    ),
    (
        Question(id="a", name="得分", kind=A.NUMBER, places=2, least=-10, most=10),
        ("0.00", "-0.00", "-0.01", "10.00", "10.01", "-10.00", "1", "1.5", "1.500", "01.50"),
    ),
    (Question(id="a", name="党费", kind=A.MONEY), ("0.00", "0.5", "12.30", "-1.00")),
    (Question(id="a", name="比例", kind=A.PERCENT), ("100", "101", "100.0")),
    (
        Question(id="a", name="日期", kind=A.DATE),
        ("2026-02-28", "2026-02-29", "2028-02-29", "1899-12-31", "2999-12-31", "3000-01-01", "2026-3-5", "20260305"),
    ),
    (Question(id="a", name="月份", kind=A.MONTH), ("2026-03", "2026-13", "2026-3", "2026-03-01")),
    (Question(id="a", name="有无", kind=A.YES_NO), ("yes", "no", "是", "true", "")),
    (_CHOICE, ("hall", "会场", "box", "")),
    (_CHOICES, ("a", "a,c", "c,a", "a,a", "a,", ",", "", "a、b")),
    (Question(id="a", name="单位", kind=A.UNIT), ("u023", "u-1.a_B", "u 1", "-u", "")),
    (Question(id="a", name="姓名", kind=A.NAME), ("欧阳建国", "名" * 50, "名" * 51, " 甲")),
    (Question(id="a", name="姓名", kind=A.NAME, limit=2), ("甲乙", "甲乙丙")),
    (Question(id="a", name="行号", kind=A.NUMBERS), ("1", "1,3,60", "3,1", "1,1", "0", "61", "01", ",")),
    (Question(id="a", name="材料", kind=A.EVIDENCE), ("0f" * 32, f"{'0f' * 32},{'00' * 32}", "0F" * 32, "0f" * 31)),
    (
        Question(id="a", name="进展", kind=A.TEXT, limit=5),
        ("已完成", "一二三四五六", "🚩🚩🚩🚩🚩", "甲\n乙", "甲\r乙", "甲\u202e", "甲 ", "\u3000甲", "甲\ufeff", ""),
    ),
)
ROUNDED = (
    *(("1/2", 0), ("-1/2", 0), ("-3/2", 0), ("3/2", 0), ("-1/200", 2), ("-1/100", 2), ("1/3", 4), ("-1/3", 4)),
    *(("2/3", 4), ("999999999999", 2), ("1999/2000", 2), ("-1", 0), ("0", 3), ("-1/1000", 2), ("12345678901234567", 1)),
)
_PAID = (("paid", "25.00"), ("people.1.who", "甲"), ("people.1.due", "10.01"), ("people.2.who", "乙"))
_REST = (("people.2.due", "10.00"), ("people.3.who", "丙"))
_DERIVED = (("due", "20.01"), ("mean", "10.01"), ("whole", "yes"))
ANSWERED: tuple[Pairs, ...] = (
    (*_PAID, *_REST, *_DERIVED),
    (*_PAID, *_REST, ("due", "20.01"), ("mean", "10.00"), ("whole", "yes")),
    (*_PAID, *_REST, ("due", "20.01"), ("mean", "10.005"), ("whole", "yes")),
    (*_PAID, *_REST, ("due", "20.01"), ("mean", "10.01"), ("whole", "no")),
    (*_PAID, *_REST, ("due", "20.01"), ("mean", "10.01")),
    (("paid", "25.00"), ("people.1.who", "甲"), ("due", "0.00"), ("whole", "yes")),
    (("paid", "25.00"), ("people.1.who", "甲"), ("due", "0.00"), ("mean", "0.00"), ("whole", "yes")),
    (("paid", "25.00"), ("due", "0.00"), ("whole", "yes")),
    (("people.1.who", "甲"), ("due", "0.00")),
    (("paid", "25.00"), ("people.2.who", "甲"), ("due", "0.00"), ("whole", "yes")),
    (("paid", "25.00"), ("people.1.due", "1.00"), ("due", "1.00"), ("mean", "1.00"), ("whole", "yes")),
    (("people.1.who", "甲"), ("paid", "25.00"), ("due", "0.00"), ("whole", "yes")),
    (("paid", "25.00"), ("people.1.who", "甲"), ("colour", "red"), ("due", "0.00"), ("whole", "yes")),
    (("paid", "25.00"), *((f"people.{n}.who", "甲") for n in range(1, 5)), ("due", "0.00"), ("whole", "yes")),
)


def content() -> dict[str, Any]:
    """The file, as JSON types."""
    return {
        "forms": [encode(form) for form in FORMS],
        "expressions": [case(text, answers) for answers, texts in EXPRESSIONS for text in texts],
        "refused": [text for text in REFUSED if not _is_read(text)],
        "texts": [
            {"question": encode(question), "text": text, "canonical": _is_canonical(question, text)}
            for question, texts in TEXTS
            for text in texts
        ],
        "rounded": [
            {"number": text, "places": places, "text": number_text(Fraction(text), places)} for text, places in ROUNDED
        ],
        "answered": [{"form": DUES.id, "pairs": pairs, "right": _is_right(pairs)} for pairs in ANSWERED],
    }


def case(text: str, answers: Answers) -> dict[str, Any]:
    """An expression, what was answered, and what it comes to."""
    known = AnswerValues()
    for form in FORMS:
        if form.id in answers:
            known = known.with_form(form, answers[form.id])
    return {"expression": text, "answers": dict(answers), "comes_to": _plain(reckon(parse(text), known))}


def _plain(value: Value) -> str | bool | None:
    match value:
        case None | bool() | str():
            return value
        case date():
            return value.isoformat()
    return str(value)


def _is_read(text: str) -> bool:
    try:
        parse(text)
    except ExpressionFault:
        return False
    return True


def _is_canonical(question: Question, text: str) -> bool:
    try:
        return text != "" and canonical(question, text) == text
    except ValueError:
        return False


def _is_right(pairs: Pairs) -> bool:
    """Whether an entry can hold these answers of the form."""
    derived = {one.id for one in DUES.fields if one.derive}
    given = tuple(pair for pair in pairs if pair[0] not in derived)
    try:
        found = answered(_ASKS, _ASKS.steps[0], (), given)
    except RuleViolation:
        return False
    return bool(found.said["answers"] == pairs)


_ASKS = replace(PROCESS, ref="dues@1", forms=(DUES,), steps=(replace(STEPS[0], form=DUES.id), *STEPS[1:]))
