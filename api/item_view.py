"""One item as it is shown: dates with their reasons, where it stands in its process, its timeline. Reads only."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping

from api.item_rows import Words, show_lamp
from api.shown import (
    ShownCorrection,
    ShownDue,
    ShownEntry,
    ShownEvidence,
    ShownExtension,
    ShownNotice,
    ShownPause,
    ShownSubject,
    ShownUnit,
    ShownWhy,
)
from ledger import lists, people, pinned
from ledger.people import names_of
from ledger.queries import ItemView
from rules.calendar import local_date
from rules.clocks import Clock
from rules.codec import encode, instant_text
from rules.commands import Actor, Status
from rules.corrections import Correction, beside
from rules.distance import distance
from rules.events import Corrected, CorrectionAsked, Event, Fact, FellDue, Reassigned, RungReached
from rules.explain import dues_of, explain
from rules.names import CLOCK_NAMES, EVENT_NAMES, ROLE_NAMES
from rules.process import ClockKind, Process, Role
from rules.story import tell
from rules.windows import Due

LATE_SECONDS = 3600
"""An entry recorded this much later than it became true is marked."""


def subject_of(view: ItemView) -> ShownSubject:
    """What the item is about."""
    subject = view.issued.subject
    return ShownSubject(**{name: getattr(subject, name) for name in ShownSubject.model_fields})


def units_of(connection: Connection, words: Words, process: Process, ids: Iterable[str]) -> tuple[ShownUnit, ...]:
    """These units, in that order; one that is no longer known is called by its id."""
    wanted = list(ids)
    rows = lists.units_named(connection, wanted)
    found = []
    for unit_id in wanted:
        row = rows.get(unit_id)
        name, kind, area = (row["name"], row["kind"], row["area"]) if row else (unit_id, "", None)
        found.append(words.unit(unit_id, name, kind, "", area))
    return tuple(found)


def why(connection: Connection, view: ItemView, now: datetime) -> ShownWhy:
    """Every date that the item has now, with its reasons."""
    state = view.state
    as_of = max(now, state.at)

    def show(clock: str, name: str, due: Due, late: datetime | None, *, words: bool) -> ShownDue:
        calendar = pinned.calendar(connection, state.calendar)
        away = distance(calendar, due.date, local_date(as_of), late=late is not None) if words else ""
        return ShownDue(
            clock=clock,
            name=name,
            date=due.date,
            at=instant_text(due.at),
            provisional=due.provisional,
            late=instant_text(late) if late else None,
            words=away,
            sentences=explain(due),
            trace=encode(due.trace),
        )

    def of(clock: Clock) -> ShownDue:
        return show(str(clock.kind), _clock_name(clock, state.step_name), clock.due, clock.late, words=True)

    watching = state.watch if state.status is Status.WATCHING else None
    return ShownWhy(
        no=state.no,
        clocks=tuple(of(clock) for clock in state.clocks),
        cap=show("cap", "事项总时限", state.cap, None, words=False) if state.cap and state.clocks else None,
        watch=show("watch", "回头看期", watching, None, words=False) if watching else None,
    )


def _clock_name(clock: Clock, step_name: str) -> str:
    turn = clock.kind in (ClockKind.WORKING, ClockKind.REVIEWING)
    return step_name if turn and step_name else CLOCK_NAMES[clock.kind]


def pause_of(view: ItemView) -> ShownPause | None:
    """Since when, until when and why the clocks stand still; None while they run."""
    pause = view.state.pause
    if pause is None:
        return None
    return ShownPause(since=instant_text(pause.since), until=pause.until, reason=pause.reason)


def extension_of(connection: Connection, view: ItemView, process: Process) -> ShownExtension:
    """What waits for an answer, and what could still be asked for."""
    state, rule = view.state, process.extension
    left = max(state.window_days * rule.percent // 100 - state.extended_days, 0)
    latest = None
    if state.clock and state.status is Status.WORKING and left and state.extensions < rule.times:
        calendar = pinned.calendar(connection, state.calendar)
        latest = calendar.add(state.clock.due.date, left)
        if state.cap and latest > state.cap.date:
            latest = state.cap.date
        if latest <= state.clock.due.date:
            latest = None
    asked = state.extension
    return ShownExtension(
        asked_to=asked.to if asked else None,
        asked_days=asked.days if asked else None,
        decider=str(asked.decider) if asked else "",
        decider_name=ROLE_NAMES[asked.decider] if asked else "",
        granted=state.extensions,
        granted_days=state.extended_days,
        times=rule.times,
        days_left=left,
        latest=latest,
    )


def timeline(connection: Connection, view: ItemView, process: Process) -> tuple[ShownEntry, ...]:
    """Every entry of the item in order, as a sentence and as it stands in the ledger."""
    names = names_of(connection, {row[who] for row in view.entries for who in ("actor", "behalf") if row[who]})
    attached = lists.files(connection, [i for event in view.events for i in getattr(event.fact, "evidence", ())])
    corrections = _corrections(view.events, names, attached)
    units = lists.units_named(connection, [row["unit"] for row in view.entries if row["unit"]])
    outcomes = {o.id: o.name for o in process.outcomes}
    lamps = {lamp.id: show_lamp(lamp) for lamp in process.lamps}
    shown = []
    for row, event in zip(view.entries, view.events, strict=True):
        fact = event.fact
        unit = units.get(row["unit"])
        shown.append(
            ShownEntry(
                **{name: row[name] for name in _COPIED},
                late_by=_late_by(row),
                kind_name=EVENT_NAMES[row["kind"]],
                actor_name=_named(event.actor, names),
                role_name=ROLE_NAMES[Role(row["role"])],
                unit_name=unit["name"] if unit else "",
                sentence=tell(fact, outcomes),
                because=tuple(sentence for due in dues_of(fact) for sentence in explain(due)),
                text=_text(fact),
                measures=getattr(fact, "measures", ()),
                evidence=tuple(show_file(attached[i]) for i in getattr(fact, "evidence", ()) if i in attached),
                lamp=lamps.get(fact.lamp) if isinstance(fact, RungReached) else None,
                late=isinstance(fact, FellDue),
                corrections=corrections.get(row["seq"], ()),
                body=json.loads(row["body"]),
            )
        )
    return tuple(shown)


def _named(actor: Actor, names: Mapping[str, str]) -> str:
    """Who did it, and for whom who was away: 李四（代张三）."""
    who = names.get(actor.id, "系统" if actor.role is Role.SYSTEM else actor.id)
    return f"{who}（代{names.get(actor.behalf, actor.behalf)}）" if actor.behalf else who


def pending_correction(connection: Connection, view: ItemView) -> ShownCorrection | None:
    """What is said to be wrong and waits for an answer."""
    asked = view.state.correction
    if asked is None:
        return None
    event = view.events[asked.asked - 1]
    attached = lists.files(connection, getattr(event.fact, "evidence", ()))
    found = _corrections(view.events, names_of(connection, {event.actor.id, event.actor.behalf}), attached)
    return found[asked.entry][-1]


def _corrections(
    events: Sequence[Event], names: Mapping[str, str], attached: Mapping[str, RowMapping]
) -> dict[int, tuple[ShownCorrection, ...]]:
    """Beside each entry what it should have said."""
    found = beside(events)
    return {entry: tuple(_correction(c, names, attached) for c in of) for entry, of in found.items()}


def _correction(
    correction: Correction, names: Mapping[str, str], attached: Mapping[str, RowMapping]
) -> ShownCorrection:
    asked, made = correction.asked, correction.made
    assert isinstance(asked.fact, CorrectionAsked)
    shown = ShownCorrection(
        entry=correction.entry,
        text=correction.text,
        reason=correction.reason,
        asked=asked.seq,
        asked_at=instant_text(asked.at),
        asked_by=_named(asked.actor, names),
        asked_role_name=ROLE_NAMES[asked.actor.role],
        evidence=tuple(show_file(attached[i]) for i in asked.fact.evidence if i in attached),
    )
    if made is None:
        return shown.model_copy(update={"decider_name": ROLE_NAMES[asked.fact.decider]})
    assert isinstance(made.fact, Corrected)
    answer = {
        "made": made.seq,
        "made_at": instant_text(made.at),
        "made_by": _named(made.actor, names),
        "made_role_name": ROLE_NAMES[made.actor.role],
        "opinion": made.fact.opinion,
        "again": correction.again,
    }
    return shown.model_copy(update=answer)


_COPIED = ("seq", "at", "recorded_at", "kind", "actor", "behalf", "role", "unit", "command", "prev_hash", "hash")


def _text(fact: Fact) -> str:
    """All that somebody wrote; the sentence repeats only its beginning."""
    if isinstance(fact, Reassigned):
        return fact.reason
    if isinstance(fact, CorrectionAsked | Corrected):
        return f"应为：{fact.text}；理由：{fact.reason}"
    written = [getattr(fact, name, "") for name in ("reason", "progress", "text")]
    return "\n".join(part for part in written if part)


def _late_by(row: RowMapping) -> str:
    seconds = (datetime.fromisoformat(row["recorded_at"]) - datetime.fromisoformat(row["at"])).total_seconds()
    if seconds < LATE_SECONDS:
        return ""
    hours = int(seconds // 3600)
    return f"{hours // 24} 天" if hours >= 48 else f"{hours} 小时"


def show_file(row: RowMapping) -> ShownEvidence:
    """A stored file and where it can be had."""
    return ShownEvidence(
        id=row["id"],
        name=row["name"],
        size=row["size"],
        media_type=row["media_type"],
        url="" if row["erased"] else f"/api/v1/evidence/{row['id']}",
    )


def show_notices(connection: Connection, rows: Iterable[RowMapping]) -> tuple[ShownNotice, ...]:
    """Notices with names."""
    rows = tuple(rows)
    names = people.names_of(connection, {row["person"] for row in rows})
    copied = ("id", "at", "person", "kind", "rung", "lamp", "immediate", "state", "finding", "unit_name")
    return tuple(
        ShownNotice(
            **{name: row[name] for name in copied},
            no=row["stream"],
            person_name=names.get(row["person"], row["person"]),
            role_name=ROLE_NAMES[Role(row["role"])],
            kind_name=EVENT_NAMES[row["kind"]],
        )
        for row in rows
    )
