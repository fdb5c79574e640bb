"""What was erased says so, wherever somebody asks for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx2
from sqlalchemy import select

from ledger.directory import erasing
from ledger.directory.erasing import ErasureRequest
from ledger.store.evidence import EVIDENCE
from rules.machine.commands import Via
from tests.support import witness
from tests.support.product import ADMINISTRATOR, LEADER, SUPERVISOR, Started
from tests.support.signed import as_
from tests.support.two.people import by_two

ASKED = ErasureRequest(by=ADMINISTRATOR, via=Via.SITE, reason="本人申请", now=datetime.now(UTC))


async def test_an_erased_file_is_told_of_and_neither_given_nor_taken_again(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("材料里有个人信息的事项")
    liaison = product.liaison(no)
    sent = {"files": {"file": ("谈话记录.pdf", b"private")}, "headers": as_(liaison)}
    id_ = (await web.post("/api/v1/evidence", **sent)).json()["id"]  # type: ignore[arg-type]
    await product.give(no, "sign", liaison)
    await product.give(no, "report", liaison, text="已谈话", evidence=(id_,))
    by_two(product.database, lambda: erasing.erase_file(product.database, product.files, id_, ASKED), LEADER)

    (shown,) = (await web.get(f"/api/v1/items/{no}/timeline")).json()[2]["evidence"]
    assert (shown["id"], shown["url"]) == (id_, "")
    assert shown["name"].startswith("（已依规删除：")
    for answer in (
        await web.get(f"/api/v1/evidence/{id_}", headers=as_(liaison)),
        await web.post("/api/v1/evidence", **sent),  # type: ignore[arg-type]
        await web.post(
            f"/api/v1/items/{no}/commands/report", json={"text": "x", "evidence": [id_]}, headers=as_(liaison)
        ),
    ):
        assert (answer.status_code, answer.json()["code"]) == (410, "erased")
        assert "本人申请" in answer.json()["detail"]
    page = (await web.get(f"/items/{no}")).text
    assert "（已依规删除：" in page
    assert f'href="/api/v1/evidence/{id_}"' not in page


@contextmanager
def taken_away(product: Started, ids: list[str]) -> Iterator[None]:
    """The files are gone, the first from the register too; put back at the end, for others verify the same ledger."""
    files = {id_: product.files.path(id_) for id_ in ids}
    contents = {id_: path.read_bytes() for id_, path in files.items()}
    with product.database.write() as connection:
        row = connection.execute(select(EVIDENCE).where(EVIDENCE.c.id == ids[0])).mappings().one()
        connection.execute(EVIDENCE.delete().where(EVIDENCE.c.id == ids[0]))
    for path in files.values():
        path.unlink()
    try:
        yield
    finally:
        with product.database.write() as connection:
            connection.execute(EVIDENCE.insert().values(**row))
        for id_, path in files.items():
            path.write_bytes(contents[id_])


async def test_a_file_that_is_gone_from_the_register_or_the_folder_is_shown_as_missing(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("材料被人拿走的事项")
    liaison = product.liaison(no)
    ids = []
    for content in (b"taken", b"burnt"):
        sent = {"files": {"file": ("会议纪要.pdf", content)}, "headers": as_(liaison)}
        ids.append((await web.post("/api/v1/evidence", **sent)).json()["id"])  # type: ignore[arg-type]
    await product.give(no, "sign", liaison)
    await product.give(no, "report", liaison, text="已开会", evidence=tuple(ids))
    with taken_away(product, ids):
        await is_shown_as_missing(web, no, ids, liaison)
    assert [what for what in witness.wrong(product.database) if what.startswith(no)] == []


async def is_shown_as_missing(web: httpx2.AsyncClient, no: str, ids: list[str], liaison: str) -> None:
    taken, burnt = (await web.get(f"/api/v1/items/{no}/timeline")).json()[2]["evidence"]
    assert (taken["id"], taken["url"], taken["name"]) == (ids[0], "", f"{ids[0][:12]}… （缺失：请核验留痕库）")
    assert burnt["name"] == "会议纪要.pdf"
    assert "（缺失：请核验留痕库）" in (await web.get(f"/items/{no}")).text
    answer = await web.get(f"/api/v1/evidence/{ids[1]}", headers=as_(liaison))
    assert (answer.status_code, answer.json()["code"]) == (500, "ledger_broken")
    assert "登记着，文件却不见了" in answer.json()["detail"]


async def test_an_erased_person_is_called_by_the_id(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("由后来被删除姓名的人催办的事项")
    await product.give(no, "urge", SUPERVISOR)
    by_two(product.database, lambda: erasing.erase_person(product.database, "p0003", ASKED), LEADER)
    everybody = {p["id"]: p["name"] for p in (await web.get("/api/v1/people")).json()}
    assert everybody["p0003"] == "已删除的人员（p0003）"
