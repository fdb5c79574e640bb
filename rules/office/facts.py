"""What can have happened to the office and the ledger itself: who saw or took something, who stands in for whom, what
the directory brought, what is in force, what is gone for good."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRead:
    """The bytes of an evidence file were handed out. `item`: by which it was asked for, if any. Not by its name,
    which may have to be erased."""

    evidence: str
    item: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A file of rows was made: of the register or of entries (`what`, in words), narrowed by `filters`; of the one
    `item`, if any. `content_hash` is over the rows, `file_hash` over the file."""

    what: str
    format: str
    rows: int
    content_hash: str
    file_hash: str
    filters: tuple[str, ...] = ()
    item: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """A proof of an item was made, against the checkpoint `checkpoint`."""

    item: str
    checkpoint: int
    file_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstituteNamed:
    """From `first` to `last` the stand-in acts and hears for the person."""

    person: str
    stand_in: str
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstitutionEnded:
    """Nobody stands in for the person any longer."""

    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """Personal data is gone for good: `what` is "matter" (the name in `field` of `item`, called `label`; `ref` is the
    hash that stands in the entry), "evidence" (the file of that id) or "person" (the name and address of the person of
    that id). `approver`: who confirmed it, as the joint act of the number `joint`."""

    what: str
    ref: str
    reason: str
    approver: str
    item: str = ""
    field: str = ""
    label: str = ""
    joint: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMade:
    """A key seals from now on, in place of `previous`. `joint`: the number of the joint act, but for the first key."""

    key: str
    previous: str = ""
    joint: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArea:
    """An area as the directory has it from then on; its people by id."""

    id: str
    name: str
    leader: str | None = None
    instructor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPerson:
    """A person as the directory has them from then on. `erasable`: the hash under which name and mail address stand
    apart (ledger.chain.erasable), so that they can be erased; empty for somebody of whom they have been. `renamed`: the
    person had another name before, which stays with the entries before this one."""

    id: str
    unit: str | None = None
    erasable: str = ""
    renamed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPost:
    """A post that a person holds or held."""

    person: str
    role: str
    unit: str | None = None
    area: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryLoaded:
    """What a directory brought that was new or other than before, from that day on: these rows, and these posts.
    `joint`: the number of the joint act by which it gives an administrator's post; none before anybody held one."""

    day: date
    areas: tuple[KnownArea, ...] = ()
    people: tuple[KnownPerson, ...] = ()
    posts: tuple[HeldPost, ...] = ()
    joint: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PutInForce:
    """By these processes, all of them by ref, and by this calendar new items are made from now on. `joint`: the number
    of the joint act by which a calendar took another's place."""

    processes: tuple[str, ...]
    calendar: str
    joint: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PostsEnded:
    """These people hold these posts no longer, from that day on."""

    posts: tuple[HeldPost, ...]
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The ledger was made from a backup that was begun at `backup_at` (instants as text) and holds `entries` entries,
    the last of them recorded at `last_recorded_at`. The outside knew of `known` entries at `known_at`, by its
    checkpoint `checkpoint` (0: it knew of none)."""

    backup_at: str
    entries: int
    last_recorded_at: str = ""
    checkpoint: int = 0
    known: int = 0
    known_at: str = ""
