"""Whether the parts of a process fit together: nothing in it can be out of reach, contradict itself or never happen."""

from collections.abc import Callable, Iterator
from functools import partial

from definitions.parts.publicity import check_publicity
from definitions.process import ProcessDefinition, VariantDefinition
from definitions.source import Source
from definitions.who.veil import check_veil
from definitions.window_table import WindowRow, least_days, most_days
from rules.names import CLOCK_NAMES
from rules.process import CLOSE, WATCH, ClockKind, Party, Rung, Window, usual_posts

_WORDS = frozenset({"name", "stage", "requires", "uses_deadline"})
WAYS = frozenset(
    {"submit_to", "approve_to", "return_to", "wait_to", "closes", "outcome", "proposes", "reopen_to", "outcomes"}
)
LENGTHS = frozenset({"window", "report_every", "cap", "span", "proposes"})
"""Keys of a variant that play no part in some check: a mistake there does not keep the check from being made."""


def check_process(source: Source, definition: ProcessDefinition) -> None:
    """Add what does not fit to the source's mistakes. A check whose own facts have mistakes of form is left out."""
    for check in list(_possible(source, definition)):
        check()


def _possible(source: Source, definition: ProcessDefinition) -> Iterator[Callable[[], None]]:
    """The checks whose facts are sound as read, told before any of them adds to the mistakes.

    What a shared table has more than this process needs is no mistake of it: a lamp or a rung for other clocks.
    """
    windows = all(source.sound((key,)) for key in ("windows", "unit_kinds", "sign"))
    for variant in definition.variants:
        path = ("variants", variant.id)
        if source.sound(("outcomes",)) and source.sound(path, besides=_WORDS | LENGTHS):
            yield partial(_check_flow, source, variant)
            if definition.lazily and source.sound(("sign",)):
                yield partial(_check_lazily, source, definition, variant)
            yield partial(_check_outcomes, source, variant)
            if source.sound(("parties",)):
                yield partial(_check_judges, source, definition, variant)
                if definition.veil and source.sound(("sign",)):
                    yield partial(check_veil, source, definition, variant)
        if windows and source.sound(path, besides=_WORDS | {"cap", "report_every"}):
            yield partial(_check_proposals, source, variant)
        if windows and source.sound(path, besides=_WORDS | {"report_every", "proposes"}):
            yield partial(_check_cap, source, definition, variant)
    if windows and source.sound(("variants",), besides=_WORDS | WAYS | {"cap", "report_every"}):
        yield partial(check_publicity, source, definition)
    own = {key for key in ("ladder", "lamps", "extension") if (key,) not in source.shared}
    rungs = [rung for rung in definition.rungs if source.sound(("ladder", rung.id))]
    lengths = windows and source.sound(("variants",), besides=_WORDS | WAYS | {"cap"})
    if lengths and all(source.sound((key,)) for key in ("declined", "extension")):
        if "ladder" in own:
            yield partial(_check_clocks, source, definition, rungs)
        if source.sound(("ladder",)):
            yield partial(_check_silence, source, definition)
        if "extension" in own:
            yield partial(_check_extension, source, definition)
    if source.sound(("lamps",)) and source.sound(("normal_lamp",)):
        yield partial(_check_order, source, definition, rungs)
        if "lamps" in own and all(source.sound((key,)) for key in ("ladder", "ended_lamp", "annulled_lamp")):
            yield partial(_check_lamps, source, definition)
    if source.sound(("watch",)) and source.sound(("variants",), besides=_WORDS | LENGTHS | WAYS - {"outcomes"}):
        yield partial(_check_watch, source, definition)


def _check_lazily(source: Source, definition: ProcessDefinition, variant: VariantDefinition) -> None:
    """Somebody has the first move: what begins by waiting needs its workflow at once."""
    first = variant.steps[0]
    if definition.sign is None and first.waits:
        what = f"走法“{variant.id}”一交办就在“{first.id}”等日子，没有人办理，要有流程等着"
        source.add(("starts",), what, "去掉 starts: lazily，或让第一个环节由一方办理")


def _check_flow(source: Source, variant: VariantDefinition) -> None:
    """Every step can be come to, and from every step the item can be closed."""
    path = ("variants", variant.id)
    closing = [step.id for step in variant.steps if step.ends_item]
    ends = [o for o in variant.outcomes if o.then in (WATCH, CLOSE)]
    if not ends:
        source.add((*path, "outcomes"), "没有一个认定结果能办结", "至少一个认定结果的去向是 watch 或 close")
    if not closing:
        expected = "至少一个审核环节写 closes: true，或一个单位环节写 submit_to: close"
        source.add((*path, "steps"), "没有能办结的环节", expected)
        return
    nexts = [o.then for o in variant.outcomes if o not in ends]
    reached = variant.reached(variant.steps[0].id)
    if reached & set(closing):
        reached = variant.reached(variant.steps[0].id, variant.reopen_to, *nexts)
    for step in variant.steps:
        if step.id not in reached:
            source.add((*path, "steps", step.id), f"环节“{step.id}”永远走不到", "由其他环节的 submit_to 等指向它")
        elif not variant.reached(step.id) & set(closing):
            source.add((*path, "steps", step.id), f"从环节“{step.id}”走不到办结", f"能走到 {'、'.join(closing)}")
        for to in step.return_to:
            if step.id not in variant.reached(to):
                what = f"退回到“{to}”以后再也走不到“{step.id}”"
                source.add((*path, "steps", step.id, "return_to"), what, f"能再走到“{step.id}”的环节")


def _check_judges(source: Source, definition: ProcessDefinition, variant: VariantDefinition) -> None:
    """Whoever judges what a step leads to is somebody else than whoever had that step."""
    posts = {s.id: s.posts or usual_posts(s.party, definition.holder) for s in variant.steps}
    judging = [step.id for step in variant.steps if step.party is Party.REVIEWER]
    for step in variant.steps:
        for judge in judging:
            if judge in step.onward(back=False) and set(posts[judge].of) <= set(posts[step.id].of):
                what = f"“{judge}”审核的是同一方办的“{step.id}”"
                source.add(
                    ("variants", variant.id, "steps", judge, "party"), what, "另一方：unit、reviewer 或 parties 里的"
                )


def _check_outcomes(source: Source, variant: VariantDefinition) -> None:
    """Every outcome can come about, and one that a unit brings about itself is an end."""
    path = ("variants", variant.id)
    then = {outcome.id: outcome.then for outcome in variant.outcomes}
    named = {step.outcome for step in variant.steps if step.outcome}
    conditional = [outcome for outcome in variant.outcomes if outcome.when]
    if conditional and not any(outcome.ends and not outcome.when for outcome in variant.outcomes):
        what = "每个能办结的认定结果都有条件，可能哪一个都认定不了"
        source.add((*path, "outcomes"), what, "至少一个去向是 watch 或 close 的认定结果没有 when")
    for step in variant.steps:
        if step.outcome and then.get(step.outcome, CLOSE) not in (WATCH, CLOSE):
            what = f"“{step.outcome}”转入下一轮，而上报在这里即办结"
            source.add((*path, "steps", step.id, "outcome"), what, "去向是 watch 或 close 的认定结果")
    if named and not any(step.closes for step in variant.steps):
        for outcome in variant.outcomes:
            if outcome.id not in named:
                what = f"没有环节会认定“{outcome.id}”"
                source.add((*path, "outcomes", outcome.id), what, "某个环节写 outcome 或 closes: true，否则删去")


def _check_proposals(source: Source, variant: VariantDefinition) -> None:
    """What a unit proposes for a step is used for that step: by the approval that follows the submission."""
    steps = {step.id: step for step in variant.steps}
    for step in variant.steps:
        if step.proposes is None or not step.onward():
            continue
        path = ("variants", variant.id, "steps", step.id, "proposes")
        after = step.submit_to[-1].to  # the way without a condition
        approved = steps[after].approve_to if after != CLOSE else None
        if step.proposes != approved:
            expected = f"“{after}”通过之后的环节：{approved or '（没有）'}"
            source.add(path, f"自报的是“{step.proposes}”的时限", expected)
        elif not steps[step.proposes].window.elastic:
            source.add(path, f"“{step.proposes}”的时限对各类单位都是固定的", "有弹性时限（如 5-15）的环节")


def _check_cap(source: Source, definition: ProcessDefinition, variant: VariantDefinition) -> None:
    """The shortest way from signing to closing fits into a cycle and into all of them, for each kind of unit."""
    for key, row in (("cap", variant.cap), ("span", variant.span)):
        for kind in definition.unit_kinds if row else ():
            assert row is not None
            bound = most_days(row.of(kind.id))
            signing = least_days(definition.sign.of(kind.id)) if definition.sign else 0
            shortest = signing + _shortest(variant, kind.id)
            if shortest > bound:
                what = f"{kind.name}（{kind.id}）走完最短的路要 {shortest} 个工作日，总时限只有 {bound} 个"
                source.add(("variants", variant.id, key), what, f"总时限不短于 {shortest} 个工作日，或缩短各环节时限")
    if variant.cap is None or variant.span is None:
        return
    for kind in definition.unit_kinds:
        cap, span = most_days(variant.cap.of(kind.id)), most_days(variant.span.of(kind.id))
        if span < cap:
            what = f"{kind.name}（{kind.id}）全程最多 {span} 个工作日，而一轮可以有 {cap} 个"
            source.add(("variants", variant.id, "span"), what, f"不短于 {cap} 个工作日，或缩短 cap")


def _shortest(variant: VariantDefinition, kind: str) -> int:
    """The least working days from the first step to the end of one that closes; 0 when there is no way."""
    costs = {step.id: least_days(step.window.of(kind)) for step in variant.steps}
    reached = {variant.steps[0].id: costs[variant.steps[0].id]}
    for _ in variant.steps:
        for step in variant.steps:
            for after in step.onward(back=False) if step.id in reached else []:
                reached[after] = min(reached.get(after, 10**6), reached[step.id] + costs[after])
    return min((reached[step.id] for step in variant.steps if step.ends_item and step.id in reached), default=0)


def _check_clocks(source: Source, definition: ProcessDefinition, rungs: list[Rung]) -> None:
    """Each rung can speak on each clock that it names: the clock runs, and is long enough for a rung before due."""
    for rung in rungs:
        path = ("ladder", rung.id)
        for position, clock in enumerate(rung.applies):
            windows = list(_windows(definition, clock))
            name = f" {clock.value}（{CLOCK_NAMES[clock]}）"
            if not windows:
                source.add((*path, "applies", position), f"本流程没有{name}这种计时", "删去它，或让某个环节用到它")
            elif -rung.offset > (longest := max(most_days(w) for w in windows)):
                what = f"到期前 {-rung.offset} 个工作日，而{name}的时限最长 {longest} 个，这一级永远不会触发"
                source.add((*path, "offset"), what, f"-{longest} 或更接近到期日，或从 applies 删去 {clock.value}")


_TURNS = (ClockKind.UNSIGNED, ClockKind.DECLINED, ClockKind.WORKING, ClockKind.REVIEWING, ClockKind.NODE)
"""The clocks of turns: while an item is open and not being watched, one of them runs."""


def _check_silence(source: Source, definition: ProcessDefinition) -> None:
    """However late a turn is, something is still to be said: else an open item has no alarm, and is forgotten."""
    repeated = {clock for rung in definition.rungs if rung.repeat for clock in rung.applies}
    for clock in _TURNS:
        if clock not in repeated and any(True for _ in _windows(definition, clock)):
            what = f"{clock.value}（{CLOCK_NAMES[clock]}）走完最后一级以后再没有人知道"
            source.add(("ladder",), what, f"有一级写 repeat，applies 里有 {clock.value}")


def _windows(definition: ProcessDefinition, clock: ClockKind) -> Iterator[Window]:
    """Every window that a clock may be given, over all variants and kinds."""
    rows: list[WindowRow | None] = []
    match clock:
        case ClockKind.UNSIGNED:
            rows = [definition.sign]
        case ClockKind.DECLINED:
            rows = [definition.declined]
        case ClockKind.EXTENSION:
            yield definition.extension.decide
        case ClockKind.REPORTING:
            rows = [step.report_every for v in definition.variants for step in v.steps]
        case ClockKind.NODE:
            dated = {one.tally.step for one in definition.tallies if any(tally.dated for tally in one.kinds)}
            rows = [step.window for v in definition.variants for step in v.steps if step.id in dated]
        case ClockKind.WORKING | ClockKind.REVIEWING | ClockKind.WAITING:
            rows = [step.window for v in definition.variants for step in v.steps if step.clock is clock]
    for row in rows:
        if row:
            yield from (window for _, window in row.cells)


def _check_order(source: Source, definition: ProcessDefinition, rungs: list[Rung]) -> None:
    """No rung says again what another says at the same moment, and no lamp goes back on the way up."""
    ranks = {lamp.id: lamp.rank for lamp in definition.lamps}
    normal = definition.lamps[0]
    for index, rung in enumerate(rungs):
        for earlier in rungs[:index]:
            if _same(earlier, rung):
                what = f"“{rung.id}”与“{earlier.id}”在同一时刻做同样的事，永远轮不到它"
                source.add(("ladder", rung.id), what, "不同的时刻、对象或后果，否则删去")
        before = [r for r in rungs if r.offset < rung.offset and set(r.applies) & set(rung.applies)]
        heaviest = max((r.lamp for r in before), key=lambda lamp: ranks[lamp], default=normal.id)
        heaviest = max(heaviest, normal.id, key=lambda lamp: ranks[lamp])
        if ranks[rung.lamp] < ranks[heaviest]:
            what = f"亮“{rung.lamp}”，而此前已亮更重的“{heaviest}”，这盏灯不会显示"
            source.add(("ladder", rung.id, "lamp"), what, f"不轻于 {heaviest} 的灯")


def _same(one: Rung, other: Rung) -> bool:
    """Whether the two do the same at the same moment on a clock that both apply to."""
    if one.offset != other.offset or not set(one.applies) & set(other.applies):
        return False
    effects = [(set(r.audience), r.mover, r.lamp, r.consequence, r.points, r.immediate, r.repeat) for r in (one, other)]
    return effects[0] == effects[1]


def _check_lamps(source: Source, definition: ProcessDefinition) -> None:
    """Every lamp can be shown, and an annulled item is not taken for another: its lamp is its own."""
    others = {definition.lamps[0].id, definition.ended_lamp, *(rung.lamp for rung in definition.rungs)}
    if definition.annulled_lamp in others:
        what = f"作废的事项亮“{definition.annulled_lamp}”，与别的事项分不开"
        source.add(("annulled_lamp",), what, "一盏只用于作废的灯")
    shown = others | {definition.annulled_lamp}
    for lamp in definition.lamps:
        if lamp.id not in shown:
            expected = "用作 normal_lamp、ended_lamp、annulled_lamp 或督办阶梯某一级的灯，否则删去"
            source.add(("lamps", lamp.id), f"灯“{lamp.id}”永远不会亮", expected)


def _check_extension(source: Source, definition: ProcessDefinition) -> None:
    """An extension that only the leader may grant is possible at all."""
    rule = definition.extension
    longest = max((most_days(window) for window in _windows(definition, ClockKind.WORKING)), default=0)
    possible = longest * rule.percent // 100
    if rule.times and rule.leader_over >= possible:
        what = f"延期超过 {rule.leader_over} 个工作日由领导批，而延期最多 {possible} 个，永远轮不到领导"
        source.add(("extension", "leader_over"), what, f"小于 {possible} 的数")


def _check_watch(source: Source, definition: ProcessDefinition) -> None:
    """There is a watch window exactly when an outcome leads to a watch."""
    watching = [
        ("variants", v.id, "outcomes", o.id) for v in definition.variants for o in v.outcomes if o.then == WATCH
    ]
    if definition.watch is None:
        for path in watching:
            source.add(path, "去向是 watch（回头看），而流程没有写 watch 时限", "写明 watch: 时限，或改为 close")
    elif not watching:
        source.add(("watch",), "写了回头看时限，但没有认定结果的去向是 watch", "某个认定结果写 watch，否则删去")
