"""What gives authority or decides who hears stands in the chain: whoever writes it past the program is named."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, text

from ledger.directory import leaving, people, substitutes
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.machine.commands import Actor, Via
from rules.process import Role
from tests.support import world
from tests.support.world import AREAS, NOW, PEOPLE, POSTS, UNITS

ADMINISTRATOR = Actor(id="guan", role=Role.ADMINISTRATOR, via=Via.SITE)
DAY = date(2026, 3, 2)
NAMED = "person = 'du' AND first = '2026-03-02'"


@pytest.fixture
def appointed(database: Database) -> Database:
    """The small world; one supervisor is away and one has come back, one unit and its post have ended."""
    with database.write() as connection:
        for person, stand_in in (("du", "du2"), ("pian", "pian2")):
            named = {"person": person, "stand_in": stand_in, "first": DAY, "last": DAY + timedelta(days=3)}
            substitutes.name(connection, **named, named_by=ADMINISTRATOR, now=NOW)  # type: ignore[arg-type]
        substitutes.call_off(connection, "pian", ADMINISTRATOR, NOW + timedelta(hours=1))
        leaving.end_units(connection, ["u4"], NOW + timedelta(hours=2))
    return database


def words(database: Database) -> list[str]:
    return [wrong.what for wrong in verify(database).wrong]


def tamper(database: Database, *statements: str) -> None:
    with database.write() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_what_the_program_wrote_is_whole(appointed: Database) -> None:
    assert words(appointed) == []


CHANGES = {
    "a post for somebody": (
        "INSERT INTO post VALUES ('xie', 'supervisor', NULL, NULL)",
        "xie 的职务“督查员”登记着",
    ),
    "a post elsewhere": (
        "UPDATE post SET unit = 'u2' WHERE person = 'lian'",
        "“联络员”与这一条不一致（unit）",
    ),
    "another role": ("UPDATE post SET role = 'leader' WHERE person = 'du'", "人员 du 的职务“分管领导”登记着"),
    "a post removed": ("DELETE FROM post WHERE person = 'shen'", "人员 shen 的职务“审计”不见了"),
    "a post that had ended": (
        "INSERT INTO post VALUES ('fen2', 'leader', 'u4', NULL)",
        "fen2 的职务“分管领导”登记着",
    ),
    "a mail address": (
        "UPDATE person SET email = 'x@example.cn' WHERE id = 'lian'",
        "lian 与这一条不一致（email）",
    ),
    "a name": ("UPDATE person SET name = '李四' WHERE id = 'lian'", "人员 lian 与这一条不一致（name）"),
    "a person's unit": ("UPDATE person SET unit = 'u2' WHERE id = 'lian'", "人员 lian 与这一条不一致（unit）"),
    "a person": ("INSERT INTO person VALUES ('new', '新人', NULL, NULL)", "人员 new 登记着"),
    "a person removed": ("DELETE FROM person WHERE id = 'shen'", "人员 shen 不见了"),
    "a unit's kind": ("UPDATE unit SET kind = 'organ' WHERE id = 'u1'", "单位 u1 与这一条不一致（kind）"),
    "a unit's area": ("UPDATE unit SET area = 'a2' WHERE id = 'u1'", "单位 u1 与这一条不一致（area）"),
    "a unit that had ended": ("UPDATE unit SET ended = NULL WHERE id = 'u4'", "单位 u4 与这一条不一致（ended）"),
    "a unit": (
        "INSERT INTO unit VALUES ('u9', '无此单位', 'organ', NULL, '', NULL, NULL, '', '', '')",
        "单位 u9 登记着",
    ),
    "what a unit was": ("UPDATE unit_span SET kind = 'organ' WHERE unit = 'u1'", "单位 u1 自 2026-03-01 起的一段与这"),
    "when a unit ended": ("UPDATE unit_span SET until = NULL WHERE unit = 'u4'", "的一段与这一条不一致（until）"),
    "a time of a unit": (
        "INSERT INTO unit_span VALUES ('u1', '2020-01-01', '2021-01-01', 'x', 'organ', NULL, '', NULL, '', '')",
        "单位 u1 自 2020-01-01 起的一段登记着",
    ),
    "a time removed": ("DELETE FROM unit_span WHERE unit = 'u3'", "单位 u3 自 2026-03-01 起的一段不见了"),
    "a condition": ("INSERT INTO unit_condition VALUES ('u1', '2026-03-01', NULL, 'slack')", "的状况登记着"),
    "a unit removed": ("DELETE FROM unit WHERE id = 'u3'", "单位 u3 不见了"),
    "an area's leader": ("UPDATE area SET leader = 'zhi' WHERE id = 'a1'", "片组 a1 与这一条不一致（leader）"),
    "an area removed": ("DELETE FROM area WHERE id = 'a2'", "片组 a2 不见了"),
    "another stand-in": (f"UPDATE substitute SET stand_in = 'lian' WHERE {NAMED}", "人员 du 自 2026-03-02 起的委托与"),
    "a longer substitution": (f"UPDATE substitute SET last = '2027-12-31' WHERE {NAMED}", "委托与这一条不一致（last）"),
    "a substitution brought back": ("UPDATE substitute SET ended_at = NULL", "人员 pian 自 2026-03-02 起的委托与"),
    "a substitution ended": (f"UPDATE substitute SET ended_at = '2026-03-02' WHERE {NAMED}", "不一致（ended_at）"),
    "a substitution removed": (f"DELETE FROM substitute WHERE {NAMED}", "人员 du 自 2026-03-02 起的委托不见了"),
    "a substitution": (
        "INSERT INTO substitute VALUES ('fen', '2026-03-02', '2026-03-02T00:00:00.000000Z', '2026-12-31', 'xie', "
        "'fen', NULL)",
        "人员 fen 自 2026-03-02 起的委托登记着",
    ),
    "a process out of force": ("UPDATE process_version SET current = false", "按记录是现行的，登记里不是"),
    "a process for another kind": ("UPDATE process_version SET unit_kind = 'social'", "登记为用于别的事项或单位类型"),
    "no calendar": ("UPDATE calendar_version SET current = false", "现行的工作日历被绕过程序换过"),
    "a view": ("CREATE VIEW mine AS SELECT no FROM item", "库里有不是督办的视图 mine"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_written_past_the_program_is_named(appointed: Database, name: str) -> None:
    statement, told = CHANGES[name]
    tamper(appointed, statement)
    assert told in "\n".join(words(appointed))


def test_a_foreign_trigger_on_any_table_is_named(appointed: Database) -> None:
    on_sqlite = "CREATE TRIGGER aside AFTER INSERT ON item BEGIN DELETE FROM notice; END"
    on_postgresql = (
        "CREATE FUNCTION aside() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER aside BEFORE INSERT ON notice FOR EACH ROW EXECUTE FUNCTION aside()",
    )
    tamper(appointed, *((on_sqlite,) if appointed.is_sqlite else on_postgresql))
    assert [one for one in words(appointed) if "触发器 aside" in one]


def test_a_counter_that_was_set_back_is_named(appointed: Database) -> None:
    world.store_issued(appointed, world.issued("XX2026-0007"))
    tamper(appointed, "INSERT INTO counter VALUES ('XX2026', 3)")
    assert [one for one in words(appointed) if "编号已发到 XX2026-0007，计数器只记到 3" in one]


def test_loading_the_same_again_writes_no_entry_and_a_change_is_one(appointed: Database) -> None:
    def entries(connection: Connection) -> int:
        found: int = connection.execute(text("SELECT count(*) FROM entry")).scalar_one()
        return found

    with appointed.write() as connection:
        before = entries(connection)
        units = [unit for unit in UNITS if unit["id"] != "u4"]
        staff = [person for person in PEOPLE if person["unit"] != "u4"]
        posts = [post for post in POSTS if post["unit"] != "u4"]
        people.load(connection, areas=AREAS, units=units, people=staff, posts=posts)
        assert entries(connection) == before
        moved = [{**AREAS[0], "leader": "pian2"}]
        people.load(connection, areas=moved, units=[], people=[], posts=[])
        assert entries(connection) == before + 1
    assert words(appointed) == []


def test_who_changes_name_and_address_is_as_the_last_load_says(appointed: Database) -> None:
    with appointed.write() as connection:
        other = {**PEOPLE[0], "name": "李安安", "email": "li@example.cn"}
        people.load(connection, areas=[], units=[], people=[other], posts=[POSTS[0]], renamed={"lian"})
    assert words(appointed) == []
    tamper(appointed, "UPDATE person SET name = '李安' WHERE id = 'lian'")
    assert words(appointed) != []


def test_the_name_that_stands_apart_is_the_one_that_was_given(appointed: Database) -> None:
    tamper(appointed, "UPDATE erasable SET value = replace(value, '李安', '李四') WHERE value LIKE '%李安%'")
    assert [one for one in words(appointed) if one.startswith("分开存放的人员 lian 的姓名和邮箱与记录里的哈希不符")]
