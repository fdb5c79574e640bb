"""Joint acts: what one asks for, another confirms and the first then carries out; who may, and until when. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from rules.errors import Code, RuleViolation
from rules.joint.facts import (
    JointAsked,
    JointCarriedOut,
    JointConfirmed,
    JointDetail,
    JointRefused,
    JointStep,
    JointWithdrawn,
)
from rules.machine.commands import Actor, CommandKind, Via
from rules.machine.judging import refuse_own
from rules.permitting import OfficeAct, roles_named
from rules.process import Role


class JointAct(StrEnum):
    """What nobody does alone."""

    ADOPT_CALENDAR = "adopt_calendar"
    MIGRATE = "migrate"
    ERASE = "erase"
    SEAL_KEY = "seal_key"
    PAYLOAD_KEY = "payload_key"
    GRANT = "grant"


JOINT_ACT_NAMES = {
    JointAct.ADOPT_CALENDAR: "采用日历",
    JointAct.MIGRATE: "在办事项换用流程的另一个版本",
    JointAct.ERASE: "依规删除个人信息",
    JointAct.SEAL_KEY: "换封存密钥",
    JointAct.PAYLOAD_KEY: "换流程内容的密钥",
    JointAct.GRANT: "给予管理员职务",
}
MAY_ASK: dict[JointAct, OfficeAct | CommandKind] = {
    JointAct.ADOPT_CALENDAR: CommandKind.RECALCULATE,
    JointAct.MIGRATE: CommandKind.MIGRATE,
    JointAct.ERASE: OfficeAct.ERASE,
    JointAct.SEAL_KEY: OfficeAct.ROTATE_KEY,
    JointAct.PAYLOAD_KEY: OfficeAct.ROTATE_KEY,
    JointAct.GRANT: OfficeAct.GRANT,
}
"""By which row of `permitting` somebody may ask for it."""
MAY_CONFIRM: dict[JointAct, OfficeAct] = {
    JointAct.ADOPT_CALENDAR: OfficeAct.CONFIRM_CALENDAR,
    JointAct.MIGRATE: OfficeAct.CONFIRM_MIGRATION,
    JointAct.ERASE: OfficeAct.CONFIRM_ERASURE,
    JointAct.SEAL_KEY: OfficeAct.CONFIRM_KEY,
    JointAct.PAYLOAD_KEY: OfficeAct.CONFIRM_KEY,
    JointAct.GRANT: OfficeAct.CONFIRM_GRANT,
}
"""By which row somebody may confirm it, or refuse."""
GOES_ON = frozenset({JointAct.MIGRATE})
"""What takes more than one transaction and is gone on with by the same command, as long as nothing of its kind was
carried out after it."""
GRANTED = (Role.ADMINISTRATOR, Role.SECURITY)
"""The posts that are given by two people."""
LASTS = timedelta(days=7)
"""So long after it was asked for an act can be confirmed and carried out, and so long after that be gone on with: long
enough for a week's leave, too short for the reason to be forgotten (docs/adr/0032)."""
OWN_SESSION = frozenset({Via.SITE, Via.CONSOLE})
"""Through what somebody confirms: their own session, or the console, which says so for ever. No token does."""


class JointStatus(StrEnum):
    """How an act stands. Whether it is void by now, its `until` says."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CARRIED = "carried"


JOINT_STATUS_NAMES = {
    JointStatus.ASKED: "待复核",
    JointStatus.CONFIRMED: "复核同意，待办",
    JointStatus.REFUSED: "不同意",
    JointStatus.WITHDRAWN: "已撤回",
    JointStatus.CARRIED: "已办成",
}
STILL_OPEN = frozenset({JointStatus.ASKED, JointStatus.CONFIRMED})
"""Something can still become of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointState:
    """A joint act as its entries lead to it. `asked` fixes it; `asked_as` and `decided_as`: who asked, and who
    confirmed or refused, as the entries name them; `reason`: of a refusal."""

    asked: JointAsked
    asked_as: Actor
    asked_at: datetime
    status: JointStatus = JointStatus.ASKED
    decided_as: Actor | None = None
    decided_at: datetime | None = None
    reason: str = ""
    carried_at: datetime | None = None

    @property
    def asker(self) -> str:
        """Id of who asked."""
        return self.asked_as.id

    @property
    def decider(self) -> str:
        """Id of who confirmed or refused; empty for nobody yet."""
        return self.decided_as.id if self.decided_as else ""

    @property
    def number(self) -> int:
        """Its number."""
        return self.asked.number

    @property
    def act(self) -> JointAct:
        """What it is."""
        return JointAct(self.asked.act)

    @property
    def details(self) -> tuple[JointDetail, ...]:
        """What fixes it."""
        return self.asked.details

    def is_open(self, now: datetime) -> bool:
        """Whether something can still become of it."""
        return self.status in STILL_OPEN and now < self.asked.until

    def goes_on(self, now: datetime) -> bool:
        """Whether it was carried out and may be gone on with."""
        return self.act in GOES_ON and self.carried_at is not None and now < self.carried_at + LASTS


def begun(fact: JointAsked, by: Actor, at: datetime) -> JointState:
    """The act that is asked for. Raises joint_refused for an `act` that there is not."""
    if fact.act not in set(JointAct):
        raise _no(fact.number, f"不知道“{fact.act[:40]}”是什么")
    return JointState(asked=fact, asked_as=by, asked_at=at)


def evolve_joint(state: JointState, fact: JointStep, by: Actor, at: datetime) -> JointState:
    """The act after the fact, which `check_joint` let pass."""
    match fact:
        case JointConfirmed():
            return replace(state, status=JointStatus.CONFIRMED, decided_as=by, decided_at=at)
        case JointRefused():
            return replace(state, status=JointStatus.REFUSED, decided_as=by, decided_at=at, reason=fact.reason)
        case JointWithdrawn():
            return replace(state, status=JointStatus.WITHDRAWN, decided_at=at)
        case JointCarriedOut():
            return replace(state, status=JointStatus.CARRIED, carried_at=at)
        case JointAsked():
            return state


def check_joint(state: JointState, fact: JointStep, by: Actor, at: datetime, stand_ins: Collection[str] = ()) -> None:
    """That may become of the act, by that person at that instant. `stand_ins`: who stands in for the asker then. In
    which posts one confirms, `MAY_CONFIRM` says and is not asked here. Raises joint_refused, own_matter,
    field_missing."""
    match fact:
        case JointConfirmed():
            _check_other(state, by, stand_ins)
            if fact.digest != state.asked.digest:
                raise _no(state.number, "内容变了，与提请的不同")
            _check_open(state, at, JointStatus.ASKED)
        case JointRefused():
            _check_other(state, by, stand_ins, gains=False)
            if not fact.reason.strip():
                raise RuleViolation(Code.FIELD_MISSING, command="不同意", field="理由")
            _check_open(state, at, *STILL_OPEN)
        case JointWithdrawn():
            if by.id != state.asker:
                raise _no(state.number, "只有提请的人能撤回")
            _check_open(state, at, *STILL_OPEN)
        case JointCarriedOut():
            _check_open(state, at, JointStatus.CONFIRMED)
            if (fact.act, fact.digest) != (state.asked.act, state.asked.digest):
                raise _no(state.number, "内容变了，与复核同意的不同")
            if by.id != state.asker or fact.asked_by != state.asker:
                raise _no(state.number, "只有提请的人能办")
            if fact.confirmed_by != state.decider or state.decider in ("", state.asker):
                raise _no(state.number, "不是由另一个人复核同意的")
        case JointAsked():
            raise _no(state.number, "已经提请过")


def _check_other(state: JointState, by: Actor, stand_ins: Collection[str], *, gains: bool = True) -> None:
    """Whoever confirms or refuses is somebody else, in their own session and name; not who gains by it, to confirm."""
    said, others = f"复核第 {state.number} 号双人办理", roles_named(MAY_CONFIRM[state.act])
    if by.via not in OWN_SESSION or by.behalf or by.role is Role.SYSTEM:
        raise _no(state.number, "复核要本人登录后自己办，令牌、代办都不行")
    refuse_own((by.id,), (state.asker,), command=said, why="是您自己提请的", others=others)
    standing = {*state.asked.stand_ins, *stand_ins}
    refuse_own((by.id,), standing, command=said, why="您正代提请的人办理", others=others)
    if gains:
        refuse_own((by.id,), state.asked.gains, command=said, why="这件事是为您自己办的", others=others)


def _check_open(state: JointState, at: datetime, *statuses: JointStatus) -> None:
    if state.status not in statuses:
        why = {
            JointStatus.ASKED: "还没有人复核同意",
            JointStatus.CONFIRMED: "已经复核同意",
            JointStatus.REFUSED: "复核不同意",
            JointStatus.WITHDRAWN: "已经撤回",
            JointStatus.CARRIED: "已经办成，只办一次",
        }
        raise _no(state.number, why[state.status])
    if at >= state.asked.until:
        raise _no(state.number, f"已经过期（提请后 {LASTS.days} 天），请重新提请")


def _no(number: int, why: str) -> RuleViolation:
    return RuleViolation(Code.JOINT_REFUSED, number=number, why=why)
