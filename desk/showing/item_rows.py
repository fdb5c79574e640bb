"""A page of the register as it is shown, its lamps counted; and people with their posts. Reads only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from desk.showing.register import RegisterRow, RowNames, ShownItem, show_lamp
from desk.showing.values import LampCount, Shown, ShownLamp, ShownPerson, ShownPost
from ledger.directory.people import Somebody
from ledger.reading import lists, queries
from ledger.reading.filters import Filters
from ledger.reading.sorting import OWN, Sorting
from rules.names import ROLE_NAMES
from rules.process import Role


class ShownPage(Shown):
    """A page of the register. `next`: give it as `after` to get the page that follows; none on the last one."""

    items: tuple[ShownItem, ...]
    next: str | None
    total: int
    lamps: tuple[LampCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSheet:
    """Some rows of the register; else as ShownPage. `under`: the follow-ups of those rows that were to be unfolded, by
    number."""

    rows: tuple[RegisterRow, ...]
    next: str | None
    total: int
    lamps: tuple[LampCount, ...]
    under: Mapping[str, tuple[RegisterRow, ...]] = field(default_factory=dict)

    def shown(self) -> ShownPage:
        """The same as values."""
        items = tuple(row.shown() for row in self.rows)
        return ShownPage(items=items, next=self.next, total=self.total, lamps=self.lamps)


def sheet(
    connection: Connection,
    filters: Filters,
    *,
    after: str | None,
    size: int,
    now: datetime | None = None,
    order: Sorting = OWN,
    unfolded: Collection[str] = (),
) -> RegisterSheet:
    """The page of the register after that key; lamps counted under the filters other than the lamp's own; with the
    follow-ups of the rows that are `unfolded`, by number."""
    names = RowNames(connection, now or datetime.now(UTC))
    page = queries.register(connection, filters, sorting=order, after=after, size=size)
    counts = queries.lamp_counts(connection, replace(filters, lamp=None))
    lamps = tuple(LampCount(lamp=lamp, count=counts.get(lamp.id, 0)) for lamp in all_lamps(connection, counts))
    total = sum(c.count for c in lamps if not filters.lamp or c.lamp.id == filters.lamp)
    rows = tuple(RegisterRow(names, row) for row in page.rows)
    opened = [row["no"] for row in page.rows if row["children"] and row["no"] in unfolded]
    found = queries.children_of(connection, opened)
    under = {no: tuple(RegisterRow(names, row) for row in children) for no, children in found.items()}
    return RegisterSheet(rows=rows, next=page.next, total=total, lamps=lamps, under=under)


def all_lamps(connection: Connection, counted: Mapping[str, int]) -> list[ShownLamp]:
    """The lamps of the processes in force, gravest first, and any that older items still show."""
    lamps = {lamp.id: show_lamp(lamp) for p in lists.current_processes(connection) for lamp in p.lamps}
    for lamp_id in counted:
        lamps.setdefault(lamp_id, ShownLamp(id=lamp_id, name=lamp_id, colour="#757575", rank=0))
    return sorted(lamps.values(), key=lambda lamp: -lamp.rank)


def show_person(who: Somebody) -> ShownPerson:
    """A person with posts in words."""
    posts = tuple(
        ShownPost(role=post.role, role_name=ROLE_NAMES[Role(post.role)], unit=post.unit, area=post.area)
        for post in who.posts
    )
    return ShownPerson(id=who.id, name=who.name, unit=who.unit, unit_name=who.unit_name, posts=posts)
