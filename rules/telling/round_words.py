"""What happened in a round, or to a campaign, one Chinese sentence a fact."""

from collections.abc import Mapping

from rules.dates.explain import long_day
from rules.rounds.facts import (
    CampaignLoaded,
    CampaignStopped,
    RoundCorrectionAsked,
    RoundCorrectionRefused,
    RoundFact,
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


def why_reported(fact: RoundReported, names: Mapping[str, str]) -> str:
    """Why there is that revision. `names`: of units, by id."""
    return fact.reason or "；".join(f"{names.get(one.unit, one.unit)} 解锁补报：{one.reason}" for one in fact.unlocked)


def tell_round(fact: RoundFact | CampaignLoaded | CampaignStopped, names: Mapping[str, str]) -> str:
    """The fact as one line."""
    match fact:
        case CampaignLoaded():
            return f"启用周期工作“{fact.campaign.name}”（{fact.campaign.ref}）"
        case CampaignStopped():
            return f"停止周期工作 {fact.campaign}：{fact.reason}"
        case RoundOpened():
            late = f"，比应开放的晚 {fact.lost} 个工作日" if fact.lost else ""
            known = f"；另有 {fact.known} 个要问的都已知道，没有发" if fact.known else ""
            return f"开放：应报 {fact.count} 个，最后{long_day(fact.days.last_due)}到期{late}{known}"
        case RoundMissed():
            return f"错过：应在{long_day(fact.opens)}开放，到{long_day(fact.locks)}锁定时还没有开放"
        case UnitsAsked():
            return f"应报名单：{fact.units[0].id} 等 {len(fact.units)} 个"
        case UnitJoined():
            return f"加入 {fact.unit.id}{f'，{long_day(fact.due)}到期' if fact.due else ''}"
        case UnitDropped():
            return f"{fact.unit} 不再应报：{fact.reason}"
        case UnitHandedOn():
            return f"{fact.unit} 的应报由 {fact.to} 报：{fact.reason}"
        case RoundMoved():
            return f"改按日历 {fact.calendar}，最后{long_day(fact.days.last_due)}到期：{fact.cause}"
        case RoundReminded():
            return f"临期，还有 {fact.owing} 个没有报"
        case RoundFellDue():
            return f"{long_day(fact.day)}到期"
        case UnitUnlocked():
            return f"为 {fact.unit} 解锁到{long_day(fact.until)}：{fact.reason}"
        case UnitRelocked():
            return f"{fact.unit} 的解锁期满"
        case RoundLocked():
            return f"{long_day(fact.day)}锁定"
        case RoundReported():
            said = fact.counts
            counted = f"应报 {said.owed} 个，按期 {said.on_time}，逾期 {said.late}，未报 {said.missing}"
            counted += f"，未到期 {said.not_due}" if said.not_due else ""
            counted += f"；交了的里 {said.reviewing} 个待审" if said.reviewing else ""
            why = why_reported(fact, names)
            return f"通报第 {fact.revision} 版：{counted}{f'；{why}' if why else ''}"
        case RoundCorrectionAsked():
            return f"申请更正通报：{fact.reason}"
        case RoundCorrectionRefused():
            return f"不同意更正通报：{fact.reason}"
        case RoundStopped():
            return f"停止{'，没有报的作废' if fact.annul else '，到期为止'}：{fact.reason}"
