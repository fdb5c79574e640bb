"""What an auditor looks up, as it is shown: entries found, an item as it stood, findings that came again. The same for
JSON routes, pages and the command line. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import Connection

from desk.showing.entries import show_entry, timeline
from desk.showing.item_view import why
from desk.showing.register import show_lamp
from desk.showing.values import Shown, ShownEntry, ShownLamp, ShownWhy
from ledger.chain import journal, pinned
from ledger.directory import people
from ledger.reading import audit, lists, queries
from ledger.reading.audit import EntryFilters
from ledger.reading.entry_filters import EntrySearch, narrowed
from ledger.reading.entry_words import EntryWords
from ledger.reading.queries import PAGE, ItemView
from rules.accounts.facts import ACCOUNT_FACTS, ENTRANCE_FACTS
from rules.codec import instant_text
from rules.dates.moments import begins, moment
from rules.errors import Code, RuleViolation
from rules.machine.item import shown_lamp
from rules.machine.state import State
from rules.names import CLOCK_NAMES
from rules.telling import repeats
from rules.telling.repeats import Answered, Common, Repeated
from rules.telling.standing import Difference, Feature, StateWords, as_of, differences, features

ACCESS_KINDS = tuple(
    kind for kind, (where, _) in journal.JOURNAL_KINDS.items() if where == journal.ACCESS and kind not in ENTRANCE_FACTS
)
"""Who saw or took away what."""
ENTRANCE_KINDS = (*ENTRANCE_FACTS, *ACCOUNT_FACTS)
"""Who came in or was not let in, and who let whom in."""
GRANT_KINDS = ("directory_loaded", "posts_ended", "substitute_named", "substitution_ended")
"""Who was given what power, or lost it."""
FINDINGS_LIMIT = 100_000
"""So many findings are compared for one request to the site; the command line compares any number."""
GROUPS_SHOWN = 200


class ShownFound(ShownEntry):
    """An entry that was found. `stream`: the item's number or the journal's name; `title` and `item_unit_name` are
    the item's, `position` is the place in the whole ledger."""

    position: int
    stream: str
    of_journal: bool
    title: str = ""
    item_unit_name: str = ""


class ShownFinds(Shown):
    """A page of entries, newest first. `next`: give it as `after` to get the page that follows. `back_to`: the search
    for words had not got further back than this instant; `next` goes on from there."""

    entries: tuple[ShownFound, ...]
    next: str | None
    back_to: str | None = None


def find(connection: Connection, asked: EntrySearch, *, after: str = "", size: int = PAGE) -> ShownFinds:
    """The page of entries after that key; `item` is the stream they stand in, a journal's name too.

    Raises unknown_unit, unknown_person, field_invalid, bad_request.
    """
    return _found(connection, narrowed(connection, asked), after, size)


def find_reads(connection: Connection, asked: EntrySearch, *, after: str = "", size: int = PAGE) -> ShownFinds:
    """Who saw or took away what: entries of the access journals; `item` is the one that they name.

    Raises unknown_unit, unknown_person, field_invalid, bad_request.
    """
    wanted = narrowed(connection, asked)
    wanted = replace(wanted, kinds=wanted.kinds or ACCESS_KINDS, item=wanted.stream, stream=None)
    return _found(connection, wanted, after, size)


def find_access(connection: Connection, asked: EntrySearch, *, after: str = "", size: int = PAGE) -> ShownFinds:
    """The journal of access: who came in or was not let in, who let whom in and gave whom a post, who saw or took away
    what; `person`: who did it, or whom it is about.

    Raises unknown_person, field_invalid, bad_request.
    """
    wanted = narrowed(connection, asked)
    kinds = wanted.kinds or (*ENTRANCE_KINDS, *ACCESS_KINDS, *GRANT_KINDS)
    return _found(connection, replace(wanted, kinds=kinds, person=None, named=wanted.person), after, size)


def _found(connection: Connection, wanted: EntryFilters, after: str, size: int) -> ShownFinds:
    page = audit.entries(connection, wanted, after=after or None, size=size)
    words = EntryWords(connection, page.rows)
    shown = [
        ShownFound(
            **show_entry(connection, row, words),
            position=row["position"],
            stream=row["stream"],
            of_journal=journal.is_journal(row["stream"]),
            title=row["title"] or "",
            item_unit_name=row["unit_name"] or "",
        )
        for row in page.rows
    ]
    return ShownFinds(entries=tuple(shown), next=page.next, back_to=page.back_to)


class ShownStamp(Shown):
    """A deadline that had passed."""

    what: str
    step: str = ""
    due: date
    at: str


class ShownStanding(Shown):
    """An item as it stood at the end of a moment: everything that was true by then (`at` of the entries). `seq`: the
    last of them, 0 before it was issued. `recorded_later`: true by then, but written down only afterwards. `later`: how
    many entries followed, of which nothing was known."""

    moment: str
    at: str
    seq: int
    lamp: ShownLamp | None = None
    features: tuple[Feature, ...]
    dates: ShownWhy
    stamps: tuple[ShownStamp, ...] = ()
    recorded_later: tuple[ShownEntry, ...] = ()
    later: int = 0


class ShownStood(Shown):
    """An item at one moment or at two. `entries`: those between the two; with one moment, those that followed it.
    `differences`: of the two moments."""

    no: str
    title: str
    before: ShownStanding
    after: ShownStanding | None = None
    differences: tuple[Difference, ...] = ()
    entries: tuple[ShownEntry, ...] = ()


def stood(connection: Connection, no: str, at: str, other: str = "") -> ShownStood:
    """The item as it stood at that moment, or at both and what differs, the earlier one first.

    Raises unknown_item, field_invalid.
    """
    view = queries.item(connection, no)
    moments = sorted((moment(text), text.strip()) for text in (at, other) if text)
    if not moments:
        moments = [(moment(at), at)]
    told = timeline(connection, view)
    before, *rest = [_standing(connection, view, told, instant, text) for instant, text in moments]
    after = rest[0] if rest else None
    return ShownStood(
        no=view.state.no,
        title=view.row["title"],
        before=before,
        after=after,
        differences=differences(before.features, after.features) if after else (),
        entries=tuple(e for e in told if e.seq > before.seq and (after is None or e.seq <= after.seq)),
    )


def _standing(
    connection: Connection, view: ItemView, told: tuple[ShownEntry, ...], at: datetime, text: str
) -> ShownStanding:
    state, then = as_of(view.events, at), instant_text(at)
    if state is None:
        nothing = features(None, StateWords(lamp=""))
        return ShownStanding(
            moment=text, at=then, seq=0, features=nothing, dates=ShownWhy(no=view.state.no), later=len(told)
        )
    process, calendar = pinned.process(connection, state.process), pinned.calendar(connection, state.calendar)
    lamp = shown_lamp(process, calendar, state)
    units = {id_: row["name"] for id_, row in lists.units_named(connection, state.co_units).items()}
    words = StateWords(lamp=lamp.name, outcomes=process.outcome_names, units=units, process=process.words)
    return ShownStanding(
        moment=text,
        at=then,
        seq=state.seq,
        lamp=show_lamp(lamp),
        features=features(state, words),
        dates=why(connection, state, at),
        stamps=_stamps(state),
        recorded_later=tuple(e for e in told if e.seq <= state.seq and e.recorded_at > then),
        later=len(told) - state.seq,
    )


def _stamps(state: State) -> tuple[ShownStamp, ...]:
    return tuple(
        ShownStamp(what=CLOCK_NAMES[s.kind], step=s.step, due=s.due, at=instant_text(s.at)) for s in state.stamps
    )


class ShownAgain(Shown):
    """A finding that came although an earlier one had been closed."""

    earlier: str
    later: str
    closed: str
    issued: str
    days: int
    why: str


class ShownReturned(Shown):
    """The same unit and category again after closing."""

    unit: str
    unit_name: str
    category: str
    why: str
    times: tuple[ShownAgain, ...]


class ShownSame(Shown):
    """One of the findings that say the same."""

    no: str
    unit: str
    unit_name: str
    issued: str
    batch: str = ""


class ShownCommon(Shown):
    """The same finding in many units."""

    text: str
    why: str
    units: int
    count: int
    findings: tuple[ShownSame, ...]


class ShownRepeats(Shown):
    """Findings that came again, at most 200 groups of each kind; `compared`: how many findings were looked at,
    `uncategorised`: how many of them have no category and so cannot come again in one."""

    months: int
    units: int
    compared: int
    uncategorised: int
    returned_total: int
    common_total: int
    returned: tuple[ShownReturned, ...]
    common: tuple[ShownCommon, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """When findings count as come again: within so many months after closing; in so many units. Of findings issued from
    `since` on, of one unit (id, name or alias) or of all."""

    months: int = repeats.MONTHS
    units: int = repeats.UNITS
    since: date | None = None
    unit: str = field(default="")


def find_repeats(
    connection: Connection, measure: Measure, *, limit: int | None = None, members: int | None = None
) -> ShownRepeats:
    """The groups, each with its reason and its first `members` findings (all when None).

    Raises unknown_unit; bad_request for more than `limit` findings.
    """
    unit = people.unit_ref(connection, measure.unit).id if measure.unit else None
    since = begins(measure.since) if measure.since else None
    if limit is not None and (count := audit.count_findings(connection, unit)) > limit:
        detail = f"要比较的问题有 {count:,} 个，网站一次最多 {limit:,} 个：请限定单位"
        raise RuleViolation(Code.BAD_REQUEST, detail=detail)
    findings = audit.findings(connection, unit)
    returned = repeats.returned(findings, measure.months, since)
    common = repeats.common(findings, measure.units, since)
    return ShownRepeats(
        months=measure.months,
        units=measure.units,
        compared=len(findings),
        uncategorised=sum(not repeats.normal(f.category) for f in findings),
        returned_total=len(returned),
        common_total=len(common),
        returned=tuple(_returned(group) for group in returned[:GROUPS_SHOWN]),
        common=tuple(_common(group, members) for group in common[:GROUPS_SHOWN]),
    )


def _returned(group: Repeated) -> ShownReturned:
    times = tuple(
        ShownAgain(
            earlier=t.earlier,
            later=t.later,
            closed=instant_text(t.closed),
            issued=instant_text(t.issued),
            days=t.days,
            why=t.why,
        )
        for t in group.times
    )
    return ShownReturned(
        unit=group.unit, unit_name=group.unit_name, category=group.category, why=group.why, times=times
    )


def _common(group: Common, members: int | None) -> ShownCommon:
    return ShownCommon(
        text=group.text,
        why=group.why,
        units=len({f.unit for f in group.findings}),
        count=len(group.findings),
        findings=tuple(_same(group.findings[:members])),
    )


def _same(findings: Iterable[Answered]) -> Iterable[ShownSame]:
    for f in findings:
        issued = instant_text(f.issued)
        yield ShownSame(no=f.no, unit=f.unit, unit_name=f.unit_name, issued=issued, batch=f.batch)
