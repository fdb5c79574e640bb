"""Acts of two people on the ledger: what is entered, who is refused, what stands apart, what verification finds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from definitions.directory import DirectoryDefinition, load_directory
from desk.caller import Caller, at_console, by_token, on_site
from desk.joint import confirming
from desk.joint.joint_shown import joint_act_shown, joint_acts_shown, joint_matters
from ledger.chain import journal
from ledger.directory import leaving, loading, people, substitutes
from ledger.directory.joint import rows
from ledger.directory.joint.acts import JointWanted, SecondNeeded, carry_out
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.joint.acts import LASTS, JointAct, JointState, JointStatus
from rules.joint.facts import JointAsked, JointCarriedOut, JointDetail
from rules.machine.commands import Actor
from rules.office.facts import DirectoryLoaded, Erased, HeldPost, KeyMade, PutInForce
from rules.process import Role
from tests.support import world
from tests.support.factories import ADMINISTRATOR, CALENDAR, LEADER
from tests.support.two.people import asked, by_two
from tests.support.world import NOW

WANTED = JointWanted(act=JointAct.SEAL_KEY, details=(JointDetail(name="接替的密钥", value="k1"),), foreseen=("后果",))
LATER = NOW + timedelta(hours=1)


def carried(database: Database, wanted: JointWanted = WANTED, by: Actor = ADMINISTRATOR) -> int:
    with database.write() as connection:
        return carry_out(connection, wanted, by, LATER).number


def waits(database: Database, wanted: JointWanted = WANTED) -> JointState:
    return asked(database, lambda: carried(database, wanted), NOW)


def confirm(database: Database, state: JointState, by: Caller | None = None, digest: str = "") -> JointState:
    caller = by or on_site("fen")
    return confirming.confirm(database, caller, state.number, digest or state.asked.digest, LATER)


def refused(act: Callable[[], object]) -> Code:
    with pytest.raises(RuleViolation) as refusal:
        act()
    return refusal.value.code


def wrongs(database: Database) -> list[str]:
    return [one.what for one in verify(database).wrong]


def do(database: Database, statement: str) -> None:
    with database.write() as connection:
        connection.execute(text(statement))


def test_one_asks_another_confirms_and_the_first_does_it_once(database: Database) -> None:
    state = waits(database)
    assert refused(lambda: carried(database)) is Code.SECOND_NEEDED
    assert confirm(database, state).status is JointStatus.CONFIRMED
    assert carried(database) == state.number == 1
    assert refused(lambda: carried(database)) is Code.SECOND_NEEDED, "it was for once"
    with database.read() as connection:
        kinds = [(row["kind"], row["actor"]) for row, _ in rows.joint_entries(connection)]
        done = next(fact for _, fact in rows.joint_entries(connection) if isinstance(fact, JointCarriedOut))
    assert kinds == [("joint_asked", "guan"), ("joint_confirmed", "fen"), ("joint_carried_out", "guan")]
    assert (done.asked_by, done.confirmed_by) == ("guan", "fen")
    assert wrongs(database) == []


def test_asked_for_again_it_waits_under_the_same_number(database: Database) -> None:
    assert waits(database) == waits(database)
    assert waits(database, replace(WANTED, gains=("du",))).number == 2


def test_what_is_foreseen_does_not_fix_it(database: Database) -> None:
    confirm(database, waits(database))
    assert carried(database, replace(WANTED, foreseen=("又变了",))) == 1


def test_another_content_or_another_person_needs_a_second_anew(database: Database) -> None:
    confirm(database, waits(database))
    changed = replace(WANTED, details=(JointDetail(name="接替的密钥", value="k9"),))
    assert refused(lambda: carried(database, changed)) is Code.SECOND_NEEDED
    assert refused(lambda: carried(database, replace(WANTED, gains=("du",)))) is Code.SECOND_NEEDED
    assert refused(lambda: carried(database, by=LEADER)) is Code.WRONG_ROLE
    stranger = replace(ADMINISTRATOR, id="du")
    assert refused(lambda: carried(database, by=stranger)) is Code.POST_NOT_HELD


def test_who_looked_at_another_content_confirms_nothing(database: Database) -> None:
    assert refused(lambda: confirm(database, waits(database), digest="0" * 64)) is Code.JOINT_REFUSED


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (on_site("guan"), Code.OWN_MATTER),
        (on_site("du"), Code.WRONG_ROLE),
        (on_site("shen"), Code.WRONG_ROLE),
        (on_site("lian"), Code.WRONG_ROLE),
        (by_token("fen", "t1"), Code.JOINT_REFUSED),
        (on_site("fen", behalf="fen2"), Code.JOINT_REFUSED),
        (on_site("nobody"), Code.UNKNOWN_PERSON),
    ],
)
def test_who_may_not_confirm_is_refused(database: Database, by: Caller, code: Code) -> None:
    state = waits(database)
    assert refused(lambda: confirm(database, state, by)) is code
    assert refused(lambda: confirming.refuse(database, by, 1, "不妥", LATER)) is code
    assert wrongs(database) == []


def stand_in(database: Database) -> None:
    who = {"person": "guan", "stand_in": "fen", "first": date(2026, 3, 2), "last": date(2026, 3, 2)}
    with database.write() as connection:
        substitutes.name(connection, **who, named_by=ADMINISTRATOR, now=NOW)  # type: ignore[arg-type]


def test_who_stands_in_for_the_asker_confirms_nothing_even_when_called_off(database: Database) -> None:
    stand_in(database)
    state = waits(database)
    assert refused(lambda: confirm(database, state)) is Code.OWN_MATTER
    with database.write() as connection:
        substitutes.call_off(connection, "guan", ADMINISTRATOR, LATER)
    assert refused(lambda: confirm(database, state)) is Code.OWN_MATTER
    assert confirm(database, state, on_site("fen2")).decider == "fen2"


def test_who_begins_to_stand_in_after_it_was_asked_for_confirms_nothing_either(database: Database) -> None:
    state = waits(database)
    stand_in(database)
    assert refused(lambda: confirm(database, state)) is Code.OWN_MATTER


def test_refused_it_is_not_done_and_the_next_who_tries_hears_of_it(database: Database) -> None:
    state = waits(database)
    confirming.refuse(database, on_site("fen"), state.number, "先备份", LATER)
    with pytest.raises(SecondNeeded) as needed:
        carried(database)
    assert needed.value.before is not None
    assert needed.value.before.reason == "先备份"
    assert refused(lambda: confirm(database, state)) is Code.JOINT_REFUSED
    assert waits(database).number == 2


def test_taken_back_it_cannot_be_confirmed(database: Database) -> None:
    state = waits(database)
    assert refused(lambda: confirming.withdraw(database, on_site("fen"), state.number, LATER)) is Code.JOINT_REFUSED
    confirming.withdraw(database, on_site("guan"), state.number, LATER)
    assert refused(lambda: confirm(database, state)) is Code.JOINT_REFUSED


def test_after_its_days_it_is_void(database: Database) -> None:
    state = waits(database)
    confirm(database, state)
    with database.write() as connection, pytest.raises(SecondNeeded):
        carry_out(connection, WANTED, ADMINISTRATOR, NOW + LASTS)
    with database.read() as connection:
        assert joint_act_shown(connection, 1, NOW + LASTS).status_name == "已过期"
        assert rows.waiting(connection, NOW + LASTS) == []


def test_where_nobody_else_could_confirm_the_way_out_is_said(database: Database) -> None:
    do(database, "DELETE FROM post WHERE role = 'leader'")
    with pytest.raises(RuleViolation, match=r"现在没有另外的人能复核.*请先在名录里给出这样的人"):
        waits(database)
    with database.read() as connection:
        assert rows.joint_acts(connection) == {}


def test_what_takes_more_than_once_is_gone_on_with_until_another_was_carried_out(database: Database) -> None:
    one = JointWanted(act=JointAct.MIGRATE, details=(JointDetail(name="流程", value="甲"),))
    two = JointWanted(act=JointAct.MIGRATE, details=(JointDetail(name="流程", value="乙"),))
    confirm(database, waits(database, one))
    assert [carried(database, one) for _ in range(2)] == [1, 1]
    confirm(database, waits(database, two))
    assert carried(database, two) == 2
    assert refused(lambda: carried(database, one)) is Code.SECOND_NEEDED
    with database.write() as connection, pytest.raises(SecondNeeded):
        carry_out(connection, two, ADMINISTRATOR, LATER + LASTS)
    assert wrongs(database) == []


def test_whoever_may_confirm_sees_what_waits_and_why_not_the_others(database: Database) -> None:
    waits(database)
    with database.read() as connection:
        who = [people.somebody(connection, one) for one in ("fen", "guan", "du")]
        for_leader, for_asker, for_supervisor = (joint_acts_shown(connection, LATER, one)[0] for one in who)
        counts = [len(joint_matters(connection, one, LATER)) for one in who]
    assert (for_leader.may_confirm, for_leader.may_refuse, for_leader.why_not) == (True, True, "")
    assert for_leader.foreseen == ("后果",)
    assert (for_asker.may_confirm, for_asker.may_refuse, for_asker.may_withdraw) == (False, False, True)
    assert "自己提请" in for_asker.why_not
    assert for_supervisor.why_not.startswith("可以复核的是")
    assert counts == [1, 0, 0]


def test_both_at_the_console_by_the_same_user_there_is_shown(database: Database) -> None:
    by = at_console("guan").acting(Actor(id="guan", role=Role.ADMINISTRATOR))
    state = asked(database, lambda: carried(database, by=by), NOW)
    confirm(database, state, at_console("fen"))
    with database.read() as connection:
        shown = joint_act_shown(connection, state.number, LATER)
    assert shown.same_hand
    assert shown.asked_hand.startswith("终端代办 ")


COUNTY = """
name: 县
areas: {{a1: {{name: 第一片组, leader: pian 片一, instructor: zhi 智一}}}}
units: {{u1: {{name: 农科院, kind: research, area: a1, head: zhang 张红, liaison: lian 李安}}}}
people:
  guan: {{name: 关理, roles: [administrator]}}
  fen: {{name: 冯管, roles: [leader]}}
  xin: {{name: {name}, roles: [{roles}]}}
"""


def directory(tmp_path: Path, roles: str, name: str = "新来") -> DirectoryDefinition:
    path = tmp_path / "county.yaml"
    path.write_text(COUNTY.format(roles=roles, name=name), "utf-8")
    return load_directory(path)


def load(database: Database, of: DirectoryDefinition, by: Actor | None = ADMINISTRATOR) -> None:
    with (database.by(by) if by else database).write() as connection:
        loading.load_directory(connection, of, now=LATER, by=by, renamed=["xin"])


def holds(database: Database, role: Role) -> bool:
    with database.read() as connection:
        return people.holds(connection, Actor(id="xin", role=role))


@pytest.mark.parametrize("role", ["administrator", "security"])
def test_an_administrators_post_is_given_by_two(database: Database, tmp_path: Path, role: str) -> None:
    given = directory(tmp_path, role)
    assert refused(lambda: load(database, given, None)) is Code.FIELD_MISSING
    state = asked(database, lambda: load(database, given), NOW)
    assert not holds(database, Role(role))
    with database.read() as connection:
        assert joint_act_shown(connection, state.number, LATER).gains == ("新来（xin）",)
        assert "新来" not in " ".join(connection.execute(text("SELECT body FROM entry")).scalars())
    confirm(database, state)
    assert refused(lambda: load(database, directory(tmp_path, role, "别人"))) is Code.SECOND_NEEDED, "another name"
    load(database, given)
    assert holds(database, Role(role))
    load(database, given, None)  # again it gives nothing
    with database.read() as connection:
        assert rows.apart_of(connection, state.number) == ("", "")
    assert wrongs(database) == []


def test_other_posts_are_given_by_one(database: Database, tmp_path: Path) -> None:
    load(database, directory(tmp_path, "supervisor"), None)
    assert holds(database, Role.SUPERVISOR)


def test_nobody_confirms_their_own_post(database: Database, tmp_path: Path) -> None:
    load(database, directory(tmp_path, "leader"), None)
    state = asked(database, lambda: load(database, directory(tmp_path, "leader, administrator")), NOW)
    assert refused(lambda: confirm(database, state, on_site("xin"))) is Code.OWN_MATTER
    confirm(database, state)
    load(database, directory(tmp_path, "leader, administrator"))
    assert wrongs(database) == []


def test_when_the_last_administrator_is_gone_the_next_is_not_the_first_again(
    database: Database, tmp_path: Path
) -> None:
    with database.write() as connection:
        gone = HeldPost(person="guan", role=str(Role.ADMINISTRATOR))
        leaving.end_posts(connection, [gone], LATER)
    of = directory(tmp_path, "administrator")
    of = replace(of, people=tuple(one for one in of.people if one.id != "guan"))
    assert refused(lambda: load(database, of, None)) is Code.FIELD_MISSING
    by_two(database, lambda: load(database, of, LEADER), "fen2", LATER)
    assert wrongs(database) == []


def test_a_calendar_takes_anothers_place_by_two(database: Database) -> None:
    world.store_issued(database, world.issued())
    other = replace(CALENDAR, version="2026+x")

    def adopt() -> None:
        with database.by(ADMINISTRATOR).write() as connection:
            loading.load_calendar(connection, other, now=LATER, by=ADMINISTRATOR)

    state = asked(database, adopt, NOW)
    confirm(database, state)
    adopt()
    adopt()
    with database.read() as connection:
        told = [fact for _, fact in journal.facts(connection, PutInForce)]
    assert (told[-1].calendar, told[-1].joint) == ("2026+x", state.number)
    assert wrongs(database) == []


def test_before_anything_is_issued_one_alone_changes_the_calendar(database: Database) -> None:
    with database.write() as connection:
        loading.load_calendar(connection, replace(CALENDAR, version="2026+x"), now=LATER)
    world.store_issued(database, world.issued())
    assert wrongs(database) == []


ALONE = [
    KeyMade(key="k2", previous="k1"),
    KeyMade(key="k2", previous="k1", joint=7),
    DirectoryLoaded(day=date(2026, 3, 2), posts=(HeldPost(person="lian", role="administrator"),)),
    PutInForce(processes=(), calendar="2026+y"),
]


@pytest.mark.parametrize("fact", ALONE)
def test_what_one_did_alone_past_the_program_is_found(database: Database, fact: journal.Note) -> None:
    world.store_issued(database, world.issued())
    with database.write() as connection:
        journal.note(connection, fact, ADMINISTRATOR, LATER)
    assert any("须由两个人办" in what for what in wrongs(database))


def test_a_number_of_another_act_or_of_somebody_elses_vouches_for_nothing(database: Database) -> None:
    confirm(database, waits(database))
    carried(database)
    with database.write() as connection:
        journal.note(connection, KeyMade(key="k3", previous="k1", joint=1), LEADER, LATER)
        erased = Erased(what="person", ref="x", reason="x", approver="fen", joint=1)
        journal.note(connection, erased, ADMINISTRATOR, LATER)
    found = "\n".join(wrongs(database))
    assert "是另一个人提请的" in found
    assert "是另一件事" in found


def test_entries_that_may_not_follow_each_other_are_found(database: Database) -> None:
    state = waits(database)
    with database.write() as connection:
        done = JointCarriedOut(
            number=1, act="seal_key", digest=state.asked.digest, asked_by="guan", confirmed_by="guan"
        )
        journal.note(connection, done, ADMINISTRATOR, LATER)
        journal.note(connection, replace(state.asked, number=2, digest="0" * 64), ADMINISTRATOR, LATER)
        journal.note(connection, state.asked, ADMINISTRATOR, LATER)
        journal.note(connection, replace(done, number=9), ADMINISTRATOR, LATER)
    found = "\n".join(wrongs(database))
    for said in ("这一步不能有", "内容与它的哈希不符", "提请了两次", "第 9 号双人办理没有提请的记录"):
        assert said in found


TAMPERED = [
    ("UPDATE joint_act SET state = 'confirmed', decided_by = 'fen'", "与这一条不一致（state、decided_by）"),
    ("UPDATE joint_act SET until = '2099-01-01T00:00:00.000000Z'", "与这一条不一致（until）"),
    ('UPDATE joint_act SET apart = \'{"xin":["别人",""]}\'', "与这一条不一致（apart）"),
    ("DELETE FROM joint_act", "的登记不见了"),
    (
        "INSERT INTO joint_act SELECT 8, act, digest, asked_by, asked_at, until, state, decided_by, decided_at, "
        "carried_at, salt, apart FROM joint_act",
        "第 8 号双人办理登记着，却没有提请的记录",
    ),
]


@pytest.mark.parametrize(("statement", "told"), TAMPERED)
def test_a_row_that_was_tampered_with_is_found_and_opens_nothing(
    database: Database, tmp_path: Path, statement: str, told: str
) -> None:
    given = directory(tmp_path, "administrator")
    asked(database, lambda: load(database, given), NOW)
    assert wrongs(database) == []
    do(database, statement)
    assert told in "\n".join(wrongs(database))
    assert refused(lambda: load(database, given)) is Code.SECOND_NEEDED


def test_an_erased_persons_name_stands_apart_no_longer(database: Database, tmp_path: Path) -> None:
    given = directory(tmp_path, "administrator")
    state = asked(database, lambda: load(database, given), NOW)
    with database.write() as connection:
        rows.forget_apart(connection, "xin")
        assert rows.apart_of(connection, state.number) == ("", "")
    confirm(database, state)
    assert refused(lambda: load(database, given)) is Code.SECOND_NEEDED
    assert wrongs(database) == []


def test_an_act_that_there_is_not_is_unknown(database: Database) -> None:
    assert refused(lambda: confirming.confirm(database, on_site("fen"), 3, "x", NOW)) is Code.UNKNOWN_JOINT
    fact = JointAsked(number=1, act="x", digest="x", details=(), until=NOW)
    with database.write() as connection:
        journal.note(connection, fact, ADMINISTRATOR, NOW)
    assert wrongs(database) != []
