"""What is shown of items, alike in JSON and on pages: values with names in words beside every code. No reading here."""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from rules.telling.posts import in_post


class Shown(BaseModel):
    """A value that is shown; frozen."""

    model_config = ConfigDict(frozen=True)


class ShownLamp(Shown):
    """A lamp as the item's process names it; the higher the rank, the graver."""

    id: str = Field(examples=["red"])
    name: str = Field(examples=["红灯"])
    colour: str = Field(examples=["#c62828"])
    rank: int
    meaning: str = ""


class LampCount(Shown):
    """How many items show a lamp, under the other filters."""

    lamp: ShownLamp
    count: int


class ShownUnit(Shown):
    """A unit with its kind and area in words."""

    id: str = Field(examples=["u066"])
    name: str = Field(examples=["青溪县教育局"])
    kind: str = Field(examples=["organ"])
    kind_name: str = Field(examples=["机关"])
    area: str | None = None
    area_name: str = ""


class ShownPost(Shown):
    """A role that a person holds, and where."""

    role: str = Field(examples=["liaison"])
    role_name: str = Field(examples=["联络员"])
    unit: str | None = None
    area: str | None = None


class ShownPerson(Shown):
    """Somebody who can act."""

    id: str = Field(examples=["p2001"])
    name: str
    unit: str | None = None
    unit_name: str | None = None
    posts: tuple[ShownPost, ...] = ()

    @property
    def role_names(self) -> str:
        """The roles in words, each once."""
        return "、".join(dict.fromkeys(post.role_name for post in self.posts))


class ShownAnswer(Shown):
    """An answer to a field of a form, in words: a table has a line for each of its rows."""

    field: str = Field(examples=["goal"])
    name: str = Field(examples=["整改目标"])
    lines: tuple[str, ...]


class ShownDue(Shown):
    """A date and why it is that one: in sentences, and as the trace from which it can be reckoned again."""

    clock: str = Field(examples=["working"])
    name: str = Field(examples=["整改落实"])
    date: date
    at: str
    provisional: bool = False
    late: str | None = Field(default=None, description="到期未办结的时刻")
    words: str = ""
    sentences: tuple[str, ...] = ()
    trace: dict[str, Any] = Field(default_factory=dict)


class ShownWhy(Shown):
    """Every date that an item has now. The first of `clocks` is the turn's own. `publicity`: until when what the step
    publishes has to stand; its words say how many objections wait for an answer."""

    no: str
    clocks: tuple[ShownDue, ...] = ()
    cap: ShownDue | None = None
    span: ShownDue | None = Field(default=None, description="所有各轮合计的总时限")
    watch: ShownDue | None = None
    publicity: ShownDue | None = Field(default=None, description="公示期满日")

    @property
    def dates(self) -> tuple[ShownDue, ...]:
        """All of them."""
        return (*self.clocks, *(one for one in (self.cap, self.span, self.watch, self.publicity) if one))


class ShownExtension(Shown):
    """What of the turn's window can still be extended, and what waits for an answer."""

    asked_to: date | None = None
    asked_days: int | None = None
    decider: str = ""
    decider_name: str = ""
    granted: int = 0
    granted_days: int = 0
    times: int = 0
    days_left: int = 0
    latest: date | None = None


class ShownPause(Shown):
    """The item's clocks stand still: since when, to the end of which day, why."""

    since: str
    until: date
    reason: str


class ShownStep(Shown):
    """A box of the stepper. `state`: done, now, later, maybe (only after a return), or void (annulled)."""

    id: str
    name: str
    stage: str
    stage_name: str
    party_name: str
    window: str = Field(default="", examples=["5 至 15 个工作日"])
    state: str
    note: str = ""


class ShownQuestion(Shown):
    """A question of a step's form. `at`: by what name it is answered. `kind`: line, text, date, month, choice, choices,
    unit, files, rows; lines: texts, one a line. `rows`: of a table, its rows of questions under the `columns`. `value`:
    what it begins with. `contest`: where a unit says that it should not be asked. `old`: what was answered for the
    period before, in words with its period; with `confirm` it is not begun with, and can be ticked. `why`: who asks."""

    at: str = Field(examples=["present"])
    label: str = Field(examples=["实到会有选举权的党员"])
    kind: str
    required: bool = False
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    limit: int = 0
    numeric: bool = False
    value: str = ""
    columns: tuple[str, ...] = ()
    rows: "tuple[tuple[ShownQuestion, ...], ...]" = ()
    contest: str = ""
    old: str = ""
    old_words: str = ""
    confirm: bool = False
    why: str = ""


class ShownField(Shown):
    """A field that a command takes here and now. `kind`: text, line, date, number, files, choice, select, unit,
    answers: then the `questions` of the step's form, and the `checks` that the answers have to pass, in words; `known`:
    what is not asked, since it is known."""

    name: str
    label: str
    kind: str
    required: bool = False
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    minimum: str = ""
    maximum: str = ""
    questions: tuple[ShownQuestion, ...] = ()
    known: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


class ShownPart(Shown):
    """One thing that is being judged, line by line. `before`: what stood there last time, where that was something
    else."""

    label: str = Field(examples=["整改措施"])
    now: tuple[str, ...]
    before: tuple[str, ...] | None = None


class ShownDeciding(Shown):
    """What a command decides on: what was handed in with `entry`. `again`: what it is compared with."""

    entry: int
    heading: str = Field(examples=["县教育局3月2日上报的“制定整改方案”"])
    parts: tuple[ShownPart, ...]
    again: str = ""


class ShownCommand(Shown):
    """A command that somebody may give now, with its fields and what it decides on; or, with `refusal`, why not just
    now."""

    command: str = Field(examples=["submit"])
    name: str = Field(examples=["上报"])
    role_name: str = ""
    fields: tuple[ShownField, ...] = ()
    deciding: ShownDeciding | None = None
    refusal: str = ""
    code: str = ""


class ShownEvidence(Shown):
    """A stored file. An erased one has no `url`, and its `name` says when and why."""

    id: str
    name: str
    size: int
    media_type: str = ""
    url: str = ""


class ShownCorrection(Shown):
    """What entry `entry` should have said. `asked`, `made`: the entries that asked for it and that approved it (none
    while it waits for `decider_name`). `again`: the correction itself was corrected there."""

    entry: int
    text: str
    reason: str
    asked: int
    asked_at: str
    asked_by: str
    asked_role_name: str
    evidence: tuple[ShownEvidence, ...] = ()
    decider_name: str = ""
    made: int | None = None
    made_at: str | None = None
    made_by: str = ""
    made_role_name: str = ""
    opinion: str = ""
    again: int | None = None
    words: str = Field(default="", description="一句话")


class ShownTold(Shown):
    """Somebody who was told of an entry, and as what."""

    person: str
    name: str
    role_name: str


class ShownEntry(Shown):
    """An entry of the ledger as a line of the timeline. `late_by`: recorded so much later than it became true. `told`:
    who was told; none known of entries made before that was written down."""

    seq: int
    at: str
    recorded_at: str
    late_by: str = ""
    kind: str
    kind_name: str
    actor: str
    actor_name: str
    behalf: str | None = None
    role: str
    role_name: str
    unit: str | None = None
    unit_name: str = ""
    via: str
    via_name: str = Field(description="经什么来的：网站、接口令牌、终端代办、终端、系统")
    through: str | None = Field(default=None, description="终端上是操作系统的哪个用户，或哪一个令牌")
    by_hand: str = Field(default="", description="不是本人在网站上办的，标明怎样来的：终端代办和操作系统用户")
    sentence: str
    because: tuple[str, ...] = Field(default=(), description="这条记录定下的日期是怎样推算的")
    text: str = ""
    answers: tuple[tuple[str, str], ...] = Field(default=(), description="表单填了什么：填报项和内容，表的各行各占一行")
    evidence: tuple[ShownEvidence, ...] = ()
    lamp: ShownLamp | None = None
    late: bool = False
    told: tuple[ShownTold, ...] | None = None
    corrections: tuple[ShownCorrection, ...] = Field(default=(), description="这条记录有误，应当怎样写")
    command: str
    command_hash: str | None = Field(default=None, description="这条记录办的是哪个操作：所提要求的哈希")
    body: dict[str, Any]
    prev_hash: str
    hash: str

    @property
    def by(self) -> str:
        """Who did it, and as what; and whether they did so themselves."""
        said = in_post(self.actor_name, self.role_name)
        return f"{said}〔{self.by_hand}〕" if self.by_hand else said


class ShownNotice(Shown):
    """Something that one person is to hear."""

    id: str
    no: str
    at: str
    person: str
    person_name: str
    role_name: str
    kind: str
    kind_name: str
    rung: str = ""
    lamp: str = ""
    immediate: bool = False
    state: str
    title: str = ""
    unit_name: str = ""


class ShownDraft(Shown):
    """An item of a batch, before and after issuing. `verdict` (new, same, changed, closed) and `words`: how it stands
    to what was issued before. `choice`: issue, leave or reopen. `result`: empty, issued, duplicate, refused, left or
    reopened."""

    n: int
    unit: str
    unit_name: str | None
    title: str
    variant: str
    result: str
    no: str | None = None
    refusal: str = ""
    started: bool = False
    verdict: str = "new"
    words: str = ""
    choice: str = "issue"
