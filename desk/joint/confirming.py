"""Joint acts as somebody asks for them, confirms or refuses them, takes them back. What is carried out, each command
knows itself (ledger.directory.joint.acts.carry_out)."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from desk.accounts.keeping import themselves
from desk.acting import acting
from desk.caller import Caller
from ledger.directory.joint import acts, rows
from ledger.directory.joint.acts import SecondNeeded
from ledger.store.database import Database
from rules.joint.acts import MAY_CONFIRM, JointState
from rules.machine.commands import Actor


def ask(database: Database, needed: SecondNeeded, now: datetime) -> JointState:
    """What needs another is asked for, or waits for one already. Raises joint_refused where there is no other."""
    with database.write() as connection:
        return acts.ask(connection, needed.wanted, needed.actor, now)


def confirm(database: Database, caller: Caller, number: int, digest: str, now: datetime) -> JointState:
    """The caller confirms the act of that number, having looked at the one with that `digest`. Raises unknown_joint,
    unknown_person, wrong_role, own_matter, joint_refused."""
    with database.write() as connection:
        return acts.confirm(connection, number, digest, _deciding(connection, caller, number), now)


def refuse(database: Database, caller: Caller, number: int, reason: str, now: datetime) -> JointState:
    """The caller does not agree to the act. Raises as `confirm`, and field_missing, field_too_long."""
    with database.write() as connection:
        return acts.refuse(connection, number, reason, _deciding(connection, caller, number), now)


def withdraw(database: Database, caller: Caller, number: int, now: datetime) -> JointState:
    """The caller, who asked for it, wants it no more. Raises unknown_joint, unknown_person, joint_refused."""
    with database.write() as connection:
        return acts.withdraw(connection, number, themselves(connection, caller), now)


def _deciding(connection: Connection, caller: Caller, number: int) -> Actor:
    act = rows.joint_act(connection, number).act
    return replace(acting(connection, caller, MAY_CONFIRM[act]), behalf=caller.behalf)
