"""What is given to all open items by two people: another version of their process, and the calendar in force. Whoever
reaches the engine can ask for it: here, where it is carried out, the ledger's word counts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from ledger.chain import pinned
from ledger.chain.selections import OTHER_CALENDAR, OTHER_VERSION, Selected
from ledger.directory.joint.acts import JointWanted, check_going_on
from rules.errors import Code, RuleViolation
from rules.joint.acts import JOINT_ACT_NAMES, MAY_CONFIRM, JointAct
from rules.joint.facts import JointDetail
from rules.machine.commands import Actor
from rules.permitting import roles_named


def migration_wanted(wanted: Selected, foreseen: Sequence[str] = ()) -> JointWanted:
    """The act of two people by which running items go by another version, as bulk work knows it."""
    told = [("流程", wanted.process), ("换成", wanted.version), ("原来的", wanted.before or "其他各版本")]
    told += [("环节", f"{old} → {new}") for old, new in sorted(wanted.steps.items())]
    told.append(("理由", wanted.cause))
    details = tuple(JointDetail(name=name, value=value) for name, value in told)
    return JointWanted(act=JointAct.MIGRATE, details=details, foreseen=tuple(foreseen))


def check_selected(connection: Connection, selected: Selected, actor: Actor, now: datetime) -> None:
    """Two people wanted that for all these items, by the ledger's word. Raises second_needed."""
    if selected.kind == OTHER_VERSION.name:
        check_going_on(connection, migration_wanted(selected), actor, now)
    if selected.kind == OTHER_CALENDAR.name and selected.calendar != pinned.current_calendar_version(connection):
        act = JointAct.ADOPT_CALENDAR
        raise RuleViolation(Code.SECOND_NEEDED, act=JOINT_ACT_NAMES[act], others=roles_named(MAY_CONFIRM[act]))
