"""The versions of processes that the ledger knows: which one new items get, and how many open items each still has.
Reads only."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from definitions.directory import UNIT_KINDS
from ledger.chain import pinned
from ledger.chain.entries import ITEM
from ledger.chain.pinned import PROCESS
from rules.errors import Code, RuleViolation
from rules.figures.asking import is_asked
from rules.machine.commands import ENDED
from rules.process import Process


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownVersion:
    """One version of a process: what it is for each variant and kind of unit, those of one variant together.

    `current`: new items get it. `open_items`: so many still run by it.
    """

    processes: tuple[Process, ...]
    current: bool
    open_items: int

    @property
    def process(self) -> str:
        """The id of the process."""
        return self.processes[0].id

    @property
    def name(self) -> str:
        """What people call the process."""
        return self.processes[0].name

    @property
    def edition(self) -> str:
        """The version as people write it."""
        return self.processes[0].version.partition("#")[0]

    @property
    def hash(self) -> str:
        """Of what its file said."""
        return self.processes[0].version.partition("#")[2]

    @property
    def title(self) -> str:
        """Name, edition and hash, as a version is named in sentences."""
        return f"{self.name} {self.edition}（{self.hash}）"

    @property
    def variants(self) -> dict[str, str]:
        """The names of its variants by id."""
        return {p.variant: p.variant_name for p in self.processes}

    @property
    def unit_kinds(self) -> dict[str, str]:
        """The names of its kinds of unit by id."""
        return {p.unit_kind: p.unit_kind_name for p in self.processes}


def versions(connection: Connection, process_id: str = "") -> tuple[KnownVersion, ...]:
    """All versions, or those of one process: by process, the current one first, then those with more open items."""
    query = select(PROCESS.c.ref, PROCESS.c.current).order_by(PROCESS.c.process, PROCESS.c.ref)
    rows = connection.execute(query.where(PROCESS.c.process == process_id) if process_id else query).all()
    running = _running(connection)
    found: dict[tuple[str, str], list[tuple[Process, bool]]] = {}
    for ref, current in rows:
        process = pinned.process(connection, ref)
        found.setdefault((process.id, process.version), []).append((process, current))
    known = [
        KnownVersion(
            processes=tuple(sorted((process for process, _ in pairs if not is_asked(process)), key=_place)),
            current=any(current for _, current in pairs),
            open_items=sum(running[process.ref] for process, _ in pairs),
        )
        for pairs in found.values()
    ]
    return tuple(sorted(known, key=lambda v: (v.process, not v.current, -v.open_items, v.hash)))


_KINDS = {kind: place for place, kind in enumerate(UNIT_KINDS)}


def _place(process: Process) -> tuple[str, int, str]:
    """Together what is of one variant, the kinds of unit as people list them."""
    return process.variant, _KINDS.get(process.unit_kind, len(_KINDS)), process.unit_kind


def version_of(known: Sequence[KnownVersion], word: str) -> KnownVersion:
    """The version that people name: a process by id or name, which means its current version, or behind an @ the
    edition or the beginning of the hash. Raises field_invalid, with those that there are."""
    wanted, _, which = word.partition("@")
    own = [v for v in known if wanted in (v.process, v.name)]
    found = [v for v in own if (v.edition == which or v.hash.startswith(which) if which else v.current)]
    if len(found) == 1:
        return found[0]
    several = [v for v in found if v.current]
    if which and len(several) == 1:  # an edition that was loaded more than once means the last
        return several[0]
    choices = [f"{v.process}@{v.hash}" for v in found or own] or [v.process for v in known if v.current]
    raise RuleViolation(Code.FIELD_INVALID, field="流程", actual=word, expected=" 或 ".join(choices) or "已载入的流程")


def _running(connection: Connection) -> Counter[str]:
    query = select(ITEM.c.process_ref, func.count()).where(ITEM.c.status.not_in(ENDED)).group_by(ITEM.c.process_ref)
    return Counter({ref: count for ref, count in connection.execute(query)})
