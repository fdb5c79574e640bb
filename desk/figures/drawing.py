"""A series of a figure as a drawing: points by period, joined where they follow each other; a gap is a gap."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from html import escape

from desk.showing.values import Shown

CHART_WIDTH, CHART_HEIGHT = 640, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 32, 14, 30
STRIP_WIDTH, STRIP_HEIGHT = 120, 24
LABELS = 12
"""So many periods are named below a chart at most."""


class ChartMark(Shown):
    """A point of a chart, or a word beside it: where it stands, and what it says."""

    x: int
    y: int
    words: str


class ShownChart(Shown):
    """`lines`: each the points of a stretch without a gap, as SVG writes them. `marks`: every value. `levels`: values
    beside the left edge; `labels`: periods below; `gaps`: where nothing is known."""

    width: int
    height: int
    lines: tuple[str, ...]
    marks: tuple[ChartMark, ...]
    levels: tuple[ChartMark, ...] = ()
    labels: tuple[ChartMark, ...] = ()
    gaps: tuple[ChartMark, ...] = ()
    words: str = ""


CHART_FONT = "Noto Sans CJK SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, sans-serif"
"""In what the words of a picture are set, the first that there is."""
SeriesPoint = tuple[str, Fraction | None, str]
"""A period in words, its value, and the value in words."""


def chart(points: Sequence[SeriesPoint], words: str) -> ShownChart | None:
    """The series at full size; None where nothing of it is known."""
    found = _drawn(points, CHART_WIDTH, CHART_HEIGHT, (_LEFT, _RIGHT, _TOP, _BOTTOM))
    if found is None:
        return None
    lines, marks, low, high = found
    floor = CHART_HEIGHT - _BOTTOM
    every = max(1, -(-len(points) // LABELS))
    xs = _places(len(points), CHART_WIDTH, _LEFT, _RIGHT)
    labels = [
        ChartMark(x=x, y=CHART_HEIGHT - 8, words=period)
        for n, (x, (period, _, _)) in enumerate(zip(xs, points, strict=True))
        if n % every == 0
    ]
    gaps = [
        ChartMark(x=x, y=floor, words=f"{period}没有")
        for x, (period, value, _) in zip(xs, points, strict=True)
        if value is None
    ]
    levels = (
        ChartMark(x=_LEFT - 8, y=_TOP, words=_number(high)),
        ChartMark(x=_LEFT - 8, y=floor, words=_number(low)),
    )
    return ShownChart(
        width=CHART_WIDTH,
        height=CHART_HEIGHT,
        lines=tuple(lines),
        marks=tuple(marks),
        levels=levels,
        labels=tuple(labels),
        gaps=tuple(gaps),
        words=words,
    )


def strip(points: Sequence[SeriesPoint], words: str) -> ShownChart | None:
    """The same as small as a word."""
    found = _drawn(points, STRIP_WIDTH, STRIP_HEIGHT, (4, 4, 4, 4))
    if found is None:
        return None
    lines, marks, _, _ = found
    return ShownChart(width=STRIP_WIDTH, height=STRIP_HEIGHT, lines=tuple(lines), marks=tuple(marks), words=words)


def as_svg(drawn: ShownChart) -> str:
    """The chart as a picture that needs no style sheet: what a page draws, in a file."""
    floor, right = drawn.height - _BOTTOM, drawn.width - _RIGHT
    parts = [f'<path d="M{_LEFT} {floor}H{right}" stroke="#b9b5ac"/>']
    for words, anchor, down in (
        *((one, "end", 4) for one in drawn.levels),
        *((one, "middle", 0) for one in drawn.labels),
        *((one, "middle", -8) for one in drawn.marks),
    ):
        said = escape(words.words.rpartition("：")[2])
        parts.append(f'<text x="{words.x}" y="{words.y + down}" text-anchor="{anchor}">{said}</text>')
    parts += [f'<polyline points="{line}" fill="none" stroke="#1a4f8b" stroke-width="2"/>' for line in drawn.lines]
    parts += [f'<circle cx="{one.x}" cy="{one.y}" r="4" fill="#1a4f8b"/>' for one in drawn.marks]
    parts += [f'<path d="M{one.x - 3} {one.y - 3}l6 6m0-6l-6 6" stroke="#8a5a00"/>' for one in drawn.gaps]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -8 {drawn.width} {drawn.height + 8}" '
        f'width="{drawn.width}" height="{drawn.height + 8}" font-family="{CHART_FONT}" font-size="12" '
        f'fill="#3b4652">{"".join(parts)}</svg>'
    )


def _drawn(
    points: Sequence[SeriesPoint], width: int, height: int, edges: tuple[int, int, int, int]
) -> tuple[list[str], list[ChartMark], Fraction, Fraction] | None:
    left, right, top, bottom = edges
    known = [value for _, value, _ in points if value is not None]
    if not known:
        return None
    low, high = min(Fraction(0), *known), max(Fraction(0), *known)
    high = high if high > low else low + 1
    xs = _places(len(points), width, left, right)

    def y(value: Fraction) -> int:
        return round(height - bottom - (value - low) / (high - low) * (height - bottom - top))

    marks = [
        ChartMark(x=x, y=y(value), words=f"{period}：{said}")
        for x, (period, value, said) in zip(xs, points, strict=True)
        if value is not None
    ]
    placed = [None if value is None else f"{x},{y(value)}" for x, (_, value, _) in zip(xs, points, strict=True)]
    return list(_stretches(placed)), marks, low, high


def _places(count: int, width: int, left: int, right: int) -> list[int]:
    if count == 1:
        return [(width + left - right) // 2]
    return [left + round(n * (width - left - right) / (count - 1)) for n in range(count)]


def _stretches(placed: Sequence[str | None]) -> Iterator[str]:
    """The points of each stretch of two or more without a gap."""
    run: list[str] = []
    for one in (*placed, None):
        if one is not None:
            run.append(one)
            continue
        if len(run) > 1:
            yield " ".join(run)
        run = []


def _number(value: Fraction) -> str:
    return f"{float(value):g}"
