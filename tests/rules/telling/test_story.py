"""One sentence a fact, as timelines show it."""

from dataclasses import replace
from datetime import date

import pytest

from rules.links import ChildLink
from rules.machine.events import EVENT_KINDS
from rules.machine.facts import Issued
from rules.machine.timed import RungReached
from rules.process import ClockKind, Role
from rules.telling.story import CLIP, tell
from tests.rules.test_codec import agreed, completed, everything, followed, published, redated, waited
from tests.support.factories import LEADER, PROCESS, SUPERVISOR, K, Play, at, play_to

OUTCOMES = {o.id: o.name for o in PROCESS.outcomes}


def last(play: Play) -> str:
    return tell(play.events[-1].fact, OUTCOMES)


def test_a_life_reads_as_a_story() -> None:
    play = Play("2026-03-02", deadline=date(2026, 6, 30))
    told = [last(play)]
    for kind, when, fields in (
        (K.SIGN, "2026-03-03", {}),
        (K.SUBMIT, "2026-03-04", {"text": "方案报上", "days": 25, "evidence": ("ab" * 32,)}),
        (K.RETURN, "2026-03-05", {}),
        (K.SUBMIT, "2026-03-06", {}),
        (K.APPROVE, "2026-03-09", {}),
        (K.URGE, "2026-03-10", {"text": "请抓紧"}),
        (K.REMARK, "2026-03-10", {}),
        (K.REPORT, "2026-03-11", {}),
        (K.ASK_EXTENSION, "2026-03-12", {"to": date(2026, 7, 3)}),
        (K.DECIDE_EXTENSION, "2026-03-13", {}),
        (K.SUBMIT, "2026-03-16", {}),
        (K.CLOSE, "2026-03-17", {"outcome": "continuing"}),
        (K.SUBMIT, "2026-03-18", {}),
        (K.APPROVE, "2026-03-19", {}),
        (K.SUBMIT, "2026-03-20", {}),
        (K.CLOSE, "2026-03-23", {"text": "现场核查"}),
        (K.WATCH, "2026-04-20", {}),
        (K.REOPEN, "2026-05-20", {}),
        (K.ANNUL, "2026-05-21", {}),
    ):
        play.do(kind, when, **fields)
        told.append(last(play))
    assert told == [
        "交办给农科院，完成时限2026年6月30日，3月5日前签收",
        "签收，方案环节，3月10日到期",
        "上报：方案报上（佐证 1 份，填报 1 项，自报天数 25），审方案环节，3月10日到期",
        "退回修改：措施不实，方案环节，3月12日到期",
        "上报：报上（填报 1 项），审方案环节，3月12日到期",
        "审核通过，落实环节，6月30日到期，4月9日前反馈进展",
        "催办：请抓紧",
        "批示：抓紧",
        "反馈进展：已完成一半，下次反馈5月9日前",
        "申请延期 3 个工作日，到2026年7月3日：设备未到，由督查员在3月17日前批复",
        "同意延期 3 个工作日，改为7月3日到期",
        "上报：报上，验收环节，3月30日到期",
        "认定为“持续整改”，转入下一轮，方案环节，3月24日到期",
        "上报：报上（填报 1 项），审方案环节，3月24日到期",
        "审核通过，落实环节，5月19日到期，4月20日前反馈进展",
        "上报：报上，验收环节，4月3日到期",
        "认定为“已整改”并办结：现场核查，回头看至2026年6月23日",
        "回头看：成效保持：现场看过",
        "重启：问题反弹，方案环节，5月27日到期",
        "作废：重复立项",
    ]


@pytest.mark.parametrize(
    ("link", "said"),
    [
        (ChildLink.PART_OF, "交办给农科院（ZG2026-0009 的子任务），"),
        (ChildLink.FOUND_BY, "交办给农科院（ZG2026-0009 发现的问题），"),
        (ChildLink.CAUSED_BY, "交办给农科院（由 ZG2026-0009 引起），"),
        (ChildLink.REPEATS, "交办给农科院（ZG2026-0009 的重复问题），"),
        (ChildLink.GUIDES, "交办给农科院（ZG2026-0009 的分类指导），"),
    ],
)
def test_what_an_item_comes_from_is_told_as_one_says_it(link: ChildLink, said: str) -> None:
    issued = Play("2026-03-02").events[0].fact
    assert isinstance(issued, Issued)
    assert tell(replace(issued, parent="ZG2026-0009", link=link), OUTCOMES).startswith(said)


def test_declining_moving_and_refusing_are_told_with_their_reasons() -> None:
    play = play_to("declined")
    assert last(play) == "退回：不属本单位职责，3月4日前改派"
    play.do(K.REASSIGN)
    assert last(play) == "改派给档案馆：职责调整，3月4日前签收"
    play = play_to("executing")
    play.do(K.ASK_EXTENSION, to=date(2026, 5, 20))
    assert "由分管领导在3月5日前批复" in last(play)
    play.do(K.DECIDE_EXTENSION, by=LEADER, grant=False, reason="时间够用")
    assert last(play) == "不同意延期：时间够用"


def test_a_correction_names_the_entry_what_it_should_say_and_why() -> None:
    play = play_to("unsigned")
    play.do(K.CORRECT, by=SUPERVISOR)
    assert last(play) == "申请更正第 1 条（交办），应为：收到三份材料；理由：笔误，待分管领导批复"
    play.do(K.DECIDE_CORRECTION, reason="属实")
    assert last(play) == "更正第 1 条（交办），应为：收到三份材料；理由：笔误；批复意见：属实"
    play.do(K.CORRECT, by=SUPERVISOR)
    play.do(K.DECIDE_CORRECTION, grant=False, reason="无误")
    assert last(play) == "不同意更正第 1 条（交办）：无误"


def test_what_rings_says_what_is_due_what_follows_and_who_hears() -> None:
    play = play_to("working")
    assert [tell(e.fact, {}) for e in play.tick_until("2026-03-30")] == [
        "办理（3月9日到期）提醒，通知联络员",
        "办理逾期：3月9日到期未办结",
        "办理（3月9日到期）逾期，通知联络员、督查员",
        "办理（3月9日到期）通报，扣 1 分，通知单位负责人",
        "办理（3月9日到期）每周，通知督查员",
        "办理（3月9日到期）每周，第 2 次，通知督查员",
    ]


def test_what_was_found_only_after_an_outage_says_so_and_the_reminder_tells_nobody() -> None:
    told = [tell(e.fact, {}) for e in play_to("working").tick(at("2026-03-10", "08:00"))]
    assert told == [
        "办理（3月9日到期）提醒，已过到期日，不再通知（03月10日 08:00 补记）",
        "办理逾期：3月9日到期未办结（03月10日 08:00 补记）",
    ]


def test_a_consequence_with_a_name_of_its_own_is_told_too() -> None:
    fact = RungReached(
        clock=3,
        clock_kind=ClockKind.WORKING,
        rung="talk",
        name="约谈",
        times=1,
        lamp="red",
        audience=(Role.UNIT_HEAD, Role.LEADER),
        due=date(2026, 12, 28),
        due_at=at("2027-01-11", "09:00"),
        rang_at=at("2027-01-11", "09:00"),
        consequence="分管领导约谈",
        points=2,
    )
    assert tell(fact, {}) == "办理（2026年12月28日到期）约谈，分管领导约谈，扣 2 分，通知单位负责人、分管领导"


def test_the_end_of_a_watch_is_told() -> None:
    play = play_to("watching")
    play.tick("2026-07-01")
    assert last(play) == "回头看期满，没有再发现问题"


def test_a_look_back_at_a_closed_item_begins_a_new_watch() -> None:
    play = play_to("closed")
    play.do(K.WATCH, result="relapsed")
    assert last(play) == "回头看：问题反弹：现场看过，继续回头看至2026年6月2日"


def test_a_date_in_another_year_is_told_with_its_year() -> None:
    play = play_to("working", now="2026-12-28")
    assert last(play) == "签收，方案环节，2027年1月4日（暂定）到期"


def test_long_text_is_clipped_to_one_line() -> None:
    play = play_to("working")
    play.do(K.REPORT, text="一\n二\t三" + "长" * 500)
    assert last(play).startswith("反馈进展：一 二 三长")
    assert last(play).endswith("…")
    assert len(last(play)) <= CLIP + 10


def test_an_outcome_without_a_known_name_stands_as_its_id() -> None:
    play = play_to("watching")
    closed = next(e.fact for e in play.events if e.kind == "closed")
    assert "“rectified”" in tell(closed, {})


PLAYED = (everything(), completed(), waited(), agreed(), published(), followed(), redated())


@pytest.mark.parametrize("kind", [k for k in EVENT_KINDS if k not in ("declined", "reassigned")])
def test_every_kind_of_entry_has_its_sentence(kind: str) -> None:
    told = [tell(e.fact, OUTCOMES) for play in PLAYED for e in play.events if e.kind == kind]
    assert told
    assert all(text and "\n" not in text and "None" not in text for text in told)


def test_the_same_words_whatever_zone_the_instants_are_written_in() -> None:
    play = play_to("working")
    (event, *_) = play.tick(at("2026-03-10", "08:00"))
    assert isinstance(event.fact, RungReached)
    utc = replace(event.fact, rang_at=event.fact.rang_at.astimezone(event.at.tzinfo))
    assert tell(utc, {}) == tell(event.fact, {})
    assert SUPERVISOR.id not in tell(event.fact, {})
