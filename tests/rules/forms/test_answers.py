"""Answers of every kind: one text for one value, and everything else refused by field, in words."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import Code
from rules.forms.answers import AnswersRefused, canonical, check, number_text, read
from rules.forms.form import AnswerKind, Form, FormField, Option, Question

A = AnswerKind
OPTIONS = (Option(id="meeting", name="会议"), Option(id="board", name="公开栏"), Option(id="network", name="内网"))
COLUMNS = {
    A.TEXT: Question(id="a", name="进展", kind=A.TEXT, limit=10),
    A.COUNT: Question(id="a", name="人数", kind=A.COUNT),
    A.NUMBER: Question(id="a", name="得分", kind=A.NUMBER, places=1),
    A.MONEY: Question(id="a", name="党费", kind=A.MONEY),
    A.PERCENT: Question(id="a", name="比例", kind=A.PERCENT, places=2),
    A.DATE: Question(id="a", name="日期", kind=A.DATE),
    A.MONTH: Question(id="a", name="月份", kind=A.MONTH),
    A.YES_NO: Question(id="a", name="有无", kind=A.YES_NO),
    A.CHOICE: Question(id="a", name="方式", kind=A.CHOICE, options=OPTIONS),
    A.CHOICES: Question(id="a", name="方式", kind=A.CHOICES, options=OPTIONS),
    A.UNIT: Question(id="a", name="单位", kind=A.UNIT),
    A.NAME: Question(id="a", name="姓名", kind=A.NAME),
    A.NUMBERS: Question(id="a", name="在哪几项之后", kind=A.NUMBERS),
    A.EVIDENCE: Question(id="a", name="材料", kind=A.EVIDENCE),
}
FILE, OTHER = "0" * 64, "f" * 64


def test_every_kind_but_tables_is_tried_here() -> None:
    assert set(COLUMNS) == set(AnswerKind) - {A.ROWS}


@pytest.mark.parametrize(
    ("kind", "written", "text"),
    [
        (A.TEXT, " 已完成\r\n三项 ", "已完成\n三项"),
        (A.TEXT, "=1+1", "=1+1"),
        (A.COUNT, "12", "12"),
        (A.COUNT, "007", "7"),
        (A.COUNT, "0", "0"),
        (A.COUNT, "3.0", "3"),
        (A.NUMBER, "72.5", "72.5"),
        (A.NUMBER, "-3", "-3.0"),
        (A.NUMBER, "-0", "0.0"),
        (A.NUMBER, "72.500", "72.5"),
        (A.MONEY, "1234.5", "1234.50"),
        (A.PERCENT, "100", "100.00"),
        (A.DATE, "2026-03-05", "2026-03-05"),
        (A.MONTH, "2026-03", "2026-03"),
        (A.YES_NO, "是", "yes"),
        (A.YES_NO, "no", "no"),
        (A.CHOICE, "公开栏", "board"),
        (A.CHOICE, "board", "board"),
        (A.CHOICES, "内网、会议", "meeting,network"),
        (A.CHOICES, "network,network", "network"),
        (A.UNIT, "u023", "u023"),
        (A.NAME, "欧阳建国", "欧阳建国"),
        (A.NUMBERS, "3, 1，3", "1,3"),
        (A.EVIDENCE, f"{OTHER},{FILE},{OTHER}", f"{OTHER},{FILE}"),
    ],
)
def test_what_is_written_becomes_the_one_text_of_its_value(kind: AnswerKind, written: str, text: str) -> None:
    assert canonical(COLUMNS[kind], written) == text
    assert canonical(COLUMNS[kind], text) == text


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        (A.TEXT, "一二三四五六七八九十一", "10 字以内"),
        (A.TEXT, "看不见\u202e的", "控制字符"),
        (A.TEXT, "半个\ud800", "控制字符"),
        (A.COUNT, "1e400", "整数"),
        (A.COUNT, "NaN", "整数"),
        (A.COUNT, "inf", "整数"),
        (A.COUNT, "１２", "请用半角字符，如 12"),
        (A.COUNT, "١٢", "整数"),
        (A.COUNT, "三", "整数"),
        (A.COUNT, "-1", "不小于 0"),
        (A.COUNT, "1.5", "整数"),
        (A.COUNT, "1,234", "整数"),
        (A.COUNT, "=A1+1", "整数"),
        (A.COUNT, "9" * 13, "整数"),
        (A.COUNT, "0x10", "整数"),
        (A.NUMBER, "72.55", "至多 1 位小数"),
        (A.NUMBER, ".5", "至多 1 位小数"),
        (A.NUMBER, "+5", "至多 1 位小数"),
        (A.MONEY, "12.345", "至多 2 位小数"),
        (A.PERCENT, "100.01", "0 至 100"),
        (A.PERCENT, "85%", "0 至 100"),
        (A.DATE, "2026-02-30", "形如 2026-03-05"),
        (A.DATE, "2026/3/5", "形如 2026-03-05"),
        (A.DATE, "2026-W10-3", "形如 2026-03-05"),
        (A.DATE, "0001-01-01", "形如 2026-03-05"),
        (A.MONTH, "2026-13", "形如 2026-03"),
        (A.YES_NO, "maybe", "是 或 否"),
        (A.CHOICE, "广播", "会议、公开栏、内网"),
        (A.CHOICES, "会议、广播", "会议、公开栏、内网"),
        (A.CHOICES, "、", "会议、公开栏、内网"),
        (A.UNIT, "机关 工委", "单位"),
        (A.NAME, "名" * 51, "50 字以内"),
        (A.NUMBERS, "0", "行号"),
        (A.NUMBERS, "61", "行号"),
        (A.NUMBERS, ",", "行号"),
        (A.EVIDENCE, "报告.docx", "佐证材料"),
        (A.EVIDENCE, "，", "佐证材料"),
        (A.EVIDENCE, ",".join(f"{n:064x}" for n in range(51)), "50 份以内"),
    ],
)
def test_everything_else_is_refused_in_words_by_field(kind: AnswerKind, written: str, expected: str) -> None:
    like = COLUMNS[kind]
    field = FormField(id="x", name="问题", kind=kind, places=like.places, limit=like.limit, options=like.options)
    form = Form(id="f", fields=(field,))
    with pytest.raises(AnswersRefused) as refused:
        read(form, {"x": written})
    (fault,) = refused.value.faults
    assert (fault.at, fault.label) == ("x", "问题")
    assert expected in fault.expected + fault.actual
    assert refused.value.code is Code.ANSWERS_INVALID
    assert "“问题”" in str(refused.value)


PLAN = Form(
    id="plan",
    fields=(
        FormField(id="goal", name="目标", kind=A.TEXT, need=True),
        FormField(id="seats", name="名额", kind=A.COUNT, least=1, most=15, need=True),
        FormField(
            id="tasks",
            name="子任务",
            kind=A.ROWS,
            least=1,
            most=3,
            columns=(
                Question(id="what", name="任务", kind=A.TEXT, need=True),
                Question(id="by", name="日期", kind=A.DATE),
            ),
        ),
        FormField(id="total", name="合计", kind=A.COUNT, derive="count(plan.tasks)"),
    ),
)
SOUND = {"goal": "达标", "seats": "5", "tasks.2.what": "甲", "tasks.7.what": "乙", "tasks.7.by": "2026-03-05"}


def test_pairs_stand_in_the_order_of_the_form_and_rows_move_up() -> None:
    assert read(PLAN, dict(reversed(SOUND.items())) | {"tasks.1.what": "  "}) == (
        ("goal", "达标"),
        ("seats", "5"),
        ("tasks.1.what", "甲"),
        ("tasks.2.what", "乙"),
        ("tasks.2.by", "2026-03-05"),
    )


def test_all_faults_are_told_at_once_each_where_it_arose() -> None:
    written = {"seats": "16", "tasks.1.by": "明天", "colour": "红", "total": "9", "tasks.1.colour": "红"}
    with pytest.raises(AnswersRefused) as refused:
        read(PLAN, written)
    assert {fault.at: fault.label for fault in refused.value.faults} == {
        "goal": "目标",
        "seats": "名额",
        "tasks.1.what": "子任务第 1 行任务",
        "tasks.1.by": "子任务第 1 行日期",
        "colour": "colour",
        "total": "total",
        "tasks.1.colour": "tasks.1.colour",
    }
    assert str(refused.value).startswith("填报有 7 处要改：")


@pytest.mark.parametrize(("rows", "said"), [(0, "没有填"), (4, "有 4 行"), (61, "有 61 行")])
def test_too_few_and_too_many_rows_are_refused(rows: int, said: str) -> None:
    written = {"goal": "达标", "seats": "5"} | {f"tasks.{n}.what": "甲" for n in range(1, rows + 1)}
    with pytest.raises(AnswersRefused) as refused:
        read(PLAN, written)
    (fault,) = refused.value.faults
    assert (fault.at, fault.actual, fault.expected) == ("tasks", said, "1 至 3 行")


def test_nothing_gets_past_that_was_not_read() -> None:
    pairs = read(PLAN, SOUND)
    check(PLAN, pairs)
    for wrong in (pairs[::-1], (*pairs, ("goal", "另一个")), (*pairs, ("x",)), (("goal", " 达标 "), *pairs[1:])):
        with pytest.raises(AnswersRefused):
            check(PLAN, wrong)


@given(st.dictionaries(st.sampled_from([*SOUND, "total", "tasks.0.what", "tasks.01.what", "x"]), st.text(max_size=12)))
def test_whatever_is_written_is_read_once_or_refused(written: dict[str, str]) -> None:
    try:
        pairs = read(PLAN, written)
    except AnswersRefused:
        return
    check(PLAN, pairs)


@given(st.fractions(), st.integers(0, 4))
def test_numbers_are_rounded_half_up_once(value: Fraction, places: int) -> None:
    text = number_text(value, places)
    half = Fraction(1, 2 * 10**places)
    assert Decimal(text).as_tuple().exponent == -places
    assert Fraction(text) - half <= value < Fraction(text) + half
    assert not text.startswith("-0") or Fraction(text) != 0
