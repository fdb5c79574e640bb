"""A running item by another version of its process: which of its turns and dates go on, and which begin anew. No stamp,
no rung. Why so: docs/adr/0014."""

from collections.abc import Iterator
from dataclasses import replace

from rules.dates.calendar import local_date
from rules.dates.clocks import Clock, Fired, rings_until
from rules.dates.windows import Due, Limit, again
from rules.machine import turns
from rules.machine.commands import IN_STEP, NOBODYS_TURN, Status
from rules.machine.facts import Fact
from rules.machine.state import State
from rules.machine.timed import Migrated, Moved, Redated, Turn
from rules.moves.carrying import Migration, answers_in, counted_in, proposed_in, target_of
from rules.moves.carrying_nodes import moved_nodes, nodes_in
from rules.moves.case import Case
from rules.moves.steps import enter
from rules.process import ClockKind, Process, Step, Window


def migrate(case: Case) -> Fact:
    """What becomes of the item.

    A turn goes on as long as the same party has to do the same within the same time, and its date stands. Where the
    step's own window is another, the date is reckoned anew from the day on which the turn began; where the party is, or
    where another step with another window takes its place, the turn begins today. Raises migration_refused.
    """
    new = case.command.process
    assert new is not None, "check_shape has seen it"
    state, calendar = case.state, case.calendar
    move = Migration(old=case.process, new=new, calendar=calendar, state=state, command=case.command, now=case.now)
    target, span = target_of(move), _span(move)
    cap, known = _cap(move, span), answers_in(move, target)
    fresh = _begins_anew(move, target, replace(state, cap=cap, span=span, answers=known))
    clocks = () if fresh else tuple(_silent(move, clock) for clock in _clocks(move, target, cap))
    after = (fresh.clock,) if fresh else clocks
    no = max((state.clock_no, *(clock.no for clock in clocks))) + 1
    owed = () if fresh else nodes_in(move, target, cap, known, no)
    nodes = tuple(replace(node, clock=_silent(move, node.clock)) if node.clock else node for node in owed)
    dates = Redated(
        clocks=clocks,
        cap=cap,
        span=span,
        deadline=state.deadline,
        watch=state.watch,
        publicity=state.publicity,
        nodes=nodes,
        choice=state.choice,
        moved=(*_moved(state, after, cap, span), *moved_nodes(state.nodes, nodes)),
    )
    turned = next((c for c in clocks if state.clock and c.no == state.clock.no), None)
    moved = turned is not None and state.clock is not None and turned.due != state.clock.due
    return Migrated(
        process=move.new.ref,
        version=move.new.version,
        before=state.process,
        cause=case.command.reason or "",
        dates=dates,
        turn=fresh,
        step=target.id if target else "",
        step_name=target.name if target else "",
        stage=target.stage if target else state.stage,
        window_days=move.calendar.count(turned.due.trace.start, turned.due.date)
        if moved and turned
        else state.window_days,
        proposed=proposed_in(move, target),
        known=known,
        taken=counted_in(move),
        unveils=state.veiled and (not new.veil or (target is not None and target.id == new.veil)),
    )


def _begins_anew(move: Migration, target: Step | None, there: State) -> Turn | None:
    """The turn that begins now, on the state as the new version has it, where the one that runs cannot go on."""
    state, new = move.state, move.new
    if state.status is Status.DECLINED and new.declined is None:
        raise move.refused("它已被退回，而新版本不必签收；请先改派")
    if state.status is Status.UNSIGNED and new.sign is None:
        target = new.first_step
    elif state.status not in IN_STEP or target is None or _goes_on(move, target):
        return None
    if state.pause:
        raise move.refused("它已暂停计时，而在新版本里要从今天重新起算；请先恢复计时")
    if state.extension:
        raise move.refused("它有一项延期申请还没有批复，而在新版本里要从今天重新起算；请先批复")
    return enter(Case(process=new, calendar=move.calendar, state=there, command=move.command, now=move.now), target)


def _goes_on(move: Migration, target: Step) -> bool:
    """Whether the turn that runs is one of that step: of the same posts, and either of the very step or as long."""
    running = move.old.step(move.state.step)
    sides = [(step.party, process.posts_of(step)) for process, step in ((move.old, running), (move.new, target))]
    until = [step.waits and step.waits.until for step in (running, target)]
    alike = sides[0] == sides[1] and until[0] == until[1]
    return alike and (target.id == running.id or target.window == running.window)


def _span(move: Migration) -> Due | None:
    """The end of the item over all cycles: as it stood, or by the new span from the day on which the old one began."""
    standing, window = move.state.span, move.new.span
    if move.state.status in NOBODYS_TURN or (window == move.old.span and not _other_hours(move)):
        return standing
    if window is None or standing is None:
        return turns.span_from(move.new, move.calendar, local_date(move.now))
    return _reckoned(move, standing, window, ())


def _cap(move: Migration, span: Due | None) -> Due | None:
    """The end of the cycle: likewise."""
    state, window = move.state, move.new.cap
    same = window == move.old.cap and span == state.span and not _other_hours(move)
    if state.status in NOBODYS_TURN or same:
        return state.cap
    if window is None or state.cap is None or move.old.cap is None:
        return turns.cap_from(move.new, move.calendar, local_date(move.now), span)
    return _reckoned(move, state.cap, window, turns.limits_on_cap(span))


def _clocks(move: Migration, target: Step | None, cap: Due | None) -> Iterator[Clock]:
    """The clocks of a turn that goes on. What fell due stays where it was: that it was late is a fact."""
    state, new = move.state, move.new
    for clock in state.clocks:
        if clock.kind is ClockKind.REPORTING:
            continue
        before, window = (
            _window(move.old, clock.kind, state.step),
            _window(new, clock.kind, target.id if target else None),
        )
        given = clock.due.trace.given is not None
        stage = target.stage if target else state.stage
        cut = turns.limits_on(clock.kind, state.stage, given=given, cap=state.cap, deadline=state.deadline)
        limits = turns.limits_on(clock.kind, stage, given=given, cap=cap, deadline=state.deadline)
        same = before == window and limits == cut and not _other_hours(move)
        answered = given and clock.kind is ClockKind.WAITING  # the day that somebody filled in
        if same or clock.late or window is None or answered:
            yield clock
        else:
            yield replace(clock, due=_reckoned(move, clock.due, window, limits))
    yield from _report(move, target)


def _report(move: Migration, target: Step | None) -> Iterator[Clock]:
    """The clock of the next report: the running one as long as the interval is the same, or else one from today."""
    owed = next((c for c in move.state.clocks if c.kind is ClockKind.REPORTING), None)
    every = target.report_every if target and move.state.status in IN_STEP else None
    before = move.old.step(move.state.step).report_every if owed else None
    if owed and every == before:
        yield owed
    elif every and target:
        if move.state.pause:
            raise move.refused("它已暂停计时，而在新版本里反馈要从今天重新起算；请先恢复计时")
        yield turns.report_clock(move.new, move.calendar, move.now, target, no=move.state.clock_no + 1)


def _window(process: Process, kind: ClockKind, step: str | None) -> Window | None:
    """How long a clock of that kind runs by that version."""
    match kind:
        case ClockKind.UNSIGNED:
            return process.sign
        case ClockKind.DECLINED:
            return process.declined
        case ClockKind.EXTENSION:
            return process.extension.decide
        case _:
            return process.step(step).window if step else None


def _reckoned(move: Migration, due: Due, window: Window, limits: tuple[Limit, ...]) -> Due:
    """The date by another window and other limits, from the same day on; one that would lie in the past leaves a
    working day: nobody is late after the event. A day that somebody set stands, but for the limits."""
    trace = due.trace
    if trace.given is None and trace.amount is not None:
        chosen = trace.proposed and window.minimum is not None and window.unit is trace.unit
        amount = min(max(trace.amount, window.minimum or 1), window.amount) if chosen else window.amount
        trace = replace(
            trace,
            amount=amount,
            unit=window.unit,
            minimum=window.minimum,
            maximum=window.amount if window.minimum is not None else None,
            proposed=chosen,
        )
    found = again(trace, move.calendar, move.new.due_time, limits)
    if found.at <= move.now < due.at:
        found = again(trace, move.calendar, move.new.due_time, limits, floor=local_date(move.now))
    return found


def _other_hours(move: Migration) -> bool:
    """Whether days end at another hour by the new version."""
    return move.new.due_time != move.old.due_time


def _silent(move: Migration, clock: Clock) -> Clock:
    """The clock, for which the rungs of the new ladder that lie behind have spoken: whoever was to hear heard it by the
    old one. While it stands still nothing has rung."""
    behind = move.state.pause.since if move.state.pause else move.now
    passed = {r.rung.id: r.times for r in rings_until(move.new, move.calendar, clock, behind) if r.rung}
    spoken = {fired.rung: fired.times for fired in clock.fired} | passed
    fired = tuple(Fired(rung=rung, times=times) for rung, times in spoken.items())
    return clock if fired == clock.fired else replace(clock, fired=fired)


def _moved(state: State, after: tuple[Clock, ...], cap: Due | None, span: Due | None) -> Iterator[Moved]:
    """The dates that are others now; of a turn that begins anew the date of the one that it takes the place of."""
    for what, was, due in (("span", state.span, span), ("cap", state.cap, cap)):
        if was and due and was.date != due.date:
            yield Moved(what=what, before=was.date, after=due.date, provisional=due.provisional)
    for clock in after:
        turned = state.clock if clock.kind not in (ClockKind.EXTENSION, ClockKind.REPORTING) else None
        stood = next((c for c in state.clocks if c.no == clock.no), turned)
        if stood and stood.due.date != clock.due.date:
            yield Moved(
                what=clock.kind.value,
                before=stood.due.date,
                after=clock.due.date,
                clock=clock.no,
                provisional=clock.due.provisional,
            )
