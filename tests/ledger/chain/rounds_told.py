"""Each fact of a round and of campaigns, and how it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from ledger.chain.journal import Note
from rules.burden.budget import BurdenBudget
from rules.burden.facts import BudgetLoaded, ContestAnswered, OverBudgetAllowed, OverBudgetHeld, QuestionContested
from rules.figures.facts import FiguresImported, FiguresLoaded, ImportedValue
from rules.figures.figure import FigureRegister
from rules.rounds.campaign import KindDay, RoundDays
from rules.rounds.facts import (
    AskedUnit,
    CampaignLoaded,
    CampaignStopped,
    LateAfterLock,
    ReportRead,
    RoundCorrectionAsked,
    RoundCorrectionRefused,
    RoundCounts,
    RoundFellDue,
    RoundLocked,
    RoundMissed,
    RoundMoved,
    RoundOpened,
    RoundReminded,
    RoundReported,
    RoundStopped,
    UnitDropped,
    UnitHandedOn,
    UnitJoined,
    UnitRelocked,
    UnitsAsked,
    UnitUnlocked,
)
from rules.rounds.moment import Moment, MomentForm, RoundDay, WhyDay
from tests.support.rounds.campaigns import MONTHLY

R = "monthly/2026-11"
_WHY = WhyDay(
    moment=Moment(form=MomentForm.WORKING_DAY, nth=1), period="2026-11", calendar="c", start=date(2026, 11, 30)
)
_DAY = RoundDay(date=date(2026, 12, 7), provisional=False, trace=_WHY)
_DAYS = RoundDays(opens=None, due=(KindDay(kind="", day=_DAY),), locks=_DAY)
_OPENED = RoundOpened(
    round=R,
    campaign="monthly@1",
    calendar="c",
    day=date(2026, 11, 26),
    days=_DAYS,
    count=96,
    population_hash="ab",
    supervisor="p0001",
    lost=2,
)
ROUNDS_TOLD: list[tuple[Note, str]] = [
    (CampaignLoaded(campaign=MONTHLY), "启用周期工作“月报”（monthly@1）"),
    (CampaignStopped(campaign="monthly", reason="合并"), "停止周期工作 monthly：合并"),
    (_OPENED, "开放：应报 96 个，最后2026年12月7日到期，比应开放的晚 2 个工作日"),
    (
        replace(_OPENED, lost=0, figures="ab", known=4),
        "开放：应报 96 个，最后2026年12月7日到期；另有 4 个要问的都已知道，没有发",
    ),
    (FiguresLoaded(register=FigureRegister(version="ab")), "启用数据项登记 ab：0 项"),
    (
        FiguresImported(
            document="县组〔2026〕5号",
            file="cd",
            values=(ImportedValue(figure="members", unit="u1", period="2026-11", value="31"),),
        ),
        "导入 1 个单位的 1 个数据，依据县组〔2026〕5号",
    ),
    (
        RoundMissed(round=R, campaign="monthly@1", opens=date(2026, 11, 26), locks=date(2026, 12, 21)),
        "错过：应在2026年11月26日开放，到2026年12月21日锁定时还没有开放",
    ),
    (UnitsAsked(round=R, units=(AskedUnit(id="u1", kind="organ"),)), "应报名单：u1 等 1 个"),
    (UnitJoined(round=R, unit=AskedUnit(id="u1", kind="organ")), "加入 u1"),
    (UnitDropped(round=R, unit="u1", reason="撤销"), "u1 不再应报：撤销"),
    (
        UnitJoined(round=R, unit=AskedUnit(id="u1", kind="organ", area="a1"), due=date(2026, 12, 9)),
        "加入 u1，2026年12月9日到期",
    ),
    (UnitHandedOn(round=R, unit="u1", to="u2", reason="已并入"), "u1 的应报由 u2 报：已并入"),
    (RoundMoved(round=R, calendar="d", days=_DAYS, cause="通知"), "改按日历 d，最后2026年12月7日到期：通知"),
    (RoundReminded(round=R, kinds=("",), owing=3), "临期，还有 3 个没有报"),
    (RoundFellDue(round=R, kinds=("",), day=date(2026, 12, 7)), "2026年12月7日到期"),
    (UnitUnlocked(round=R, unit="u1", until=date(2026, 12, 9), reason="停电"), "为 u1 解锁到2026年12月9日：停电"),
    (UnitRelocked(round=R, unit="u1"), "u1 的解锁期满"),
    (RoundLocked(round=R, day=date(2026, 12, 21)), "2026年12月21日锁定"),
    (
        RoundReported(round=R, revision=2, counts=RoundCounts(on_time=1, late=2, missing=3), reason="补报"),
        "通报第 2 版：应报 6 个，按期 1，逾期 2，未报 3；补报",
    ),
    (
        RoundReported(
            round=R,
            revision=2,
            counts=RoundCounts(on_time=1, late=2, missing=3),
            unlocked=(LateAfterLock(unit="u2", reason="停电"), LateAfterLock(unit="u3", reason="漏报")),
        ),
        "通报第 2 版：应报 6 个，按期 1，逾期 2，未报 3；u2 解锁补报：停电；u3 解锁补报：漏报",
    ),
    (RoundCorrectionAsked(round=R, reason="有误"), "申请更正通报：有误"),
    (RoundCorrectionRefused(round=R, reason="无误"), "不同意更正通报：无误"),
    (RoundStopped(round=R, reason="合并", annul=True), "停止，没有报的作废：合并"),
    (
        BudgetLoaded(budget=BurdenBudget(name="预算", version="1", requests=1, extras=1, fields=12, evidence=1)),
        "启用减负预算“预算”（1）：一个单位一个月周期填报 1 次，临时要数 1 次，要填的项 12，佐证材料 1 项",
    ),
    (
        OverBudgetHeld(batch="round/m/2026-11", title="月报", units=3, over=("要填的项 13，上限 12",)),
        "“月报”没有开放，3 个单位超出减负预算：要填的项 13，上限 12",
    ),
    (
        OverBudgetAllowed(batch="b1", title="要数", units=3, over=("两次",), reason="急需"),
        "同意超出减负预算交办“要数”，3 个单位：急需",
    ),
    (
        QuestionContested(item="YB2026-0001", unit="u1", process="checkin", place="a.b", label="次数", reason="已报过"),
        "事项 YB2026-0001：提出“次数”不该要：已报过",
    ),
    (ContestAnswered(contest=7, dropped=True, answer="改由系统算"), "答复第 7 条提出的不该要，不再要：改由系统算"),
    (ReportRead(round=R, revision=2), "查阅轮次 monthly/2026-11 的通报第 2 版"),
]
