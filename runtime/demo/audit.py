"""The auditor's scene: a proof taken home, and a copy of the database tampered with, found and named."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.text import Text
from sqlalchemy import Connection, text

from ledger.directory import people
from ledger.proof import keys, outside
from ledger.proof.checking import check
from ledger.proof.trusted import trusted_key
from ledger.proof.verify import Verified, verify
from ledger.store.canonical import entry_hash
from ledger.store.database import Database, hashing_of
from rules.machine.commands import Actor
from rules.process import Role
from runtime.cli.output import make_table
from runtime.product import Product
from runtime.proving import prove_item
from runtime.sealing import seal_now

_SHOWN = 4


def scene(product: Product, out: Console, no: str) -> Verified:
    """Sealed, verified, proved, checked; then the same ledger in the hands of somebody who changes it."""
    settings, database = product.settings, product.database
    out.rule(Text("审计", style="bold"), align="left", style="red")
    made, _ = seal_now(settings, database)
    out.print(Text(f"封存点 #{made.number}：签名盖住 {made.size} 条记录，指纹 {made.fingerprint}；副本写在库外。"))
    whole = verify(database, outside=_copies(product))
    found = "全部相符" if not whole.wrong else f"{len(whole.wrong)} 处不符"
    out.print(Text(f"核验留痕链：{whole.items} 个事项，{whole.entries} 条记录，{found}。", style="bold"))
    _prove(product, out, no)
    _tamper(product, out, no)
    return whole


def _copies(product: Product) -> outside.Outside | None:
    """The seals as they stand outside; read before the database is."""
    return outside.read(product.settings.seal_file) if product.settings.seal_file else None


def _prove(product: Product, out: Console, no: str) -> None:
    bundle = product.settings.data / f"{no}-证明.zip"
    with product.database.read() as connection:
        auditor = Actor(id=people.holders(connection, Role.AUDITOR)[0], role=Role.AUDITOR)
    proved = prove_item(product.settings, product.database, no, bundle, actor=auditor)
    with product.database.read() as connection:
        latest = keys.latest_key(connection)
    assert latest is not None, "it has just been sealed"
    seen = check(bundle, trusted_key(latest.public.hex()))
    words = (
        f"{no} 的证明包 {bundle.name}（{proved.size:,} 字节）：只凭这个文件和公钥核对，{seen.entries} 条记录全部成立。"
    )
    out.print(Text(words, style="green"))


def _tamper(product: Product, out: Console, no: str) -> None:
    """A copy of the database is changed twice: clumsily, then with every hash after it made to fit."""
    copy = product.settings.data / "被篡改的副本.db"
    copies = _copies(product)
    for title, fit in (("只改内容", False), ("改了内容，再把后面的哈希和台账都重新算过", True)):
        _copy(product, copy)
        database = Database(f"sqlite:///{copy}")
        try:
            with database.write() as connection:
                _change(connection, no, fit=fit)
            wrong = verify(database, outside=copies).wrong
        finally:
            database.close()
        out.print(Text(f"有人拿到数据库的副本，撤掉防改触发器，改动 {no} 第 2 条是谁办的（{title}）：", style="yellow"))
        rows = [(one.stream or "全库", one.seq or "", one.what) for one in wrong[:_SHOWN]]
        out.print(make_table(f"查出 {len(wrong)} 处不符", ("事项", "第几条", "哪里不符"), rows))
    copy.unlink()


def _copy(product: Product, target: Path) -> None:
    target.unlink(missing_ok=True)
    path = product.settings.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as to:
        source.backup(to)


def _change(connection: Connection, no: str, *, fit: bool) -> None:
    for trigger in ("entry_no_update", "entry_no_delete", "entry_chained", "entry_last"):
        connection.execute(text(f"DROP TRIGGER {trigger}"))
    change = text("UPDATE entry SET actor = 'p2002' WHERE stream = :no AND seq = 2")
    connection.execute(change, {"no": no})
    if fit:
        _make_fit(connection, no)


def _make_fit(connection: Connection, no: str) -> None:
    """The chain and the register's head anew, as somebody would who knows how they are made."""
    head = ""
    rows = connection.execute(text("SELECT * FROM entry WHERE stream = :no ORDER BY seq"), {"no": no}).mappings().all()
    for row in rows:
        members = {name: value for name, value in row.items() if name not in ("position", "hash")}
        members["prev_hash"] = head or row["prev_hash"]
        head = entry_hash(hashing_of(connection), **members)
        change = text("UPDATE entry SET prev_hash = :prev, hash = :hash WHERE stream = :no AND seq = :seq")
        known = {"prev": members["prev_hash"], "hash": head, "no": no, "seq": row["seq"]}
        connection.execute(change, known)
    connection.execute(text("UPDATE item SET head = :head WHERE no = :no"), {"head": head, "no": no})
