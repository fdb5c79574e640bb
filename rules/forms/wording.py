"""Expressions and answers in words: what a condition asks for, with the figures that it was asked about."""

from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction

from rules.forms.answers import number_text
from rules.forms.expressions import Call, Expression, Literal, Name, Operation, Operator, Unary, names_in
from rules.forms.form import AnswerKind, Form, Question
from rules.forms.parsing import parse
from rules.forms.reckoning import AnswerValues, Value

_SIGNS = {
    Operator.OR: "或",
    Operator.AND: "且",
    Operator.EQUAL: "等于",
    Operator.UNEQUAL: "不等于",
    Operator.LESS: "小于",
    Operator.AT_MOST: "不大于",
    Operator.MORE: "大于",
    Operator.AT_LEAST: "不小于",
    Operator.PLUS: "+",
    Operator.MINUS: "-",
    Operator.TIMES: "×",
    Operator.OVER: "÷",
}
_FUNCTIONS = {"count": "个数", "sum": "合计", "any": "有"}


def said_of(expression: Expression, forms: Iterable[Form], known: AnswerValues) -> str:
    """The condition in words, each single answer with its figure: `实施后 72.5 不小于 目标 80.0`, or with what was
    chosen: `方式（电话） 等于 上门`."""
    return _said(expression, dict(_questions(forms)), known, inner=False)


def condition_words(text: str, forms: Iterable[Form]) -> str:
    """The condition in words, without figures."""
    return said_of(parse(text), forms, AnswerValues())


def unanswered(expression: Expression, forms: Iterable[Form], known: AnswerValues) -> tuple[str, ...]:
    """The names of the single answers that the expression asks for and nobody has given."""
    questions = dict(_questions(forms))
    single = [name.path for name in names_in(expression) if len(name.path) == 2 and name.path not in known.rows]
    return tuple(questions[path].name for path in single if known.single.get(path) is None)


def _questions(forms: Iterable[Form]) -> Iterator[tuple[tuple[str, ...], Question]]:
    for form in forms:
        for one in form.fields:
            yield (form.id, one.id), one
            for column in one.columns:
                yield (form.id, one.id, column.id), column


def _said(
    expression: Expression, questions: dict[tuple[str, ...], Question], known: AnswerValues, *, inner: bool
) -> str:
    match expression:
        case Literal(value=value):
            return str(value)
        case Name(path=path):
            answer = known.single.get(path) if len(path) == 2 else None
            figure, name = value_words(questions[path], answer), questions[path].name
            return f"{name}（{figure}）" if isinstance(answer, str | bool) else f"{name} {figure}".strip()
        case Call(function=function, argument=argument):
            return f"{_FUNCTIONS[function]}（{_said(argument, questions, known, inner=False)}）"
        case Unary(operator=operator, operand=operand):
            sign = "并非 " if operator is Operator.NOT else "-"
            return sign + _said(operand, questions, known, inner=True)
        case Operation(operator=operator, left=left, right=right):
            sides = [
                _option(side, other, questions) or _said(side, questions, known, inner=True)
                for side, other in ((left, right), (right, left))
            ]
            text = f"{sides[0]} {_SIGNS[operator]} {sides[1]}"
            return f"（{text}）" if inner and operator in (Operator.OR, Operator.AND) else text


def _option(side: Expression, other: Expression, questions: dict[tuple[str, ...], Question]) -> str:
    """What the option is called with which an answer is compared; nothing of any other side."""
    if not isinstance(side, Literal) or not isinstance(other, Name):
        return ""
    return next((one.name for one in questions[other.path].options if one.id == side.value), "")


def value_words(question: Question, value: Value) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str):
        return next((option.name for option in question.options if option.id == value), value)
    if isinstance(value, date):
        return f"{value:%Y-%m}" if question.kind is AnswerKind.MONTH else value.isoformat()
    return number_text(Fraction(value), question.decimals)


def text_words(question: Question, text: str) -> str:
    """A canonical answer as people read it."""
    match question.kind:
        case AnswerKind.YES_NO:
            return "是" if text == "yes" else "否"
        case AnswerKind.CHOICE | AnswerKind.CHOICES:
            names = {option.id: option.name for option in question.options}
            return "、".join(names[one] for one in text.split(","))
        case AnswerKind.NUMBERS:
            return "、".join(f"第 {one} 行" for one in text.split(","))
        case AnswerKind.EVIDENCE:
            return f"佐证 {len(text.split(','))} 份"
        case AnswerKind.PERCENT:
            return f"{text}%"
        case AnswerKind.MONEY:
            return f"{text} 元"
    return text
