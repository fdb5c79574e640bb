"""A register that goes out comes in again elsewhere: the same items, of the same units, about the same, until the same
day. Of whichever process: its fields are data."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from definitions.catalogue import EXAMPLE
from desk.acting import issuer
from desk.caller import on_site
from desk.exporting import Format, exported
from desk.gathering.many import SINGLE
from desk.intake import Intake
from desk.issuing import variants_of
from ledger.chain import batches, pinned
from ledger.chain.batches import NewItem
from ledger.directory import people
from ledger.reading.filters import Filters
from ledger.store.database import Database
from rules.forms.answers import read
from rules.machine.issuing import Order
from tests.support.processes import EVERY
from tests.support.product import SUPERVISOR, known_county

NOW = datetime.now(UTC)
AUDITOR = "p0005"
LONG = "党委理论学习中心组学习计划落实不够到位，研讨交流不充分，学用结合不紧密；" * 50
Said = dict[str, str]
RECTIFICATIONS: list[tuple[str, Said, dict[str, Any]]] = [
    (
        "staged",
        {
            "title": LONG + "\n须逐项整改。",
            "category": "理论武装",
            "source": "+县委第一巡察组",
            "basis": "@青巡〔2026〕3号，“一、（二）”",
            "goal": "=1+1",
            "measures.1.what": "完善制度。",
            "measures.2.what": "1. 先学；2. 再议\n〔3〕不是第三条\n　还是第二条",
            "measures.3.what": LONG[:2000],
            "leader": "龙立泽、魏正刚",
            "person": "文翔",
        },
        {"unit": "县教育局", "co_units": ("县民政局", "县水利局"), "deadline": date(NOW.year + 1, 6, 30)},
    ),
    ("at_once", {"title": "会议记录不完整"}, {"unit": "县民政局"}),
    ("long_term", {"title": "<b>格式</b>不规范", "goal": "'引号", "measures.1.what": "-1"}, {"unit": "县图书馆"}),
]
ELECTIONS: list[tuple[str, Said, dict[str, Any]]] = [
    (
        "direct",
        {
            "title": "机关党支部换届",
            "basis": '=HYPERLINK("x")',
            "secretary": "周立文",
            "members.1.who": "苏明华",
            "members.1.post": "组织：兼青年\n　分工：纪检",
            "members.2.who": "田国平",
        },
        {"unit": "县图书馆"},
    ),
    ("direct", {"title": "支部委员会换届"}, {"unit": "县文化馆"}),
]


CALLS: list[tuple[str, Said, dict[str, Any]]] = [
    ("month", {"title": "三月走访"}, {"unit": "第二片组（政法综合）", "co_units": ("县民政局",)}),
    ("month", {"title": "四月走访"}, {"unit": "第六片组（科教文卫）"}),
]


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Database]]:
    """Two installations that know the same units and processes."""
    here, there = (known_county(tmp_path_factory.mktemp("house")) for _ in range(2))
    for database in (here, there):
        with database.write() as connection:
            pinned.load_processes(connection, EVERY, NOW)
    yield here, there
    here.close()
    there.close()


def issued(database: Database, process: str, said: list[tuple[str, Said, dict[str, Any]]]) -> list[Order]:
    """These items stand in that house; what was ordered."""
    with database.write() as connection:
        some = next(iter(variants_of(connection, process).values()))
        form, holder, orders = some.matter, some.holder, list[Order]()
        for _, answers, to in said:
            (_, title), *matter = read(form, answers)
            helping = tuple(people.unit_ref(connection, one).id for one in to.get("co_units", ()))
            unit = people.holder_ref(connection, to["unit"], holder)
            deadline = to.get("deadline")
            orders.append(
                Order(no="", unit=unit, title=title, matter=tuple(matter), co_units=helping, deadline=deadline)
            )
        items = [
            NewItem(process=process, variant=variant, import_key=f"{process}/{n}", order=order)
            for n, ((variant, *_), order) in enumerate(zip(said, orders, strict=True))
        ]
        actor = issuer(connection, on_site(SUPERVISOR))
        batches.save(connection, process, items, filename="", title="", reading={}, actor=actor, now=NOW)
        batches.confirm(connection, process, actor, NOW)
        assert batches.issue_chunk(connection, process, 100, NOW)
    return orders


@pytest.mark.parametrize(("process", "said"), [(EXAMPLE, RECTIFICATIONS), ("election", ELECTIONS), ("call", CALLS)])
def test_what_goes_out_comes_in_as_the_same_items_elsewhere(
    houses: tuple[Database, Database], process: str, said: list[tuple[str, Said, dict[str, Any]]]
) -> None:
    here, there = houses
    orders = issued(here, process, said)
    for form in (Format.XLSX, Format.CSV):
        with exported(here, Filters(process=process), form, caller=on_site(AUDITOR), now=NOW) as made:
            data = made.path.read_bytes()
        intake = Intake(None, there)
        reading = intake.read(data, made.name, process=process)
        notes = [(note.cell, note.text) for one in reading.findings for note in one.notes if note.level == "wrong"]
        assert not notes, form
        came = [item for item in intake.compare(reading) if item.way in SINGLE]
        by_title = {item.order.title: item for item in came}
        assert len(came) == len(orders)
        for (variant, *_), order in zip(said, orders, strict=True):
            item = by_title[order.title]
            assert (item.order, item.variant, item.standing.verdict) == (order, variant, "new"), form
        left = next(remark for remark in reading.remarks if remark.startswith("这些栏目没有采用"))
        assert all(f"“{heading}”" in left for heading in ("灯", "现由谁办", "流程", "到期日", "交办时间"))
