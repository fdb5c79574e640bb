"""Joint acts as their entries lead to them, and their rows, by which they are listed and counted. What an act may do
next is judged by its entries, never by its row."""

from collections.abc import Iterator
from datetime import datetime
from typing import get_args

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from ledger.chain import journal
from ledger.store.aside_tables import JointActRow
from ledger.store.canonical import actor_of, canonical
from ledger.store.database import hashing_of
from ledger.store.tables import table_of
from rules.codec import Plain, instant_text
from rules.errors import Code, RuleViolation
from rules.joint.acts import STILL_OPEN, JointState, JointStatus, begun, check_joint, evolve_joint
from rules.joint.facts import JointAsked, JointDetail, JointStep

JOINT_ACT = table_of(JointActRow)
_OF_ACTS = get_args(JointStep)
_DOMAIN = b"duban joint act 1\n"


def digest_of(connection: Connection, act: str, details: tuple[JointDetail, ...], gains: tuple[str, ...]) -> str:
    """The hash of what fixes an act."""
    plain = {"act": act, "details": [[one.name, one.value] for one in details], "gains": list(gains)}
    return hashing_of(connection).hexdigest(_DOMAIN + canonical(plain))


def seal_of_apart(connection: Connection, salt: str, apart: str) -> str:
    """The salted hash, in the entry, of what stands apart; empty for nothing."""
    return hashing_of(connection).hexdigest(_DOMAIN + f"{salt}\n{apart}".encode()) if apart else ""


def joint_entries(connection: Connection) -> Iterator[tuple[RowMapping, JointStep]]:
    """Every fact of a joint act with its entry, in the order of the ledger."""
    yield from journal.facts(connection, *_OF_ACTS)


def joint_acts(connection: Connection) -> dict[int, JointState]:
    """Every joint act by number, as far as its entries are what may follow each other: the rest, verification names."""
    found: dict[int, JointState] = {}
    for entry, fact in joint_entries(connection):
        at, by = datetime.fromisoformat(entry["recorded_at"]), actor_of(entry)
        try:
            if isinstance(fact, JointAsked):
                found.setdefault(fact.number, begun(fact, by, at))
            elif state := found.get(fact.number):
                check_joint(state, fact, by, at)
                found[fact.number] = evolve_joint(state, fact, by, at)
        except RuleViolation:
            continue
    return found


def joint_act(connection: Connection, number: int) -> JointState:
    """The act of that number. Raises unknown_joint."""
    state = joint_acts(connection).get(number)
    if state is None:
        raise RuleViolation(Code.UNKNOWN_JOINT, actual=number)
    return state


def next_number(connection: Connection) -> int:
    """The number of the next act."""
    last = connection.execute(select(func.max(JOINT_ACT.c.number))).scalar() or 0
    return max(last, *joint_acts(connection), 0) + 1


def columns_of(state: JointState) -> Plain:
    """The act's row, but for what stands apart."""
    return {
        "number": state.number,
        "act": state.asked.act,
        "digest": state.asked.digest,
        "asked_by": state.asker,
        "asked_at": instant_text(state.asked_at),
        "until": instant_text(state.asked.until),
        "state": str(state.status),
        "decided_by": state.decider,
        "decided_at": instant_text(state.decided_at) if state.decided_at else None,
        "carried_at": instant_text(state.carried_at) if state.carried_at else None,
    }


def put_new(connection: Connection, state: JointState, salt: str, apart: str) -> None:
    """The new act has its row; what stood apart for acts that are void by now is gone."""
    values = {**columns_of(state), "salt": salt or None, "apart": apart or None}
    connection.execute(insert(JOINT_ACT).values(**values))
    void = update(JOINT_ACT).where(JOINT_ACT.c.until <= instant_text(state.asked_at), JOINT_ACT.c.apart.is_not(None))
    connection.execute(void.values(salt=None, apart=None))


def put(connection: Connection, state: JointState, now: datetime) -> None:
    """The act's row is as it stands now; what stood apart is gone when nothing can become of it any more."""
    values = columns_of(state)
    if not state.is_open(now):
        values |= {"salt": None, "apart": None}
    connection.execute(update(JOINT_ACT).where(JOINT_ACT.c.number == state.number).values(**values))


def apart_of(connection: Connection, number: int) -> tuple[str, str]:
    """What stands apart for the act, and its salt; empty where nothing does."""
    query = select(JOINT_ACT.c.apart, JOINT_ACT.c.salt).where(JOINT_ACT.c.number == number)
    row = connection.execute(query).first()
    return (row.apart or "", row.salt or "") if row else ("", "")


def forget_apart(connection: Connection, person: str) -> None:
    """What stands apart and names that person is gone: an act that it fixed cannot be carried out any more."""
    named = update(JOINT_ACT).where(JOINT_ACT.c.apart.contains(canonical(person).decode(), autoescape=True))
    connection.execute(named.values(salt=None, apart=None))


def waiting(connection: Connection, now: datetime) -> list[RowMapping]:
    """Rows of the acts that somebody has still to confirm or refuse, the oldest first."""
    query = select(JOINT_ACT).where(JOINT_ACT.c.state == str(JointStatus.ASKED), JOINT_ACT.c.until > instant_text(now))
    return list(connection.execute(query.order_by(JOINT_ACT.c.number)).mappings())


def any_open(connection: Connection, now: datetime) -> bool:
    """Whether something can still become of any act."""
    query = select(JOINT_ACT.c.number).where(
        JOINT_ACT.c.state.in_([str(status) for status in STILL_OPEN]), JOINT_ACT.c.until > instant_text(now)
    )
    return connection.execute(query.limit(1)).first() is not None
