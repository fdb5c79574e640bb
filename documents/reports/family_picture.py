"""An item's follow-ups as a picture: what waits for what, from left to right. SVG of shapes and words alone. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDE, HIGH, ACROSS, DOWN, EDGE = 168, 40, 46, 12, 8
"""A box's width and height, the room between two columns and between two rows, and around it all, in pixels."""
TITLE_SHOWN = 11
"""So many characters of what it is about fit into a box."""
_FONT = "Noto Sans CJK SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, WenQuanYi Micro Hei, sans-serif"
_INK, _MUTE, _EDGE, _GROUND = "#1f2328", "#5b6168", "#b9b5ac", "#f5f4f0"


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyBox:
    """One follow-up: its number, what it is about, its lamp's colour (none: it has not been issued), and the numbers of
    those before it."""

    no: str
    title: str
    colour: str = ""
    after: tuple[str, ...] = ()


def draw_family(boxes: Sequence[FamilyBox]) -> str:
    """The picture; empty where none comes before another."""
    if not any(box.after for box in boxes):
        return ""
    columns = _columns({box.no: box for box in boxes})
    rows: dict[int, int] = {}
    at: dict[str, tuple[int, int]] = {}
    for box in boxes:
        column = columns[box.no]
        row = rows[column] = rows.get(column, -1) + 1
        at[box.no] = (EDGE + column * (WIDE + ACROSS), EDGE + row * (HIGH + DOWN))
    width = 2 * EDGE + (max(rows) + 1) * (WIDE + ACROSS) - ACROSS
    height = 2 * EDGE + (max(rows.values()) + 1) * (HIGH + DOWN) - DOWN
    drawn = [_arrow(at[before], at[box.no]) for box in boxes for before in box.after if before in at]
    drawn += [_box(box, *at[box.no]) for box in boxes]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="子项的先后" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{_FONT}" font-size="13">{"".join(drawn)}</svg>'
    )


def _columns(boxes: Mapping[str, FamilyBox]) -> dict[str, int]:
    """How many have to end one after the other before each: its column. The rules have refused circles."""
    found: dict[str, int] = {}

    def column(no: str, seen: tuple[str, ...]) -> int:
        if no not in found:
            before = [one for one in boxes[no].after if one in boxes and one not in seen]
            found[no] = max((1 + column(one, (*seen, no)) for one in before), default=0)
        return found[no]

    for no in boxes:
        column(no, (no,))
    return found


def _arrow(source: tuple[int, int], target: tuple[int, int]) -> str:
    x, y = source[0] + WIDE, source[1] + HIGH // 2
    to_x, to_y = target[0], target[1] + HIGH // 2
    middle = to_x - ACROSS // 2
    head = f'<path d="M{to_x},{to_y} l-7,-4 v8 z" fill="{_MUTE}"/>'
    return f'<path d="M{x},{y} H{middle} V{to_y} H{to_x - 6}" fill="none" stroke="{_EDGE}" stroke-width="1.5"/>{head}'


def _box(box: FamilyBox, x: int, y: int) -> str:
    dash = "" if box.colour else ' stroke-dasharray="4 3"'
    lamp = f'<circle cx="{x + 14}" cy="{y + HIGH // 2}" r="6" fill="{box.colour}"/>' if box.colour else ""
    title = box.title if len(box.title) <= TITLE_SHOWN else f"{box.title[: TITLE_SHOWN - 1]}…"
    number = f"-{box.no.rpartition('-')[2]}"
    return (
        f'<rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="6" fill="{_GROUND}" stroke="{_EDGE}"{dash}/>{lamp}'
        f'<text x="{x + 26}" y="{y + 17}" fill="{_MUTE}" font-size="11">{escape(number)}</text>'
        f'<text x="{x + 26}" y="{y + 32}" fill="{_INK}">{escape(title)}</text>'
    )
