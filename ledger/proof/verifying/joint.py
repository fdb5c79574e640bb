"""What two people do together: every act was asked for by one and confirmed by another before it was carried out, and
nothing of the kind was done without. Folds the entries anew and compares the rows with the outcome."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select

from ledger.chain import journal
from ledger.chain.journal import ENTRY
from ledger.directory.joint.rows import JOINT_ACT, columns_of, digest_of, joint_entries, seal_of_apart
from ledger.proof.verifying.found import Wrong
from ledger.store.canonical import actor_of
from rules.errors import RuleViolation
from rules.joint.acts import GRANTED, STILL_OPEN, JointAct, JointState, JointStatus, begun, check_joint, evolve_joint
from rules.joint.facts import JointAsked, JointStep, PayloadKeyMade
from rules.office.facts import DirectoryLoaded, Erased, KeyMade, PutInForce


@dataclass(slots=True)
class _JointTold:
    """What the entries lead to, by number, and the entry that said something of it last."""

    states: dict[int, JointState] = field(default_factory=dict)
    told: dict[int, tuple[str, int]] = field(default_factory=dict)

    def add(self, connection: Connection, entry: RowMapping, fact: JointStep) -> str:
        """The fact counts from here on. Returns what is wrong with it; empty for nothing."""
        at, by = datetime.fromisoformat(entry["recorded_at"]), actor_of(entry)
        number = getattr(fact, "number", 0)
        self.told[number] = entry["stream"], entry["seq"]
        state = self.states.get(number)
        try:
            if isinstance(fact, JointAsked):
                if state:
                    return f"第 {number} 号双人办理提请了两次"
                if digest_of(connection, fact.act, fact.details, fact.gains) != fact.digest:
                    return f"第 {number} 号双人办理的内容与它的哈希不符：被改动"
                self.states[number] = begun(fact, by, at)
            elif state is None:
                return f"第 {number} 号双人办理没有提请的记录"
            else:
                check_joint(state, fact, by, at)
                self.states[number] = evolve_joint(state, fact, by, at)
        except RuleViolation as refusal:
            return f"这一步不能有：{refusal}"
        return ""


def verify_joint(connection: Connection) -> Iterator[Wrong]:
    """What is wrong with what two people do together."""
    told = _JointTold()
    for entry, fact in joint_entries(connection):
        if what := told.add(connection, entry, fact):
            yield Wrong(stream=entry["stream"], seq=entry["seq"], what=what)
    yield from _rows(connection, told)
    yield from _acts(connection, told.states)


def _rows(connection: Connection, told: _JointTold) -> Iterator[Wrong]:
    left = dict(told.states)
    for row in connection.execute(select(JOINT_ACT).order_by(JOINT_ACT.c.number)).mappings():
        state = left.pop(row["number"], None)
        if state is None:
            what = f"第 {row['number']} 号双人办理登记着，却没有提请的记录：是绕过程序加上的"
            yield Wrong(stream="", seq=0, what=what)
            continue
        stream, seq = told.told[state.number]
        changed = [name for name, value in columns_of(state).items() if row[name] != value]
        if row["apart"] is not None:
            if state.status not in STILL_OPEN:
                changed.append("apart")
            elif seal_of_apart(connection, row["salt"] or "", row["apart"]) != state.asked.seal:
                changed.append("apart")
        if changed:
            what = f"第 {state.number} 号双人办理的登记与这一条不一致（{'、'.join(changed)}）：被绕过程序改动"
            yield Wrong(stream=stream, seq=seq, what=what)
    for number in left:
        stream, seq = told.told[number]
        yield Wrong(stream=stream, seq=seq, what=f"第 {number} 号双人办理的登记不见了：被绕过程序删除")


def _acts(connection: Connection, states: dict[int, JointState]) -> Iterator[Wrong]:
    """What needs two people, and was done without them."""
    calendar, first = "", ""
    of_items = select(func.min(ENTRY.c.position)).where(ENTRY.c.stream.not_like(f"{journal.MARK}%"))
    issued = connection.execute(of_items).scalar() or sys.maxsize
    for entry, fact in journal.facts(connection, Erased, KeyMade, PutInForce, DirectoryLoaded, PayloadKeyMade):
        act: JointAct | None = None
        match fact:
            case Erased():
                act = JointAct.ERASE
            case KeyMade():
                act = JointAct.SEAL_KEY if fact.previous else None
            case PutInForce():
                replaces = calendar not in ("", fact.calendar) and entry["position"] > issued
                act = JointAct.ADOPT_CALENDAR if replaces else None
                calendar = fact.calendar
            case DirectoryLoaded():
                gives = any(post.role in GRANTED for post in fact.posts)
                first = first or (entry["recorded_at"] if gives else "")  # the first load may take several entries
                act = JointAct.GRANT if gives and entry["recorded_at"] != first else None
            case PayloadKeyMade():
                act = JointAct.PAYLOAD_KEY
        if act and (what := _not_by_two(act, entry, getattr(fact, "joint", 0), states)):
            yield Wrong(stream=entry["stream"], seq=entry["seq"], what=what)


def _not_by_two(act: JointAct, entry: RowMapping, number: int, states: dict[int, JointState]) -> str:
    state = states.get(number)
    if state is None or state.status is not JointStatus.CARRIED:
        return "这一步须由两个人办，却没有另一个人复核同意的记录"
    if state.asked.act != act:
        return f"这一步说的第 {number} 号双人办理是另一件事"
    if state.asker != entry["actor"]:
        return f"这一步说的第 {number} 号双人办理是另一个人提请的"
    return ""
