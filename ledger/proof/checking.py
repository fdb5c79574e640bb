"""Whether a bundle proves what it says. Needs the file and a key that is trusted, nothing else; writes nothing.

Pure but for reading the file: no database, no settings, no network. Memory is bounded by the limits of
ledger/proof/bundles.py, whatever the file holds.
"""

import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from ledger.proof import bundles
from ledger.proof.bundles import Attached, ErasableName, Manifest, Proof
from ledger.proof.container import MOST, ContainerReader, NotABundle
from ledger.proof.merkle import included
from ledger.proof.score_checking import SCORES, ScoresChecked, check_scores
from ledger.proof.statements import BUNDLE_TAG, Seal, exactly, fingerprint, is_hash, is_signed, key_chain, seal_of
from ledger.proof.trusted import TrustedKey
from ledger.store.canonical import GENESIS, canonical, parse
from ledger.store.hashing import AlgorithmMissing, Hashing, hashing

T = TypeVar("T")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_TEXTS = ("actor", "command", "kind", "prev_hash", "role", "stream", "via")
_INSTANTS = ("at", "recorded_at")
_MEMBERS = {*_TEXTS, *_INSTANTS, "body", "seq", "unit"}
_MAY = {"behalf", "command_hash", "through", "told"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the bundle proves: these entries stand in that ledger, sealed by that checkpoint. `scores`: of a unit's
    scores, what became of reckoning them again."""

    item: str
    ledger: str
    algorithm: str
    entries: int
    made_at: datetime
    seal: Seal
    fingerprint: str
    key: str
    evidence: tuple[Attached, ...]
    names: int
    names_absent: int
    scores: ScoresChecked | None = None


def check(path: Path, key: TrustedKey) -> Checked:
    """What the bundle proves to whoever trusts `key`. Raises Refused, saying what is wrong, for anything less."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise NotABundle("不是普通文件")
        if about.st_size > MOST:
            raise NotABundle(f"文件有 {about.st_size} 字节，证明包最多 {MOST} 字节")
        with path.open("rb") as file:
            return check_open(file, key)
    except OSError as failure:
        raise NotABundle(f"读不了文件：{failure.strerror or failure}") from failure


def check_open(file: BinaryIO, key: TrustedKey) -> Checked:
    """As `check`, of a file that is open and read from here to its end."""
    reader = ContainerReader(file)
    data = b"".join(reader.content(bundles.MANIFEST, most=bundles.MANIFEST_MOST))
    signature = b"".join(reader.content(bundles.SIGNATURE, most=128, size=128))
    manifest, algorithm = _manifest(data)
    seal = _signed(manifest, data, signature, key)
    contents = _Members(manifest=manifest, hashing=algorithm, seal=seal)
    for listed in manifest.files:
        digest = algorithm.new(b"")
        for chunk in contents.taken(reader, listed):
            digest.update(chunk)
        if digest.hexdigest() != listed.hash:
            raise NotABundle(f"{listed.name} 的内容与清单里的哈希不符：文件被改动")
    reader.end()
    contents.end()
    return Checked(
        item=manifest.item,
        ledger=manifest.ledger,
        algorithm=manifest.algorithm,
        entries=manifest.entries,
        made_at=manifest.made_at,
        seal=seal,
        fingerprint=fingerprint(algorithm.hexdigest(manifest.checkpoint.body.encode())),
        key=seal.key,
        evidence=manifest.evidence,
        names=len(contents.names),
        names_absent=contents.absent,
        scores=contents.scores() if manifest.item.startswith(SCORES) else None,
    )


def _manifest(data: bytes) -> tuple[Manifest, Hashing]:
    try:
        manifest = exactly(Manifest, data)
    except ValueError as error:
        if (other := _format(data)) not in ("", bundles.FORMAT):
            raise NotABundle(f"证明包的格式是 {other!r:.60}，这个程序只认识 {bundles.FORMAT!r}") from error
        raise NotABundle(f"清单 {bundles.MANIFEST} 不合规定：{error!s:.200}") from error
    if manifest.format != bundles.FORMAT:
        raise NotABundle(f"证明包的格式是 {manifest.format!r:.60}，这个程序只认识 {bundles.FORMAT!r}")
    try:
        algorithm = hashing(manifest.algorithm)
    except AlgorithmMissing as missing:
        raise NotABundle(str(missing)) from missing
    names = [listed.name for listed in manifest.files]
    ids = [one.id for one in manifest.evidence]
    if ids != sorted(set(ids)) or not all(is_hash(one) for one in ids):
        raise NotABundle("清单里的佐证材料编号不合规定")
    of_scores = {bundles.BASIS, bundles.BASIS_PROOFS} <= set(names)
    right = of_scores or not set(bundles.BASIS_FILE_MOST) & set(names)
    if names != bundles.order(names, manifest.evidence) or not right or of_scores != manifest.item.startswith(SCORES):
        raise NotABundle("清单里的文件不是证明包该有的那些，或顺序不对")
    if not 1 <= manifest.entries <= bundles.ENTRIES_MOST:
        raise NotABundle(f"清单写有 {manifest.entries} 条记录，只能有 1 到 {bundles.ENTRIES_MOST} 条")
    sizes = {one.file: one.size for one in manifest.evidence if one.absent is None}
    for listed in manifest.files:
        most = bundles.most_of(listed.name)
        if not 0 <= listed.size <= most or listed.size != sizes.get(listed.name, listed.size):
            raise NotABundle(f"清单里 {listed.name} 的大小 {listed.size} 不合规定，最多 {most} 字节")
    return manifest, algorithm


def _format(data: bytes) -> str:
    try:
        plain = parse(data)
    except ValueError:
        return ""
    found = plain.get("format", "") if isinstance(plain, dict) else ""
    return found if isinstance(found, str) else ""


def _signed(manifest: Manifest, data: bytes, signature: bytes, key: TrustedKey) -> Seal:
    """The checkpoint, when keys, manifest and checkpoint are signed as they should be, and `key` is among the keys."""
    try:
        chain = key_chain(manifest.keys)
    except ValueError as error:
        raise NotABundle(f"密钥链不成立：{error!s:.200}") from error
    if not key.is_among(chain.keys):
        known = "、".join(fingerprint(one) for one in list(chain.keys)[-5:])
        raise NotABundle(f"证明包的密钥链里没有给定的公钥 {key}；链里是 {known}")
    trusted = chain.trusted_with(key.id)
    if manifest.key not in trusted:
        if manifest.key in chain.keys:
            raise NotABundle(f"给定的公钥 {key} 之后换过没有背书的密钥（旧密钥丢失）：请用可靠的途径取得新的公钥")
        raise NotABundle("签署清单的密钥不在密钥链里")
    if not is_signed(trusted[manifest.key], BUNDLE_TAG, data, signature.decode("latin-1")):
        raise NotABundle("清单的签名不成立：清单或签名被改动")
    try:
        seal = seal_of(manifest.checkpoint, trusted)
    except ValueError as error:
        raise NotABundle(f"封存点不成立：{error!s:.200}") from error
    if (seal.algorithm, seal.ledger) != (manifest.algorithm, manifest.ledger):
        raise NotABundle("封存点属于另一个留痕库")
    return seal


@dataclass(slots=True, kw_only=True)
class _Members:
    """What is known so far of the members behind the manifest."""

    manifest: Manifest
    hashing: Hashing
    seal: Seal
    hashes: list[bytes] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    refs: set[str] = field(default_factory=set)
    names: list[str] = field(default_factory=list)
    absent: int = 0
    last_at: str = ""
    last_position: int = 0
    own: list[dict[str, Any]] = field(default_factory=list)
    basis: list[dict[str, Any]] = field(default_factory=list)
    basis_hashes: list[bytes] = field(default_factory=list)
    processes: list[bytes] = field(default_factory=list)

    def taken(self, reader: ContainerReader, listed: bundles.ManifestMember) -> Iterable[bytes]:
        """The bytes of that member, each checked for what it says."""
        name, size = listed.name, listed.size
        match name:
            case bundles.ENTRIES:
                return self._lines(reader, name, size, self._entry, self.manifest.entries)
            case bundles.PROOFS:
                return self._lines(reader, name, size, self._proof, self.manifest.entries)
            case bundles.NAMES:
                return self._lines(reader, name, size, self._name, len(self.refs))
            case bundles.BASIS:
                return self._lines(reader, name, size, self._basis, None)
            case bundles.BASIS_PROOFS:
                self.last_position = 0
                return self._lines(reader, name, size, self._basis_proof, len(self.basis))
            case bundles.PROCESS_BODIES:
                return self._lines(reader, name, size, lambda _, line: self.processes.append(line), None)
        return reader.content(name, most=size, size=size)

    def _lines(
        self, reader: ContainerReader, name: str, size: int, take: Callable[[int, bytes], None], count: int | None
    ) -> Iterator[bytes]:
        """Each line is handed to `take` with its number; `count` lines in all, or as many as there are."""
        number = 0
        for number, line in enumerate(reader.lines(name, most=size, size=size, line=bundles.LINE_MOST), 1):
            if count is not None and number > count:
                raise NotABundle(f"{name} 多于应有的 {count} 行")
            take(number, line)
            yield line
            yield b"\n"
        if count is not None and number != count:
            raise NotABundle(f"{name} 只有 {number} 行，应有 {count} 行")

    def _entry(self, number: int, line: bytes) -> None:
        where = f"第 {number} 条记录"
        entry = _entry_of(line, where)
        if entry["stream"] != self.manifest.item:
            raise NotABundle(f"{where}属于 {entry['stream']!r:.60}，不属于 {self.manifest.item!r:.60}")
        if entry["seq"] != number:
            raise NotABundle(f"{where}的序号是 {entry['seq']}")
        if entry["prev_hash"] != (self.hashes[-1].hex() if self.hashes else GENESIS):
            raise NotABundle(f"{where}与上一条接不上")
        if entry["at"] < self.last_at:
            raise NotABundle(f"{where}的时刻早于上一条")
        self.last_at = entry["at"]
        if entry["stream"].startswith(SCORES):  # what it calls evidence is a text, and names no file
            self.own.append(entry)
        else:
            self.named |= _evidence(entry["body"], where)
        self.refs |= bundles.erasable_refs(entry["body"])
        self.hashes.append(self.hashing.digest(line))

    def _basis(self, number: int, line: bytes) -> None:
        self.basis.append(_entry_of(line, f"依据的第 {number} 条记录"))
        self.basis_hashes.append(self.hashing.digest(line))

    def _proof(self, number: int, line: bytes) -> None:
        self._sealed(line, f"第 {number} 条记录", self.hashes[number - 1])

    def _basis_proof(self, number: int, line: bytes) -> None:
        self._sealed(line, f"依据的第 {number} 条记录", self.basis_hashes[number - 1])

    def _sealed(self, line: bytes, where: str, leaf: bytes) -> None:
        """The line proves that the entry of that hash stands in the sealed tree, behind the one before."""
        proof = _exact_line(Proof, line, f"{where}的位置证明")
        if proof.position <= self.last_position:
            raise NotABundle(f"{where}的位置不在上一条之后")
        self.last_position = proof.position
        if len(proof.path) > 64 or not all(is_hash(one) for one in proof.path):
            raise NotABundle(f"{where}的位置证明不合规定")
        holds = included(
            self.hashing,
            leaf=leaf,
            index=proof.position - 1,
            size=self.seal.size,
            path=[bytes.fromhex(one) for one in proof.path],
            root=bytes.fromhex(self.seal.root),
        )
        if not holds:
            raise NotABundle(f"{where}不在第 {self.seal.number} 个封存点之内：内容被改动，或不是留痕库里的记录")

    def scores(self) -> ScoresChecked:
        """The unit's scores, reckoned again."""
        return check_scores(self.manifest.item, self.own, self.basis, self.processes)

    def _name(self, number: int, line: bytes) -> None:
        where = f"第 {number} 个分开存放的姓名"
        name = _exact_line(ErasableName, line, where)
        if name.ref not in self.refs or (self.names and name.ref <= self.names[-1]):
            raise NotABundle(f"{where}没有一条记录提到，或不按顺序")
        self.names.append(name.ref)
        if name.absent:
            if name.salt is not None or name.value is not None:
                raise NotABundle(f"{where}写明没有附上，却附上了")
            self.absent += 1
            return
        try:
            digest = self.hashing.hexdigest(bytes.fromhex(name.salt or "") + (name.value or "").encode())
        except ValueError:
            digest = ""
        if digest != name.ref:
            raise NotABundle(f"{where}与记录里的哈希不符：被改动")

    def end(self) -> None:
        """Every file and name that an entry names is there or accounted for, and no other."""
        if self.refs and not self.names:
            raise NotABundle(f"记录里有分开存放的姓名，证明包里没有 {bundles.NAMES}")
        listed = {one.id for one in self.manifest.evidence}
        if lost := self.named - listed:
            raise NotABundle(f"记录提到的佐证材料 {min(lost)} 没有列入清单")
        if extra := listed - self.named:
            raise NotABundle(f"清单里的佐证材料 {min(extra)} 没有一条记录提到")
        for one in self.manifest.files:
            if one.name.startswith("evidence/") and one.hash != one.name[9:73]:
                raise NotABundle(f"{one.name} 的哈希与编号不符")


def _entry_of(line: bytes, where: str) -> dict[str, Any]:
    """The object that is hashed as an entry: its members, each of its type."""
    try:
        entry = parse(line)
        same = canonical(entry) == line
    except (ValueError, TypeError, RecursionError) as error:
        raise NotABundle(f"{where}不是 JSON") from error
    if not same:
        raise NotABundle(f"{where}不是规范的 JSON（RFC 8785）")
    if not isinstance(entry, dict) or not _MEMBERS <= set(entry) <= _MEMBERS | _MAY:
        raise NotABundle(f"{where}的成员不合规定")
    right = (
        all(isinstance(entry[name], str) for name in _TEXTS)
        and all(isinstance(entry[name], str) and _INSTANT.fullmatch(entry[name]) for name in _INSTANTS)
        and type(entry["seq"]) is int
        and isinstance(entry["body"], dict)
        and isinstance(entry["unit"], str | None)
        and isinstance(entry.get("behalf", ""), str)
        and isinstance(entry.get("command_hash", ""), str)
        and isinstance(entry.get("through", ""), str)
        and isinstance(entry.get("told", []), list)
    )
    if not right:
        raise NotABundle(f"{where}的成员不合规定")
    return entry


def _evidence(body: dict[str, Any], where: str) -> set[str]:
    """The ids of the files that an entry names."""
    ids = body.get("evidence", [])
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise NotABundle(f"{where}的佐证材料不合规定")
    return set(ids)


def _exact_line(cls: type[T], line: bytes, where: str) -> T:
    try:
        return exactly(cls, line)
    except ValueError as error:
        raise NotABundle(f"{where}不合规定：{error!s:.200}") from error
