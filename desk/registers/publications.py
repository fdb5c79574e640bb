"""The register of publications: what was published where, since when, until when; a query over `published` entries."""

from datetime import date

from sqlalchemy import Connection

from desk.showing.values import Shown
from ledger.chain.entries import event_of
from ledger.directory import people
from ledger.reading import audit
from ledger.reading.audit import EntryFilters
from ledger.reading.entry_words import EntryWords
from ledger.reading.queries import PAGE
from rules.machine.events import EVENT_KIND_OF
from rules.machine.facts import Published
from rules.names import SCOPE_NAMES

PUBLISHED = EVENT_KIND_OF[Published]


class ShownPublication(Shown):
    """One publication. `on`: the day on which it went up; `until`: the last day on which it has to stand; `at`: when
    that was recorded, by `by`."""

    no: str
    title: str
    unit_name: str
    what: str
    scope: str
    scope_name: str
    place: str
    reference: str
    on: date
    until: date
    provisional: bool
    at: str
    by: str


class ShownPublications(Shown):
    """Some publications, those recorded last first, and the key after which the next page begins."""

    publications: tuple[ShownPublication, ...]
    next: str | None


def show_publications(
    connection: Connection, *, unit: str = "", after: str = "", size: int = PAGE
) -> ShownPublications:
    """What was published, of that unit (id, name or alias) where one is named. Raises unknown_unit, bad_request."""
    of = people.unit_ref(connection, unit).id if unit.strip() else None
    page = audit.entries(connection, EntryFilters(unit=of, kinds=(PUBLISHED,)), after=after, size=size)
    words = EntryWords(connection, page.rows)
    shown = []
    for row in page.rows:
        fact = event_of(row).fact
        assert isinstance(fact, Published)
        shown.append(
            ShownPublication(
                no=row["stream"],
                title=row["title"],
                unit_name=row["unit_name"],
                what=fact.what,
                scope=fact.scope,
                scope_name=SCOPE_NAMES[fact.scope],
                place=fact.place,
                reference=fact.reference,
                on=fact.on,
                until=fact.until.date,
                provisional=fact.until.provisional,
                at=row["at"],
                by=words.who(row),
            )
        )
    return ShownPublications(publications=tuple(shown), next=page.next)
