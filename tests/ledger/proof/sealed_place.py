"""A ledger with its keys, its evidence and its copy of the seals outside: what the tests of proof tamper with."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from ledger.proof import checkpoints, outside
from ledger.proof.checkpoints import Checkpoint
from ledger.proof.keys import KeyFolder
from ledger.proof.verify import Mark, Verified, verify
from ledger.proof.verifying.found import Wrong
from ledger.store.canonical import entry_hash
from ledger.store.database import Database, hashing_of
from ledger.store.evidence import EvidenceStore
from rules.machine.commands import CommandKind as K
from rules.machine.commands import Via
from tests.support import world
from tests.support.factories import ADMINISTRATOR, LEADER
from tests.support.world import NOW

AT_CONSOLE = replace(LEADER, via=Via.CONSOLE, through="root (0)")
TRIGGERS = ("entry_no_update", "entry_no_delete", "entry_chained")


class Place:
    """A ledger with its keys, its evidence and its copy of the seals outside."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.keys = KeyFolder(folder / "keys")
        self.outside = folder / "outside" / "seals.jsonl"
        self.files = EvidenceStore(folder / "evidence")

    def seal(self) -> Checkpoint:
        signer = self.keys.signer(self.database, NOW, ADMINISTRATOR)
        made, _ = checkpoints.seal(self.database, signer, NOW, beyond=outside.last_number(self.outside))
        with self.database.read() as connection:
            outside.publish(connection, self.outside)
        return made

    def verified(self, since: Mark | None = None) -> Verified:
        return verify(self.database, files=self.files, outside=outside.read(self.outside), since=since)

    def words(self) -> str:
        return "\n".join(f"{w.stream} {w.seq} {w.what}" for w in self.verified().wrong)

    def changed(self, since: Mark | None = None) -> list[Wrong]:
        """What is wrong besides the guards that somebody took away."""
        gone, *rest = self.verified(since).wrong
        assert gone.what.startswith("防改触发器不在或被换过")
        return rest

    def lift_guards(self) -> None:
        """Somebody has the database, and knows how to drop a trigger."""
        with self.database.write() as connection:
            for trigger in (*TRIGGERS, *("entry_last",)[: self.database.is_sqlite]):
                connection.execute(text(f"DROP TRIGGER {trigger}" + ("" if self.database.is_sqlite else " ON entry")))

    def tamper(self, *statements: str) -> None:
        with self.database.write() as connection:
            for statement in statements:
                connection.execute(text(statement))


def lead(database: Database, no: str, more: int = 3) -> None:
    """An item of some entries: issued, signed, remarked upon, at last by a command at the console."""
    world.store_issued(database, world.issued(no))
    world.give(database, no, K.SIGN, NOW + timedelta(hours=1), f"{no}-sign")
    for n in range(more):
        by = AT_CONSOLE if n == more - 1 else LEADER
        world.give(database, no, K.REMARK, NOW + timedelta(hours=2 + n), f"{no}-{n}", by=by, text=f"第 {n} 次批示")


def rehash(connection: Connection, no: str, after: int) -> None:
    """What somebody does who knows how hashes are made: the whole chain anew from there on, and the register's head."""
    hashing = hashing_of(connection)
    query = text("SELECT * FROM entry WHERE stream = :no ORDER BY seq")
    head = ""
    for row in connection.execute(query, {"no": no}).mappings().all():
        if row["seq"] < after:
            head = row["hash"]
            continue
        fields = {k: v for k, v in row.items() if k not in ("position", "hash")}
        if row["seq"] > 1:
            fields["prev_hash"] = head
        head = entry_hash(hashing, **fields)
        change = text("UPDATE entry SET prev_hash = :prev, hash = :hash WHERE stream = :no AND seq = :seq")
        connection.execute(change, {"prev": fields["prev_hash"], "hash": head, "no": no, "seq": row["seq"]})
    connection.execute(text("UPDATE item SET head = :head WHERE no = :no"), {"head": head, "no": no})


A = "XX2026-0001"


B = "XX2026-0002"


C = "XX2026-0003"
