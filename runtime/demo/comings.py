"""Who came in, who was not let in, and who acted at the console in somebody's name: all of it found by the auditor's
search, and what somebody puts into the database besides, too."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text
from sqlalchemy import insert, select

from desk.accounts.demo import admit_in_demo
from desk.caller import at_console, on_site
from desk.requests import Request
from desk.showing.audit import ENTRANCE_KINDS, find, find_access
from ledger.accounts.sessions import SESSION
from ledger.chain import lookup
from ledger.directory import people
from ledger.proof.verify import verify
from ledger.reading.entry_filters import EntrySearch
from ledger.store.database import Database
from rules.access import READABLE_NAMES, Readable
from rules.errors import RuleViolation
from rules.process import Role
from runtime.cli.output import make_table
from runtime.demo.audit import copied
from runtime.product import Product
from runtime.store import open_entrance

_HERE, _ELSEWHERE, _AGENT = "10.20.3.15", "10.20.9.77", "演示"
_TRIES = 5
_SHOWN = 8
_PAGE = 200


async def scene(product: Product, out: Console) -> None:
    """Four people come in, somebody guesses at the leader's password, a liaison looks at what is not theirs, and the
    leader's remark is given at the console; then the auditor searches."""
    out.rule(Text("谁进来过", style="bold"), align="left", style="red")
    supervisor, leader, auditor = (_holder(product, role) for role in (Role.SUPERVISOR, Role.LEADER, Role.AUDITOR))
    liaison = _holder(product, Role.LIAISON)
    with product.database.read() as connection:
        no = lookup.open_items(connection)[0]["no"]
    entrance = open_entrance(product.settings, product.database)
    began = datetime.now(UTC)
    for person in (supervisor, leader, liaison, auditor):
        admit_in_demo(entrance, person, address=_HERE, agent=_AGENT, now=datetime.now(UTC))
    for n in range(_TRIES):
        with suppress(RuleViolation):
            entrance.sign_in(
                leader, f"猜第 {n} 次的密码，够长了", address=_ELSEWHERE, agent=_AGENT, now=datetime.now(UTC)
            )
    entrance.refused(on_site(liaison), READABLE_NAMES[Readable.ITEM], no, datetime.now(UTC))
    told = Request(no=no, kind="remark", caller=at_console(leader), text="在主机上代为录入的批示：请举一反三。")
    receipt = await product.desk.give(told)
    with product.database.read() as connection:
        found = find_access(connection, EntrySearch(kinds=ENTRANCE_KINDS, first=began.date()), size=_PAGE).entries
        console = find(connection, EntrySearch(via="console"), size=_PAGE).entries
    kinds = [one.kind for one in found]
    missing = [
        name
        for name, holds in (
            ("登录", kinds.count("signed_in") == 4),
            ("未成的登录", {"sign_in_failed", "account_locked"} <= set(kinds)),
            ("越权", "scope_refused" in kinds),
            ("终端代办", any((one.stream, one.seq) == (no, receipt.seq) for one in console)),
        )
        if not holds
    ]
    rows = [(f"{one.at[11:16]}", one.actor_name, one.kind_name, one.sentence) for one in found[:_SHOWN]]
    out.print(make_table("审计检索“账号和登录”", ("时刻（UTC）", "谁", "种类", "内容"), rows))
    by_hand = next((one for one in console if one.stream == no), None)
    if by_hand:
        out.print(Text(f"{no} 第 {by_hand.seq} 条：{by_hand.actor_name}，{by_hand.by_hand}。"))
    all_found = "四次登录、五次猜密码、一次越权、一次终端代办：检索里都有。"
    said = f"检索里没有的：{'、'.join(missing)}" if missing else all_found
    out.print(Text(said, style="bold red" if missing else "green"))
    _planted(product, out, supervisor)


def _holder(product: Product, role: Role) -> str:
    with product.database.read() as connection:
        posts = [who.id for who in people.everybody(connection) if role in {post.role for post in who.posts}]
    return posts[0]


def _planted(product: Product, out: Console, person: str) -> None:
    """In a copy of the database somebody lets themselves in: a session of which no entry speaks."""
    copy = product.settings.data / "插了一处登录的副本.db"
    copied(product, copy)
    database = Database(f"sqlite:///{copy}")
    try:
        with database.write() as connection:
            row = dict(connection.execute(select(SESSION).where(SESSION.c.person == person)).mappings().first() or {})
            connection.execute(insert(SESSION).values(**row | {"id": "planted", "hash": "f" * 64}))
        wrong = verify(database).wrong
    finally:
        database.close()
        copy.unlink()
    words = f"核验指出：{wrong[0].what}" if wrong else "没有看出来"
    out.print(Text(f"有人在数据库的副本里给自己插了一处登录：{words}。", style="yellow" if wrong else "bold red"))
