"""Values that the tests of `rules` start from: a literal calendar, a small literal process, people, an item in play."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from rules.dates.calendar import LOCAL, Calendar, local_date
from rules.forms.samples import samples
from rules.machine.commands import SYSTEM, Actor, Assignment, Command, CommandKind, EntryRef, UnitRef, Via
from rules.machine.events import Event
from rules.machine.facts import Fact
from rules.machine.folding import fold
from rules.machine.issuing import Order, issue
from rules.machine.item import alarm, decide
from rules.machine.state import State
from rules.permitting import answers_left
from rules.process import (
    ClockKind,
    ExtensionRule,
    Lamp,
    Outcome,
    Party,
    PauseRule,
    Process,
    Role,
    Rung,
    Stage,
    Step,
    UrgeRule,
    Wait,
    Way,
    Window,
    WindowUnit,
)
from rules.publicity import Publicity, PublicityScope
from tests.support.chance.movers import mover
from tests.support.days import CALENDAR as CALENDAR
from tests.support.days import PUBLISHED as PUBLISHED
from tests.support.days import days
from tests.support.matters import MATTER, PLAN, about_for

CORRECTED = replace(
    CALENDAR,
    version="2025-2026#corrected",
    exceptions=tuple(
        sorted(
            [
                *(e for e in CALENDAR.exceptions if e.day.isoformat() not in ("2026-05-04", "2026-05-09")),
                *days("2026-03-09 2026-03-10 2026-06-01", working=False, name="临时放假"),
            ],
            key=lambda e: e.day,
        )
    ),
)
"""A published year corrected: days off in March and June, one fewer in May."""

CLOCKS = tuple(ClockKind)
UNIT_CLOCKS = (ClockKind.UNSIGNED, ClockKind.WORKING)
REVIEW_CLOCKS = (ClockKind.DECLINED, ClockKind.REVIEWING, ClockKind.EXTENSION)

STEPS = (
    Step(
        id="plan",
        name="方案",
        stage=Stage.PLAN,
        party=Party.UNIT,
        window=Window(amount=5),
        submit_to=(Way(to="plan_review"),),
        proposes="execute",
        form="plan",
        requires=("text",),
    ),
    Step(
        id="plan_review",
        name="审方案",
        stage=Stage.PLAN,
        party=Party.REVIEWER,
        window=Window(amount=4),
        approve_to="execute",
        return_to=("plan",),
    ),
    Step(
        id="execute",
        name="落实",
        stage=Stage.EXECUTE,
        party=Party.UNIT,
        window=Window(amount=40, minimum=10),
        submit_to=(Way(to="inspect"),),
        uses_deadline=True,
        report_every=Window(amount=1, unit=WindowUnit.MONTHS),
    ),
    Step(
        id="inspect",
        name="验收",
        stage=Stage.INSPECT,
        party=Party.REVIEWER,
        window=Window(amount=10),
        return_to=("adjust",),
        closes=True,
    ),
    Step(
        id="adjust",
        name="补改",
        stage=Stage.ADJUST,
        party=Party.UNIT,
        window=Window(amount=8, minimum=3),
        submit_to=(Way(to="inspect"),),
    ),
)

RUNGS = (
    Rung(id="remind", name="提醒", offset=-2, applies=UNIT_CLOCKS, audience=(Role.LIAISON,), lamp="yellow"),
    Rung(
        id="overdue", name="逾期", offset=1, applies=UNIT_CLOCKS, audience=(Role.LIAISON, Role.SUPERVISOR), lamp="red"
    ),
    Rung(
        id="circular",
        name="通报",
        offset=5,
        applies=UNIT_CLOCKS,
        audience=(Role.UNIT_HEAD,),
        lamp="red",
        consequence="通报",
        points=1,
        immediate=True,
    ),
    Rung(id="weekly", name="每周", offset=10, applies=UNIT_CLOCKS, audience=(Role.SUPERVISOR,), lamp="red", repeat=5),
    Rung(id="reviewer", name="审核逾期", offset=1, applies=REVIEW_CLOCKS, audience=(Role.SUPERVISOR,), lamp="red"),
    Rung(id="leader", name="报领导", offset=3, applies=REVIEW_CLOCKS, audience=(Role.LEADER,), lamp="red"),
    Rung(
        id="report",
        name="反馈逾期",
        offset=1,
        applies=(ClockKind.REPORTING,),
        audience=(Role.LIAISON,),
        lamp="yellow",
    ),
)

PROCESS = Process(
    matter=MATTER,
    forms=(PLAN,),
    ref="small/one/research@1",
    id="small",
    version="small@1",
    name="小流程",
    prefix="XX",
    variant="one",
    variant_name="一种",
    unit_kind="research",
    unit_kind_name="科研院所",
    sign=Window(amount=3),
    declined=Window(amount=2),
    steps=STEPS,
    cap=Window(amount=100),
    extension=ExtensionRule(times=2, percent=50, decide=Window(amount=3), leader_over=10),
    watch=Window(amount=3, unit=WindowUnit.MONTHS),
    reopen_to="plan",
    outcomes=(
        Outcome(id="rectified", name="已整改", then="watch"),
        Outcome(id="done", name="办结", then="close"),
        Outcome(id="continuing", name="持续整改", then="plan"),
    ),
    rungs=RUNGS,
    lamps=(
        Lamp(id="green", name="绿灯", colour="#0a0", rank=1),
        Lamp(id="yellow", name="黄灯", colour="#aa0", rank=2),
        Lamp(id="red", name="红灯", colour="#a00", rank=3),
        Lamp(id="grey", name="灰灯", colour="#888", rank=0),
        Lamp(id="void", name="作废", colour="#555", rank=-1),
    ),
    ended_lamp="grey",
    annulled_lamp="void",
    urge=UrgeRule(cooldown_hours=24, at_most=3),
    pause=PauseRule(times=2, days=20),
)
PUBLISHING = replace(
    PROCESS,
    ref="publishing/one/research@1",
    steps=(
        replace(STEPS[0], publish=Publicity(scope=PublicityScope.PUBLIC, days=3, what="整改方案")),
        *STEPS[1:],
    ),
)
WAITING = replace(
    PROCESS,
    ref="waiting/one/research@1",
    steps=(
        *(replace(s, submit_to=(Way(to="shown"),)) if s.id == "execute" else s for s in STEPS),
        replace(STEPS[0], id="shown", submit_to=(), proposes=None, form="", requires=(), waits=Wait(then="inspect")),
    ),
)


def next_version(process: Process) -> Process:
    """The same process, edited."""
    return replace(process, ref=f"{process.ref}2", version="small@2", cap=Window(amount=120))


NEXT_VERSION = next_version(PROCESS)
OTHER_PROCESS = replace(
    PROCESS,
    ref="small/one/organ@1",
    unit_kind="organ",
    unit_kind_name="机关",
    sign=Window(amount=2),
    cap=Window(amount=30),
)

UNIT = UnitRef(id="u1", name="农科院", kind="research", area="a1")
OTHER_UNIT = UnitRef(id="u2", name="档案馆", kind="organ", area="a2")

LIAISON = Actor(id="lian", role=Role.LIAISON, unit="u1", area="a1", via=Via.SITE)
HEAD = Actor(id="zhang", role=Role.UNIT_HEAD, unit="u1", area="a1", via=Via.SITE)
STRANGER = Actor(id="wai", role=Role.LIAISON, unit="u9", via=Via.SITE)
HELPER = Actor(id="xie", role=Role.LIAISON, unit="u3", via=Via.SITE)
OTHER_LIAISON = Actor(id="dang", role=Role.LIAISON, unit="u2", area="a2", via=Via.SITE)
SUPERVISOR = Actor(id="du", role=Role.SUPERVISOR, via=Via.SITE)
SECOND_SUPERVISOR = Actor(id="du2", role=Role.SUPERVISOR, via=Via.SITE)
LEADER = Actor(id="fen", role=Role.LEADER, via=Via.SITE)
INSTRUCTOR = Actor(id="zhi", role=Role.INSTRUCTOR, area="a1", via=Via.SITE)
AREA_LEADER = Actor(id="pian", role=Role.AREA_LEADER, area="a1", via=Via.SITE)
AUDITOR = Actor(id="shen", role=Role.AUDITOR, via=Via.SITE)
ADMINISTRATOR = Actor(id="guan", role=Role.ADMINISTRATOR, via=Via.SITE)
SECURITY = Actor(id="bao", role=Role.SECURITY, via=Via.SITE)
_OF_BODY = (SUPERVISOR, LEADER, AUDITOR, ADMINISTRATOR, SECURITY, SYSTEM)
ACTORS = {a.role: a for a in (LIAISON, HEAD, INSTRUCTOR, AREA_LEADER, *_OF_BODY)}

K = CommandKind
USUAL: dict[CommandKind, tuple[Actor, dict[str, Any]]] = {
    K.SIGN: (LIAISON, {}),
    K.DECLINE: (LIAISON, {"reason": "不属本单位职责"}),
    K.REASSIGN: (SUPERVISOR, {"reason": "职责调整", "assignment": Assignment(unit=OTHER_UNIT, process=OTHER_PROCESS)}),
    K.HAND_OVER: (SUPERVISOR, {"reason": "调离", "successor": SECOND_SUPERVISOR}),
    K.REPORT: (LIAISON, {"text": "已完成一半"}),
    K.SUBMIT: (LIAISON, {"text": "报上"}),
    K.APPROVE: (SUPERVISOR, {}),
    K.RETURN: (SUPERVISOR, {"reason": "措施不实"}),
    K.ASK_EXTENSION: (LIAISON, {"reason": "设备未到", "text": "已完成一半"}),
    K.DECIDE_EXTENSION: (LEADER, {"grant": True}),
    K.CORRECT: (
        LIAISON,
        {"entry": EntryRef(seq=1, kind="issued", unit="u1"), "text": "收到三份材料", "reason": "笔误"},
    ),
    K.DECIDE_CORRECTION: (LEADER, {"grant": True}),
    K.URGE: (SUPERVISOR, {}),
    K.REMARK: (LEADER, {"text": "抓紧"}),
    K.PUBLISH: (LIAISON, {"place": "公开栏", "on": date(2026, 3, 2)}),
    K.OBJECT: (SUPERVISOR, {"text": "名单有误"}),
    K.ANSWER_OBJECTION: (LIAISON, {"text": "已核实"}),
    K.CLOSE: (SUPERVISOR, {"outcome": "rectified"}),
    K.WATCH: (SUPERVISOR, {"result": "held", "text": "现场看过"}),
    K.REOPEN: (SUPERVISOR, {"reason": "问题反弹"}),
    K.ANNUL: (SUPERVISOR, {"reason": "重复立项"}),
    K.PAUSE: (SUPERVISOR, {"reason": "等候上级批复"}),
    K.RESUME: (SUPERVISOR, {}),
    K.RECALCULATE: (ADMINISTRATOR, {"reason": "国办发明电〔2026〕7号", "calendar": PUBLISHED}),
    K.MIGRATE: (ADMINISTRATOR, {"reason": "制度修订", "process": NEXT_VERSION}),
    K.SET_DUE: (SYSTEM, {"to": date(2026, 6, 26), "reason": "启用了新的日历"}),
    K.TICK: (SYSTEM, {}),
}
"""What somebody usually says with each command; `ask_extension` and `pause` want a `to` besides."""


def at(day: str, time: str = "10:00") -> datetime:
    """The instant of a local date and time: at("2026-04-01", "17:30")."""
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=LOCAL)


class Play:
    """One item in play: commands go in at instants that the test names, every event is kept."""

    def __init__(
        self,
        now: str = "2026-03-02",
        *,
        process: Process = PROCESS,
        calendar: Calendar = CALENDAR,
        unit: UnitRef = UNIT,
        deadline: date | None = None,
        earliest: date | None = None,
        co_units: tuple[str, ...] = ("u3",),
        about: dict[str, Any] | None = None,
        issuer: Actor = SUPERVISOR,
    ) -> None:
        self.process, self.calendar, self.unit = process, calendar, unit
        self.now = at(now)
        said = about or about_for(process)
        order = Order(no="XX2026-0001", unit=unit, **said, deadline=deadline, earliest=earliest, co_units=co_units)
        self.events = list(issue(process, calendar, order, command="issue", actor=issuer, now=self.now).events)
        self._ids = 0
        self.publishes = True

    @property
    def state(self) -> State:
        """Folded from all events, each time."""
        state = fold(self.events)
        assert state is not None
        return state

    @property
    def alarm(self) -> datetime | None:
        return alarm(self.process, self.calendar, self.state)

    @property
    def facts(self) -> list[Fact]:
        return [e.fact for e in self.events]

    @property
    def kinds(self) -> list[str]:
        return [e.kind for e in self.events]

    def command(self, kind: CommandKind, actor: Actor | None = None, **fields: Any) -> Command:
        """The usual command of that kind, by its usual actor, with these fields instead."""
        self._ids += 1
        _, said = USUAL[kind]
        said = {**said, "process": next_version(self.process)} if kind is K.MIGRATE else said
        said = {**said, "on": local_date(self.now)} if kind is K.PUBLISH else said
        step = next((one for one in self.process.steps if one.id == self.state.step), None)
        endorses = step and kind is K.APPROVE and answers_left(self.process, self.state) > 1
        if step and step.form and kind in (K.SUBMIT, K.APPROVE, K.CLOSE) and not endorses:
            said = {**said, "answers": next(samples(self.process.form(step.form)))}
        actor = actor or mover(self.process, self.state, kind, USUAL[kind][0], ACTORS)
        return Command(kind=kind, id=f"c{self._ids}", actor=actor, **{**said, **fields})

    def do(
        self, kind: CommandKind, when: str | datetime | None = None, by: Actor | None = None, **f: Any
    ) -> list[Event]:
        """The new events of the command, given at `when` (a local date at 10:00, or an instant; now if left out)."""
        if when is not None:
            self.now = at(when) if isinstance(when, str) else when
        if kind is K.SUBMIT and self.publishes:
            self.publish()
        command = self.command(kind, by, **f)
        decision = decide(self.process, self.calendar, self.state, command, self.now)
        self.events += decision.events
        if kind is K.REASSIGN and f.get("assignment", USUAL[K.REASSIGN][1]["assignment"]):
            self.process = f.get("assignment", USUAL[K.REASSIGN][1]["assignment"]).process
        if kind is K.RECALCULATE:
            self.calendar = f.get("calendar", PUBLISHED)
        elif command.process:
            self.process = command.process
        elif self.state.calendar == getattr(f.get("calendar"), "version", None):
            self.calendar = f["calendar"]
        return list(decision.events)

    def publish(self) -> None:
        """Whoever submits has published what the step asks for, and waited."""
        step = next((one for one in self.process.steps if one.id == self.state.step), None)
        if step and step.publish and self.state.publicity is None:
            self.do(K.PUBLISH)
        self.now = max(self.now, self.state.publicity.at) if self.state.publicity else self.now

    def tick(self, when: str | datetime | None = None) -> list[Event]:
        return self.do(K.TICK, when)

    def tick_at_alarm(self) -> list[Event]:
        return self.tick(self.alarm)

    def tick_until(self, until: str, time: str = "10:00") -> list[Event]:
        """Ring at every alarm up to `until`."""
        rung: list[Event] = []
        while (ring := self.alarm) and ring <= at(until, time):
            rang = self.tick(ring)
            assert rang, "an alarm that brings nothing would ring for ever"
            rung += rang
        self.now = at(until, time)
        return rung


def entry_of(play: Play, seq: int) -> EntryRef:
    """The entry as the ledger would give it."""
    event = play.events[seq - 1]
    return EntryRef(seq=seq, kind=event.kind, unit=event.actor.unit)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def play_to(status: str, **start: Any) -> Play:
    """An item that stands in that status, on the shortest way, a day a step from Monday 2 March 2026."""
    play = Play(**{"process": WAITING if status == "waiting" else PROCESS} | start)
    ways: dict[str, list[CommandKind]] = {
        "unsigned": [],
        "declined": [K.DECLINE],
        "working": [K.SIGN],
        "reviewing": [K.SIGN, K.SUBMIT],
        "executing": [K.SIGN, K.SUBMIT, K.APPROVE],
        "inspecting": [K.SIGN, K.SUBMIT, K.APPROVE, K.SUBMIT],
        "waiting": [K.SIGN, K.SUBMIT, K.APPROVE, K.SUBMIT],
        "watching": [K.SIGN, K.SUBMIT, K.APPROVE, K.SUBMIT, K.CLOSE],
        "closed": [K.SIGN, K.SUBMIT, K.APPROVE, K.SUBMIT, K.CLOSE],
        "annulled": [K.ANNUL],
    }
    for kind in ways[status]:
        last: dict[str, Any] = {"outcome": "done"} if kind is K.CLOSE and status == "closed" else {}
        play.do(kind, play.now + timedelta(hours=1), **last)
    return play
