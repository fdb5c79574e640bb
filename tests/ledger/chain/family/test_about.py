"""What is found on a visit is issued with the report of that visit, to the unit that was visited."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from definitions.catalogue import SHIPPED, load_processes
from definitions.mistakes import DefinitionErrors
from definitions.process import ProcessDefinition
from ledger.chain import lookup, pinned
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, UnitRef, Via
from rules.machine.commands import CommandKind as K
from rules.machine.issuing import Order, issue
from rules.process import AREA_KIND, Role
from tests.ledger.chain.family.kin import Kin
from tests.support import world
from tests.support.factories import CALENDAR, SUPERVISOR, UNIT

NO = "ZF2026-0001"
FINDINGS = """    findings:
      name: 发现的问题
      kind: rows
      rows: 0-20
      columns: {what: {name: 问题, kind: text, limit: 500, need: true}}
"""
WHERE = "    help: {name: 帮了什么, kind: text}\n"


def loaded(folder: Path, *swaps: tuple[str, str]) -> tuple[ProcessDefinition, ...]:
    """The shipped visit, on whose reports something may be found; beside what it becomes."""
    text = (SHIPPED / "visit.yaml").read_text("utf-8")
    begin = text.index("    findings:\n      name: 发现的问题")
    text = text[:begin] + text[text.index("# 走访发现的问题", begin) :]
    swapped = (
        (WHERE, WHERE + FINDINGS),
        ("from: summary.findings", "from: visit.findings"),
        ("to: row.unit", "to: tally.about"),
        ("        issues: [findings]\n", ""),
        *swaps,
    )
    for old, new in swapped:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "visit.yaml").write_text(text, "utf-8")
    return load_processes([folder / "visit.yaml", SHIPPED / "rectification.yaml", SHIPPED / "similar.yaml"])


class Visits(Kin):
    """A month's visits of an area to its units."""

    def __init__(self, database: Database, processes: tuple[ProcessDefinition, ...]) -> None:
        self.database, self.now, self._ids = database, world.NOW, 0
        with database.write() as connection:
            for one in processes:
                pinned.load_processes(connection, one.all_resolved(), world.LOADED_AT)
        area = UnitRef(
            id="a1", name="第一片组", kind=AREA_KIND, area="a1", members=(UNIT.name, world.U3.name, "已撤销的单位")
        )
        process = processes[0].resolve(AREA_KIND, "monthly")
        order = Order(no=NO, unit=area, title="三月走访")
        first = issue(process, CALENDAR, order, command="issue", actor=SUPERVISOR, now=self.now).events[0]
        world.store_issued(database, first)

    def visit(self, about: str, *found: str) -> Any:
        rows = tuple((f"findings.{n}.what", what) for n, what in enumerate(found, 1))
        by = Actor(id="zhi", role=Role.INSTRUCTOR, area="a1", via=Via.SITE)
        answers = (("how", "site"), ("seen", "阵地"), *rows)
        return self.give(NO, K.REPORT, by, tally="visit", about=about, answers=answers)


@pytest.fixture
def visits(database: Database, tmp_path: Path) -> Visits:
    return Visits(database, loaded(tmp_path))


def test_each_row_is_issued_with_its_report_to_the_unit_that_it_is_about(visits: Visits) -> None:
    first = visits.visit(UNIT.name, "记录不全", "没有公示")
    visits.now += timedelta(days=8)
    second = visits.visit(world.U3.name, "党员名册没有更新")
    assert (first.begun, second.begun) == ((f"{NO}-1", f"{NO}-2"), (f"{NO}-3",))
    assert visits.visit(UNIT.name).begun == (), "nothing found, nothing issued"
    with visits.database.read() as connection:
        rows = [lookup.item_row(connection, f"{NO}-{n}") for n in (1, 2, 3)]
        assert [row["unit"] for row in rows] == [UNIT.id, UNIT.id, world.U3.id]
        assert {(row["link"], row["parent"], row["source"]) for row in rows} == {("found_by", NO, "片组走访")}
        assert [row["title"] for row in rows] == ["记录不全", "没有公示", "党员名册没有更新"]
    assert verify(visits.database).wrong == ()


def test_a_unit_that_is_gone_refuses_the_report_and_says_which_row(visits: Visits) -> None:
    with pytest.raises(RuleViolation) as refused:
        visits.visit("已撤销的单位", "没有人")
    assert (refused.value.code, "第 1 行" in str(refused.value)) == (Code.FOLLOW_UP_REFUSED, True)
    assert visits.state(NO).children == ()
    assert visits.visit("已撤销的单位").stored, "of whom nothing was found it can be said"


@pytest.mark.parametrize(
    ("swap", "words"),
    [
        (("from: visit.findings", "from: summary.others"), "不是逐个单位反馈时填的表"),
        (("        short: true\n", "        short: true\n        issues: [findings]\n"), "随反馈交办，环节不再交办它"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(swap: tuple[str, str], words: str, tmp_path: Path) -> None:
    others = "    difficulties: {name: 需要上级解决的困难, kind: text}\n"
    table = "    others: {name: 其他, kind: rows, rows: 0-5, columns: {what: {name: 事, kind: text, need: true}}}\n"
    with pytest.raises(DefinitionErrors) as refused:
        loaded(tmp_path, (others, others + table), swap)
    assert any(words in str(one) for one in refused.value.mistakes), refused.value.mistakes
