"""Appeals against a line: issued to the unit that appeals, decided by somebody who did not judge it, and where it is
upheld the points are what was decided, in the transaction of the deciding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from ledger.chain import batches, pinned
from ledger.chain.batches import NewItem
from ledger.chain.entries import ENTRY, ITEM
from ledger.directory import people
from ledger.rounds.rounds import check_appended, issue_by_itself
from ledger.rounds.rows import row_of
from ledger.scores.in_force import assessment_of_version, assessments_in_force
from ledger.scores.streams import note_scores, state_of, stream_of_scores
from rules.assessment.appealing import check_appeal, points_decided
from rules.assessment.assessment import Assessment
from rules.assessment.facts import PointsDecided
from rules.assessment.state import IndicatorPeriod, ScoreState
from rules.assessment.telling import period_name
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM
from rules.machine.events import Event
from rules.machine.facts import Closed
from rules.machine.issuing import Order
from rules.machine.state import State
from rules.process import Role
from rules.rounds.periods import Rhythm, period_of, read_period

_PREFIX = "appeal/"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealedLine:
    """Against what an item appeals."""

    assessment: str
    unit: str
    indicator: str
    period: str


def appealed_line(key: str) -> AppealedLine | None:
    """What the import key of an item names, where it is an appeal."""
    if not key.startswith(_PREFIX):
        return None
    parts = key.removeprefix(_PREFIX).split("/")
    if len(parts) != 5:
        return None
    assessment, unit, indicator, period, _ = parts
    return AppealedLine(assessment=assessment, unit=unit, indicator=indicator, period=period)


def appeals_of(connection: Connection, assessment: str, unit: str) -> list[tuple[str, AppealedLine]]:
    """The numbers of the unit's appeals, each with what it is against, the first first."""
    begins = f"{_PREFIX}{assessment}/{unit}/"
    query = select(ITEM.c.no, ITEM.c.import_key).where(ITEM.c.unit == unit, ITEM.c.import_key.startswith(begins))
    rows = connection.execute(query.order_by(ITEM.c.issued_at, ITEM.c.no)).all()
    return [(row.no, line) for row in rows if (line := appealed_line(row.import_key))]


def open_appeal(
    connection: Connection, assessment: Assessment, unit: str, indicator: str, period: str, why: str, now: datetime
) -> str:
    """The unit appeals against that line: an item is issued to it; its number. `why`: the line's own reason in words.
    Raises score_refused."""
    state = state_of(connection, assessment.id, unit)
    line = state.lines.get((indicator, period))
    came = _came_later(connection, state).get((indicator, period))
    before = [one for _, one in appeals_of(connection, assessment.id, unit)]
    half = period_of(Rhythm.HALF_YEAR, read_period(period).last)
    in_half = [one for one in before if period_of(Rhythm.HALF_YEAR, read_period(one.period).last) == half]
    check_appeal(
        assessment,
        line,
        passed=_working_days_since(connection, assessment, state, period, came, now),
        before=len(in_half),
        again=(indicator, period) in _appealed(connection, assessment.id, unit, {(indicator, period): came}),
    )
    assert assessment.appeal is not None
    assert line is not None
    name = next((one.name for one in (*assessment.indicators, *state.own) if one.id == indicator), indicator)
    order = Order(
        no="",
        unit=people.unit_ref(connection, unit),
        title=f"{period_name(period)}{name}得分申诉",
        matter=(
            ("indicator", name),
            ("period", period),
            ("line", _two_places(line.points)),
            *((("why_line", why[:1000]),) if why else ()),
        ),
        supervisor=_nobody_who_judged(connection, state, indicator, period),
    )
    key = f"{_PREFIX}{assessment.id}/{unit}/{indicator}/{period}/{len(before) + 1}"
    new = NewItem(process=assessment.appeal.process, variant=assessment.appeal.variant, import_key=key, order=order)
    said = {"filename": assessment.name, "title": order.title, "reading": {}, "actor": SYSTEM, "now": now}
    batches.save(connection, key, [new], **said)  # type: ignore[arg-type]
    issue_by_itself(connection, key, now)
    while batches.issue_chunk(connection, key, 10, now):
        pass
    return str(connection.execute(select(ITEM.c.no).where(ITEM.c.import_key == key)).scalar_one())


def open_to_appeal(
    connection: Connection, assessment: Assessment, state: ScoreState, now: datetime
) -> set[IndicatorPeriod]:
    """The lines against which the unit may still appeal."""
    rule = assessment.appeal
    if rule is None:
        return set()
    came, months = _came_later(connection, state), dict[date, int]()
    for month in state.scored:
        months[read_period(month).last] = _working_days_passed(connection, assessment, month, None, now)
    found = set[IndicatorPeriod]()
    one = next(iter(state.scored.values()), None)
    again = _appealed(connection, assessment.id, one.unit, came) if one else set()
    for key in state.lines.keys() - again:
        last = read_period(key[1]).last
        passed = months.get(last, rule.within + 1)
        if key in came and passed > rule.within:
            month = period_of(Rhythm.MONTH, last).id
            passed = _working_days_passed(connection, assessment, month, came[key], now)
        if passed <= rule.within:
            found.add(key)
    return found


def _appealed(
    connection: Connection, assessment: str, unit: str, came: Mapping[IndicatorPeriod, datetime | None]
) -> set[IndicatorPeriod]:
    """The lines against which the unit has appealed already, as they stand: since they came, or were lowered."""
    begins = f"{_PREFIX}{assessment}/{unit}/"
    query = select(ITEM.c.import_key, ITEM.c.issued_at).where(ITEM.c.unit == unit, ITEM.c.import_key.startswith(begins))
    found = set[IndicatorPeriod]()
    for key, at in connection.execute(query):
        line = appealed_line(key)
        since = came.get((line.indicator, line.period)) if line else None
        if line and (since is None or datetime.fromisoformat(at) >= since):
            found.add((line.indicator, line.period))
    return found


def _came_later(connection: Connection, state: ScoreState) -> dict[IndicatorPeriod, datetime]:
    """The lines that came when their month had been scored without them (what they rest on was asked for later, or
    somebody judged late), or were lowered then, each with the instant: nobody could appeal against that before."""
    if not state.came:
        return {}
    one = next(iter(state.scored.values()))
    query = select(ENTRY.c.seq, ENTRY.c.at).where(
        ENTRY.c.stream == stream_of_scores(one.score_of, one.unit), ENTRY.c.seq.in_(set(state.came.values()))
    )
    instants = {row.seq: datetime.fromisoformat(row.at) for row in connection.execute(query)}
    return {key: instants[seq] for key, seq in state.came.items()}


def _two_places(points: int) -> str:
    sign, value = ("-", -points) if points < 0 else ("", points)
    return f"{sign}{value // 100}.{value % 100:02}"


def _working_days_since(
    connection: Connection,
    assessment: Assessment,
    state: ScoreState,
    period: str,
    came: datetime | None,
    now: datetime,
) -> int:
    """So many working days have passed since the round was locked by which the line was scored, or since it came, where
    that was later."""
    month = next(
        (fact.month for fact in state.scored.values() if read_period(fact.month).last == read_period(period).last), ""
    )
    return _working_days_passed(connection, assessment, month, came, now) if month else 0


def _working_days_passed(
    connection: Connection, assessment: Assessment, month: str, came: datetime | None, now: datetime
) -> int:
    row = row_of(connection, f"{assessment.campaign}/{month}")
    calendar = pinned.known_calendar(connection)
    if row is None or calendar is None:
        return 0
    locked = date.fromisoformat(row["locks"])
    since = max(locked, local_date(came)) if came else locked
    today = local_date(now)
    return calendar.count(since, today) if today > since else 0


def _nobody_who_judged(connection: Connection, state: ScoreState, indicator: str, period: str) -> str:
    """A supervisor who did not give the points."""
    judged = {one.by for one in state.judged.get((indicator, period), ())}
    every = people.holders(connection, Role.SUPERVISOR)
    return next((one for one in every if one not in judged), every[0] if every else "")


def check_scored(connection: Connection, state: State, events: Sequence[Event]) -> None:
    """As `check_appended`; and an appeal is decided by nobody who judged what it is against. Raises
    score_refused."""
    check_appended(connection, state, events)
    for event in events:
        if not isinstance(event.fact, Closed):
            continue
        line = _line_of(connection, state.no)
        if line is None:
            continue
        judges = state_of(connection, line.assessment, line.unit).judged.get((line.indicator, line.period), ())
        if event.actor.people & {one.by for one in judges}:
            raise RuleViolation(Code.SCORE_REFUSED, why="这一项是您评定的，申诉要由别人复核")


def decide_appeals(connection: Connection, state: State, events: Sequence[Event], now: datetime) -> AppealedLine | None:
    """Where one of the events upholds an appeal, its points are noted; what it was against, to be scored anew."""
    for event in events:
        if not isinstance(event.fact, Closed):
            continue
        line = _line_of(connection, state.no)
        assessment = assessments_in_force(connection).get(line.assessment) if line else None
        if line is None or assessment is None:
            continue
        last = next(
            (
                one
                for one in state_of(connection, line.assessment, line.unit).scored.values()
                if read_period(one.month).last == read_period(line.period).last
            ),
            None,
        )
        by = (assessment_of_version(connection, line.assessment, last.version) if last else None) or assessment
        points = points_decided(by, event.fact)
        if points is None:
            continue
        fact = PointsDecided(
            score_of=line.assessment,
            unit=line.unit,
            indicator=line.indicator,
            period=line.period,
            points=points,
            reason=next((pair[1] for pair in event.fact.answers if pair[0] == "why"), event.fact.text)[:500],
            item=state.no,
        )
        note_scores(connection, [fact], event.actor, now)
        return line
    return None


def _line_of(connection: Connection, no: str) -> AppealedLine | None:
    key = connection.execute(select(ITEM.c.import_key).where(ITEM.c.no == no)).scalar()
    return appealed_line(key or "")
