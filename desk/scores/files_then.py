"""By which files a unit's lines came about: each month is shown as it was scored, whatever has been loaded since."""

from sqlalchemy import Connection

from ledger.chain.figures.in_force import figures_in_force, figures_of_version
from ledger.scores.gathering import read_month
from ledger.scores.in_force import assessment_then
from rules.assessment.assessment import Assessment, Indicator
from rules.assessment.lines import ScoreLine
from rules.assessment.state import ScoreState
from rules.figures.figure import FigureRegister
from rules.rounds.periods import Period


class FilesThen:
    """The assessment and the figures as they were when the unit of that state was scored; each looked up once."""

    def __init__(self, connection: Connection, known: Assessment, state: ScoreState) -> None:
        self._connection, self._known, self._state = connection, known, state
        self._assessments: dict[str, Assessment] = {}
        self._registers: dict[str, FigureRegister] = {}

    def over(self, period: Period) -> Assessment:
        """As it was for the last month in the period that was scored; as it is now, where none was."""
        months = [month for month in self._state.scored if period.first <= read_month(month).last <= period.last]
        return self._assessment(self._state.scored[max(months)].version if months else "")

    def of_line(self, one: Indicator, line: ScoreLine) -> tuple[Indicator, FigureRegister]:
        """The indicator and the figures by which the line was scored; `one`, as it is on the sheet, for what no file
        of that time has."""
        scored = self._state.scored.get(f"{read_month(line.period).id}")
        then = self._assessment(scored.version if scored else "")
        indicator = next((own for own in then.indicators if own.id == line.indicator), one)
        return indicator, self._register(scored.figures if scored else "")

    def _assessment(self, version: str) -> Assessment:
        if version not in self._assessments:
            self._assessments[version] = assessment_then(self._connection, self._known, version)
        return self._assessments[version]

    def _register(self, version: str) -> FigureRegister:
        if version not in self._registers:
            found = figures_of_version(self._connection, version) if version else figures_in_force(self._connection)
            self._registers[version] = found
        return self._registers[version]
