"""Evidence: every file that an entry names is registered, and every registered file is there and what its id says; or
an entry says that it was erased, and it is not."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from sqlalchemy import Connection, RowMapping, select

from ledger.chain import erasable
from ledger.chain.erasable import Erasure
from ledger.proof.verifying.found import Wrong
from ledger.store.database import Database
from ledger.store.evidence import EVIDENCE, EvidenceStore
from rules.errors import RuleViolation

EvidenceNames: TypeAlias = dict[str, tuple[str, int]]
"""Ids of files with the entry (stream, seq) that names each first."""
_CHUNK = 200
_ASKED = 500


def verify_named(connection: Connection, named: EvidenceNames) -> Iterator[Wrong]:
    """What entries name stands in the register of files, erased or not."""
    ids = list(named)
    for start in range(0, len(ids), _ASKED):
        asked = ids[start : start + _ASKED]
        known = set(connection.execute(select(EVIDENCE.c.id).where(EVIDENCE.c.id.in_(asked))).scalars())
        for id_ in asked:
            if id_ not in known:
                stream, seq = named[id_]
                what = f"这一条提到的佐证材料 {id_[:12]}… 不在册：登记被删除"
                yield Wrong(stream=stream, seq=seq, what=what)


def verify_files(database: Database, files: EvidenceStore, step: Callable[[], object]) -> Iterator[Wrong]:
    """Every registered file is there and is what its id says, or an entry says that it was erased, and it is gone."""
    after = ""
    with database.read() as connection:
        erased = {ref: one for (what, ref), one in erasable.erasures(connection).items() if what == erasable.FILE}
    columns = (EVIDENCE.c.id, EVIDENCE.c.name, EVIDENCE.c.size, EVIDENCE.c.erased)
    while True:
        query = select(*columns).where(EVIDENCE.c.id > after).order_by(EVIDENCE.c.id).limit(_CHUNK)
        with database.read() as connection:
            rows = connection.execute(query).mappings().all()
        if not rows:
            return
        for row in rows:
            if why := _verify_file(files, row, erased):
                yield Wrong(stream="", seq=0, what=f"佐证材料“{row['name']}”（{row['id'][:12]}…）{why}")
        after = rows[-1]["id"]
        step()


def _verify_file(files: EvidenceStore, row: RowMapping, erased: Mapping[str, Erasure]) -> str | None:
    erasure = erased.get(row["id"])
    if row["erased"] != (erasure.words if erasure else ""):
        return "的删除说明与删除记录不一致：被改动" if erasure else "登记为已删除，却没有删除记录：被改动"
    try:
        data = files.get(row["id"])
    except RuleViolation as refusal:
        if refusal.code == "unknown_evidence":
            return None if erasure else "文件不见了：被删除"
        return "内容与编号不符：文件被换过"
    except OSError as failure:
        return f"文件读不了：{failure.strerror}"
    if erasure:
        return "有删除记录，文件却还在：再运行一次 duban audit erase 就删除"
    return None if len(data) == row["size"] else f"登记的大小 {row['size']} 与文件的 {len(data)} 字节不同：登记被改动"
