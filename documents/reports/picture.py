"""A process as a picture: a lane for each party, a box for each step below the one before, an arrow for each way out.
SVG with nothing but shapes and words: no script, no style sheet, no font of its own. Pure.

One row holds one box, so an arrow that does not lead to the next one leaves sideways, goes up or down beside the lanes
and comes back sideways, and meets no box. What leads back goes on the left, what skips steps on the right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from rules.dates.windows import UNIT_NAMES, window_words
from rules.forms.wording import condition_words
from rules.machine.commands import Status
from rules.names import COMMAND_NAMES, FIELD_NAMES, PARTY_NAMES, STAGE_NAMES
from rules.process import CLOSE, WATCH, Party, Process, Stage, Step, Window
from rules.telling.item_words import status_name

BOX, LANE, GAP, HEAD, PORT, TRACK = 216, 250, 44, 34, 17, 13
"""The width of a box and of its lane; the height between two rows and of the lanes' heads; how far apart arrows stand
at a box, and beside the lanes. In pixels at full size."""
LINE, NAME, SMALL, PAD = 17, 14, 12, 8
_FONT = "Noto Sans CJK SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, WenQuanYi Micro Hei, sans-serif"
_INK, _MUTE, _EDGE, _GROUND, _RED = "#1f2328", "#5b6168", "#b9b5ac", "#f5f4f0", "#9b1c1c"
_STAGES = {Stage.PLAN: "#1d4f91", Stage.EXECUTE: "#2b6a2f", Stage.INSPECT: "#7a5200", Stage.ADJUST: "#9b1c1c"}
AGAIN = "（下一轮）"
_SIGN = "sign/"
"""The box before the first step: no step's id looks like this."""


@dataclass(slots=True, kw_only=True)
class _Box:
    """One row of the picture. `ports`: the arrows that leave or come sideways, by side, from the top down."""

    id: str
    lane: str
    name: tuple[str, ...]
    notes: tuple[str, ...]
    tag: str = ""
    colour: str = _MUTE
    end: bool = False
    x: int = 0
    y: int = 0
    ports: dict[bool, list[tuple["_Arrow", bool]]] = field(default_factory=lambda: {True: [], False: []})

    @property
    def height(self) -> int:
        """Room for its words, and for its arrows."""
        words = (len(self.name) + len(self.notes) + bool(self.tag)) * LINE + 2 * PAD
        return max(words, *(PORT * (len(ports) + 1) for ports in self.ports.values()))

    def port(self, arrow: "_Arrow", *, leaves: bool) -> int:
        """The height at which the arrow leaves the box, or comes to it."""
        ports = self.ports[arrow.up]
        return self.y + self.height * (ports.index((arrow, leaves)) + 1) // (len(ports) + 1)


@dataclass(slots=True, kw_only=True, eq=False)
class _Arrow:
    """From row to row; `back`: what was done is to be done again."""

    source: int
    target: int
    labels: list[str]
    back: bool
    track: int = 0

    @property
    def up(self) -> bool:
        return self.target < self.source

    @property
    def direct(self) -> bool:
        """Whether it leads to the next row and nothing stands between."""
        return self.target == self.source + 1

    @property
    def rows(self) -> tuple[int, int]:
        return min(self.source, self.target), max(self.source, self.target)

    @property
    def label(self) -> str:
        again = AGAIN if all(label.endswith(AGAIN) for label in self.labels) else ""
        return "、".join(dict.fromkeys(label.removesuffix(again) for label in self.labels)) + again


def picture(processes: Sequence[Process]) -> str:
    """One variant of a process as SVG, for one kind of unit or for several whose windows differ."""
    process = processes[0]
    boxes = list(_boxes(processes))
    arrows = _arrows(process, {box.id: row for row, box in enumerate(boxes)})
    _place_arrows(boxes, arrows)
    lanes = list(dict.fromkeys(box.lane for box in boxes))
    left, right = (_beside([a for a in arrows if not a.direct and a.up is up]) for up in (True, False))
    last = [_wide(arrow.label, SMALL) for arrow in arrows if arrow.direct and boxes[arrow.source].lane == lanes[-1]]
    right = max([right, *(16 + words - LANE // 2 for words in last)])  # they begin at the middle of their lane
    y = HEAD + 14
    for box in boxes:
        box.x = left + lanes.index(box.lane) * LANE + (LANE - BOX) // 2
        box.y = y
        y += box.height + GAP
    width, height = left + LANE * len(lanes) + right, y - GAP + 16
    called = escape(f"{process.name}（{process.variant_name}）的流程图")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            f' role="img" aria-label="{called}" font-family="{_FONT}">',
            f"<title>{called}</title>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            *_lane_heads(lanes, left, height),
            *(line for arrow in arrows for line in _drawn(arrow, boxes, left, left + LANE * len(lanes))),
            *(line for box in boxes for line in _box(box)),
            "</svg>",
            "",
        ]
    )


def _boxes(processes: Sequence[Process]) -> Iterator[_Box]:
    """The rows: signing, the steps in the order of the process, and the ends that its ways lead to."""
    process = processes[0]
    if process.sign:
        notes = [_over([p.sign for p in processes if p.sign])]
        if process.declined:
            notes.append(f"退回的 {_over([p.declined for p in processes if p.declined])}内改派")
        yield _Box(id=_SIGN, lane=PARTY_NAMES[Party.UNIT], name=(COMMAND_NAMES["sign"],), notes=tuple(notes))
    for n, step in enumerate(process.steps):
        over = [_over([p.steps[n].window for p in processes])]
        yield _Box(
            id=step.id,
            lane=_lane(step),
            name=wrapped(step.name, BOX - 2 * PAD - 8, NAME),
            notes=tuple(line for note in (*over, *_notes(process, step)) for line in wrapped(note, BOX - 24, SMALL)),
            tag=STAGE_NAMES[step.stage],
            colour=_STAGES[step.stage],
        )
    ends = {_end(process, to) for step in process.steps for _, to, _ in _ways(process, step)}
    last = next(_lane(step) for step in reversed(process.steps) if _leads_to_end(process, step))
    if WATCH in ends and process.watch:
        yield _Box(
            id=WATCH,
            lane=last,
            name=(status_name(Status.WATCHING),),
            notes=(window_words(process.watch),),
            end=True,
        )
    again = f"重启后从“{process.step_names[process.reopen_to]}”开始"
    yield _Box(id=CLOSE, lane=last, name=(status_name(Status.CLOSED),), notes=wrapped(again, BOX - 24, SMALL), end=True)


def _lane(step: Step) -> str:
    """Who has the move."""
    return "等待" if step.waits else PARTY_NAMES[step.party]


def _notes(process: Process, step: Step) -> Iterator[str]:
    form = process.form(step.form)
    asked = [field.name for field in form.fields if field.needed] if form else []
    if asked or step.requires not in ((), ("text",)):
        yield f"须填{'、'.join([*asked, *(FIELD_NAMES[name] for name in step.requires)])}"
    if step.proposes:
        yield f"自报“{process.step_names[step.proposes]}”的天数"
    if step.report_every:
        yield f"每 {window_words(step.report_every)}反馈一次进展"
    if step.uses_deadline:
        yield "交办时定了日期的，以它为准"


def _ways(process: Process, step: Step) -> Iterator[tuple[str, str, bool]]:
    """What leads out of a step: what it is called, where to (a step, watch or close), and whether it leads back."""
    for way in step.submit_to:
        if way.to == CLOSE:
            outcome = process.outcome(step.outcome)
            yield f"{COMMAND_NAMES['submit']}，{outcome.name}", outcome.then, False
        else:
            when = condition_words(way.when, process.forms) if way.when else ""
            yield way.name or when or COMMAND_NAMES["submit"], way.to, False
    if step.waits:
        yield "到时", step.waits.then, False
    if step.approve_to:
        yield "通过", step.approve_to, False
    for to in step.return_to:
        yield "退回", to, True
    for outcome in process.outcomes if step.closes else ():
        again = outcome.then not in (WATCH, CLOSE)
        yield f"{outcome.name}{AGAIN if again else ''}", outcome.then, again


def _end(process: Process, to: str) -> str:
    return CLOSE if to == WATCH and process.watch is None else to


def _leads_to_end(process: Process, step: Step) -> bool:
    return any(to in (WATCH, CLOSE) for _, to, _ in _ways(process, step))


def _arrows(process: Process, rows: dict[str, int]) -> list[_Arrow]:
    """The ways, those between the same two boxes as one."""
    found: dict[tuple[int, int, bool], _Arrow] = {}

    def lead(source: str, target: str, label: str, *, back: bool = False) -> None:
        key = rows[source], rows[target], back
        found.setdefault(key, _Arrow(source=key[0], target=key[1], labels=[], back=back)).labels.append(label)

    if process.sign:
        lead(_SIGN, process.first_step.id, COMMAND_NAMES["sign"])
    for step in process.steps:
        for label, to, back in _ways(process, step):
            lead(step.id, _end(process, to), label, back=back)
    if WATCH in rows:
        lead(WATCH, CLOSE, "期满")
    return list(found.values())


def _place_arrows(boxes: list[_Box], arrows: list[_Arrow]) -> None:
    """Each arrow that goes round has its ports and its track, so that as few as can be cross: the shorter ones nearer
    to the lanes; at a box, from the top down, in the order in which they do not run into each other."""
    beside = [a for a in arrows if not a.direct]
    taken: list[_Arrow] = []
    for arrow in sorted(beside, key=lambda a: (a.rows[1] - a.rows[0], a.rows)):
        while any(_meet(arrow, other) for other in taken):
            arrow.track += 1
        taken.append(arrow)
        for row, leaves in ((arrow.source, True), (arrow.target, False)):
            boxes[row].ports[arrow.up].append((arrow, leaves))
    for box in boxes:
        for up, ports in box.ports.items():
            ports.sort(key=lambda p: (p[1] is not up, -(p[0].target if p[1] else p[0].source)))


def _meet(one: _Arrow, other: _Arrow) -> bool:
    same = one.up is other.up and one.track == other.track
    return same and one.rows[0] < other.rows[1] and other.rows[0] < one.rows[1]


def _beside(arrows: list[_Arrow]) -> int:
    """How much room arrows take on one side: their words at the box, then their tracks."""
    words = max((_wide(arrow.label, SMALL) for arrow in arrows), default=0)
    return 16 + (words + TRACK * (2 + max(arrow.track for arrow in arrows)) if arrows else 0)


def _lane_heads(lanes: list[str], left: int, height: int) -> Iterator[str]:
    for n, lane in enumerate(lanes):
        x = left + n * LANE
        yield f'<rect x="{x + 4}" y="4" width="{LANE - 8}" height="{height - 8}" rx="4" fill="{_GROUND}"/>'
        yield _text(x + LANE // 2, 24, lane, size=13, anchor="middle", colour=_MUTE, weight=600)


def _drawn(arrow: _Arrow, boxes: list[_Box], left: int, right: int) -> Iterator[str]:
    source, target = boxes[arrow.source], boxes[arrow.target]
    colour = _RED if arrow.back else _INK
    if arrow.direct:
        x, to, y = source.x + BOX // 2, target.x + BOX // 2, source.y + source.height
        bend = f"V{y + 26}H{to}" if to != x else ""
        yield _path(f"M{x} {y}{bend}V{target.y}", arrow, colour)
        yield f'<path d="M{to - 4} {target.y - 8}h8l-4 8z" fill="{colour}"/>'
        before = to < x
        anchor = "end" if before else "start"
        yield _text(x + (-7 if before else 7), y + 18, arrow.label, size=SMALL, anchor=anchor, colour=colour)
        return
    out, into = source.port(arrow, leaves=True), target.port(arrow, leaves=False)
    if arrow.up:
        start, end, side = source.x, target.x, -1
        track = left - _wide_of(boxes, up=True) - TRACK * (arrow.track + 1)
    else:
        start, end, side = source.x + BOX, target.x + BOX, 1
        track = right + _wide_of(boxes, up=False) + TRACK * (arrow.track + 1)
    yield _path(f"M{start} {out}H{track}V{into}H{end}", arrow, colour)
    yield f'<path d="M{end + side * 8} {into - 4}v8l{-side * 8} -4z" fill="{colour}"/>'
    anchor = "end" if arrow.up else "start"
    yield _text(start + side * 6, out - 4, arrow.label, size=SMALL, anchor=anchor, colour=colour)


def _wide_of(boxes: list[_Box], *, up: bool) -> int:
    """The longest words of the arrows on that side."""
    return max(_wide(arrow.label, SMALL) for box in boxes for arrow, _ in box.ports[up])


def _path(d: str, arrow: _Arrow, colour: str) -> str:
    dashes = ' stroke-dasharray="5 4"' if arrow.back else ""
    return f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="1.4"{dashes}/>'


def _box(box: _Box) -> Iterator[str]:
    radius = box.height // 2 if box.end else 4
    shape = f'x="{box.x}" y="{box.y}" width="{BOX}" height="{box.height}" rx="{radius}"'
    yield f'<rect {shape} fill="#ffffff" stroke="{_EDGE}" stroke-width="1.4"/>'
    if not box.end:
        yield f'<rect x="{box.x}" y="{box.y}" width="5" height="{box.height}" rx="2" fill="{box.colour}"/>'
    words = (len(box.name) + len(box.notes) + bool(box.tag)) * LINE
    x, y = box.x + BOX // 2, box.y + (box.height - words) // 2 + 13
    if box.tag:
        yield _text(x, y - 1, box.tag, size=11, anchor="middle", colour=box.colour)
        y += LINE
    for line in box.name:
        yield _text(x, y, line, size=NAME, anchor="middle", colour=_INK, weight=600)
        y += LINE
    for line in box.notes:
        yield _text(x, y, line, size=SMALL, anchor="middle", colour=_MUTE)
        y += LINE


def _text(x: int, y: int, words: str, *, size: int, anchor: str, colour: str, weight: int = 400) -> str:
    bold = f' font-weight="{weight}"' if weight != 400 else ""
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"{bold}>{escape(words)}</text>'
    )


def _over(windows: Sequence[Window]) -> str:
    """The windows of several kinds of unit: the same for all, or from the shortest to the longest."""
    if len(set(windows)) == 1:
        return window_words(windows[0])
    if len({window.unit for window in windows}) > 1:
        return "按单位类别"
    least = min(window.minimum or window.amount for window in windows)
    return f"{least} 至 {max(w.amount for w in windows)} {UNIT_NAMES[windows[0].unit]}，按单位类别"


def _wide(words: str, size: int) -> int:
    """The width of words, as good as it can be said without a font: Chinese signs are square."""
    return round(sum(1.0 if sign > "⺀" else 0.6 for sign in words) * size)


def wrapped(words: str, width: int, size: int) -> tuple[str, ...]:
    """The words in lines that are not wider than that; a mark that ends something does not begin a line."""
    lines = [""]
    for sign in words:
        if lines[-1] and _wide(lines[-1] + sign, size) > width and sign not in "，。；：、”）":
            lines.append("")
        lines[-1] += sign
    return tuple(line.strip() for line in lines)
