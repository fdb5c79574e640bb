"""Journals: streams of entries that belong to no item. Who came in, saw or
exported what; what was done to the ledger itself.

Their names begin with `~`: `~access/2026-11` (one a month), `~office/2026`, `~directory/2026` (what happened to units),
`~figures/2026` (values imported), `~burden/2026` (what may be asked of units) and `~accounts/2026` (who may come in;
one a year each), so that none grows on and on; and each draw, each round and each unit in an assessment has one of its
own, `~draw/2026-jc1`, `~round/visits/2026-11`, `~score/organ_2026/u001`.
An entry of a journal is an entry like any other: chained, sealed, verified.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeAlias, TypeVar
from uuid import uuid4

from sqlalchemy import Connection, RowMapping, bindparam, insert, select

from ledger.store.canonical import GENESIS, acting_columns, canonical, entry_hash, parse
from ledger.store.database import hand_of, hashing_of
from ledger.store.driver import PreparedQuery
from ledger.store.tables import Entry, table_of
from rules.accounts.facts import ACCOUNT_FACTS, ENTRANCE_FACTS, ENTRANCE_NAMES, OF_NOBODY, AccountFact, EntranceFact
from rules.assessment.facts import (
    SCORE_EVENT_NAMES,
    SCORE_FACTS,
    AssessmentLoaded,
    ComparisonDecided,
    ScoreFact,
    ScoreSeen,
)
from rules.burden.facts import BURDEN_EVENT_NAMES, BURDEN_FACTS, BurdenFact
from rules.codec import Plain, decode, encode, instant_text
from rules.dates.calendar import local_date
from rules.draw.facts import DrawFact, Drawn, NumberOpened, NumberSealed, PopulationSealed, Replaced
from rules.errors import Code, RuleViolation
from rules.figures.facts import FigureFact, FiguresImported, FiguresLoaded
from rules.joint.facts import JOINT_EVENT_NAMES, JOINT_FACTS, JointFact
from rules.machine.commands import SYSTEM, Actor
from rules.office.facts import (
    DirectoryLoaded,
    Erased,
    EvidenceRead,
    Exported,
    KeyMade,
    PostsEnded,
    Proved,
    PutInForce,
    Restored,
    SubstituteNamed,
    SubstitutionEnded,
)
from rules.process import Role
from rules.rounds.facts import ROUND_EVENT_NAMES, ROUND_FACTS, CampaignLoaded, CampaignStopped, ReportRead, RoundFact
from rules.units.facts import (
    ConditionsGiven,
    UnitFact,
    UnitsChanged,
    UnitsEnded,
    UnitsMerged,
    UnitsMoved,
    UnitsOpened,
    UnitSplit,
    UnitsSettled,
)

ENTRY = table_of(Entry)
_FIRST_YEAR = 2026
"""No journal is older: the program is of this year."""
MARK = "~"
"""How the names of all journals begin, and no item's number."""
ROWS = 300
"""So many rows of a directory at most stand in one entry: a province's directory is no entry of megabytes."""


Note: TypeAlias = (
    EvidenceRead
    | Exported
    | ReportRead
    | Proved
    | SubstituteNamed
    | SubstitutionEnded
    | DirectoryLoaded
    | PutInForce
    | PostsEnded
    | UnitFact
    | Erased
    | KeyMade
    | Restored
    | DrawFact
    | CampaignLoaded
    | CampaignStopped
    | RoundFact
    | BurdenFact
    | FigureFact
    | AccountFact
    | EntranceFact
    | JointFact
    | AssessmentLoaded
    | ComparisonDecided
    | ScoreSeen
    | ScoreFact
)

ACCESS, OFFICE, DIRECTORY, DRAW, ROUND = "access", "office", "directory", "draw", "round"
BURDEN, FIGURES, ACCOUNTS, SCORE = "burden", "figures", "accounts", "score"
JOURNAL_KINDS: dict[str, tuple[str, type[Note]]] = {
    "evidence_read": (ACCESS, EvidenceRead),
    "exported": (ACCESS, Exported),
    "report_read": (ACCESS, ReportRead),
    "score_seen": (ACCESS, ScoreSeen),
    "proved": (ACCESS, Proved),
    "substitute_named": (OFFICE, SubstituteNamed),
    "substitution_ended": (OFFICE, SubstitutionEnded),
    "directory_loaded": (OFFICE, DirectoryLoaded),
    "put_in_force": (OFFICE, PutInForce),
    "posts_ended": (OFFICE, PostsEnded),
    "erased": (OFFICE, Erased),
    "key_made": (OFFICE, KeyMade),
    "restored": (OFFICE, Restored),
    "units_opened": (DIRECTORY, UnitsOpened),
    "units_changed": (DIRECTORY, UnitsChanged),
    "units_moved": (DIRECTORY, UnitsMoved),
    "units_merged": (DIRECTORY, UnitsMerged),
    "unit_split": (DIRECTORY, UnitSplit),
    "units_ended": (DIRECTORY, UnitsEnded),
    "conditions_given": (DIRECTORY, ConditionsGiven),
    "units_settled": (DIRECTORY, UnitsSettled),
    "population_sealed": (DRAW, PopulationSealed),
    "number_sealed": (DRAW, NumberSealed),
    "number_opened": (DRAW, NumberOpened),
    "drawn": (DRAW, Drawn),
    "replaced": (DRAW, Replaced),
    "campaign_loaded": (OFFICE, CampaignLoaded),
    "campaign_stopped": (OFFICE, CampaignStopped),
    "figures_loaded": (OFFICE, FiguresLoaded),
    "figures_imported": (FIGURES, FiguresImported),
    "assessment_loaded": (OFFICE, AssessmentLoaded),
    "comparison_decided": (OFFICE, ComparisonDecided),
    **{kind: (OFFICE, cls) for kind, cls in JOINT_FACTS.items()},
    **{kind: (ROUND, cls) for kind, cls in ROUND_FACTS.items()},
    **{kind: (BURDEN, cls) for kind, cls in BURDEN_FACTS.items()},
    **{kind: (SCORE, cls) for kind, cls in SCORE_FACTS.items()},
    **{kind: (ACCOUNTS, cls) for kind, cls in ACCOUNT_FACTS.items()},
    **{kind: (ACCESS, cls) for kind, cls in ENTRANCE_FACTS.items()},
}
"""Kind of entry to the journal in which it stands and its fact."""
JOURNAL_KIND_OF: dict[type[Note], str] = {cls: kind for kind, (_, cls) in JOURNAL_KINDS.items()}

JOURNAL_NAMES = {
    "evidence_read": "查阅佐证材料",
    "exported": "导出",
    "report_read": "查阅通报",
    "score_seen": "查阅未锁定的得分",
    "proved": "出具证明",
    "substitute_named": "委托代办",
    "substitution_ended": "撤销委托",
    "directory_loaded": "载入名录",
    "put_in_force": "启用流程和日历",
    "posts_ended": "职务终止",
    "erased": "依规删除个人信息",
    "key_made": "启用封存密钥",
    "restored": "从备份恢复",
    "units_opened": "单位设立",
    "units_changed": "单位变更",
    "units_moved": "单位调整隶属",
    "units_merged": "单位合并",
    "unit_split": "单位分设",
    "units_ended": "单位撤销",
    "conditions_given": "单位状况评定",
    "units_settled": "单位变更到期生效",
    "population_sealed": "封存抽取的名单",
    "number_sealed": "见证人封数",
    "number_opened": "见证人开数",
    "drawn": "抽中",
    "replaced": "替换抽中的",
    "campaign_loaded": "启用周期工作",
    "campaign_stopped": "停止周期工作",
    "figures_loaded": "启用数据项登记",
    "figures_imported": "导入数据",
    "assessment_loaded": "启用考核",
    "comparison_decided": "单位之间比较",
    **SCORE_EVENT_NAMES,
    **ROUND_EVENT_NAMES,
    **BURDEN_EVENT_NAMES,
    **ENTRANCE_NAMES,
    **JOINT_EVENT_NAMES,
}
"""Kind to its Chinese name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Where a note stands."""

    stream: str
    seq: int
    position: int


_LAST = select(ENTRY.c.seq, ENTRY.c.at, ENTRY.c.hash).where(ENTRY.c.stream == bindparam("stream"))
_LAST = _LAST.order_by(ENTRY.c.seq.desc()).limit(1)


def is_journal(stream: str) -> bool:
    """Whether the stream is a journal and no item's."""
    return stream.startswith(MARK)


def stream_of(kind: str, now: datetime, own: str = "") -> str:
    """The journal in which an entry of that kind stands, made at that instant; of a draw, a round or a unit's scores,
    its `own`."""
    day = local_date(now)
    journal = JOURNAL_KINDS[kind][0]
    if journal in (DRAW, ROUND, SCORE):
        return f"{MARK}{journal}/{own}"
    return f"{MARK}{journal}/{day:%Y-%m}" if journal == ACCESS else f"{MARK}{journal}/{day:%Y}"


def note(connection: Connection, fact: Note, actor: Actor, now: datetime, command: str = "") -> Noted:
    """The fact stands in its journal, in this transaction, which has the writers' lock. What is the system's is done
    by whoever's hand that is here (`Database.by`).

    Raises field_missing for a read, an export or a proof that nobody made: who sees or takes something has a name.
    """
    kind = JOURNAL_KIND_OF[type(fact)]
    if JOURNAL_KINDS[kind][0] == ACCESS and actor.role is Role.SYSTEM and kind not in OF_NOBODY:
        raise RuleViolation(Code.FIELD_MISSING, command=JOURNAL_NAMES[kind], field="身份：谁查阅、导出或出具")
    stream = stream_of(kind, now, _own(fact))
    last = connection.execute(_LAST, {"stream": stream}).first()
    at = instant_text(now)
    row: Plain = {
        "stream": stream,
        "seq": last.seq + 1 if last else 1,
        "at": max(at, last.at) if last else at,
        "recorded_at": at,
        **acting_columns(hand_of(connection) if actor == SYSTEM else actor),
        "kind": kind,
        "command": command or str(uuid4()),
        "body": canonical(encode(fact)).decode(),
        "prev_hash": last.hash if last else GENESIS,
        "told": "[]",
    }
    row["hash"] = entry_hash(hashing_of(connection), **row)
    connection.execute(insert(ENTRY).values(**row))
    where = (ENTRY.c.stream == stream, ENTRY.c.seq == row["seq"])
    position: int = connection.execute(select(ENTRY.c.position).where(*where)).scalar_one()
    return Noted(stream=stream, seq=row["seq"], position=position)


def _own(fact: Note) -> str:
    """What the stream of its own is called that the fact stands in, if it does."""
    if score_of := getattr(fact, "score_of", ""):
        return f"{score_of}/{getattr(fact, 'unit', '')}"
    found: str = getattr(fact, "draw", "") or getattr(fact, "round", "")
    return found


def streams_of(journal: str, until: int | None = None) -> list[str]:
    """The names of all journals of that kind, one a year: by name, so that nobody searches through all entries.
    `until`: the year that it is."""
    return [f"{MARK}{journal}/{year}" for year in range(_FIRST_YEAR, (until or datetime.now(UTC).year) + 10)]


T = TypeVar("T", bound=Note)


# Remembered: a register of figures or an assessment is asked for with every page and every chunk, and never changes.
@lru_cache(maxsize=256)
def _read(kind: str, body: str) -> Note:
    return decode_note(kind, parse(body))


def facts(connection: Connection, *classes: type[T]) -> Iterator[tuple[RowMapping, T]]:
    """Every fact of these kinds in the journals that there is one of each year (office, directory, burden) with its
    entry, in the order of the ledger. One that cannot be read is left out: verification names it."""
    for row in _asked(classes, datetime.now(UTC).year).all(connection):
        try:
            fact = _read(row["kind"], row["body"])
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
            continue
        yield row, fact  # type: ignore[misc]


# Made once: the figures, the assessments, the campaigns in force are asked for with every page.
@lru_cache(maxsize=256)
def _asked(classes: tuple[type[Note], ...], year: int) -> PreparedQuery:
    kinds = {kind: cls for cls in classes for kind, (_, one) in JOURNAL_KINDS.items() if one is cls}
    streams = sorted({stream for kind in kinds for stream in streams_of(JOURNAL_KINDS[kind][0], year)})
    query = select(ENTRY).where(ENTRY.c.stream.in_(streams), ENTRY.c.kind.in_(sorted(kinds)))
    return PreparedQuery(query.order_by(ENTRY.c.position))


def decode_note(kind: str, body: Plain) -> Note:
    """The fact of a journal's entry. Raises ValueError for a kind that this version does not know."""
    if kind not in JOURNAL_KINDS:
        raise ValueError(f"unknown entry kind {kind!r}: written by a later version?")
    return decode(JOURNAL_KINDS[kind][1], body)
