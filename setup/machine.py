"""Writes docs/machine.md: the item machine as the rules have it and the shipped process, by playing every command.

    .venv/bin/python setup/machine.py

Nothing in that page is written by hand; a test fails when it is out of date.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from definitions.catalogue import EXAMPLE, SHIPPED, load_process  # noqa: E402
from definitions.process import ProcessDefinition, VariantDefinition  # noqa: E402
from rules.dates.calendar import LOCAL, Calendar, local_date  # noqa: E402
from rules.forms.samples import samples  # noqa: E402
from rules.machine.commands import (  # noqa: E402
    SYSTEM,
    TABLE,
    WHILE_PAUSED,
    Actor,
    Assignment,
    Command,
    CommandKind,
    EntryRef,
    Status,
    UnitRef,
)
from rules.machine.fields import FIELDS, Field, needed, optional  # noqa: E402
from rules.machine.folding import fold  # noqa: E402
from rules.machine.issuing import Order, issue  # noqa: E402
from rules.machine.item import alarm, decide  # noqa: E402
from rules.machine.state import State  # noqa: E402
from rules.moves.moves import resume  # noqa: E402
from rules.names import COMMAND_NAMES, FIELD_NAMES, ROLE_NAMES, STATUS_NAMES  # noqa: E402
from rules.permitting import may, roles_for  # noqa: E402
from rules.process import CLOSE, WATCH, Party, Process, Role, Step, Wait, Way  # noqa: E402
from rules.publicity import Publicity, PublicityScope  # noqa: E402

PAGE = ROOT / "docs" / "machine.md"
CALENDAR = Calendar(version="plain", first_year=2026, last_year=2026, exceptions=())
CORRECTED = Calendar(version="corrected", first_year=2026, last_year=2026, exceptions=())
UNIT_KIND = "organ"
K = CommandKind
DECISIONS = (K.DECIDE_EXTENSION, K.DECIDE_CORRECTION)
REFUSED, STAYS = "", "·"


@dataclass
class Played:
    """What was seen: the statuses that each pair leads to."""

    leads: dict[tuple[Status, CommandKind], set[Status]] = field(default_factory=dict)


def play(process: Process, played: Played) -> None:
    """Every command of the table in every status and step that can be reached."""
    unit = UnitRef(id="u1", name="甲单位", kind=process.unit_kind, area="a1")
    other = Assignment(unit=UnitRef(id="u2", name="乙单位", kind=process.unit_kind, area="a1"), process=process)
    order = Order(no="X-1", unit=unit, title="问题")
    begun = datetime(2026, 3, 2, 10, tzinfo=LOCAL)
    supervisor = Actor(id="s", role=Role.SUPERVISOR)
    first = fold(issue(process, CALENDAR, order, command="c", actor=supervisor, now=begun).events)
    assert first is not None
    waiting, seen = [first], {key(first)}
    while waiting:
        state = waiting.pop()
        for command in commands(process, state, other):
            now = alarm(process, CALENDAR, state) if command.kind is K.TICK else None
            now = state.publicity.at if command.kind is K.SUBMIT and state.publicity else now
            if command.kind is K.SET_DUE:
                state = replace(state, deadline=CALENDAR.add(local_date(state.at), 9))
            decision = decide(process, CALENDAR, state, command, now or state.at + timedelta(minutes=1))
            after = fold(decision.events, state)
            assert after is not None
            played.leads.setdefault((state.status, command.kind), set()).add(after.status)
            if key(after) not in seen:
                seen.add(key(after))
                waiting.append(after)


def key(state: State) -> tuple[Status, str, bool, ...]:
    """What decides which commands can be taken; time apart."""
    pending = (state.extension is not None, state.pause is not None, state.correction is not None)
    pending += (state.publicity is not None, bool(state.objections))
    return state.status, state.step, *pending


def commands(process: Process, state: State, other: Assignment) -> Iterator[Command]:
    """The commands that state and step take, in each form that may lead elsewhere."""
    for kind in (k for k in CommandKind if k in TABLE[state.status] and (k in WHILE_PAUSED or not state.pause)):
        asked = needed(kind) | ({"text"} if kind is K.REPORT else set())
        fields: dict[str, Any] = {name: "说明" for name in asked}
        role = next(r for r in Role if r in roles_for(kind, process) and (kind not in DECISIONS or r is Role.LEADER))
        person = Actor(id=str(role), role=role, unit=state.unit.id, area=state.unit.area)
        actor = SYSTEM if kind in (K.TICK, K.SET_DUE) else person
        step = next((s for s in process.steps if s.id == state.step), None)
        forms: list[dict[str, Any]] = [fields]
        match kind:
            case K.REASSIGN:
                here = state.unit.id == other.unit.id
                unit = UnitRef(id="u1", name="甲单位", kind=process.unit_kind, area="a1") if here else other.unit
                forms = [{**fields, "assignment": Assignment(unit=unit, process=process)}]
            case K.HAND_OVER:
                forms = [{**fields, "successor": Actor(id="t", role=Role.SUPERVISOR)}]
            case K.SUBMIT if step and step.publish and (state.publicity is None or state.objections):
                forms = []
            case K.SUBMIT if step:
                required = {name: FIELDS[name].example for name in step.requires}
                forms = [fields | required | {"answers": next(samples(process.form(step.form)))}]
            case K.PUBLISH | K.OBJECT | K.ANSWER_OBJECTION if step is None or step.publish is None:
                forms = []
            case K.PUBLISH:
                forms = [] if state.publicity else [{**fields, "on": local_date(state.at)}]
            case K.OBJECT:
                forms = [fields] if state.publicity and not state.objections else []
            case K.ANSWER_OBJECTION:
                forms = [fields] if state.objections else []
            case K.APPROVE if step is None or step.approve_to is None:
                forms = []
            case K.RETURN:
                forms = [{**fields, "step": to} for to in (step.return_to if step else ())]
            case K.CLOSE:
                forms = [{**fields, "outcome": o.id} for o in process.outcomes] if step and step.closes else []
            case K.WATCH:
                forms = [{**fields, "result": "held"}]
            case K.ASK_EXTENSION:
                due = state.clocks[0].due.date
                forms = [] if state.extension else [{**fields, "to": CALENDAR.add(due, 1)}]
            case K.PAUSE:
                spent = process.pause is None or state.pauses >= process.pause.times
                forms = [] if spent else [{**fields, "to": CALENDAR.add(local_date(state.at), 1)}]
            case K.RESUME:
                forms = [{}] if state.pause else []
            case K.RECALCULATE:
                forms = [{**fields, "calendar": CORRECTED}]
            case K.SET_DUE:
                forms = [{"to": CALENDAR.add(local_date(state.at), 5), "reason": "新日历"}]
            case K.MIGRATE:
                forms = [{**fields, "process": replace(process, ref=f"{process.ref}*")}]
            case K.CORRECT:
                forms = [] if state.correction else [{**fields, "entry": EntryRef(seq=1, kind="issued")}]
            case K.DECIDE_CORRECTION:
                forms = [{"grant": True}] if state.correction else []
            case K.DECIDE_EXTENSION:
                forms = [{"grant": True}, {"grant": False, "reason": "理由"}] if state.extension else []
        for form in forms:
            yield Command(kind=kind, id="c", actor=actor, **form)


def with_a_wait(process: Process) -> Process:
    """The process with one step more, between the first, which publishes something, and the second: everybody waits
    there for a day."""
    first, second, *others = process.steps
    wait = replace(first, id="wait", name="等待", submit_to=(), form="", requires=(), waits=Wait(then=second.id))
    first = replace(first, publish=Publicity(scope=PublicityScope.INSIDE, days=1, what="方案"))
    return replace(process, ref="", steps=(replace(first, submit_to=(Way(to=wait.id),)), wait, second, *others))


def _file(what: Any) -> str:
    """Where that is written, as it stands in the repository."""
    return what.__module__.replace(".", "/") + ".py"


def page() -> str:
    """The whole page."""
    definition = load_process(SHIPPED / f"{EXAMPLE}.yaml")
    played = Played()
    for variant in definition.variants:
        play(definition.resolve(UNIT_KIND, variant.id), played)
    play(with_a_wait(definition.resolve(UNIT_KIND, definition.variants[0].id)), played)
    return "\n".join(
        [
            "# 事项状态机",
            "",
            f"本页由 `.venv/bin/python setup/machine.py` 生成：在流程 `{definition.id}`（另加一个有公示和等待的走法）",
            "能到的每个状态、每个环节，把每种操作都实际办一遍，记下去向。不要手工修改。",
            "",
            f"{len(CommandKind)} 种操作，{len(Status)} 种状态。规则写在 `{_file(Command)}`"
            f"（`TABLE`）、`{_file(may)}`（谁可以）、`{_file(Field)}`（填什么）、"
            f"`{_file(decide)}` 和 `{_file(resume)}`（每种操作做什么）；",
            "各流程不同的地方都是数据，写法见 [definitions.md](definitions.md)。",
            "",
            "## 状态与操作",
            "",
            f"格中是办理后的状态；`{STAYS}` 状态不变；空格表示拒绝（`wrong_status`）。",
            "`tick` 是事项自己的闹钟，不由人发出。",
            "",
            *transition_table(played),
            "",
            *status_diagram(played),
            "",
            "## 谁能办、填什么",
            "",
            *command_table(definition.resolve(UNIT_KIND, definition.variants[0].id)),
            "",
            "环节还可以要求上报时多填几项（见下）。没有列出的填写项填了会被拒绝，不会被悄悄忽略。",
            "",
            f"## 随附流程：{definition.name}",
            "",
            *(line for variant in definition.variants for line in variant_lines(definition, variant)),
        ]
    )


def transition_table(played: Played) -> Iterator[str]:
    """Commands down, statuses across."""
    yield "| |" + "|".join(f" {STATUS_NAMES[s]} `{s}` " for s in Status) + "|"
    yield "|---|" + "---|" * len(Status)
    for kind in CommandKind:
        cells = [cell(status, kind, played) for status in Status]
        yield f"| {COMMAND_NAMES[kind]} `{kind}` |" + "|".join(f" {c} " for c in cells) + "|"


def cell(status: Status, kind: CommandKind, played: Played) -> str:
    """Where the pair leads, in words."""
    if kind not in TABLE[status]:
        return REFUSED
    leads = played.leads.get((status, kind), set())
    return " / ".join(STAYS if after is status else STATUS_NAMES[after] for after in Status if after in leads)


def status_diagram(played: Played) -> Iterator[str]:
    """The statuses with the commands that change them."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    for status in Status:
        yield f"    {status} : {STATUS_NAMES[status]}"
    yield f"    [*] --> {Status.UNSIGNED} : 交办"
    for status in Status:
        for after in Status:
            kinds = [k for k in CommandKind if after in played.leads.get((status, k), ()) and after is not status]
            if kinds:
                yield f"    {status} --> {after} : {'、'.join(COMMAND_NAMES[k] for k in kinds)}"
    yield "```"


def command_table(process: Process) -> Iterator[str]:
    """Each command's roles, as that process has them, and fields."""
    yield "| 操作 | 角色 | 必填 | 可填 |"
    yield "|---|---|---|---|"
    for kind in CommandKind:
        roles = "、".join(ROLE_NAMES[r] for r in Role if r in roles_for(kind, process))
        taken = (named(f for f in FIELD_NAMES if f in group) for group in (needed(kind), optional(kind)))
        yield f"| {COMMAND_NAMES[kind]} `{kind}` | {roles} | {' | '.join(taken)} |"


def named(fields: Iterator[str]) -> str:
    """The fields' names and codes."""
    return "、".join(f"{FIELD_NAMES[f]} `{f}`" for f in fields)


def variant_lines(definition: ProcessDefinition, variant: VariantDefinition) -> Iterator[str]:
    """One variant: its steps as a diagram, unit's steps with round corners."""
    process = definition.resolve(UNIT_KIND, variant.id)
    yield f"### {variant.name} `{variant.id}`"
    yield ""
    yield "```mermaid"
    yield "flowchart LR"
    if process.sign:
        yield f"    unsigned([{STATUS_NAMES['unsigned']}]) -->|{COMMAND_NAMES['sign']}| {process.first_step.id}"
    for step in process.steps:
        left, right = ("([", "])") if step.party is Party.UNIT else ("[", "]")
        yield f'    {step.id}{left}"{step_name(process, step)}"{right}'
    for step in process.steps:
        ways = [*((way.to, K.SUBMIT) for way in step.submit_to), (step.approve_to, K.APPROVE)]
        ways += [(to, K.RETURN) for to in step.return_to]
        for target, kind in ways:
            if target:
                end = process.outcome(step.outcome).then if target == CLOSE else target
                yield f"    {step.id} -->|{COMMAND_NAMES[kind]}| {_ENDS.get(end, end)}"
        for outcome in process.outcomes if step.closes else ():
            target = _ENDS.get(outcome.then, outcome.then)
            yield f"    {step.id} -->|{COMMAND_NAMES[K.CLOSE]}：{outcome.name}| {target}"
    yield f"    watching[{STATUS_NAMES['watching']}] -->|期满| closed[{STATUS_NAMES['closed']}]"
    for status in ("watching", "closed"):
        yield f"    {status} -.->|{COMMAND_NAMES[K.REOPEN]}| {process.reopen_to}"
    yield "```"
    yield ""


_ENDS: dict[str, str] = {WATCH: "watching", CLOSE: "closed"}


def step_name(process: Process, step: Step) -> str:
    """The step's name, with what `submit` must fill in besides."""
    form = process.form(step.form)
    asked = [one.name for one in form.fields if one.needed] if form else []
    required = "、".join([*asked, *(FIELD_NAMES[f] for f in step.requires if f != "text")])
    return f"{step.name}<br/>须填：{required}" if required else step.name


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
