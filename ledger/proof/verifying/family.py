"""Items and their follow-ups against each other: none lacks its parent, none that was issued is gone, and what became
of each stands in both streams."""

from collections.abc import Iterator

from sqlalchemy import Connection, RowMapping, select

from ledger.chain import entries
from ledger.chain.entries import ITEM
from ledger.proof.verifying.found import Wrong
from rules.family import ChildEnded, ChildReopened, ChildStatus, FollowUp, child_no
from rules.machine.commands import NOBODYS_TURN, Status
from rules.machine.events import Event
from rules.machine.facts import Annulled

_CHILD = (ITEM.c.no, ITEM.c.parent, ITEM.c.link, ITEM.c.status)
_HAS_CHILDREN = ITEM.c.state.contains('"children":[')


def verify_families(connection: Connection) -> Iterator[Wrong]:
    """What is wrong between items and those that follow from them."""
    children: dict[str, dict[str, RowMapping]] = {}
    for row in connection.execute(select(*_CHILD).where(ITEM.c.parent.is_not(None)).order_by(ITEM.c.no)).mappings():
        children.setdefault(row["parent"], {})[row["no"]] = row
    parents = set(connection.execute(select(ITEM.c.no).where(_HAS_CHILDREN)).scalars())
    for parent in sorted({*parents, *children}):
        try:
            events = entries.read_events(connection, parent)
        except (LookupError, TypeError, ValueError):
            continue  # said where its stream is read
        yield from _verify_family(parent, events, children.get(parent, {}))


def _verify_family(parent: str, events: tuple[Event, ...], children: dict[str, RowMapping]) -> Iterator[Wrong]:
    told = dict[str, tuple[ChildStatus, int]]()
    made: dict[str, FollowUp] = {}
    for event in events:
        for one in getattr(event.fact, "issued", ()):
            made[child_no(parent, one.n)] = one
            told[child_no(parent, one.n)] = (ChildStatus.HELD if one.held else ChildStatus.OPEN, event.seq)
        match event.fact:
            case Annulled():
                told |= {child_no(parent, n): (ChildStatus.ANNULLED, event.seq) for n in event.fact.annulled}
            case ChildEnded():
                told[event.fact.no] = (event.fact.status, event.seq)
                told |= {no: (ChildStatus.OPEN, event.seq) for no in event.fact.begun}
            case ChildReopened():
                told[event.fact.no] = (ChildStatus.OPEN, event.seq)
    for no, row in children.items():
        if no not in made:
            yield Wrong(stream=no, seq=1, what=f"它说是 {parent} 的子项，而那里没有交办它的记录：是绕过程序加上的")
        elif row["link"] != str(made[no].link):
            yield Wrong(stream=no, seq=0, what=f"与 {parent} 的关系同交办它的记录不一致：台账被改动")
    for no, (status, seq) in told.items():
        found = children.get(no)
        if found is None:
            if status in (ChildStatus.OPEN, ChildStatus.ENDED):
                yield Wrong(stream=parent, seq=seq, what=f"子项 {no} 已经交办，它的记录和台账却不在：整个事项被删除")
        elif _stands(found) is not status:
            what = f"子项 {no} 这里记的与它自己的不一致：有一边的记录是绕过程序加上或删除的"
            yield Wrong(stream=parent, seq=seq, what=what)


def _stands(row: RowMapping) -> ChildStatus:
    if row["status"] == Status.ANNULLED:
        return ChildStatus.ANNULLED
    return ChildStatus.ENDED if row["status"] in NOBODYS_TURN else ChildStatus.OPEN
