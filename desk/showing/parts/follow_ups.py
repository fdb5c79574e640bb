"""An item's follow-ups as its page shows them: how each stands, in which order they come, how many are left."""

from datetime import datetime

from sqlalchemy import Connection, select

from desk.showing.register import RegisterRow, RowNames
from desk.showing.values import Shown, ShownLamp
from documents.reports.family_picture import FamilyBox, draw_family
from ledger.chain import pinned
from ledger.chain.entries import ITEM
from ledger.reading.queries import ItemView
from rules.family import Child, ChildStatus, awaited, child_no, place_of_child
from rules.links import CHILD_LIMIT
from rules.moves.following import rows_in
from rules.names import LINK_NAMES

_NOT_YET = "还没有交办"
_NEVER = "没有交办"


class ShownChild(Shown):
    """A follow-up: `held`, with neither unit nor lamp, while others come before it. `after`: which ones. `waits`: the
    item does not go on before it has ended."""

    no: str
    title: str = ""
    unit_name: str = ""
    lamp: ShownLamp | None = None
    status: str = ""
    status_name: str = ""
    due_words: str = ""
    link: str
    link_name: str
    after: tuple[str, ...] = ()
    held: bool = False
    waits: bool = False


class ShownFamily(Shown):
    """The item from which this one comes, and those that come from it, by number: the last 60."""

    parent: str = ""
    link_name: str = ""
    children: tuple[ShownChild, ...] = ()
    count: int = 0
    ended: int = 0
    waits_for: int = 0


def family_of(connection: Connection, view: ItemView, now: datetime) -> ShownFamily:
    """What the item comes from, and what comes from it."""
    state = view.state
    rows = {}
    if state.children:
        query = select(ITEM).where(ITEM.c.parent == state.no)
        rows = {place_of_child(row["no"]): row for row in connection.execute(query).mappings()}
    names = RowNames(connection, now)
    waited = {one.n for one in awaited(state.children)}
    shown = tuple(
        _child(state.no, one, RegisterRow(names, rows[one.n]), waits=one.n in waited)
        if one.n in rows
        else _held(connection, view, one, waits=one.n in waited)
        for one in state.children[-CHILD_LIMIT:]
    )
    counted = [one for one in state.children if one.status is not ChildStatus.ANNULLED]
    return ShownFamily(
        parent=state.parent,
        link_name=LINK_NAMES[view.issued.link] if view.issued.link else "",
        children=shown,
        count=len(counted),
        ended=sum(1 for one in counted if not one.to_come),
        waits_for=len(waited),
    )


def family_picture(family: ShownFamily) -> str:
    """Which of the follow-ups wait for which, as SVG; nothing where none does."""
    return draw_family(
        [
            FamilyBox(
                no=one.no,
                title=one.title or one.status_name,
                colour=one.lamp.colour if one.lamp else "",
                after=one.after,
            )
            for one in family.children
        ]
    )


def _held(connection: Connection, view: ItemView, one: Child, *, waits: bool) -> ShownChild:
    """One that has not been issued: what its row says it is about."""
    no = view.state.no
    return ShownChild(
        no=child_no(no, one.n),
        title=_title(connection, view, one),
        status_name=_NOT_YET if one.to_come else _NEVER,
        link=one.link,
        link_name=LINK_NAMES[one.link],
        after=tuple(child_no(no, n) for n in one.after),
        held=one.to_come,
        waits=waits,
    )


def _title(connection: Connection, view: ItemView, one: Child) -> str:
    process = pinned.process(connection, view.state.process)
    rule = next((rule for rule in process.issues if rule.id == one.issue), None)
    if rule is None:
        return ""
    filled = [e.fact for e in view.events if e.seq <= one.at and getattr(e.fact, "form", "") == rule.form]
    rows = rows_in(getattr(filled[-1], "answers", ()), rule.table) if filled else {}
    return rows.get(one.row, {}).get(rule.title_in, "")


def _child(parent: str, one: Child, row: RegisterRow, *, waits: bool) -> ShownChild:
    item = row.shown()
    return ShownChild(
        no=item.no,
        title=item.title,
        unit_name=item.unit_name,
        lamp=item.lamp,
        status=item.status,
        status_name=item.status_name,
        due_words=item.due_words,
        link=one.link,
        link_name=LINK_NAMES[one.link],
        after=tuple(child_no(parent, n) for n in one.after),
        waits=waits,
    )
