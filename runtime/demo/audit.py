"""The auditor's scene: a proof taken home, and a copy of the database tampered with, found and named."""

from __future__ import annotations

import sqlite3
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.text import Text
from sqlalchemy import Connection, text

from ledger.chain import lookup
from ledger.directory import people
from ledger.proof import bundles, container, keys, outside
from ledger.proof.checking import Checked, check
from ledger.proof.container import Member, NotABundle
from ledger.proof.trusted import TrustedKey, trusted_key
from ledger.proof.verify import Verified, verify
from ledger.store.canonical import entry_hash
from ledger.store.database import Database, hashing_of
from rules.machine.commands import Actor, Via
from rules.process import Role
from runtime.cli.output import make_table
from runtime.product import Product
from runtime.proving import prove_item
from runtime.sealing import seal_now

_SHOWN = 4


def scene(product: Product, out: Console, no: str, others: Sequence[str] = ()) -> Verified:
    """Sealed, verified; the item and the `others` proved, checked, and refused once changed; then the same ledger in
    the hands of somebody who changes it."""
    settings, database = product.settings, product.database
    out.rule(Text("审计", style="bold"), align="left", style="red")
    made, _ = seal_now(settings, database)
    out.print(Text(f"封存点 #{made.number}：签名盖住 {made.size} 条记录，指纹 {made.fingerprint}；副本写在库外。"))
    whole = verify(database, outside=_copies(product))
    found = "全部相符" if not whole.wrong else f"{len(whole.wrong)} 处不符"
    out.print(Text(f"核验留痕链：{whole.items} 个事项，{whole.entries} 条记录，{found}。", style="bold"))
    _prove_all(product, out, (no, *others))
    _tamper(product, out, no)
    return whole


def _copies(product: Product) -> outside.Outside | None:
    """The seals as they stand outside; read before the database is."""
    return outside.read(product.settings.seal_file) if product.settings.seal_file else None


def _prove_all(product: Product, out: Console, numbers: Sequence[str]) -> None:
    """Each has its bundle, which is checked by itself, and again after somebody changed a word in it."""
    with product.database.read() as connection:
        auditor = Actor(id=people.holders(connection, Role.AUDITOR)[0], role=Role.AUDITOR, via=Via.SITE)
        latest = keys.latest_key(connection)
        titles = {no: str(lookup.item_row(connection, no)["title"]) for no in numbers}
    assert latest is not None, "it has just been sealed"
    key, rows = trusted_key(latest.public.hex()), list[tuple[str, str, str, str, str]]()
    for n, no in enumerate(numbers):
        bundle = product.settings.data / f"{no}-证明.zip"
        proved = prove_item(product.settings, product.database, no, bundle, actor=auditor, pdf=not n)
        seen = check(bundle, key)
        if not n:
            words = f"{no} 的证明包 {bundle.name}（{proved.size:,} 字节）：只凭这个文件和公钥核对，"
            out.print(Text(f"{words}{seen.entries} 条记录全部成立。", style="green"))
        rows.append((no, titles[no][:24], f"{proved.size:,}", _holds(seen), _refusal(bundle, key)))
    columns = ("事项", "事由", "字节", "只凭文件和公钥", "改掉包里一个人名以后")
    out.print(make_table("每个事项、每个子项各有证明包", columns, rows))


def _holds(seen: Checked) -> str:
    files = f"，佐证 {len(seen.evidence)} 份" if seen.evidence else ""
    return f"{seen.entries} 条成立{files}"


def _refusal(bundle: Path, key: TrustedKey) -> str:
    """What is said of the bundle after somebody else stands as who did the last thing, with the file made to fit."""
    forged = bundle.with_suffix(".改过.zip")
    with zipfile.ZipFile(bundle) as file:
        members = {name: file.read(name) for name in file.namelist()}
    before, last = members[bundles.ENTRIES].rsplit(b'"actor":"', 1)
    members[bundles.ENTRIES] = before + b'"actor":"x' + last[1:]
    whole = ((Member(name=name, size=len(data), crc=zlib.crc32(data)), (data,)) for name, data in members.items())
    with forged.open("wb") as target:
        container.write(target, whole)
    try:
        check(forged, key)
    except NotABundle as refused:
        return f"拒绝：{refused}"
    finally:
        forged.unlink()
    return "没有看出来"


def _tamper(product: Product, out: Console, no: str) -> None:
    """A copy of the database is changed twice: clumsily, then with every hash after it made to fit."""
    copy = product.settings.data / "被篡改的副本.db"
    copies = _copies(product)
    for title, fit in (("只改内容", False), ("改了内容，再把后面的哈希和台账都重新算过", True)):
        copied(product, copy)
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


def copied(product: Product, target: Path) -> None:
    """The database as it stands now, in another file."""
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
