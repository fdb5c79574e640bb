"""The tables. Instants are UTC text ("2026-11-22T04:21:10.123456Z") and dates ISO text: both databases hold, order and
hash the same bytes. `entry` is append-only by trigger (migrations); everything else can be rebuilt or reloaded."""

from sqlalchemy import Column, Index, Table, Text, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

ANOTHER_PROCESS = "kind IN ('migrated', 'reassigned')"
"""The entries after which an item goes by another process than before. A question that says it in these very words is
answered from their index."""
_WHERE_GIVEN = {"behalf": "behalf IS NOT NULL", "unit": "unit IS NOT NULL", "via": "through IS NOT NULL"}


class Entry(SQLModel, table=True):
    """One fact of one stream. `position` is the place in the whole ledger: 1, 2, 3 ... without gaps. `via`: what the
    actor came through, `through` which of these; `behalf`: for whom they stood in. `told`: who hears of it,
    canonical JSON of [person, role] pairs in order. `command_hash`: of the command that asked for just this."""

    __table_args__ = (
        UniqueConstraint("stream", "seq"),
        Index("ix_entry_command", "stream", "command"),
        Index("ix_entry_at", "at"),
        Index("ix_entry_kind", "kind", "at"),
        Index("ix_entry_actor", "actor", "at"),
        *(
            Index(f"ix_entry_{name}", name, "at", sqlite_where=text(where), postgresql_where=text(where))
            for name, where in _WHERE_GIVEN.items()
        ),
        Index(
            "ix_entry_process",
            "stream",
            "seq",
            sqlite_where=text(ANOTHER_PROCESS),
            postgresql_where=text(ANOTHER_PROCESS),
        ),
    )

    position: int | None = Field(default=None, primary_key=True)
    stream: str
    seq: int
    at: str
    recorded_at: str
    actor: str
    role: str
    unit: str | None = None
    kind: str
    command: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    prev_hash: str
    hash: str
    via: str
    behalf: str | None = None
    told: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    command_hash: str | None = None
    through: str | None = None


class Item(SQLModel, table=True):
    """The projection of one stream: what the register shows, and the folded state. Rebuilt from entries at any time.
    `category`, `source`: what the matter says under these names. `parent`: the item it follows from, as its `link`.

    `due`: the next date by which it owes something, which is `due_of` (nothing: the turn itself); `late`: such a date
    has passed. `children`: its follow-ups that are not annulled, `children_ended` of which have ended.

    `waits`: the posts that it waits for (rules/waiting). `veiled`: its unit sees nothing of it (ledger/store/sight).
    `sort`: open before ended, higher lamps first, then by due date and number; unique, so pages are keyed by it. The
    last three indexes are for other orders of the register
    (ledger/reading/sorting).
    """

    __table_args__ = (
        Index("ix_item_sort", "sort", unique=True),
        Index("ix_item_unit", "unit", "sort", "status"),
        Index("ix_item_area", "area", "sort", "status"),
        Index("ix_item_status", "status", "sort"),
        Index("ix_item_supervisor", "supervisor", "waits", "sort"),
        Index("ix_item_waits", "waits", "sort"),
        Index("ix_item_lamp", "lamp", "sort"),
        Index("ix_item_area_lamp", "area", "lamp", "sort"),
        Index("ix_item_batch", "batch"),
        Index("ix_item_alarm", "alarm_at", "no"),
        Index("ix_item_process", "process", "no"),
        Index("ix_item_due", "due", "no"),
        Index("ix_item_acted", "acted_at", "no"),
        Index("ix_item_parent", "parent", "no"),
        Index(
            "ix_item_link",
            "link",
            "sort",
            sqlite_where=text("link IS NOT NULL"),
            postgresql_where=text("link IS NOT NULL"),
        ),
        Index("ix_item_veiled", "no", sqlite_where=text("veiled = 1"), postgresql_where=text("veiled")),
    )

    no: str = Field(primary_key=True)
    seq: int
    head: str
    process: str
    variant: str
    process_ref: str
    calendar_ref: str
    unit: str
    unit_name: str
    unit_kind: str
    area: str | None = None
    supervisor: str
    title: str = Field(sa_column=Column(Text, nullable=False))
    category: str = ""
    source: str = ""
    status: str
    step: str = ""
    step_name: str = ""
    stage: str
    party: str
    waits: str = Field(default="", sa_column_kwargs={"server_default": ""})
    cycle: int = 1
    lamp: str
    due: str | None = None
    due_of: str = Field(default="", sa_column_kwargs={"server_default": ""})
    provisional: bool = False
    late: bool = False
    late_count: int = 0
    late_reviews: int = 0
    paused: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    veiled: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    points: int = 0
    extension_to: str | None = None
    outcome: str = ""
    alarm_at: str | None = None
    issued_at: str
    updated_at: str
    acted_at: str
    batch: str = ""
    import_key: str | None = Field(default=None, unique=True)
    parent: str | None = None
    link: str | None = None
    children: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    children_ended: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    sort: str
    state: str = Field(sa_column=Column(Text, nullable=False))


class ItemCoUnit(SQLModel, table=True):
    """A unit that helps with an item, so that it finds the item in the register. The unit is as the item was issued;
    `status` and `sort` are the item's, for reading in order what one unit helps with without reading all of it."""

    __tablename__ = "item_co_unit"
    __table_args__ = (Index("ix_item_co_unit", "unit", "sort", "status"),)

    no: str = Field(primary_key=True)
    unit: str = Field(primary_key=True)
    status: str
    sort: str


class Notice(SQLModel, table=True):
    """Something that one person is to hear, caused by one entry. `id` is made from the cause, so it exists once.

    `state`: pending until it has been given to the channels, then routed. `read_at`: seen in the inbox.
    """

    __table_args__ = (
        Index("ix_notice_person", "person", "at"),
        Index("ix_notice_cause", "stream", "seq"),
        Index(
            "ix_notice_pending",
            "id",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )

    id: str = Field(primary_key=True)
    stream: str
    seq: int
    at: str
    person: str
    role: str
    kind: str
    rung: str = ""
    lamp: str = ""
    immediate: bool = False
    state: str = "pending"
    read_at: str | None = None


class Area(SQLModel, table=True):
    """A group of units."""

    id: str = Field(primary_key=True)
    name: str
    leader: str | None = None
    instructor: str | None = None


_RUNS = text("ended IS NULL")


class Unit(SQLModel, table=True):
    """An organisation as it is now, or was last. `aliases` are separated by line breaks. `ended`: the local day from
    which it is no more; `became`: the units whose part it is since, separated by line breaks. `parent`: the unit above
    it; none: the body itself. `size`: of its party organisation. `condition`: as it was given last.

    What it was on another day stands in aside_tables.UnitSpanRow; no two that are not ended are called the same."""

    __table_args__ = (Index("ix_unit_name", "name", unique=True, sqlite_where=_RUNS, postgresql_where=_RUNS),)

    id: str = Field(primary_key=True)
    name: str
    kind: str
    area: str | None = Field(default=None, index=True)
    aliases: str = ""
    ended: str | None = None
    parent: str | None = None
    size: str = ""
    condition: str = ""
    became: str = ""


class Person(SQLModel, table=True):
    """Somebody who acts or hears. What they may do stands in their posts."""

    id: str = Field(primary_key=True)
    name: str
    unit: str | None = Field(default=None, index=True)
    email: str | None = None


class Post(SQLModel, table=True):
    """A role that a person holds: in a unit (liaison, head), over an area (leader, instructor), or everywhere."""

    __table_args__ = (Index("ix_post_role", "role", "unit", "area"),)

    person: str = Field(primary_key=True)
    role: str = Field(primary_key=True)
    unit: str | None = None
    area: str | None = None


class ProcessVersion(SQLModel, table=True):
    """A resolved process by its ref; never changed once written."""

    __tablename__ = "process_version"

    ref: str = Field(primary_key=True)
    process: str = Field(index=True)
    variant: str
    unit_kind: str
    current: bool = Field(default=True, index=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


class CalendarVersion(SQLModel, table=True):
    """A calendar snapshot by its version; never changed once written."""

    __tablename__ = "calendar_version"

    ref: str = Field(primary_key=True)
    current: bool = Field(default=True, index=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


class Batch(SQLModel, table=True):
    """Items that are to be issued together. `id` is made from the content; `state`: draft, confirmed, issued. `actor`:
    whoever brought it, once it is confirmed whoever did that; `via`, `through`: as in an entry."""

    id: str = Field(primary_key=True)
    filename: str
    title: str = ""
    state: str = "draft"
    created_at: str
    actor: str = ""
    role: str = ""
    via: str = ""
    through: str = ""
    confirmed_at: str | None = None
    reading: str = Field(default="{}", sa_column=Column(Text, nullable=False))


class Draft(SQLModel, table=True):
    """The n-th item of a batch, before and after issuing. `finding`: the place of its finding in the batch's reading.

    `verdict`: how it stands to what was issued before (ledger.chain.matters), with the item `earlier` and in words;
    `choice`: issue, leave or reopen. `result`: empty, later, issued, duplicate, refused, left or reopened. `way`: its
    part where its finding is for many units (ledger/chain/family/gathering).
    """

    __table_args__ = (Index("ix_draft_open", "batch", "result", "n"),)

    batch: str = Field(primary_key=True)
    n: int = Field(primary_key=True)
    process: str
    variant: str
    unit: str
    import_key: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    result: str = ""
    no: str | None = None
    refusal: str = ""
    started: bool = False
    finding: int = 0
    verdict: str = "new"
    earlier: str = ""
    words: str = Field(default="", sa_column=Column(Text, nullable=False))
    choice: str = "issue"
    way: str = Field(default="", sa_column_kwargs={"server_default": ""})


class Counter(SQLModel, table=True):
    """The last number given under a prefix."""

    name: str = Field(primary_key=True)
    value: int


class Evidence(SQLModel, table=True):
    """A stored file, by the hash of its content (the ledger's). The bytes stand in the evidence folder.
    `erased`: when and why they were destroyed."""

    id: str = Field(primary_key=True)
    name: str
    size: int
    media_type: str
    stored_at: str
    person: str
    erased: str = Field(default="", sa_column_kwargs={"server_default": ""})


class Erasable(SQLModel, table=True):
    """A name that an entry holds only as the hash `ref` over `salt` (hexadecimal) and `value`. An erased one keeps its
    row, both empty; `erased` says when and why. `cause`: the item and the command that brought it, where one did."""

    ref: str = Field(primary_key=True)
    salt: str | None = None
    value: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    erased: str = ""
    cause: str = Field(default="", index=True)


class KnownName(SQLModel, table=True):
    """From the entry at `position` on the person is called what `erasable` holds under `ref`: where to find each name
    that a `directory_loaded` brought."""

    __tablename__ = "known_name"

    person: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    ref: str


class Delivery(SQLModel, table=True):
    """A notice on its way over one channel. `person` gets it (empty: a group), perhaps in place of `behalf`.

    `state`: pending, then ready once the one `message` that takes it along with others is made, sending, sent; or
    failed (given up, with the `reason`). `next_at`: not before this instant.
    """

    __table_args__ = (
        Index("ix_delivery_queue", "channel", "state", "message", "person"),
        Index("ix_delivery_message", "message"),
    )

    notice: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    person: str
    behalf: str = ""
    immediate: bool = False
    state: str = "pending"
    message: str | None = None
    attempts: int = 0
    next_at: str = ""
    sent_at: str | None = None
    reason: str = ""


class Substitute(SQLModel, table=True):
    """From `first` to `last` (local dates, both included) `stand_in` acts and hears for `person`. Never removed;
    `ended_at` says when it was called off."""

    __table_args__ = (Index("ix_substitute_stand_in", "stand_in", "last"),)

    person: str = Field(primary_key=True)
    first: str = Field(primary_key=True)
    named_at: str = Field(primary_key=True)
    last: str
    stand_in: str
    named_by: str
    ended_at: str | None = None


def table_of(model: type[SQLModel]) -> Table:
    """The Core table of a model, for statements that do not go through the ORM."""
    table: Table = SQLModel.metadata.tables[str(model.__tablename__)]
    return table
