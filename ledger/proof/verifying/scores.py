"""Every score against what it says it rests on: each line comes to its points by the file of that version from the
inputs that stand in it, each figure among them stood in its entry with that value, the sum is the score, and the rows
follow."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection, select

from ledger.chain.entries import ENTRY
from ledger.chain.figures.in_force import figures_known
from ledger.chain.figures.values import FIGURE_VALUE
from ledger.chain.journal import MARK, SCORE
from ledger.proof.verifying.found import Wrong
from ledger.scores.in_force import assessment_of_version
from ledger.scores.rows import SCORE_HALF, SCORE_ROW, SCORE_SUM, TIER
from ledger.scores.streams import entries_of, fact_of
from ledger.scores.waiting import SCORE_WAIT, awaited
from ledger.store.canonical import canonical, parse
from rules.assessment.assessment import Assessment, due_in
from rules.assessment.facts import Scored
from rules.assessment.lines import LineInput
from rules.assessment.rechecking import recheck_score
from rules.assessment.state import ScoreState, evolve_scores
from rules.errors import RuleViolation
from rules.figures.figure import FigureRegister
from rules.rounds.periods import MONTHS_OF_PERIOD, Rhythm, period_of, read_period

_UNREADABLE = (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, AssertionError, RuleViolation)
_AT_ONCE = 200
_PREFIX = f"{MARK}{SCORE}/"


def verify_scores(connection: Connection) -> Iterator[Wrong]:
    """Everything that does not follow. What cannot be read at all, its stream's own verification names."""
    query = select(ENTRY.c.stream).where(ENTRY.c.stream.startswith(_PREFIX)).distinct().order_by(ENTRY.c.stream)
    names = list(connection.execute(query).scalars())
    known, standing = _Files(connection), dict[tuple[str, str], ScoreState]()
    for n in range(0, len(names), _AT_ONCE):
        told: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        states: dict[str, ScoreState] = {}
        values = list[tuple[str, int, str, LineInput]]()
        for row in entries_of(connection, names[n : n + _AT_ONCE]):
            stream = row["stream"]
            try:
                seq, by, entry, fact = fact_of(row)
                before = states.get(stream, ScoreState())
                if stream != f"{_PREFIX}{fact.score_of}/{fact.unit}":
                    told[stream].append((seq, "说的是别的单位或别的考核"))
                if isinstance(fact, Scored):
                    told[stream] += [(seq, what) for what in _wrong_score(known, before, fact)]
                    values += [(stream, seq, fact.unit, one) for line in fact.lines for one in line.inputs]
                states[stream] = evolve_scores(before, seq, by, entry, fact)
            except _UNREADABLE:
                continue
        for stream, seq, what in _not_told(connection, values):
            told[stream].append((seq, what))
        for stream, found in told.items():
            yield from (Wrong(stream=stream, seq=seq, what=what) for seq, what in found)
        for stream, state in states.items():
            assessment, _, unit = stream.removeprefix(_PREFIX).partition("/")
            standing[assessment, unit] = state
    yield from _wrong_rows(connection, standing)


class _Files:
    """The assessments and registers by their versions, each looked up once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._assessments: dict[tuple[str, str], Assessment | None] = {}
        self._registers: dict[str, FigureRegister | None] = {}

    def assessment(self, id_: str, version: str) -> Assessment | None:
        if (id_, version) not in self._assessments:
            self._assessments[id_, version] = assessment_of_version(self._connection, id_, version)
        return self._assessments[id_, version]

    def register(self, version: str) -> FigureRegister | None:
        if version not in self._registers:
            self._registers[version] = figures_known(self._connection, version)
        return self._registers[version]


def _wrong_score(files: _Files, before: ScoreState, fact: Scored) -> Iterator[str]:
    assessment = files.assessment(fact.score_of, fact.version)
    if assessment is None:
        yield f"计分依据的考核版本 {fact.version} 从没有启用过"
        return
    register = files.register(fact.figures)
    if register is None:
        yield f"计分依据的数据项登记 {fact.figures} 从没有启用过"
        return
    yield from recheck_score(assessment, register, before, fact)


def _not_told(
    connection: Connection, values: Iterable[tuple[str, int, str, LineInput]]
) -> Iterator[tuple[str, int, str]]:
    """Figures that the entry named does not give."""
    wanted = [one for one in values if one[3].entry and one[3].value and not one[3].entry.startswith(_PREFIX)]
    streams = sorted({one[3].entry.partition("#")[0] for one in wanted})
    given = dict[tuple[str, str, str, str], str]()
    for n in range(0, len(streams), _AT_ONCE * 2):
        query = select(FIGURE_VALUE).where(FIGURE_VALUE.c.stream.in_(streams[n : n + _AT_ONCE * 2]))
        for row in connection.execute(query).mappings():
            given[f"{row['stream']}#{row['seq']}", row["figure"], row["unit"], row["period"]] = row["value"]
    figures = {figure for _, figure, _, _ in given}
    for stream, seq, unit, one in wanted:
        if one.name in figures and given.get((one.entry, one.name, unit, one.period)) != one.value:
            yield stream, seq, f"{one.name}（{one.period}）写着出自 {one.entry}，那里没有这个数"


def _lines_of(text: str) -> list[tuple[str, tuple[int, int, int]]]:
    """What a row says of its lines; nothing, where it cannot be read: then none of them is there."""
    try:
        return [(indicator, (points, full, months)) for indicator, (points, full, months) in parse(text).items()]
    except (AttributeError, TypeError, ValueError):
        return []


def _wrong_halves(connection: Connection) -> Iterator[Wrong]:
    """Sums of half-years that are not those of the months' lines."""
    sums: defaultdict[tuple[str, str, str], dict[str, list[int]]] = defaultdict(dict)
    for row in connection.execute(select(SCORE_ROW)).mappings():
        half = period_of(Rhythm.HALF_YEAR, read_period(row["month"]).last).id
        of = sums[row["assessment"], row["unit"], half]
        for indicator, (points, full, months) in _lines_of(row["lines"]):
            found = of.setdefault(indicator, [0, 0, 0, months])
            for n, value in enumerate((points, full, 1)):
                found[n] += value
    for row in connection.execute(select(SCORE_HALF)).mappings():
        if canonical(sums.pop((row["assessment"], row["unit"], row["half"]), None)).decode() != row["sums"]:
            what = f"{row['half']} 的合计与各行不符"
            yield Wrong(stream=f"{_PREFIX}{row['assessment']}/{row['unit']}", seq=0, what=what)
    for assessment, unit, half in sums:
        yield Wrong(stream=f"{_PREFIX}{assessment}/{unit}", seq=0, what=f"{half} 没有合计")


def _wrong_waits(connection: Connection, standing: Mapping[tuple[str, str], ScoreState]) -> Iterator[Wrong]:
    """Rows of what is still to be asked for or judged that are not those of what was left out, or are missing."""
    should = {
        (assessment, unit, month, *one)
        for (assessment, unit), state in standing.items()
        for month in state.scored
        for one in awaited(state, month)
    }
    of = SCORE_WAIT.c
    query = select(of.assessment, of.unit, of.month, of.round, of.indicator)
    found = {tuple(row) for row in connection.execute(query)}
    for one in sorted(should ^ found):
        assessment, unit, month, round_, indicator = one
        what = f"{month} 等着 {round_} 来问" if round_ else f"{month} 等着评定 {indicator}"
        what += f"，{'表' if one in should else '留痕'}里没有"
        yield Wrong(stream=f"{_PREFIX}{assessment}/{unit}", seq=0, what=what)


def _wrong_rows(connection: Connection, standing: Mapping[tuple[str, str], ScoreState]) -> Iterator[Wrong]:
    def wrong(assessment: str, unit: str, what: str) -> Wrong:
        return Wrong(stream=f"{_PREFIX}{assessment}/{unit}", seq=0, what=what)

    scores = {
        (assessment, unit, fact.month): (fact.score, fact.revision)
        for (assessment, unit), state in standing.items()
        for fact in state.scored.values()
    }
    lines = {
        (assessment, unit, *key): (line.points, line.full)
        for (assessment, unit), state in standing.items()
        for key, line in state.lines.items()
    }
    sums: defaultdict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in connection.execute(select(SCORE_ROW)).mappings():
        key = (row["assessment"], row["unit"], row["month"])
        if scores.pop(key, None) != (row["score"], row["revision"]):
            yield wrong(row["assessment"], row["unit"], f"得分表 {row['month']} 与留痕不符")
        for indicator, (points, full, months) in _lines_of(row["lines"]):
            rhythm = next((rhythm for rhythm, many in MONTHS_OF_PERIOD.items() if many == months), None)
            period = due_in(rhythm, read_period(row["month"])) if rhythm else None
            of = (row["assessment"], row["unit"], indicator, period.id if period else "")
            if lines.pop(of, None) != (points, full):
                yield wrong(row["assessment"], row["unit"], f"得分行 {indicator}（{row['month']}）与留痕不符")
            found = sums[row["assessment"], row["month"], row["area"], indicator]
            for n, value in enumerate((points, full, 1)):
                found[n] += value
    yield from _wrong_halves(connection)
    for assessment, unit, *rest in (*scores, *lines):
        yield wrong(assessment, unit, f"得分表里没有 {'、'.join(rest)}，留痕里有")
    for row in connection.execute(select(SCORE_SUM)).mappings():
        key_of = (row["assessment"], row["month"], row["area"], row["indicator"])
        if sums.pop(key_of, [0, 0, 0]) != [row["points"], row["full"], row["lines"]]:
            yield wrong(row["assessment"], "", f"片组 {row['area']} {row['month']} {row['indicator']} 的合计与各行不符")
    for assessment, month, area, indicator in sums:
        yield wrong(assessment, "", f"片组 {area} {month} {indicator} 没有合计")
    yield from _wrong_waits(connection, standing)
    for row in connection.execute(select(TIER)).mappings():
        state = standing.get((row["assessment"], row["unit"]), ScoreState())
        proposed = state.proposed.to if state.proposed else ""
        if (row["tier"], row["proposed"], row["below"]) != (state.stands, proposed, state.below):
            yield wrong(row["assessment"], row["unit"], "状况表与留痕不符")
