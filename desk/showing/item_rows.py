"""From the register's rows to what is shown of them: names beside codes, how far off a date is. Reads the directory."""

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import Connection, RowMapping

from desk.showing.values import LampCount, ShownItem, ShownLamp, ShownPage, ShownPerson, ShownPost, ShownUnit
from ledger.chain import pinned
from ledger.directory import people
from ledger.directory.people import Somebody
from ledger.reading import lists, queries
from ledger.reading.queries import Filters
from rules.dates.calendar import local_date
from rules.dates.distance import distance
from rules.names import PARTY_NAMES, ROLE_NAMES, STAGE_NAMES, STATUS_NAMES
from rules.process import Lamp, Party, Process, Role, Stage


class RowNames:
    """The names that rows need, read once for a request."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self.connection, self.now = connection, now
        self.areas = {row["id"]: row["name"] for row in people.all_areas(connection)}

    def process(self, row: RowMapping) -> Process:
        """The process that an item is pinned to."""
        return pinned.process(self.connection, row["process_ref"])

    def item(self, row: RowMapping) -> ShownItem:
        """The row as it is shown."""
        process = self.process(row)
        outcomes = {o.id: o.name for o in process.outcomes}
        return ShownItem(
            **{name: row[name] for name in _COPIED},
            variant_name=process.variant_name,
            unit=self.unit(row["unit"], row["unit_name"], row["unit_kind"], process.unit_kind_name, row["area"]),
            helps=row.get("helps", False),
            status_name=STATUS_NAMES[row["status"]],
            stage_name=STAGE_NAMES[Stage(row["stage"])],
            party_name=PARTY_NAMES[Party(row["party"])],
            lamp=show_lamp(process.lamp(row["lamp"])),
            due=_date(row["due"]),
            due_words=self._due_words(row),
            extension_to=_date(row["extension_to"]),
            outcome_name=outcomes.get(row["outcome"], row["outcome"]),
        )

    def unit(self, unit_id: str, name: str, kind: str, kind_name: str, area: str | None) -> ShownUnit:
        """A unit with its area's name."""
        return ShownUnit(
            id=unit_id, name=name, kind=kind, kind_name=kind_name, area=area, area_name=self.areas.get(area or "", "")
        )

    def _due_words(self, row: RowMapping) -> str:
        if row["due"] is None or row["status"] in ("closed", "annulled", "watching"):
            return ""
        as_of = max(self.now, datetime.fromisoformat(row["updated_at"]))
        calendar = pinned.calendar(self.connection, row["calendar_ref"])
        return distance(
            calendar, date.fromisoformat(row["due"]), local_date(as_of), late=row["late"], party=Party(row["party"])
        )


_COPIED = (
    "no",
    "finding",
    "category",
    "source",
    "variant",
    "status",
    "step",
    "step_name",
    "stage",
    "party",
    "cycle",
    "provisional",
    "late",
    "late_count",
    "late_reviews",
    "paused",
    "points",
    "outcome",
    "supervisor",
    "batch",
    "issued_at",
    "updated_at",
    "acted_at",
)


def show_lamp(lamp: Lamp) -> ShownLamp:
    """The lamp as it is shown."""
    return ShownLamp(id=lamp.id, name=lamp.name, colour=lamp.colour, rank=lamp.rank, meaning=lamp.meaning)


def show_person(who: Somebody) -> ShownPerson:
    """A person with posts in words."""
    posts = tuple(
        ShownPost(role=post.role, role_name=ROLE_NAMES[Role(post.role)], unit=post.unit, area=post.area)
        for post in who.posts
    )
    return ShownPerson(id=who.id, name=who.name, unit=who.unit, unit_name=who.unit_name, posts=posts)


def show_page(
    connection: Connection, filters: Filters, *, after: str | None, size: int, now: datetime | None = None
) -> ShownPage:
    """The page of the register after that key; lamps counted under the filters other than the lamp's own."""
    words = RowNames(connection, now or datetime.now(UTC))
    page = queries.register(connection, filters, after=after, size=size)
    counts = queries.lamp_counts(connection, replace(filters, lamp=None))
    lamps = tuple(LampCount(lamp=lamp, count=counts.get(lamp.id, 0)) for lamp in all_lamps(connection, counts))
    total = sum(c.count for c in lamps if not filters.lamp or c.lamp.id == filters.lamp)
    return ShownPage(items=tuple(words.item(row) for row in page.rows), next=page.next, total=total, lamps=lamps)


def all_lamps(connection: Connection, counted: dict[str, int]) -> list[ShownLamp]:
    """The lamps of the processes in force, gravest first, and any that older items still show."""
    lamps = {lamp.id: show_lamp(lamp) for p in lists.current_processes(connection) for lamp in p.lamps}
    for lamp_id in counted:
        lamps.setdefault(lamp_id, ShownLamp(id=lamp_id, name=lamp_id, colour="#757575", rank=0))
    return sorted(lamps.values(), key=lambda lamp: -lamp.rank)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
