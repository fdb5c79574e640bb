"""An election's ballot and notice for the tests of expressions: the forms, and expressions about them at random."""

from hypothesis import assume
from hypothesis import strategies as st

from rules.forms.answers import read
from rules.forms.expressions import (
    ARITHMETIC,
    COMPARISONS,
    LOGIC,
    Call,
    Expression,
    ExpressionFault,
    Function,
    Name,
    Operation,
    Operator,
    Unary,
    text_of,
)
from rules.forms.form import AnswerKind, Form, FormField, Option, Question
from rules.forms.parsing import LENGTH_LIMIT, parse
from rules.forms.reckoning import AnswerValues
from rules.forms.scope import Scope

A = AnswerKind
WAYS = (Option(id="hall", name="会场"), Option(id="box", name="票箱"))
BALLOT = Form(
    id="ballot",
    fields=(
        FormField(id="present", name="实到", kind=A.COUNT),
        FormField(id="share", name="比例", kind=A.NUMBER, places=2),
        FormField(id="secret", name="无记名", kind=A.YES_NO),
        FormField(id="held", name="日期", kind=A.DATE),
        FormField(
            id="way",
            name="方式",
            kind=A.CHOICE,
            options=(Option(id="hall", name="会场"), Option(id="box", name="票箱")),
        ),
        FormField(id="teller", name="计票人", kind=A.NAME),
        FormField(
            id="votes",
            name="得票",
            kind=A.ROWS,
            columns=(
                Question(id="who", name="姓名", kind=A.NAME),
                Question(id="yes", name="赞成", kind=A.COUNT),
                Question(id="local", name="本单位", kind=A.YES_NO),
            ),
        ),
    ),
)
NOTICE = Form(id="notice", fields=(FormField(id="voters", name="应到", kind=A.COUNT),))
SCOPE = Scope([BALLOT, NOTICE], home="ballot")
NUMBERS = ("ballot.present", "ballot.share", "notice.voters")
HELD: dict[str, str] = {"present": "30", "share": "0.25", "secret": "yes", "held": "2026-03-05", "way": "hall"}
ROWS: dict[str, str] = {
    "votes.1.who": "甲",
    "votes.1.yes": "20",
    "votes.1.local": "yes",
    "votes.2.who": "乙",
    "votes.2.yes": "7",
    "votes.2.local": "no",
}


def known(ballot: dict[str, str], voters: str = "40") -> AnswerValues:
    """Both forms answered so."""
    asked = AnswerValues().with_form(NOTICE, read(NOTICE, {"voters": voters}))
    return asked.with_form(BALLOT, read(BALLOT, ballot))


YES = Name(("ballot", "votes", "yes"))
literals = st.sampled_from(["0", "1", "2", "5", "30", "0.25", "99.5", "1000000"]).map(parse)
names = st.sampled_from(NUMBERS).map(lambda text: Name(tuple(text.split("."))))
row_numbers = st.one_of(literals, names, st.just(YES))
row_conditions = st.builds(Operation, st.sampled_from(sorted(COMPARISONS)), st.just(YES), row_numbers)
row_sums = st.builds(Operation, st.sampled_from([Operator.TIMES, Operator.PLUS]), row_numbers, st.just(YES))
calls = st.one_of(
    st.just(Call(Function.COUNT, Name(("ballot", "votes")))),
    st.builds(Call, st.just(Function.COUNT), row_conditions),
    st.builds(Call, st.just(Function.SUM), row_sums),
)
numbers: st.SearchStrategy[Expression] = st.recursive(
    st.one_of(literals, names, calls),
    lambda inner: st.one_of(
        st.builds(Unary, st.just(Operator.MINUS), inner),
        st.builds(Operation, st.sampled_from(sorted(ARITHMETIC)), inner, inner),
    ),
    max_leaves=6,
)
conditions: st.SearchStrategy[Expression] = st.recursive(
    st.one_of(
        st.builds(Operation, st.sampled_from(sorted(COMPARISONS)), numbers, numbers),
        st.just(Name(("ballot", "secret"))),
        st.builds(Call, st.just(Function.ANY), row_conditions),
    ),
    lambda inner: st.one_of(
        st.builds(Unary, st.just(Operator.NOT), inner),
        st.builds(Operation, st.sampled_from(sorted(LOGIC)), inner, inner),
    ),
    max_leaves=4,
)


def within_limits(expression: Expression) -> str:
    """Its text, where that is one that may be written."""
    text = text_of(expression)
    assume(len(text) <= LENGTH_LIMIT)
    return text


def read_back(text: str) -> Expression:
    """The tree of a text that is not too deep."""
    try:
        return parse(text)
    except ExpressionFault as fault:
        assume("层" not in fault.what)
        raise
