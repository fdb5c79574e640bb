"""A county's half-year with everything that can befall scores: reports in time, late and missing, a correction, figures
imported, a late item's rungs, judges who differ, merits, what was left out, own indicators, appeals, tiers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from desk.caller import on_site
from desk.figures.importing import import_figures
from desk.scores import keeping, leading
from ledger.chain import entries, pinned
from ledger.chain.past.deciding import decide_here
from ledger.directory import people
from ledger.scores.recording import rescore
from ledger.scores.streams import note_scores, state_of
from ledger.store.database import Database
from rules.assessment.assessment import Counting, Indicator, IndicatorKind, LeastOf, Level
from rules.assessment.facts import PointsDecided
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.machine.issuing import Order, issue
from rules.process import Role
from rules.rounds.periods import Rhythm, read_period
from tests.support.factories import at
from tests.support.product import LEADER, SUPERVISOR, copied
from tests.support.rounds.answered import answer, item_of, opened
from tests.support.scores.scored import ASSESSMENT, BOSS, after_lock, corrected, know_and_assess, later, locked, month
from tests.support.shipped import catalogue

OTHER_SUPERVISOR, THIRD = "p0002", "p0003"
MONTHLY = {"moved": "no", "committee": "1", "groups": "1", "study": "4", "theme_day": "1"}
QUARTERLY = {"assembly": "1", "lectures": "1", "dues_owed": "90.00", "dues_paid": "87.00", "volunteers": "3"}
GOOD = MONTHLY | QUARTERLY | {"life_meeting": "1", "integrity": "1"}
FAIR = GOOD | {"study": "2", "committee": "0", "dues_owed": "0.00", "dues_paid": "0.00", "theme_day": "0"}
LATE_ITEM = "ZG2026-0777"


AFTER = later(after_lock("2026-06"), 3)


def half_year(folder: Path) -> tuple[Database, datetime]:
    """That county, and an instant after all of it."""
    return copied("half-year", folder, _lived), AFTER


def _lived(database: Database) -> None:
    know_and_assess(database)
    overdue(database)
    declared(database, at("2026-02-10"))
    now = month(database, "2026-01", {"u001": GOOD, "u002": FAIR, "u003": GOOD, "u004": GOOD})
    corrected(database, "monthly/2026-01", "u001", {"study": "3"}, later(now))
    members(database, now, 38)
    round_ = opened(database, "2026-02")
    answer(database, item_of(database, round_, "u001"), GOOD)
    answer(database, item_of(database, round_, "u002"), FAIR, at=after_lock("2026-02") - timedelta(days=1))
    now = locked(database, round_)
    for n in range(3, 7):
        now = month(database, f"2026-{n:02}", {"u001": GOOD, "u002": FAIR, "u004": GOOD})
    members(database, now, 40)
    by_people(database, now)
    assert later(now, 3) == AFTER


def overdue(database: Database) -> None:
    """An item of u001 that the ladder has taken points for."""
    with database.read() as connection:
        unit, calendar = people.unit_ref(connection, "u001"), pinned.current_calendar(connection)
    process = next(one for one in catalogue() if one.id == "rectification").resolve(unit.kind, "staged")
    order = Order(no=LATE_ITEM, unit=unit, title="三会一课记录不全", matter=())
    event = issue(process, calendar, order, command="late", actor=BOSS, now=at("2026-01-05")).events[0]
    with database.write() as connection:
        entries.store_issued(connection, [(event, None)])
    leader = Actor(id=LEADER, role=Role.LEADER, via=Via.SITE)
    for n, day in enumerate(("2026-01-30", "2026-02-27"), start=1):
        remark = Command(kind=CommandKind.REMARK, id=f"r{n}", actor=leader, text="请抓紧")
        decide_here(database, LATE_ITEM, remark, at(day), away=False)


def members(database: Database, now: datetime, count: int) -> None:
    """How many members u004 has, by a document."""
    table = f"单位,期,党员数\nu004,2026-03,{count}\n"
    import_figures(database, table.encode(), "名册.csv", "组〔2026〕1号", on_site(SUPERVISOR), now)


def declared(database: Database, now: datetime) -> None:
    """u004 has indicators of its own: a count, a ratio of what was answered to what was imported, two judged."""
    counted = Indicator(
        id="x",
        name="读书班",
        kind=IndicatorKind.COUNTED,
        every=Rhythm.QUARTER,
        full=500,
        counts=(Counting(figure="lectures", least=(LeastOf(least=2),)),),
        short=125,
    )
    ratio = Indicator(
        id="x",
        name="参加志愿服务的比例",
        kind=IndicatorKind.COMPUTED,
        every=Rhythm.QUARTER,
        full=700,
        value="figure.volunteers / (figure.members - 1)",
        levels=(Level(least=800, share=10_000), Level(least=750, share=3_333)),
    )
    judged = [
        Indicator(id="x", name=f"特色{n}", kind=IndicatorKind.JUDGED, every=Rhythm.HALF_YEAR, full=400, judge=judge)
        for n, judge in enumerate((Role.SUPERVISOR, Role.SUPERVISOR))
    ]
    with database.read() as connection:
        liaison = people.holders(connection, Role.LIAISON, unit="u004")[0]
    me, boss = on_site(liaison), on_site(SUPERVISOR)
    keeping.declare(database, me, "u004", (ratio, counted, *judged), now)
    keeping.review_declared(database, boss, "u004", now, agreed=False, reason="次序不对")
    keeping.declare(database, me, "u004", (counted, ratio, *judged), now)
    keeping.review_declared(database, boss, "u004", now, agreed=True)


def by_people(database: Database, now: datetime) -> None:
    """After the lock of June: judged, credited, left out, appealed, tiers decided."""
    boss = on_site(SUPERVISOR)

    def judge(unit: str, person: str, points: int, reason: str = "", indicator: str = "integrity") -> None:
        keeping.judge(database, on_site(person), unit, indicator, "2026-H1", points, reason, now)

    judge("u001", SUPERVISOR, 500)
    judge("u001", OTHER_SUPERVISOR, 425, "记录少一次")
    judge("u001", SUPERVISOR, 400, "再看过")
    judge("u002", SUPERVISOR, 500)
    judge("u002", OTHER_SUPERVISOR, 100, "没有检查")
    judge("u002", THIRD, 150, "按检查记录")
    judge("u004", SUPERVISOR, 395, "略少", indicator="own_3")
    judge("u003", SUPERVISOR, 500)
    for merit, day in (("award_city", "2026-03-05"), ("award_city", "2026-05-06"), ("circular", "2026-04-01")):
        keeping.credit(database, boss, "u001", "performance", merit, date.fromisoformat(day), "县委〔2026〕3号", now)
    for day in ("2026-02-05", "2026-02-06", "2026-02-07"):
        keeping.credit(
            database, boss, "u003", "performance", "accountable", date.fromisoformat(day), "县纪〔2026〕8号", now
        )
    wrongly = date.fromisoformat("2026-05-06")
    keeping.credit(database, boss, "u004", "performance", "award_city", wrongly, "县委〔2026〕3号", now)
    with database.read() as connection:
        (entered,) = state_of(connection, ASSESSMENT, "u004").merits
    keeping.withdraw(database, boss, "u004", entered.seq, "表彰的是别的单位", now)
    for unit in ("u003", "u004"):
        keeping.excuse(database, boss, unit, "open", "2026-Q1", "无可公开事项", now)
    decided(database, "u002", "dues", "2026-Q1", 350, now)
    decided(database, "u001", "study", "2026-01", 500, now)
    leader = on_site(LEADER)
    leading.decide_tier(database, leader, "u010", "weak", now, agreed=False, reason="新组建")
    leading.decide_tier(database, leader, "u011", "weak", now)
    leading.decide_tier(database, leader, "u012", "slack", now, reason="班子不健全")


def decided(database: Database, unit: str, indicator: str, period: str, points: int, now: datetime) -> None:
    """By an appeal the unit has those points."""
    fact = PointsDecided(
        score_of=ASSESSMENT,
        unit=unit,
        indicator=indicator,
        period=period,
        points=points,
        reason="申诉成立",
        item="SS2026-0001",
    )
    with database.write() as connection:
        note_scores(connection, [fact], BOSS, now)
        rescore(connection, unit, [read_period(period).last], now + timedelta(minutes=1), "申诉成立", only=ASSESSMENT)
