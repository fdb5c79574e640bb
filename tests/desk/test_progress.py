"""How far reading a register and issuing it are, as the page shows it: the part that runs, in rows and items."""

import asyncio
import re
from datetime import UTC, datetime

import httpx2

from desk.acting import issuer
from desk.caller import on_site
from ledger.chain import batches
from tests.desk.test_registers import sheet
from tests.support.product import SUPERVISOR, Started
from tests.support.signed import as_
from tests.support.waiting import until


async def test_reading_many_rows_shows_how_many_are_read(web: httpx2.AsyncClient) -> None:
    upload = await web.get("/import")
    (watch,) = re.findall('data-watch="([^"]+)"', upload.text)
    assert (await web.get(watch)).json() == {"done": 0, "total": 0}
    many = sheet(*(f"{n},第{n}件事没有落实到位,整改,县财政局,12月底前" for n in range(1, 3000)))
    reading = asyncio.create_task(web.post("/import", files=many, data={"watch": watch.rpartition("/")[2]}))
    seen: list[int] = []

    async def read_on() -> bool:
        answer = (await web.get(watch)).json()
        if 0 < answer["done"] < answer["total"] == 3000:
            seen.append(answer["done"])
        return len(set(seen)) > 2 or reading.done()

    await until("a few rows are read, not all", read_on)
    assert len(set(seen)) > 2, "read before anybody could see how far it was"
    assert seen == sorted(seen)
    assert (await reading).status_code == 303
    assert (await web.get(watch)).json() == {"done": 0, "total": 0}


async def test_a_batch_whose_entries_are_written_shows_that_its_workflows_are_not_started(
    web: httpx2.AsyncClient, product: Started
) -> None:
    rows = sheet("1,进度分两段的问题,整改,县财政局、县审计局,立行立改")
    batch = (await web.post("/api/v1/registers", files=rows, headers=as_(SUPERVISOR))).json()["batch"]
    with product.database.write() as connection:
        now = datetime.now(UTC)
        batches.confirm(connection, batch, issuer(connection, on_site(SUPERVISOR)), now)
        assert batches.issue_chunk(connection, batch, 500, now) == 3, "two units, and what stands over both"
    page = (await web.get(f"/import/{batch}")).text
    assert bars(page) == [("写入交办记录", 3, 3), ("启动办理流程", 0, 3)]
    await web.post(f"/api/v1/registers/{batch}/confirm", json={}, headers=as_(SUPERVISOR))
    done = (await web.get(f"/import/{batch}")).text
    assert "交办完毕" in done
    assert bars(done) == []


def bars(page: str) -> list[tuple[str, int, int]]:
    found = re.findall(r'<label for="part\d">\d\. (.*?)</label>.*?max="(\d+)" value="(\d+)"', page)
    return [(name, int(value), int(most)) for name, most, value in found]
