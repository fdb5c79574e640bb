"""Values imported from a table by a document: a row for each unit and period, a column for each figure."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from desk.acting import acting
from desk.caller import Caller
from documents.sheets.cells import Sheet
from documents.sheets.files.workbook import read_workbook
from ledger.chain import journal
from ledger.chain.figures.in_force import figures_in_force
from ledger.chain.figures.values import FIGURE_VALUE, imported_by, latest_of, put
from ledger.chain.journal import ROWS
from ledger.directory import people
from ledger.scores.recording import months_touched, rescore
from ledger.scores.rows import scored_for
from ledger.store.database import Database
from rules.codec import instant_text
from rules.errors import Code, RuleViolation
from rules.figures.asking import question_of
from rules.figures.facts import FiguresImported, ImportedValue
from rules.figures.figure import Figure, FigureRegister, FigureSource
from rules.forms.answers import canonical
from rules.permitting import OfficeAct
from rules.rounds.periods import PERIOD_FORMS, read_period

UNIT_HEADING, PERIOD_HEADING = "单位", "期"
_SHOWN = 20
_AT_ONCE = 10
"""Units that are scored anew in one transaction: nobody waits long behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureCell:
    """A value that a table has, and where."""

    figure: Figure
    unit: str
    period: str
    value: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresTaken:
    """What an import came to: so many values, of so many units, so many of which stood already; so many scores that
    stood were scored anew."""

    values: int
    units: int
    same: int
    rescored: int = 0


def import_figures(
    database: Database, data: bytes, filename: str, document: str, caller: Caller, now: datetime
) -> FiguresTaken:
    """The values of the table are known from now on, each in place of what was imported before. Raises SheetRefused,
    figures_refused with every cell that is wrong, field_missing, wrong_role."""
    if not document.strip():
        raise RuleViolation(Code.FIELD_MISSING, command="导入数据", field="依据的文件")
    sheet = read_workbook(data, filename).sheets[0]
    with database.write() as connection:
        actor = acting(connection, caller, OfficeAct.ISSUE)
        cells = _checked(connection, _cells(connection, sheet, figures_in_force(connection)))
        new = _new(connection, cells)
        digest = hashlib.sha256(data).hexdigest()
        for start in range(0, len(new), ROWS):
            part = tuple(
                ImportedValue(figure=one.figure.id, unit=one.unit, period=one.period, value=one.value)
                for one in new[start : start + ROWS]
            )
            fact = FiguresImported(document=document.strip(), file=digest, values=part)
            noted = journal.note(connection, fact, actor, now)
            put(connection, imported_by(fact, noted.stream, noted.seq, instant_text(now)))
    rescored = _scored_anew(database, cells, document.strip(), now)
    return FiguresTaken(
        values=len(new), units=len({one.unit for one in new}), same=len(cells) - len(new), rescored=rescored
    )


def _scored_anew(database: Database, cells: list[FigureCell], document: str, now: datetime) -> int:
    """Units that were scored already by what the table says otherwise have their scores anew; how many scores that are.
    Some at a time; and by what stands in the table, new or not, so that it goes on where it was broken off."""
    days: dict[str, set[date]] = {}
    for one in cells:
        days.setdefault(one.unit, set()).add(read_period(one.period).last)
    months = {month for many in days.values() for day in many for month in months_touched(day)}
    with database.read() as connection:
        units = sorted(scored_for(connection, days.keys(), months))
    done = 0
    for start in range(0, len(units), _AT_ONCE):
        with database.write() as connection:
            for unit in units[start : start + _AT_ONCE]:
                done += rescore(connection, unit, sorted(days[unit]), now, f"导入 {document}")
    return done


def _refused(wrong: Sequence[str]) -> RuleViolation:
    more = f"；另有 {len(wrong) - _SHOWN} 处" if len(wrong) > _SHOWN else ""
    return RuleViolation(Code.FIGURES_REFUSED, where="导入", why="；".join(wrong[:_SHOWN]) + more)


def _cells(connection: Connection, sheet: Sheet, register: FigureRegister) -> list[FigureCell]:
    """What the table says, each value in its canonical text. Raises figures_refused."""
    wrong: list[str] = []
    rows = [[cell.text.strip() for cell in row] for row in sheet.rows]
    heads = rows[0] if rows else []
    places = {head: column for column, head in enumerate(heads) if head}
    for needed in (UNIT_HEADING, PERIOD_HEADING):
        if needed not in places:
            raise _refused([f"第 1 行没有“{needed}”一栏；应为 {UNIT_HEADING}、{PERIOD_HEADING} 和各数据项的名称或编号"])
    columns: dict[int, Figure] = {}
    for head, column in places.items():
        figure = register.figure(head) or next((one for one in register.figures if one.name == head), None)
        if head in (UNIT_HEADING, PERIOD_HEADING):
            continue
        if figure is None:
            wrong.append(f"第 1 行“{head}”不是数据项")
        elif figure.source is FigureSource.LEDGER:
            wrong.append(f"第 1 行“{head}”由留痕算出，不导入")
        else:
            columns[column] = figure
    found: list[FigureCell] = []
    for number, row in enumerate(rows[1:], 2):
        if any(row):
            found += _row(connection, number, row, places, columns, wrong)
    if wrong:
        raise _refused(wrong)
    if not found:
        raise _refused(["表里没有一个数"])
    return found


def _row(
    connection: Connection,
    number: int,
    row: Sequence[str],
    places: dict[str, int],
    columns: dict[int, Figure],
    wrong: list[str],
) -> Iterator[FigureCell]:
    def at(column: int) -> str:
        return row[column] if column < len(row) else ""

    try:
        unit = people.unit_ref(connection, at(places[UNIT_HEADING])).id
        period = read_period(at(places[PERIOD_HEADING]))
    except RuleViolation as refusal:
        wrong.append(f"第 {number} 行：{refusal}")
        return
    for column, figure in columns.items():
        written = at(column)
        if not written:
            continue
        place = f"第 {number} 行“{figure.name}”"
        if period.rhythm is not figure.every:
            wrong.append(f"{place}的期是 {period.id}，应形如 {PERIOD_FORMS[figure.every]}")
            continue
        try:
            value = canonical(question_of(figure, period.id), written)
        except ValueError as error:
            actual, expected = error.args
            wrong.append(f"{place}{actual}，应为{expected}")
            continue
        yield FigureCell(figure=figure, unit=unit, period=period.id, value=value, place=place)


def _checked(connection: Connection, cells: list[FigureCell]) -> list[FigureCell]:
    """None says two things of one, and none is in place of what a unit has answered. Raises figures_refused."""
    wrong: list[str] = []
    seen: dict[tuple[str, str, str], str] = {}
    answered = select(FIGURE_VALUE.c.figure, FIGURE_VALUE.c.unit, FIGURE_VALUE.c.period).where(
        FIGURE_VALUE.c.figure.in_({one.figure.id for one in cells}),
        FIGURE_VALUE.c.current,
        FIGURE_VALUE.c.source == str(FigureSource.ASKED),
    )
    given = {tuple(row) for row in connection.execute(answered)}
    for one in cells:
        key = (one.figure.id, one.unit, one.period)
        if key in seen:
            wrong.append(f"{one.place}与{seen[key]}重复")
        seen.setdefault(key, one.place)
        if key in given:
            wrong.append(f"{one.place}单位已经填报，错了的请用更正")
    if wrong:
        raise _refused(wrong)
    return cells


def _new(connection: Connection, cells: list[FigureCell]) -> list[FigureCell]:
    rows = [{"figure": one.figure.id, "unit": one.unit, "period": one.period} for one in cells]
    latest = latest_of(connection, rows)
    return [one for one in cells if latest.get((one.figure.id, one.unit, one.period), {}).get("value") != one.value]
