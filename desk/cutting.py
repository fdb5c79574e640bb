"""A register's dates against the span of the whole item: for which units an earlier day holds. Reads only."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from definitions.directory import UNIT_KINDS
from documents.sheets.reading import CutDate, Finding, Reading, RowNote
from ledger.chain import pinned
from ledger.directory import people
from rules.dates.calendar import Calendar
from rules.dates.explain import long_day
from rules.dates.windows import Due
from rules.errors import RuleViolation
from rules.machine.turns import CAP_RULE, cap_from, cut_deadline, span_from

_NAMED = 6


class Spans:
    """The last days of items that begin today, by type and kind of unit."""

    def __init__(self, connection: Connection, process: str, today: date) -> None:
        self._connection, self._process, self._today = connection, process, today
        self._units = {unit["id"]: unit for unit in people.all_units(connection)}
        self._calendar: Calendar | None = None
        self._caps: dict[tuple[str, str], Due | None] = {}

    def checked(self, reading: Reading) -> Reading:
        """The reading, in which a finding says for which of its units its date does not hold, and which day does."""
        return replace(reading, findings=tuple(self._finding(reading, one) for one in reading.findings))

    def _finding(self, reading: Reading, finding: Finding) -> Finding:
        cut = []
        for unit_id in dict.fromkeys(finding.lead_unit_ids) if finding.due else ():
            unit = self._units[unit_id]
            if day := cut_deadline(finding.due, self._cap(finding.kind, unit["kind"])):
                cut.append(CutDate(unit=unit["name"], kind=unit["kind"], day=day, why=CAP_RULE))
        if not cut:
            return finding
        note = RowNote(cell=_cell(reading, finding), text=_words(finding, cut), level="guess", code="cut_by_span")
        state = "guessed" if finding.state == "understood" else finding.state
        return replace(finding, cut=tuple(cut), notes=(*finding.notes, note), state=state)

    def _cap(self, variant: str, kind: str) -> Due | None:
        if (variant, kind) not in self._caps:
            try:
                self._calendar = self._calendar or pinned.current_calendar(self._connection)
                process = pinned.current_process(self._connection, self._process, variant, kind)
                span = span_from(process, self._calendar, self._today)
                self._caps[variant, kind] = cap_from(process, self._calendar, self._today, span)
            except RuleViolation:  # said when it is to be issued: nothing is loaded yet, or not for this kind
                self._caps[variant, kind] = None
        return self._caps[variant, kind]


def _words(finding: Finding, cut: Sequence[CutDate]) -> str:
    """One clause for each kind of unit; the units of a kind have one date."""
    assert finding.due
    kinds = dict.fromkeys((one.kind, one.day) for one in cut)
    clauses = []
    for kind, day in kinds:
        names = [one.unit for one in cut if one.kind == kind]
        named = "、".join(names) if len(names) <= _NAMED else f"{UNIT_KINDS[kind]} {len(names)} 个单位"
        clauses.append(f"{named}以{long_day(day)}为准")
    return f"{long_day(finding.due)}超过{CAP_RULE}（今天交办的话）：{'；'.join(clauses)}，也不能延期到更晚"


def _cell(reading: Reading, finding: Finding) -> str:
    """Where the date stands, as far as one column of the one sheet can be it; else where the row begins."""
    letters = [letter for letter, column in reading.columns.items() if column.meaning == "due"]
    if finding.sheet:
        return f"{finding.sheet}!A{finding.rows[0]}"
    return f"{letters[0] if len(letters) == 1 else 'A'}{finding.rows[0]}"
