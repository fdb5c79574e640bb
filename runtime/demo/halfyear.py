"""A half-year of assessment: six months reported and scored by themselves, what is judged judged by two who differ and
a third, an appeal upheld, one unit up a tier, one not yet, one that stays for now; and one sheet that says why.

As the month's round it needs no engine: it is decided at the ledger, each step at its instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from rich.console import Console
from rich.text import Text
from sqlalchemy import select

from desk.caller import on_site
from desk.scores import keeping, leading
from desk.scores.overview_shown import ShownHeat, overview
from desk.scores.sheet_shown import score_sheet
from desk.scores.tiers_shown import tiers_now
from ledger.chain import batches, lookup, pinned
from ledger.chain.entries import ITEM
from ledger.chain.past.deciding import decide_here
from ledger.directory import people
from ledger.directory import units as directory
from ledger.rounds.campaigns import campaign_in_force
from ledger.rounds.coming import step
from ledger.rounds.rows import batch_of, row_of
from ledger.scores.appeals import check_scored
from ledger.scores.following import rescore_after
from ledger.scores.guiding import guidance_of
from ledger.scores.in_force import assessments_in_force, put_assessments_in_force
from ledger.scores.recording import score_round
from ledger.scores.streams import state_of
from ledger.store.database import Database
from rules.assessment.assessment import Assessment
from rules.assessment.sheets import points_text
from rules.dates.calendar import Calendar, instant_of, local_date
from rules.dates.explain import short_day
from rules.forms.form import ASKS
from rules.forms.samples import sample
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.process import Process, Role
from rules.rounds.campaign import Campaign, days_of
from rules.rounds.opening import round_id
from rules.rounds.periods import Period, Rhythm, read_period
from rules.units.facts import ConditionsGiven, GivenCondition
from runtime.cli.output import make_table

UP, NEARLY, STAYS, APPEALS = "u001", "u002", "u003", "u005"
"""In the story: who comes up a tier; who is just short of it; who was below once and stays; who appeals."""
BEFORE = {UP: "middle", NEARLY: "middle", STAYS: "advanced"}
GOOD = {
    **{"moved": "no", "committee": "1", "groups": "1", "study": "4", "theme_day": "1", "assembly": "1"},
    **{"lectures": "1", "dues_owed": "90.00", "dues_paid": "90.00", "volunteers": "6", "life_meeting": "1"},
    **{"integrity": "2", "posts_filled": "5"},
}
"""What a unit says that does all that is asked."""
SLIPS: tuple[Mapping[str, str], ...] = (
    {},
    {"study": "3"},
    {"theme_day": "0"},
    {"groups": "0", "dues_paid": "86.00"},
    {},
)
"""What the others say instead, month by month and unit by unit in turn."""
SILENT = ("u040", "u041")
"""Who hands nothing in for one month."""
MORNING, NOON = time(9, 0), time(11, 40)
_SHOWN = 7


@dataclass(slots=True)
class HalfYear:
    """The half-year as it is played. `now`: the instant at which the story stands."""

    database: Database
    out: Console
    campaign: Campaign
    calendar: Calendar
    assessment: Assessment
    now: datetime
    units: dict[str, str] = field(default_factory=dict)

    def say(self, words: str, style: str = "") -> None:
        self.out.print(Text(f"{short_day(local_date(self.now))}　{words}", style=style), overflow="fold")


def scene(database: Database, out: Console, now: datetime) -> None:
    """The half-year is played and told: the first one that is still to come as a whole."""
    year = local_date(now).year + 1
    with database.read() as connection:
        campaign = campaign_in_force(connection, next(iter(assessments_in_force(connection).values())).campaign)
        calendar = pinned.current_calendar(connection)
        shipped = next(iter(assessments_in_force(connection).values()))
        units = {row["id"]: row["name"] for row in people.all_units(connection)}
    assessment = replace(shipped, id=f"organ_{year}", year=year)
    half = HalfYear(
        database=database,
        out=out,
        campaign=campaign,
        calendar=calendar,
        assessment=assessment,
        now=instant_of(read_period(f"{year}-H1").first, MORNING),
        units=units,
    )
    out.rule(Text(f"{assessment.name}：{year} 年上半年", style="bold"), align="left", style="red")
    _begin(half)
    for n in range(1, 7):
        _month(half, Period(rhythm=Rhythm.MONTH, year=year, nth=n))
    _scored(half)
    _judge(half)
    _appeal(half)
    _tiers(half)
    _sheet(half)


def _begin(half: HalfYear) -> None:
    with half.database.write() as connection:
        put_assessments_in_force(connection, [half.assessment], half.now)
        given = tuple(GivenCondition(unit=unit, condition=tier) for unit, tier in BEFORE.items())
        fact = ConditionsGiven(day=local_date(half.now), units=given, document="上年度考核结果")
        directory.record(connection, [fact], half.now)
    one = half.assessment
    count = len(one.indicators) + (one.individual.count if one.individual else 0)
    half.say(
        f"启用考核：{count} 项指标，满分 {points_text(one.total)}；留痕里有的由它算，报过的不再问，评定的要有理由。",
        "cyan",
    )


def _month(half: HalfYear, period: Period) -> None:
    """The round of the month is opened if it is not yet, answered, locked; everybody is scored."""
    name, days = round_id(half.campaign.id, period), days_of(half.campaign, period, half.calendar)
    assert days.opens
    opens, locks = instant_of(days.opens.date, MORNING), instant_of(days.locks.date, time(23, 0))
    with half.database.write() as connection:
        if row_of(connection, name) is None:
            step(connection, name, opens)
            while batches.issue_chunk(connection, batch_of(name), 500, opens):
                pass
        asked = select(ITEM.c.unit, ITEM.c.no, ITEM.c.status, ITEM.c.process_ref).where(ITEM.c.batch == batch_of(name))
        items = connection.execute(asked.order_by(ITEM.c.no)).all()
    at = instant_of(half.calendar.add(days.opens.date, 2), NOON)
    for n, row in enumerate(items):
        if row.status != "working" or row.unit not in half.units or (row.unit in SILENT and period.nth == 3):
            continue
        said = GOOD if row.unit in (UP, NEARLY) else {**GOOD, **SLIPS[(n + period.nth) % len(SLIPS)]}
        if row.unit == STAYS:
            said = GOOD | ({"theme_day": "0"} if period.nth in (2, 4, 5) else {})
        if row.unit == APPEALS and period.nth == 6:
            said = GOOD | {"study": "3"}
        _submit(half, row.unit, row.no, row.process_ref, said, at + timedelta(seconds=n))
    half.now = locks + timedelta(days=1)
    with half.database.write() as connection:
        step(connection, name, half.now)
    taken = 1
    while taken:
        with half.database.write() as connection:
            taken = score_round(connection, name, half.now)


def _submit(half: HalfYear, unit: str, no: str, ref: str, said: Mapping[str, str], at: datetime) -> None:
    with half.database.read() as connection:
        process: Process = pinned.process(connection, ref)
        liaison = people.holders(connection, Role.LIAISON, unit=unit)[0]
    form = process.form(ASKS)
    answers = tuple((one.id, said.get(one.id, sample(one))) for one in form.fields) if form else ()
    actor = Actor(id=liaison, role=Role.LIAISON, unit=unit, via=Via.SITE)
    command = Command(kind=CommandKind.SUBMIT, id=f"demo/half/{no}", actor=actor, answers=answers)
    decide_here(half.database, no, command, at, away=False, check=check_scored, then=rescore_after)


def _scored(half: HalfYear) -> None:
    with half.database.read() as connection:
        shown = overview(connection, half.now, period=f"{half.assessment.year}-H1", assessment=half.assessment.id)
    rows = [(row.name, _cell(row.whole), *(_cell(one) for one in row.cells[:_SHOWN])) for row in shown.rows]
    heads = ("片组", "合计", *(name for _, name, _ in shown.indicators[:_SHOWN]))
    half.out.print(make_table("各片组得分占满分的百分之几", heads, rows))
    half.say(f"六个月的轮次各自锁定，{shown.scored} 个单位随着锁定计了分；没有人填过评分表。", "green")


def _cell(cell: ShownHeat) -> str:
    return f"{cell.percent} {cell.level}" if cell.level else ""


def _judge(half: HalfYear) -> None:
    """Two supervisors judge; where they are far apart a third does."""
    period = f"{half.assessment.year}-H1"
    with half.database.read() as connection:
        judges = people.holders(connection, Role.SUPERVISOR)[:3]
        names = people.names_of(connection, set(judges))
    given = ((judges[0], 500, ""), (judges[1], 350, "检查记录少一次"), (judges[2], 450, "补看了检查记录，只是登记晚了"))
    for person, points, reason in given:
        _judged(half, person, UP, points, period, reason)
    for unit, points, reason in ((NEARLY, 400, "检查后整改慢"), (STAYS, 500, "")):
        for person in judges[:2]:
            _judged(half, person, unit, points, period, reason)
    first, second, third = (f"{names[person]}评 {points_text(points)} 分" for person, points, _ in given)
    half.say(f"{half.units[UP]}的党风廉政：{first}，{second}，相差大于 1 分，由第三人定：{third}；得分当场跟着变。")
    with half.database.read() as connection:
        boss = people.holders(connection, Role.SUPERVISOR)[0]
    day = read_period(period).first.replace(month=5, day=12)
    keeping.credit(
        half.database,
        on_site(boss),
        UP,
        "performance",
        "award_city",
        day,
        "市委〔2027〕9号",
        half.now,
        assessment=half.assessment.id,
    )
    half.say(f"{half.units[UP]}受到市级表彰，凭文件加 2 分，加分最多 6 分。")


def _judged(half: HalfYear, person: str, unit: str, points: int, period: str, reason: str) -> None:
    keeping.judge(
        half.database,
        on_site(person),
        unit,
        "integrity",
        period,
        points,
        reason,
        half.now,
        assessment=half.assessment.id,
    )


def _appeal(half: HalfYear) -> None:
    """The unit says why; a supervisor who gave no points decides."""
    month = f"{half.assessment.year}-06"
    with half.database.read() as connection:
        liaison = people.holders(connection, Role.LIAISON, unit=APPEALS)[0]
    no = keeping.appeal(
        half.database, on_site(liaison), APPEALS, "study", month, half.now, assessment=half.assessment.id
    )
    with half.database.read() as connection:
        supervisor = str(lookup.item_row(connection, no)["supervisor"])
        name = people.names_of(connection, {supervisor})[supervisor]
    filed = (("why", "六月的专题学习与主题党日合办，只计了一次"), ("asked", "5.00"))
    decided = (("points", "5.00"), ("why", "看了签到和记录，合办的专题学习成立"))
    unit = Actor(id=liaison, role=Role.LIAISON, unit=APPEALS, via=Via.SITE)
    boss = Actor(id=supervisor, role=Role.SUPERVISOR, via=Via.SITE)
    later = half.now + timedelta(hours=2)
    for command, at in (
        (Command(kind=CommandKind.SUBMIT, id=f"demo/{no}/file", actor=unit, answers=filed), half.now),
        (Command(kind=CommandKind.CLOSE, id=f"demo/{no}/look", actor=boss, outcome="upheld", answers=decided), later),
    ):
        decide_here(half.database, no, command, at, away=False, check=check_scored, then=rescore_after)
    half.now = later
    who = f"{half.units[APPEALS]}申诉六月的集中学习（{no}）：{name}没有评过这一项，由他复核"
    half.say(f"{who}，4.5 分改为 5 分；原来的分还在，差数是新的一行。", "yellow")


def _tiers(half: HalfYear) -> None:
    """What the half-year proposes, and the leader's word."""
    with half.database.read() as connection:
        leader = people.holders(connection, Role.LEADER)[0]
        found = tiers_now(connection, half.now, assessment=half.assessment.id)
    assert found is not None
    assert half.assessment.tiers is not None
    proposed = {one.unit: one for one in found.proposed}
    up = proposed[UP]
    half.say(
        f"半年评一次状况：{up.unit_name}{up.score} 分，建议由{up.tier_name}改为{up.proposed_name}；领导确认才生效。"
    )
    leading.decide_tier(half.database, on_site(leader), UP, up.proposed, half.now, assessment=half.assessment.id)
    with half.database.read() as connection:
        _, no, title = guidance_of(connection, half.assessment.id, UP)[-1]
    half.say(f"领导同意；按状况分类指导，当时交办 {no}“{title}”。", "green")
    for unit in (NEARLY, STAYS):
        with half.database.read() as connection:
            sheet = score_sheet(
                connection, unit, half.now, period=f"{half.assessment.year}-H1", assessment=half.assessment.id
            )
            below = state_of(connection, half.assessment.id, unit).below
        first, _ = half.assessment.tiers.bands[:2]
        got = f"{sheet.unit_name}{sheet.score} 分"
        if below:
            often = f"连续 {half.assessment.tiers.down_after} 次才降，这是第 {below} 次，不动"
            words = f"{got}，低于{first.name}的退出分 {points_text(first.leave)}；{often}"
        else:
            words = f"{got}，不到{first.name}的进入分 {points_text(first.enter)}，还是{sheet.tier}"
        half.say(f"{words}。", "yellow")


def _sheet(half: HalfYear) -> None:
    """One sheet, with why."""
    with half.database.read() as connection:
        sheet = score_sheet(
            connection, UP, half.now, period=f"{half.assessment.year}-H1", assessment=half.assessment.id
        )
    rows = [
        (one.name, one.weight, one.counts, f"{one.lines[-1].period_name}：{one.lines[-1].why}")
        for one in sheet.indicators
        if one.lines
    ]
    title = f"{sheet.unit_name}{sheet.period_name}得分表：{sheet.score} 分，状况 {sheet.tier}"
    half.out.print(make_table(title, ("指标", "折合满分", "计分", "为什么"), rows))
    half.say("每一分都点得到它依据的那一条记录，审计逐行重算。", "green")
