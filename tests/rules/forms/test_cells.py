"""What stands in a table comes back out of its one cell, whatever it looks like."""

from hypothesis import given
from hypothesis import strategies as st

from rules.forms.cells import cell_of, columns_in, rows_in
from rules.forms.form import AnswerKind, FormField, Question

TEXTS = st.lists(
    st.sampled_from(["甲：", "乙：", "〔1〕", "〔2〕", "\n", "　", "1. ", "：", "文字", "=1+1"]), min_size=1
).map("".join)


@given(rows=st.lists(st.tuples(TEXTS, TEXTS), max_size=4), columns=st.sampled_from([1, 2]))
def test_a_table_comes_back_from_its_cell(rows: list[tuple[str, str]], columns: int) -> None:
    asked = tuple(Question(id=id_, name=name, kind=AnswerKind.TEXT) for id_, name in (("a", "甲"), ("b", "乙")))[
        :columns
    ]
    table = FormField(id="t", name="表", kind=AnswerKind.ROWS, columns=asked)
    said = [dict(zip(("a", "b"), row[:columns], strict=False)) for row in rows]
    answers = {f"t.{n}.{id_}": text for n, row in enumerate(said, 1) for id_, text in row.items()}
    cell = cell_of(table, answers, {})
    assert [columns_in(table, row) for row in rows_in(cell)] == said
