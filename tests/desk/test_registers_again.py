"""The same register again: what is new is issued, what is not is named with its number, and the clerk decides each."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx2
import openpyxl
import pytest

from desk.caller import on_site
from desk.intake import Intake
from ledger.chain import batches
from ledger.chain.matters import CHANGED, CLOSED, NEW, SAME
from rules.errors import Code, RuleViolation
from tests.support.product import SUPERVISOR, Started
from tests.support.signed import as_

HEAD = ("序号", "问题", "整改措施", "责任单位", "整改时限")
Row = tuple[object, ...]


OF = {test: "".join(chr(0x4E00 + byte) for byte in sha256(test.encode()).digest()[:24]) for test in "月再销又废错似回"}
"""What the findings of one test have in common, and unlike those of every other test."""


def november(mark: str) -> list[Row]:
    return [
        (1, f"党员发展材料不完整{mark}", "补齐材料", "县教育局", "2027年1月31日"),
        (2, f"组织生活记录不规范{mark}", "规范记录", "县财政局", "2027年1月31日"),
        (3, f"谈心谈话走过场{mark}", "立即整改", "县民政局", "立行立改"),
    ]


def december(mark: str) -> list[Row]:
    first, second, third = november(mark)
    return [
        (*first[:4], "2027年2月26日"),
        (2, f"组织生活记录不规范{mark}。", *second[2:]),
        third,
        (4, f"台账缺失{mark}", "补建", "县民政局", "2027年2月26日"),
    ]


def workbook(rows: list[Row], head: Row = HEAD) -> dict[str, tuple[str, bytes]]:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (head, *rows):
        book.active.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return {"file": ("台账.xlsx", buffer.getvalue())}


async def proposed(web: httpx2.AsyncClient, rows: list[Row]) -> dict[str, Any]:
    answer = await web.post("/api/v1/registers", files=workbook(rows), headers=as_(SUPERVISOR))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def confirmed(web: httpx2.AsyncClient, batch: str, **choices: str) -> dict[str, Any]:
    body = {"choices": {n.removeprefix("n"): choice for n, choice in choices.items()}}
    answer = await web.post(f"/api/v1/registers/{batch}/confirm", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def said(read: dict[str, Any]) -> list[tuple[str, str]]:
    return [(item["verdict"], item["words"]) for f in read["reading"]["findings"] for item in f["items"]]


async def issued(web: httpx2.AsyncClient, rows: list[Row]) -> list[str]:
    done = await confirmed(web, (await proposed(web, rows))["batch"])
    assert done["issued"] == len(rows)
    return [item["no"] for item in done["items"]]


async def count(web: httpx2.AsyncClient, text: str) -> int:
    """How many items, open or ended, are about that."""
    totals = [
        (await web.get("/api/v1/items", params={"text": text, "ended": ended})).json()["total"]
        for ended in ("true", "false")
    ]
    return sum(totals)


async def test_a_month_later_only_what_is_new_is_issued_and_the_rest_is_named(web: httpx2.AsyncClient) -> None:
    numbers = await issued(web, november(OF["月"]))
    read = await proposed(web, december(OF["月"]))
    assert said(read) == [
        (CHANGED, f"{numbers[0]} 交办后有变化：时限由“2027年1月31日”改为“2027年2月26日”"),
        (SAME, f"与 {numbers[1]} 相同"),
        (SAME, f"与 {numbers[2]} 相同"),
        (NEW, ""),
    ]
    assert read["reading"]["standings"] == {NEW: 1, SAME: 2, CHANGED: 1, CLOSED: 0}
    done = await confirmed(web, read["batch"])
    assert (done["issued"], done["passed"], done["left"]) == (1, 3, 0)
    assert await count(web, OF["月"]) == 4


async def test_the_clerk_may_issue_again_what_has_changed(web: httpx2.AsyncClient) -> None:
    numbers = await issued(web, november(OF["再"]))
    read = await proposed(web, december(OF["再"]))
    done = await confirmed(web, read["batch"], n1="issue")
    assert (done["issued"], done["passed"]) == (2, 2)
    assert await count(web, f"党员发展材料不完整{OF['再']}") == 2
    again = await confirmed(web, read["batch"], n1="issue")
    assert (again["issued"], await count(web, f"党员发展材料不完整{OF['再']}")) == (2, 2), (
        "confirmed twice is the same as once"
    )
    (first, *_) = (await proposed(web, [*december(OF["再"]), (5, f"另一件{OF['再']}", "办", "县民政局", "立行立改")]))[
        "reading"
    ]["findings"]
    (item,) = first["items"]
    assert (item["verdict"], item["no"] != numbers[0]) == (SAME, True), "compared with what was issued last"


async def test_what_was_closed_is_named_with_its_day_and_begins_again_by_the_clerk_s_word(
    web: httpx2.AsyncClient, product: Started
) -> None:
    rows = november(OF["销"])
    numbers = await issued(web, rows)
    liaison = product.liaison(numbers[2])
    await product.give(numbers[2], "sign", liaison)
    await product.give(numbers[2], "submit", liaison, text="已整改")
    await product.give(numbers[2], "close", SUPERVISOR, outcome="rectified")
    read = await proposed(web, [rows[2]])
    ((verdict, words),) = said(read)
    assert verdict == CLOSED
    assert words.startswith(f"{numbers[2]} 已于")
    assert words.endswith("销号")
    done = await confirmed(web, read["batch"], n1="reopen")
    assert (done["issued"], done["reopened"], done["left"]) == (0, 1, 0)
    shown = (await web.get(f"/api/v1/items/{numbers[2]}")).json()
    assert shown["item"]["status"] == "working"
    timeline = (await web.get(f"/api/v1/items/{numbers[2]}/timeline")).json()
    assert timeline[-1]["kind"] == "reopened"
    assert await count(web, f"谈心谈话走过场{OF['销']}") == 1


async def test_what_was_closed_may_be_issued_again(web: httpx2.AsyncClient, product: Started) -> None:
    rows = november(OF["又"])[2:]
    (no,) = await issued(web, rows)
    liaison = product.liaison(no)
    await product.give(no, "sign", liaison)
    await product.give(no, "submit", liaison, text="已整改")
    await product.give(no, "close", SUPERVISOR, outcome="rectified")
    done = await confirmed(web, (await proposed(web, rows))["batch"], n1="issue")
    assert (done["issued"], done["duplicate"]) == (1, 0)
    assert await count(web, f"谈心谈话走过场{OF['又']}") == 2


async def test_an_annulled_matter_may_come_again(web: httpx2.AsyncClient, product: Started) -> None:
    rows = november(OF["废"])[:1]
    (no,) = await issued(web, rows)
    await product.give(no, "annul", SUPERVISOR, reason="重复立项")
    read = await proposed(web, rows)
    assert said(read) == [(NEW, f"{no} 已作废，按新的事项")]
    assert (await confirmed(web, read["batch"]))["issued"] == 1


async def test_only_a_closed_one_can_be_reopened_and_a_wrong_decision_changes_nothing(web: httpx2.AsyncClient) -> None:
    await issued(web, november(OF["错"]))
    batch = (await proposed(web, december(OF["错"])))["batch"]
    for choices in ({"1": "reopen"}, {"99": "issue"}):
        answer = await web.post(
            f"/api/v1/registers/{batch}/confirm", json={"choices": choices}, headers=as_(SUPERVISOR)
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "field_invalid")
    assert (await web.get(f"/api/v1/registers/{batch}")).json()["state"] == "draft"


async def test_likeness_does_not_join_what_counts_otherwise(web: httpx2.AsyncClient) -> None:
    await issued(web, [(1, f"第1种写法的问题表现{OF['似']}", "改", "县教育局", "立行立改")])
    read = await proposed(
        web,
        [
            (1, f"第2种写法的问题表现{OF['似']}", "改", "县教育局", "立行立改"),
            (2, f"第1种写法的问题的表现{OF['似']}", "改", "县教育局", "立行立改"),
            (3, f"第1种写法的问题表现{OF['似']}", "改", "县财政局", "立行立改"),
        ],
    )
    assert [verdict for verdict, _ in said(read)] == [NEW, CHANGED, NEW]


async def test_the_own_export_comes_back_and_every_row_is_known_by_its_number(
    web: httpx2.AsyncClient, product: Started
) -> None:
    numbers = await issued(web, november(OF["回"]))
    await product.give(numbers[0], "sign", product.liaison(numbers[0]))
    for form in ("xlsx", "csv"):
        params = {"text": OF["回"]}
        export = await web.get(f"/api/v1/export/register.{form}", params=params)
        if export.status_code == 405:  # whoever exports is noted in the ledger
            export = await web.post(f"/api/v1/export/register.{form}", data=params)
        assert export.status_code == 200, export.text
        answer = await web.post(
            "/api/v1/registers", files={"file": (f"台账.{form}", export.content)}, data={"dry": "1"}
        )
        findings = answer.json()["reading"]["findings"]
        assert sorted(f["number"] for f in findings) == sorted(numbers)
        assert {f["state"] for f in findings} <= {"understood", "guessed"}
        assert [item["verdict"] for f in findings for item in f["items"]] == [SAME] * 3
        assert {item["no"] for f in findings for item in f["items"]} == set(numbers)


def everywhere(rows: int) -> bytes:
    lines = [f"{n},第{n}个通病不见好转,各单位,立行立改" for n in range(rows)]
    return "\n".join(("序号,问题,责任单位,整改时限", *lines)).encode()


@pytest.fixture
def every_unit(product: Started) -> Any:
    """A register of so many rows that each go to all units."""

    def read(rows: int) -> Any:
        text = "序号,问题,责任单位,整改时限\n" + "\n".join(
            f"{n},第{n}个通病不见好转,各单位,立行立改" for n in range(rows)
        )
        return Intake(product.gateway, product.database).read(text.encode(), "台账.csv")

    return read


async def test_more_than_one_register_may_issue_is_said_in_the_dry_run_and_refused(
    web: httpx2.AsyncClient, product: Started, every_unit: Any
) -> None:
    reading = every_unit(60)
    intake = Intake(product.gateway, product.database)
    assert len(intake.compare(reading)) > batches.LIMIT
    with pytest.raises(RuleViolation, match="一次最多 5000 项") as raised:
        intake.propose(reading, filename="", caller=on_site(SUPERVISOR), now=datetime.now(UTC))
    assert raised.value.code is Code.TOO_MANY_ITEMS
    answer = await web.post("/api/v1/registers", files={"file": ("台账.csv", everywhere(60))}, data={"dry": "1"})
    assert any("一次最多 5000 项" in remark for remark in answer.json()["reading"]["remarks"])


async def test_drafts_are_stored_chunk_by_chunk_and_a_half_stored_batch_cannot_be_confirmed(
    product: Started, every_unit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = Intake(product.gateway, product.database)
    reading = every_unit(12)
    wrote, real = [], batches.add

    def counted(connection: Any, batch: str, items: Any, first: int) -> None:
        assert len(items) <= batches.BATCH_CHUNK
        wrote.append(len(items))
        if len(wrote) == 2:
            raise KeyboardInterrupt
        real(connection, batch, items, first)

    monkeypatch.setattr(batches, "add", counted)
    with pytest.raises(KeyboardInterrupt):
        intake.propose(reading, filename="", caller=on_site(SUPERVISOR), now=datetime.now(UTC))
    with product.database.read() as connection:
        (batch,) = [
            row.id for row in connection.execute(batches.BATCH.select().where(batches.BATCH.c.state == "saving"))
        ]
    with pytest.raises(RuleViolation) as raised:
        intake._confirm(batch, on_site(SUPERVISOR), None)
    assert raised.value.code is Code.NOT_CONFIRMABLE
    monkeypatch.undo()
    again = intake.propose(reading, filename="", caller=on_site(SUPERVISOR), now=datetime.now(UTC))
    assert (again.batch, intake.progress(batch).total) == (batch, again.items)
