"""`duban demo`: a county's two months in a minute and a half, on the real server, in a folder of its own."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Coroutine
from datetime import UTC, date, datetime
from typing import TypeVar

import typer
from rich.console import Console
from rich.text import Text
from sqlalchemy import Connection

from desk.showing.detail import detail
from ledger.chain import lookup, pinned
from ledger.proof.verify import Verified
from ledger.reading import queries
from runtime.cli.importing import show_reading
from runtime.cli.output import console, refusals_in_words
from runtime.cli.parts.up import running
from runtime.cli.register.commands import show_item
from runtime.demo import audit, notice, show, week
from runtime.demo.example import issue_example
from runtime.demo.play import Play
from runtime.ending import REFUSED, Problem
from runtime.host.exit import told_to_stop
from runtime.host.folder import FolderLock
from runtime.product import Product, open_product
from runtime.settings import Settings, load

T = TypeVar("T")
_MARK = "made-by-duban-demo"
_GLANCE = 0.5


def demo(once: bool = typer.Option(False, "--once", help="演完就结束，不留在前台")) -> None:
    """演示：一个县的两个月，真实的服务器，跳过时间。"""
    out, began = console(), time.monotonic()
    told = told_to_stop()
    settings = _fresh_folder(load())
    with running(settings, county=True, time_skipping=True) as everything:
        address = everything.address
        out.print(Text(f"服务器、工作进程、网站已就绪：{address}（{time.monotonic() - began:.0f} 秒）", style="bold"))
        with refusals_in_words():
            verified = asyncio.run(_unless_told(told, _show(settings, out)))
        out.print(Text(f"全程 {time.monotonic() - began:.0f} 秒。", style="bold"))
        if verified.wrong:
            raise Problem(f"核验不符：{verified.wrong[0].what}", status=REFUSED)
        if not once:
            out.print(Text(f"网站留在这里：{address}　Ctrl-C 结束。", style="bold green"))
            while not told.wait(_GLANCE):
                everything.check()


async def _unless_told(told: threading.Event, work: Coroutine[None, None, T]) -> T:
    """The work's result, unless we are told to stop first: then it is left where it is."""
    task = asyncio.create_task(work)
    while not task.done():
        await asyncio.wait([task], timeout=_GLANCE)
        if told.is_set():
            task.cancel()
            raise KeyboardInterrupt
    return task.result()


def _fresh_folder(settings: Settings) -> Settings:
    """The demo's own folder, emptied; only a folder that a demo made is ever emptied."""
    folder = settings.data / "demo"
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise Problem(f"{folder} 里有别的内容，演示不会动它。", "移走它，或用 DUBAN_DATA=另一个目录 运行演示。")
        FolderLock(folder, "up").release()
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    outside = folder.parent / "demo-outside" / "seals.jsonl"  # another place: not in the folder of the database
    outside.unlink(missing_ok=True)
    mine = {"data": folder, "database_url": "", "temporal_address": "", "seal_file": outside}
    return settings.model_copy(update=mine)


async def _show(settings: Settings, out: Console) -> Verified:
    async with open_product(settings) as product:
        await _issue(product, out)
        story = show.Story(out)

        def told(day: int, today: date) -> None:
            with product.database.read() as connection:
                story.tell(connection, day, today)

        play = Play(product, told)
        await play.run()
        with product.database.read() as connection:
            show.register(out, connection)
            longest = _longest(connection, play)
            view = queries.item(connection, longest)
            words = pinned.process(connection, view.row["process_ref"]).words
            show_item(detail(connection, view, datetime.now(UTC)), words)
            out.print(Text("为何是这一天：机关与科研院所", style="bold"))
            pair = _reckoned(connection, play, "organ"), _reckoned(connection, play, "research")
            show.why_side_by_side(out, connection, pair)
            week.scene(connection, out)
        await notice.scene(product, out)
        return await asyncio.to_thread(audit.scene, product, out, longest)


async def _issue(product: Product, out: Console) -> None:
    began = time.monotonic()
    done = await issue_example(product, show_reading)
    out.print(Text(f"确认后交办 {done.issued} 项，用时 {time.monotonic() - began:.1f} 秒。", style="bold"))


def _longest(connection: Connection, play: Play) -> str:
    """The staged item of an organ with the longest story that is still being worked on."""
    rows = [lookup.item_row(connection, item.no) for item in play.items if item.unit_kind == "organ"]
    return str(max(rows, key=lambda row: (row["variant"] == "staged", row["step"] == "execute", row["seq"]))["no"])


def _reckoned(connection: Connection, play: Play, unit_kind: str) -> str:
    """A staged item of that kind of unit, best in the execute step with a window that the rules reckoned."""
    ranks = []
    for item in play.items:
        row = lookup.item_row(connection, item.no)
        due = lookup.state_of(row).due
        if item.unit_kind == unit_kind and row["variant"] == "staged" and due:
            reckoned = due.trace.given is None and due.trace.capped_by is None
            ranks.append((row["step"] == "execute", reckoned, item.no))
    return max(ranks)[2]
