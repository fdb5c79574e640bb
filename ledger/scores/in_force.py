"""Which assessments are in force: what the office journal says of them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from ledger.chain import journal
from ledger.directory.people import Loaded
from rules.assessment.assessment import Assessment
from rules.assessment.facts import AssessmentLoaded, ComparisonDecided
from rules.assessment.scoring import value_figures
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.figures.figure import FigureRegister
from rules.machine.commands import SYSTEM, Actor
from rules.rounds.periods import MONTHS_OF_PERIOD, read_period


def assessments_in_force(connection: Connection) -> dict[str, Assessment]:
    """The assessments by id, each as it was loaded last, in the order in which they came first."""
    return {fact.assessment.id: fact.assessment for _, fact in journal.facts(connection, AssessmentLoaded)}


def assessment_named(connection: Connection, written: str, now: datetime, period: str = "") -> Assessment:
    """The assessment of that id or name. Of several of one name, and where nothing is named, that of the year: of the
    `period` where one is asked for, of today otherwise; else that of the latest year before; else the first to come.
    Raises unknown_assessment, field_invalid."""
    known = assessments_in_force(connection)
    plain = written.strip()
    if plain in known:
        return known[plain]
    meant = [one for one in known.values() if plain in ("", one.name)]
    if not meant:
        raise RuleViolation(
            Code.UNKNOWN_ASSESSMENT, actual=plain[:40] or "（没有写）", known=assessments_listed(known.values())
        )
    year = read_period(period).year if period else local_date(now).year
    return min(meant, key=lambda one: (one.year > year, abs(one.year - year)))


def assessments_listed(assessments: Iterable[Assessment]) -> str:
    """These, as somebody is told of them who has to name one."""
    return "、".join(f"{one.id}（{one.name}，{one.year} 年）" for one in assessments) or "（没有）"


def assessment_for(connection: Connection, assessment: str, opened: str) -> Assessment | None:
    """The assessment as it was in force at that instant (as entries write it): by it a period is scored that opened
    then. The first there ever was, where none was in force yet; None where there is none of that id."""
    found: Assessment | None = None
    for entry, fact in journal.facts(connection, AssessmentLoaded):
        if fact.assessment.id == assessment and (found is None or entry["at"] <= opened):
            found = fact.assessment
    return found


def assessment_of_version(connection: Connection, assessment: str, version: str) -> Assessment | None:
    """The assessment of that version, whenever it was in force."""
    return next(
        (
            fact.assessment
            for _, fact in journal.facts(connection, AssessmentLoaded)
            if (fact.assessment.id, fact.assessment.version) == (assessment, version)
        ),
        None,
    )


def assessment_then(connection: Connection, known: Assessment, version: str) -> Assessment:
    """The assessment as it was in that version, by which something was scored; as it is `known`, where nothing was."""
    if version in ("", known.version):
        return known
    return assessment_of_version(connection, known.id, version) or known


def compared(connection: Connection, assessment: Assessment) -> bool:
    """Whether the units are compared with each other now: its file allows it, and the leader agreed and has not said
    otherwise since."""
    if not assessment.ranking:
        return False
    told = [fact.agreed for _, fact in journal.facts(connection, ComparisonDecided) if fact.assessment == assessment.id]
    return told[-1] if told else False


def check_figures(connection: Connection, register: FigureRegister) -> None:
    """Every figure that an assessment in force reads is one of these, and comes as often as it has to. Raises
    figures_refused."""
    for assessment in assessments_in_force(connection).values():
        for indicator in assessment.indicators:
            for figure_id in (*indicator.reads, *value_figures(indicator)):
                figure = register.figure(figure_id)
                if figure is None or MONTHS_OF_PERIOD[figure.every] > MONTHS_OF_PERIOD[indicator.every]:
                    why = f"考核“{assessment.id}”的“{indicator.name}”用它，而登记里没有，或没有指标那样勤"
                    raise RuleViolation(Code.FIGURES_REFUSED, where=f"数据项“{figure_id}”", why=why)


def put_assessments_in_force(
    connection: Connection, assessments: Iterable[Assessment], now: datetime, by: Actor = SYSTEM
) -> Loaded:
    """These are the assessments from now on, for periods that have not been scored; what is in force already is not
    loaded again."""
    known = assessments_in_force(connection)
    new = changed = same = 0
    for one in assessments:
        before = known.get(one.id)
        if before == one:
            same += 1
            continue
        new, changed = new + (before is None), changed + (before is not None)
        journal.note(connection, AssessmentLoaded(assessment=one), by, now)
    return Loaded(table="assessment", new=new, changed=changed, same=same)
