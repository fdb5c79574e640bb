"""`duban demo`: a county's two months in a minute and a half, on the real server, in a folder of its own."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Coroutine, Sequence
from datetime import UTC, date, datetime, timedelta
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
from runtime.demo import audit, comings, halfyear, month, notice, show, week
from runtime.demo.example import issue_example
from runtime.demo.play import Play
from runtime.demo.scenes.acting import Performed, Troupe, with_children
from runtime.demo.scenes.programme import SCENES_BESIDE, SCENES_TOLD
from runtime.demo.scenes.telling import tell_rest, tell_scene
from runtime.demo.skipping import Skipping
from runtime.ending import REFUSED, Problem
from runtime.host.exit import told_to_stop
from runtime.host.folder import FolderLock
from runtime.product import Product, open_product
from runtime.settings import THIS_MACHINE_ONLY, UNGUARDED, Settings, forget_the_house, load

T = TypeVar("T")
_MARK = "made-by-duban-demo"
_PATIENCE = timedelta(minutes=1)
"""The workflows' time is skipped ahead, ours is not: what is decided past them would bear another date."""
_GLANCE = 0.5


def demo(once: bool = typer.Option(False, "--once", help="演完就结束，不留在前台")) -> None:
    """演示：一个县的两个月，真实的服务器，跳过时间。"""
    out, began = console(), time.monotonic()
    told = told_to_stop()
    forget_the_house()
    settings = _fresh_folder(load())
    with running(settings, county=True, time_skipping=True) as everything:
        address = everything.address
        out.print(Text(f"服务器、工作进程、网站已就绪：{address}（{time.monotonic() - began:.0f} 秒）", style="bold"))
        with refusals_in_words():
            verified = asyncio.run(_unless_told(told, _show(settings, out, address)))
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
    mine = {"data": folder, "database_url": "", "temporal_address": "", "seal_file": outside, "patience": _PATIENCE}
    return settings.model_copy(update=mine | THIS_MACHINE_ONLY | UNGUARDED)


async def _show(settings: Settings, out: Console, address: str) -> Verified:
    async with open_product(settings) as product:
        await _issue(product, out)
        skipping = Skipping(product.client)
        play = Play(product, skipping, lambda day, today: _tell(product, story, day, today))
        story = show.Story(out, {item.no for item in play.items})
        beside = asyncio.create_task(Troupe(product, skipping).perform((*SCENES_TOLD, *SCENES_BESIDE)))
        try:
            await play.run()
            played = await beside
        finally:
            beside.cancel()
        with product.database.read() as connection:
            show.register(out, connection)
            longest = _longest(connection, play)
            view = queries.item(connection, longest)
            words = pinned.process(connection, view.row["process_ref"]).words
            show_item(detail(connection, view, datetime.now(UTC)), words)
            out.print(Text("为何是这一天：机关与科研院所", style="bold"))
            pair = _reckoned(connection, play, "organ"), _reckoned(connection, play, "research")
            show.why_side_by_side(out, connection, pair)
            _tell_scenes(out, connection, played, address)
            week.scene(connection, out)
        await asyncio.to_thread(month.scene, product.database, out, datetime.now(UTC))
        await asyncio.to_thread(halfyear.scene, product.database, out, datetime.now(UTC))
        await notice.scene(product, out)
        await comings.scene(product, out)
        with product.database.read() as connection:
            proved = [no for one in played[: len(SCENES_TOLD)] for no in with_children(connection, one.numbers)]
        return await asyncio.to_thread(audit.scene, product, out, longest, proved)


def _tell(product: Product, story: show.Story, day: int, today: date) -> None:
    with product.database.read() as connection:
        story.tell(connection, day, today)


def _tell_scenes(out: Console, connection: Connection, played: Sequence[Performed], address: str) -> None:
    for one in played[: len(SCENES_TOLD)]:
        tell_scene(out, connection, one, address)
    tell_rest(out, connection, played[len(SCENES_TOLD) :], address)
    for one in played:
        for trouble in one.troubles:
            out.print(Text(f"没有演成：{trouble}", style="bold red"))


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
