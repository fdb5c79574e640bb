"""Tables of what stands beside the ledger: how far the plans have been walked, what units were on other days, what is
known of them by figures, how rounds and scores stand, how acts of two people stand, what was decided past a workflow,
which channels there are, and for a while forms filled in by half and names on their way to an entry."""

from sqlalchemy import Column, Index, Text, text
from sqlmodel import Field, SQLModel

WAITING = "handed_at IS NULL"
"""The nudges that wait. A question that says it in these very words is answered from their index."""


class Channel(SQLModel, table=True):
    """A channel that the house has, whichever worker's file says so, and since when it is known here."""

    name: str = Field(primary_key=True)
    since: str


class Unfinished(SQLModel, table=True):
    """What somebody has filled in of a step's form so far, for one command: no fact, so it stands in no entry.
    `command`: with the tally that is reported for, report.visits. `answers`: JSON of places to texts, as they were
    written; `said`: the same of the command's other fields. `mark`: of the questions as they were asked
    (rules.forms.fingerprint). `named`: names of people are asked for. `source`: the file that it was read from."""

    __table_args__ = (Index("ix_unfinished_at", "at"),)

    no: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    command: str = Field(primary_key=True)
    step: str
    at: str
    mark: str
    named: bool
    source: str = ""
    answers: str = Field(sa_column=Column(Text, nullable=False))
    said: str = Field(sa_column=Column(Text, nullable=False))


class NameAside(SQLModel, table=True):
    """A name that somebody has answered and no entry holds yet: it moves to `erasable` with the entry, in one
    transaction. `cause`: the item and the command that brought it."""

    __tablename__ = "name_aside"

    ref: str = Field(primary_key=True)
    salt: str
    value: str = Field(sa_column=Column(Text, nullable=False))
    cause: str = Field(index=True)
    at: str


class Firing(SQLModel, table=True):
    """One nominal time of a plan. `key` is plan@instant and names the workflow that it starts; claimed by one replica
    (`by`), and started when that workflow has been. `seen`: what the self-check found, as JSON."""

    __table_args__ = (Index("ix_firing_plan", "plan", "nominal"), Index("ix_firing_started", "started_at"))

    key: str = Field(primary_key=True)
    plan: str
    nominal: str
    claimed_at: str
    by: str
    started_at: str | None = None
    seen: str = ""


class PlanCursor(SQLModel, table=True):
    """Up to which instant a plan's nominal times have been claimed."""

    __tablename__ = "plan_cursor"

    plan: str = Field(primary_key=True)
    walked_to: str


class UnitSpanRow(SQLModel, table=True):
    """What a unit is from `first` to the day before `until` (local days); rules.units.spans.UnitSpan. It follows the
    entries of the directory's journal (ledger/directory/units.py)."""

    __tablename__ = "unit_span"

    unit: str = Field(primary_key=True)
    first: str = Field(primary_key=True)
    until: str | None = None
    name: str
    kind: str
    area: str | None = None
    aliases: str = ""
    parent: str | None = None
    size: str = ""
    became: str = ""


class UnitConditionRow(SQLModel, table=True):
    """In which condition a unit is from `first` to the day before `until`; rules.units.spans.ConditionSpan."""

    __tablename__ = "unit_condition"

    unit: str = Field(primary_key=True)
    first: str = Field(primary_key=True)
    until: str | None = None
    condition: str = ""


class FigureValueRow(SQLModel, table=True):
    """A figure of a unit for a period, as canonical text: the `revision`-th that was given, in the entry `seq` of
    `stream`; the `current` one is the latest. `source`: asked or imported. It follows the entries
    (ledger/chain/figures/values.py)."""

    __tablename__ = "figure_value"
    __table_args__ = (
        Index("ix_figure_value_period", "figure", "period", "unit", "revision"),
        Index("ix_figure_value_unit", "unit", "period"),
        Index("ix_figure_value_cause", "stream", "seq"),
    )

    figure: str = Field(primary_key=True)
    unit: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    value: str = Field(sa_column=Column(Text, nullable=False))
    source: str
    stream: str
    seq: int
    at: str
    current: bool = True


class RoundRow(SQLModel, table=True):
    """How a round stands: what its stream leads to (ledger/rounds/rows), written with its entries. `state`: open,
    locked, stopped (with what it asked for annulled) or missed; `stopped`, `asking`: the reasons of a stop and of a
    correction asked for. Days are local; `alarm_at`: when something of it happens next by itself."""

    __tablename__ = "round"
    __table_args__ = (
        Index("ix_round_campaign", "campaign", "opened"),
        Index(
            "ix_round_alarm",
            "id",
            sqlite_where=text("alarm_at IS NOT NULL"),
            postgresql_where=text("alarm_at IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True)
    campaign: str
    period: str
    campaign_ref: str
    calendar: str
    state: str
    opened: str
    first_due: str
    last_due: str
    locks: str
    asked: int
    joined: int
    revision: int
    asking: str
    stopped: str
    alarm_at: str | None = None


class RoundUnitRow(SQLModel, table=True):
    """How a unit (or area) stands with what a round asks it for. `state`: owing, in (on time), late (in, after its
    date) or dropped; `kind`, `area` as they were when it was asked. `due_at`: the instant at which the day `due` ends
    for it; `no`: the item; `in_at`, `in_seq`: when and by which of its entries that came in (in_rounds.now_in);
    `reviewing`: it waits to be judged; `unlocked`: the last day on which it may report after
    the lock; `handed`: the unit that reports in its place; `annul`: what it was issued is to be annulled; `why`: it is
    dropped or handed on. `wanted`: by when the round asks for it (days_text); `given`: the same as the item has it,
    which follows; `chosen`: the day that the unit chose; `held`: the day by which the item itself is due since that, a
    pause or an extension moved it, which is `due` then."""

    __tablename__ = "round_unit"
    __table_args__ = (
        Index("ix_round_unit_counted", "round", "state", "area", "kind", "due", "reviewing"),
        Index("ix_round_unit_unit", "unit", "round"),
        Index("ix_round_unit_no", "no"),
        Index(
            "ix_round_unit_held",
            "held",
            "round",
            sqlite_where=text("held IS NOT NULL"),
            postgresql_where=text("held IS NOT NULL"),
        ),
        Index(
            "ix_round_unit_unlocked",
            "round",
            sqlite_where=text("unlocked IS NOT NULL"),
            postgresql_where=text("unlocked IS NOT NULL"),
        ),
    )

    round: str = Field(primary_key=True)
    unit: str = Field(primary_key=True)
    kind: str
    area: str
    state: str
    due: str
    due_at: str
    wanted: str
    given: str | None = None
    chosen: str | None = None
    held: str | None = None
    joined: bool
    no: str | None = None
    in_at: str | None = None
    in_seq: int | None = None
    reviewing: bool = False
    unlocked: str | None = None
    handed: str | None = None
    annul: bool = False
    why: str = ""


class ScoreRow(SQLModel, table=True):
    """A unit was scored for a month: the `revision`-th time by the entry `seq` of its stream (~score/<assessment>/
    <unit>), in hundredths; `area` and `kind` as they were at the month's end. `lines`: of each indicator whose period
    ends with the month, as they stand, its points, full points and how many months the period has; in JSON, since a
    unit's are always asked for together. It follows the entries (ledger/scores/rows.py)."""

    __tablename__ = "score"
    __table_args__ = (
        Index("ix_score_month", "assessment", "month", "area", "unit"),
        Index("ix_score_unit", "unit", "assessment", "month"),
    )

    assessment: str = Field(primary_key=True)
    unit: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    area: str
    kind: str
    version: str
    revision: int
    seq: int
    score: int
    lines: str = Field(sa_column=Column(Text, nullable=False))


class ScoreWaitRow(SQLModel, table=True):
    """What a unit was scored for in a month wants something more: what a `round` (campaign/period) still has to ask
    for, and when that one is over it is looked at again; or somebody's judgement of an `indicator`. One of the two, the
    other is empty (ledger/scores/waiting.py)."""

    __tablename__ = "score_wait"
    __table_args__ = (
        Index("ix_score_wait_round", "round", "assessment", "month", "unit"),
        Index("ix_score_wait_indicator", "indicator", "assessment", "month", "unit"),
    )

    assessment: str = Field(primary_key=True)
    unit: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    round: str = Field(primary_key=True)
    indicator: str = Field(primary_key=True)


class ScoreHalfRow(SQLModel, table=True):
    """All lines of a unit whose periods end in a half-year, summed by indicator: `sums` has of each its points, full
    points, how many lines they are, and how many months its period has, in JSON. They make up the year."""

    __tablename__ = "score_half"

    assessment: str = Field(primary_key=True)
    unit: str = Field(primary_key=True)
    half: str = Field(primary_key=True)
    sums: str = Field(sa_column=Column(Text, nullable=False))


class ScoreSumRow(SQLModel, table=True):
    """The lines of all units of an area for an indicator in a month, summed: so many `lines`, `points` and `full`."""

    __tablename__ = "score_sum"

    assessment: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    area: str = Field(primary_key=True)
    indicator: str = Field(primary_key=True)
    points: int
    full: int
    lines: int


class TierRow(SQLModel, table=True):
    """In which tier a unit stands by an assessment, and what waits for somebody to confirm it (`proposed`, empty where
    nothing does, for the `period` with that `score`)."""

    __tablename__ = "tier"
    __table_args__ = (Index("ix_tier_unit", "unit"),)

    assessment: str = Field(primary_key=True)
    unit: str = Field(primary_key=True)
    area: str
    tier: str = ""
    proposed: str = ""
    period: str = ""
    score: int = 0
    below: int = 0
    seq: int = 0


class ProcessHeadings(SQLModel, table=True):
    """By which headings a register says what an item of the process is about, as JSON: nothing issued rests on it."""

    __tablename__ = "process_headings"

    process: str = Field(primary_key=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


class Nudge(SQLModel, table=True):
    """One command that was decided at the ledger while its item's workflow did not answer, or since the item needs
    none. Written in the transaction of its entries, kept when its workflow has been told: `handed_at`.

    `seq`: the item's last entry then; who knows so many has been told. `away`: the engine did not answer. `refusal`: of
    a command that was not carried out, canonical JSON of code and fields, so that nothing of it stands later either;
    empty where its entries stand.
    """

    __table_args__ = (
        Index("ix_nudge_waiting", "stream", "at", sqlite_where=text(WAITING), postgresql_where=text(WAITING)),
    )

    stream: str = Field(primary_key=True)
    command: str = Field(primary_key=True)
    seq: int
    at: str
    away: bool
    refusal: str = Field(default="", sa_column=Column(Text, nullable=False))
    handed_at: str | None = None


class JointActRow(SQLModel, table=True):
    """How a joint act stands: what its entries lead to (ledger/directory/joint). `state`: rules.joint.acts.JointStatus.
    `salt`, `apart`: while something can become of it, what fixes it besides and names people, and by what its hash in
    the entry was made."""

    __tablename__ = "joint_act"
    __table_args__ = (Index("ix_joint_act_state", "state", "until"),)

    number: int = Field(primary_key=True)
    act: str
    digest: str
    asked_by: str
    asked_at: str
    until: str
    state: str
    decided_by: str
    decided_at: str | None = None
    carried_at: str | None = None
    salt: str | None = None
    apart: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
