"""The stepper: a process's boxes with which is done, which is now, and what comes later. Pure."""

from desk.showing.values import ShownStep
from rules.dates.calendar import local_date
from rules.dates.explain import short_day
from rules.dates.windows import window_words
from rules.machine.commands import IN_STEP, NOBODYS_TURN, Status
from rules.machine.events import CLOSINGS, Event
from rules.machine.facts import CycleStarted, Issued, Reassigned, Reopened
from rules.machine.state import State
from rules.machine.timed import Migrated, Turn
from rules.names import STAGE_NAMES, names_of
from rules.permitting import party_name
from rules.process import Party, Process, Window
from rules.telling.item_words import status_name


def steps_of(process: Process, state: State, events: tuple[Event, ...]) -> tuple[ShownStep, ...]:
    """Signing, the process's steps, and the end: done, now, later, or maybe (it comes only after a return). Of an
    annulled item the end is `void`: nothing was brought to an end."""
    ended = _ended_steps(events)
    now = _now(state)
    holder = party_name(process, Party.UNIT, None)
    boxes = [_box("sign", "签收", "plan", holder, process.sign, ended, now)] if process.sign else []
    usual = _usual(process)
    for step in process.steps:
        who = "无人" if step.waits else party_name(process, step.party, step)
        box = _box(step.id, step.name, str(step.stage), who, step.window, ended, now)
        boxes.append(box if box.state != "later" or step.id in usual else box.model_copy(update={"state": "maybe"}))
    boxes.append(_last(process, state, now))
    return tuple(boxes)


def _now(state: State) -> str:
    match state.status:
        case Status.UNSIGNED | Status.DECLINED:
            return "sign"
        case status if status in IN_STEP:
            return state.step
        case Status.WATCHING:
            return "end"
        case _:
            return ""


def _box(box_id: str, name: str, stage: str, who: str, window: Window, ended: dict[str, str], now: str) -> ShownStep:
    state = "now" if box_id == now else "done" if box_id in ended else "later"
    return ShownStep(
        id=box_id,
        name=name,
        stage=stage,
        stage_name="交办" if box_id == "sign" else _STAGES[stage],
        party_name=who,
        window=window_words(window),
        state=state,
        note=ended.get(box_id, "") if state == "done" else "",
    )


_STAGES = {str(stage): name for stage, name in STAGE_NAMES.items()}


def _last(process: Process, state: State, now: str) -> ShownStep:
    closing = [step for step in process.steps if step.ends_item]
    judged = any(step.closes for step in closing)
    ends = names_of(process.words).command["close"] if judged else process.words.close
    ended = {Status.CLOSED: "done", Status.ANNULLED: "void"}.get(state.status)
    return ShownStep(
        id="end",
        name=status_name(state.status, process.words) if state.status in NOBODYS_TURN else ends,
        stage="end",
        stage_name="办结",
        party_name=party_name(process, closing[-1].party, closing[-1]),
        window=f"回头看 {window_words(process.watch)}" if process.watch and not ended else "",
        state="now" if now == "end" else ended or "later",
        note=f"至 {short_day(state.watch.date)}" if state.watch and now == "end" else "",
    )


def _ended_steps(events: tuple[Event, ...]) -> dict[str, str]:
    """The boxes that have been left in this cycle, with the day each was last left."""
    ended: dict[str, str] = {}
    box = "sign"
    for event in events:
        turn: Turn | None = getattr(event.fact, "turn", None)
        if isinstance(event.fact, Migrated) and turn is None:  # the same turn, under its new name
            box = event.fact.step or box
        if turn is None and event.kind not in CLOSINGS:
            continue
        if isinstance(event.fact, Issued | Reassigned):
            assert turn is not None
            ended, box = {}, turn.step or "sign"
            continue
        ended[box] = short_day(local_date(event.at))
        if isinstance(event.fact, CycleStarted | Reopened):
            ended = {box: day for box, day in ended.items() if box == "sign"}
        if turn is not None:
            box = turn.step or "sign"
    return ended


def _usual(process: Process) -> set[str]:
    """The steps that are passed when nothing is returned."""
    usual: set[str] = set()
    coming = [process.first_step.id]
    while coming:
        step = process.step(coming.pop())
        if step.id not in usual:
            usual.add(step.id)
            coming.extend(step.onward)
    return usual
