"""The keys that seal the ledger: Ed25519, the private one in a file of its owner's, the public ones kept for ever.

Each public key stands in a statement, signed by itself and by the key before it, so that whoever trusts one of them can
get to all the others. A private key that has been replaced is destroyed.
"""

import os
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from sqlalchemy import Connection, RowMapping, func, insert, select

from ledger.chain import journal
from ledger.directory.joint.acts import JointWanted, carry_out
from ledger.proof.statements import KEY_TAG, KeyStatement, SignedKey, key_id
from ledger.store.canonical import canonical
from ledger.store.database import Database
from ledger.store.proof_tables import SealKey
from ledger.store.tables import table_of
from rules.codec import encode
from rules.errors import Code, RuleViolation
from rules.joint.acts import JointAct
from rules.joint.facts import JointDetail
from rules.machine.commands import Actor
from rules.office.facts import KeyMade

KEY = table_of(SealKey)
_PRIVATE, NEXT = "seal.key", "next.key"


class KeyProblem(Exception):
    """The private key cannot be used. The message says why, and the way out."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key in use."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The 32 raw bytes of its public key."""
        return self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def id(self) -> str:
        """The id of its public key."""
        return key_id(self.public)

    def sign(self, domain: bytes, body: str) -> str:
        """The signature over domain and body, in hexadecimal."""
        return self.private.sign(domain + body.encode()).hex()


def rotation(after: str, *, lost: bool) -> JointWanted:
    """The act of two people by which another key seals in place of `after`; `lost`: without its word."""
    how = "不能，原来的私钥已丢失" if lost else "能"
    told = (("接替的密钥", after or "（没有）"), ("由它作保", how))
    return JointWanted(
        act=JointAct.SEAL_KEY, details=tuple(JointDetail(name=name, value=value) for name, value in told)
    )


class KeyFolder:
    """The folder of the private key; nobody but its owner may read it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def signer(self, database: Database, now: datetime, actor: Actor) -> Signer:
        """The key that seals; made at the first call, and when the last rotation stopped half-way that is finished.

        Raises KeyProblem, and ledger_broken when the key that is registered cannot be read.
        """
        while True:
            with database.read() as connection:
                latest = registered(connection)
            if latest is None:
                if made := self._make(database, now, actor, after="", before=None):
                    return made
                continue  # somebody else made the first one meanwhile
            waiting = self._read(NEXT)
            if waiting and waiting.id == latest.id:
                self._settle(database)
            found = self._read(_PRIVATE)
            if found and found.id == latest.id:
                return found
            with database.read() as connection:
                newest = registered(connection)
            if newest == latest:
                raise self._unusable(found, latest)

    def _unusable(self, found: Signer | None, latest: KeyStatement) -> KeyProblem:
        if found is None:
            return KeyProblem(
                f"封存密钥 {self.folder / _PRIVATE} 不见了（库里登记的是 {latest.id}）。"
                "从备份恢复这个文件；确实丢失的，运行 duban audit rotate-key --lost 换一把新的。"
            )
        return KeyProblem(
            f"封存密钥 {self.folder / _PRIVATE} 是 {found.id}，库里登记的是 {latest.id}：不是同一套。"
            "把与这个库配套的密钥放回来，或运行 duban audit rotate-key --lost。"
        )

    def rotate(self, database: Database, now: datetime, actor: Actor, *, lost: bool = False) -> Signer:
        """A new key seals from now on, endorsed by the one before unless that one is `lost`, and the old private key is
        gone. Raises KeyProblem; ledger_broken as `signer` does; SecondNeeded where another has still to confirm it."""
        if lost:
            with database.read() as connection:
                latest = registered(connection)
            after, before = latest.id if latest else "", None
        else:
            before = self.signer(database, now, actor)
            after = before.id
        made = self._make(database, now, actor, after=after, before=before, wanted=rotation(after, lost=lost))
        if made is None:
            raise KeyProblem(
                "封存密钥刚刚被另一个程序换过，这次没有再换。运行 duban audit key 查看；仍要换的再运行一次。"
            )
        return made

    def _make(
        self,
        database: Database,
        now: datetime,
        actor: Actor,
        *,
        after: str,
        before: Signer | None,
        wanted: JointWanted | None = None,
    ) -> Signer | None:
        """A fresh key follows the key `after`; None, and nothing is made, when that is no longer the last.

        One transaction with the writers' lock reads which is the last, writes the file and the statement: of two that
        make a key at once, one does. First the file, then the statement, then the file in its place: see `signer`.
        """
        with database.write() as connection:
            latest = registered(connection)
            if (latest.id if latest else "") != after:
                return None
            if latest is None:
                _refuse_forgotten(connection)
            if latest is None and (self.folder / _PRIVATE).exists():
                raise KeyProblem(
                    f"{self.folder / _PRIVATE} 已有一把密钥，库里却一把也没有登记：它不是这个库的，没有覆盖它。"
                    "把它移到别处保存（它原来的库还要用），再封存一次。"
                )
            joint = carry_out(connection, wanted, actor, now).number if wanted else 0
            fresh = Signer(Ed25519PrivateKey.generate())
            self._write(NEXT, fresh)
            said = KeyStatement(id=fresh.id, made_at=now, previous=after, public=fresh.public.hex())
            statement = canonical(encode(said)).decode()
            connection.execute(
                insert(KEY).values(
                    id=fresh.id,
                    n=(connection.execute(select(func.max(KEY.c.n))).scalar() or 0) + 1,
                    statement=statement,
                    signature=fresh.sign(KEY_TAG, statement),
                    endorsement=before.sign(KEY_TAG, statement) if before else "",
                )
            )
            journal.note(connection, KeyMade(key=fresh.id, previous=after, joint=joint), actor, now)
        self._settle(database)
        return fresh

    def _settle(self, database: Database) -> None:
        """The file of the key that is registered last stands in its place. Alone with the writers' lock: the file that
        waits may already be the one of a later key, which is not registered yet."""
        with database.write() as connection:
            latest, waiting = registered(connection), self._read(NEXT)
            if latest and waiting and waiting.id == latest.id:
                os.replace(self.folder / NEXT, self.folder / _PRIVATE)

    def _write(self, name: str, signer: Signer) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pem = signer.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path = self.folder / name
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())

    def _read(self, name: str) -> Signer | None:
        path = self.folder / name
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
            pem = path.read_bytes()
        except FileNotFoundError:
            return None
        if mode & 0o077:
            raise KeyProblem(f"封存密钥 {path} 的权限是 {mode:o}，别人也能读。运行 chmod 600，再换一把新的密钥。")
        try:
            private = load_pem_private_key(pem, None)
        except (ValueError, TypeError) as error:
            raise KeyProblem(f"封存密钥 {path} 读不懂。从备份恢复它。") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyProblem(f"封存密钥 {path} 不是 Ed25519 密钥。从备份恢复它。")
        return Signer(private)


def statements(connection: Connection) -> list[SignedKey]:
    """Every key's statement, the first one first."""
    return [_statement(row) for row in connection.execute(select(KEY).order_by(KEY.c.n)).mappings()]


def presented(connection: Connection) -> list[tuple[SignedKey, KeyStatement]]:
    """Every key with what it says of itself, the first one first. Raises ledger_broken when one cannot be read."""
    try:
        return [(one, one.said) for one in statements(connection)]
    except ValueError as error:
        raise _unreadable() from error


def latest_key(connection: Connection) -> SignedKey | None:
    """The statement of the key that seals now; None before the first."""
    row = connection.execute(select(KEY).order_by(KEY.c.n.desc()).limit(1)).mappings().first()
    return _statement(row) if row else None


def registered(connection: Connection) -> KeyStatement | None:
    """What the key that seals now says of itself; None before the first. Raises ledger_broken."""
    latest = latest_key(connection)
    if latest is None:
        return None
    try:
        return latest.said
    except ValueError as error:
        raise _unreadable() from error


def _refuse_forgotten(connection: Connection) -> None:
    """No entry says that there was a key before, when none is registered. Raises ledger_broken."""
    for _, fact in journal.facts(connection, KeyMade):
        what = f"留痕说启用过 {fact.key}，登记却被删除；请运行 duban audit verify，再从备份恢复"
        raise RuleViolation(Code.LEDGER_BROKEN, where="封存密钥", what=what)


def _unreadable() -> RuleViolation:
    what = "内容读不懂：被改动过；请运行 duban audit verify"
    return RuleViolation(Code.LEDGER_BROKEN, where="封存密钥", what=what)


def _statement(row: RowMapping) -> SignedKey:
    return SignedKey(statement=row["statement"], signature=row["signature"], endorsement=row["endorsement"])
