"""Whether the ledger proves itself: hashes, chains, folds, projections, notices, evidence, checkpoints, copies outside.

Reads only, and may run beside writers: each transaction sees one instant of the database. Says what is wrong and where.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, func, select

from ledger.chain import pinned
from ledger.chain.entries import ENTRY, ITEM
from ledger.chain.family import chunk
from ledger.chain.family.chunk import COUNTER
from ledger.proof import checkpoints
from ledger.proof.checkpoints import Checkpoint
from ledger.proof.merkle import Frontier
from ledger.proof.outside import Outside
from ledger.proof.verifying.accounts import verify_accounts
from ledger.proof.verifying.authority import verify_authority
from ledger.proof.verifying.draws import verify_draws
from ledger.proof.verifying.evidence import verify_files
from ledger.proof.verifying.family import verify_families
from ledger.proof.verifying.figures import verify_figures
from ledger.proof.verifying.found import VerifyProgress, Wrong
from ledger.proof.verifying.joint import verify_joint
from ledger.proof.verifying.names import verify_known_names, verify_names
from ledger.proof.verifying.rounds import verify_rounds
from ledger.proof.verifying.scores import verify_scores
from ledger.proof.verifying.seals import Walk, verify_seals
from ledger.proof.verifying.streams import STREAMS_AT_ONCE, next_streams, verify_streams
from ledger.store.database import Database, hashing_of
from ledger.store.evidence import EvidenceStore
from ledger.store.migrations import changed_guards, foreign_rules

__all__ = ["Mark", "Verified", "VerifyProgress", "Wrong", "size", "verify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Up to where a verification found nothing wrong: a checkpoint, and the tree there. The next one may begin here."""

    checkpoint: Checkpoint
    frontier: Frontier

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        one = self.checkpoint
        return {"body": one.body, "signature": one.signature, "frontier": self.frontier.plain()}

    @classmethod
    def of(cls, plain: dict[str, Any], connection: Connection) -> "Mark":
        """The mark that `plain` was made from. Raises ValueError for what is none of this ledger's."""
        try:
            found = Checkpoint.of(plain["body"], plain["signature"])
            frontier = Frontier.of_plain(hashing_of(connection), plain["frontier"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("no mark of a ledger that was verified") from error
        if found.ledger != checkpoints.identity(connection) or frontier.root().hex() != found.root:
            raise ValueError("a mark of another ledger, or damaged")
        return cls(checkpoint=found, frontier=frontier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was looked at, and everything that is wrong with it. `checkpoint`: the last one that the entries lead to;
    `mark`: where the next verification may begin, when nothing is wrong and there is a checkpoint."""

    entries: int
    items: int
    wrong: tuple[Wrong, ...]
    checkpoint: Checkpoint | None = None
    mark: Mark | None = None


def size(database: Database) -> int:
    """How many entries there are to verify."""
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(ENTRY)).scalar() or 0


def verify(
    database: Database,
    count: VerifyProgress | None = None,
    step: Callable[[], object] = lambda: None,
    *,
    files: EvidenceStore | None = None,
    outside: Outside | None = None,
    since: Mark | None = None,
    deep: bool = True,
) -> Verified:
    """Every stream against its chain, register and notices; the whole against its checkpoints and the copies `outside`
    (which have to be read before, so that the database is never older than they are).

    `since`: only what came after that mark, and whole streams that something was added to. `files`: evidence is looked
    at too. Not `deep`: hashes, chains, tree and checkpoints only; no entry is folded and compared with register and
    notices. `count` is kept current; `step` is called after every chunk.
    """
    count = count or VerifyProgress()
    with database.read() as connection:
        wrong = list(_verify_guards(connection))
        if since is None:
            wrong += _missing_numbers(connection)
        wrong += _verify_pinned(connection)
    for names in _touched(database, since) if since else _all(database):
        with database.read() as connection:
            wrong += verify_streams(connection, names, count, deep=deep, neighbours=since is None)
        step()
    with database.read() as connection:
        found, walk = verify_seals(
            connection,
            outside,
            begin=since.frontier if since else None,
            since=since.checkpoint if since else None,
            step=lambda entries: step(),
        )
        wrong += found
        if deep:
            wrong += verify_names(connection, since.checkpoint.size if since else 0)
            wrong += verify_known_names(connection)
            wrong += verify_authority(connection)
            wrong += verify_accounts(connection)
            wrong += verify_joint(connection)
            wrong += verify_families(connection)
            wrong += verify_draws(connection)
            wrong += verify_rounds(connection)
            wrong += verify_figures(connection)
            wrong += verify_scores(connection)
    if files:
        wrong += verify_files(database, files, step)
    return Verified(
        entries=count.entries, items=count.items, wrong=tuple(wrong), checkpoint=walk.holds, mark=_mark(walk, wrong)
    )


def _verify_guards(connection: Connection) -> Iterator[Wrong]:
    changed = changed_guards(connection)
    if changed:
        what = f"防改触发器不在或被换过（{'、'.join(changed)}）：有人撤掉了它们，其后的改动没有拦住"
        yield Wrong(stream="", seq=0, what=what)
    for found in foreign_rules(connection):
        what = f"库里有不是督办的{found}：有人加上的，会改动或遮住写入和读出的内容，请数据库管理员查明后删除"
        yield Wrong(stream="", seq=0, what=what)


def _mark(walk: Walk, wrong: list[Wrong]) -> Mark | None:
    if wrong or walk.holds is None or walk.held is None:
        return None
    return Mark(checkpoint=walk.holds, frontier=walk.held)


def _all(database: Database) -> Iterator[list[str]]:
    """The names of all streams, a few hundred at a time."""
    after = ""
    while True:
        with database.read() as connection:
            names = next_streams(connection, after)
        if not names:
            return
        yield names
        after = names[-1]


def _touched(database: Database, since: Mark) -> Iterator[list[str]]:
    """The names of the streams that something was added to since the mark."""
    query = select(ENTRY.c.stream).where(ENTRY.c.position > since.checkpoint.size).distinct().order_by(ENTRY.c.stream)
    with database.read() as connection:
        names = list(connection.execute(query).scalars())
    for start in range(0, len(names), STREAMS_AT_ONCE):
        yield names[start : start + STREAMS_AT_ONCE]


def _missing_numbers(connection: Connection) -> Iterator[Wrong]:
    """Numbers that were given out and of which nothing is left, neither entries nor the row of the register; those that
    follow each other in one sentence."""
    for prefix, value in connection.execute(select(COUNTER.c.name, COUNTER.c.value).order_by(COUNTER.c.name)):
        like = f"{prefix}-"
        of_items = select(ITEM.c.no).where(ITEM.c.no.startswith(like, autoescape=True))
        known = set(connection.execute(of_items).scalars())
        given = _numbers(like, known)
        if (last := max(given, default=0)) > value:
            what = f"编号已发到 {chunk.number(prefix, last)}，计数器只记到 {value}：计数器被绕过程序改小"
            yield Wrong(stream="", seq=0, what=what)
        if len(given) >= value:
            continue
        of_entries = select(ENTRY.c.stream).where(ENTRY.c.seq == 1, ENTRY.c.stream.startswith(like, autoescape=True))
        known |= set(connection.execute(of_entries).scalars())
        standing = sorted(n for n in _numbers(like, known) if n <= value and chunk.number(prefix, n) in known)
        for before, after in pairwise((0, *standing, value + 1)):
            if after - before > 1:
                yield _missing(chunk.number(prefix, before + 1), chunk.number(prefix, after - 1), after - before - 1)


def _numbers(like: str, names: Iterable[str]) -> set[int]:
    return {int(end) for no in names if (end := no.removeprefix(like)).isdecimal()}


def _missing(first: str, last: str, count: int) -> Wrong:
    which = "这个编号" if count == 1 else f"从这个编号到 {last} 的 {count} 个"
    return Wrong(stream=first, seq=0, what=f"{which}已经发出，但记录和台账里都没有：整个事项被删除")


def _verify_pinned(connection: Connection) -> Iterator[Wrong]:
    """Processes and calendars are what their refs, which entries name, are hashes of."""
    for ref, what in pinned.altered(connection):
        yield Wrong(stream="", seq=0, what=f"{what} {ref} 的内容与它的版本号不符：流程或日历被改动")
