"""What `duban doctor` says, line by line, and what `duban scheduler --back` does about plans that went ahead."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from definitions.channels import CHANNELS_FILE
from definitions.plans import DIGEST, PLANS
from ledger.chain import deliveries, pinned
from ledger.directory import people
from ledger.rounds.campaigns import load_campaigns
from ledger.store import firings
from ledger.store.database import Database
from ledger.store.firings import FIRING
from rules.dates.calendar import LOCAL
from rules.rounds.moment import Moment, MomentForm
from runtime.cli.main import run
from runtime.engine.embedded import Engine
from runtime.scheduler.trust import CLOCK_NOTE, TrustedClock
from runtime.store import EXAMPLE_COUNTY
from tests.support.product import ADMINISTRATOR, known_county
from tests.support.servers.postgres import PostgresServer
from tests.support.shipped import every_campaign

FAR = timedelta(days=10)
Told = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The commands' data folder, for its own account alone."""
    folder = tmp_path / "data"
    (folder / CLOCK_NOTE).parent.mkdir(parents=True, mode=0o700)
    folder.chmod(0o700)
    monkeypatch.setenv("DUBAN_DATA", str(folder))
    return folder


@pytest.fixture
def county(folder: Path) -> Iterator[Database]:
    """A county whose plans have been walked up to now."""
    database = known_county(folder)
    _walk(database, datetime.now(UTC))
    yield database
    database.close()


@pytest.fixture
def ahead_of_us(folder: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A county on PostgreSQL, whose plans went ahead, and whose database's clock shows ten days from now."""
    url = postgres.create()
    monkeypatch.setenv("DUBAN_DATABASE_URL", url)
    database = known_county(folder, url=url)
    _walk(database, datetime.now(UTC))
    _walk(database, datetime.now(UTC) + FAR)
    with database.write() as connection:
        later = "SELECT pg_catalog.clock_timestamp() + interval '10 days'"
        connection.execute(
            text(f"CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $${later}$$")
        )
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.execute(text(f'ALTER DATABASE "{name}" SET search_path = public, pg_catalog'))
    yield database
    database.close()
    postgres.drop(url)


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs a command; returns its exit status and everything it says."""

    def run_it(*arguments: str) -> tuple[int, str]:
        status = run(list(arguments))
        said = capsys.readouterr()
        return status, said.out + said.err

    return run_it


def _walk(database: Database, now: datetime) -> int:
    with database.read() as connection:
        calendar = pinned.current_calendar(connection)
    return len(firings.claim(database, PLANS, calendar, now, "test"))


def _kept(database: Database) -> tuple[dict[str, datetime], set[str]]:
    """The cursors and the firings."""
    with database.read() as connection:
        return firings.cursors(connection), set(connection.execute(select(FIRING.c.key)).scalars())


def _found(told: Told, name: str) -> tuple[bool, str]:
    """What doctor found under that name: whether it is in order, and its sentence."""
    status, said = told("doctor", "--json")
    rows = {row["name"]: row for row in json.loads(said)}
    assert status == (0 if all(row["good"] for row in rows.values()) else 1)
    return rows[name]["good"], rows[name]["seen"]


@pytest.mark.usefixtures("county")
def test_plans_in_order_are_counted(told: Told) -> None:
    assert _found(told, "计划和时钟") == (True, f"{len(PLANS)} 项计划，没有走到将来的")
    assert f"正常  计划和时钟：{len(PLANS)} 项计划，没有走到将来的" in told("doctor")[1]


@pytest.mark.usefixtures("county")
def test_a_clock_that_jumped_is_named_with_how_far(folder: Path, told: Told) -> None:
    TrustedClock(folder / CLOCK_NOTE).until(datetime.now(UTC) - FAR - timedelta(seconds=30), None)
    good, said = _found(told, "计划和时钟")
    assert not good
    assert "本机时钟忽然往前跳了 10 天" in said
    assert "核对时间同步" in said
    assert "异常  计划和时钟" in told("doctor")[1]


def test_plans_that_went_ahead_are_named_with_the_furthest_and_the_command(county: Database, told: Told) -> None:
    _walk(county, furthest := datetime.now(UTC) + FAR)
    good, said = _found(told, "计划和时钟")
    assert not good
    assert all(plan.id in said for plan in PLANS)
    assert f"已走到将来（最远 {furthest:%F %T} UTC）" in said
    assert "duban scheduler --back" in said


@pytest.mark.usefixtures("ahead_of_us")
def test_a_database_whose_clock_shows_something_else_is_named(told: Told) -> None:
    good, said = _found(told, "计划和时钟")
    assert not good
    assert f"与数据库的 {datetime.now(UTC) + FAR:%F}" in said
    assert "核对各台机器的时间同步" in said


def test_channels_that_only_another_host_has_are_named(county: Database, folder: Path, told: Told) -> None:
    assert _found(told, "通知渠道") == (True, "只有收件箱")
    with county.write() as connection:
        deliveries.note_channels(connection, ("mail", "wecom"), datetime.now(UTC))
    good, said = _found(told, "通知渠道")
    assert not good
    assert f"别处的工作进程有渠道 mail、wecom，这台机器没有 {CHANNELS_FILE}" in said
    assert f"放进 {folder}" in said
    (folder / CHANNELS_FILE).write_text('hours: {from: "08:00", to: "18:00"}\n', "utf-8")
    assert _found(told, "通知渠道") == (True, "mail、wecom")


@pytest.mark.usefixtures("county")
def test_the_ways_in_are_told_and_a_mistake_in_their_file_is_named(folder: Path, told: Told) -> None:
    assert _found(told, "登录方式") == (True, "本地密码")
    file = folder / "sign_in.yaml"
    file.write_text("second_factor: true\nways:\n  s: {kind: cas, name: 学校, address: 'https://cas.test'}\n", "utf-8")
    assert _found(told, "登录方式") == (True, "本地密码、CAS（s）；管理员另出示安全密钥")
    file.write_text("local: false\n", "utf-8")
    good, said = _found(told, "登录方式")
    assert not good
    assert "谁也进不来" in said


def test_where_the_three_administrators_are_to_be_apart_who_holds_two_posts_is_named(
    county: Database, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _found(told, "管理员") == (True, "没有设三员分立")
    monkeypatch.setenv("DUBAN_ADMINISTRATORS_APART", "1")
    assert _found(told, "管理员") == (True, "系统、安全保密、审计由不同的人担任")
    with county.write() as connection:
        connection.execute(insert(people.POST).values(person=ADMINISTRATOR, role="auditor"))
    good, said = _found(told, "管理员")
    assert not good
    assert "不能是同一个人" in said


@pytest.mark.usefixtures("county")
def test_from_a_day_on_too_nobody_is_given_two_posts_of_the_three_administrators(
    told: Told, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DUBAN_ADMINISTRATORS_APART", "1")
    file, county = tmp_path / "county.yaml", EXAMPLE_COUNTY.read_text("utf-8")
    file.write_text(county.replace("roles: [auditor]", "roles: [auditor, administrator]"), "utf-8")
    status, said = told("load", str(file), "--from", f"{datetime.now(LOCAL):%F}", "--dry-run")
    assert (status, "[administrators_together]" in said) == (1, True), said


@pytest.mark.usefixtures("county")
def test_an_open_file_in_the_folder_is_named_and_counted(folder: Path, told: Told) -> None:
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    assert _found(told, "数据目录")[0]
    for name in ("a.log", "b.log"):
        (folder / name).touch()
        (folder / name).chmod(0o644)
    good, said = _found(told, "数据目录")
    assert not good
    assert f"别的账号能读 {folder}/" in said
    assert " 等 2 个" in said
    assert f"运行 chmod -R go= {folder}" in said


def test_going_back_does_nothing_when_nothing_went_ahead(county: Database, told: Told) -> None:
    before = _kept(county)
    now = datetime.now(UTC).astimezone(LOCAL)
    status, said = told("scheduler", "--back")
    assert status == 0
    assert said.startswith(f"没有走到将来的计划（本机现在 {now:%Y-%m-%d}")
    status, said = told("scheduler", "--back", "--json")
    assert (status, json.loads(said)["plans"], json.loads(said)["taken_back"]) == (0, [], 0)
    assert _kept(county) == before


def test_going_back_takes_back_what_lies_ahead_says_it_and_leaves_the_rest(county: Database, told: Told) -> None:
    _walk(county, datetime.now(UTC) + timedelta(seconds=1))
    past = _kept(county)[1]
    taken = _walk(county, datetime.now(UTC) + FAR)
    status, said = told("scheduler", "--back")
    assert status == 0
    assert said.startswith("已带回 ")
    assert all(plan.id in said for plan in PLANS)
    assert f"将来的 {taken} 次触发到时候重新来" in said
    cursors, left = _kept(county)
    assert left == past
    assert max(cursors.values()) <= datetime.now(UTC)
    assert _found(told, "计划和时钟")[0]


def test_going_back_as_json_names_the_plans(county: Database, told: Told) -> None:
    taken = _walk(county, datetime.now(UTC) + FAR)
    status, said = told("scheduler", "--back", "--json")
    done = json.loads(said)
    assert (status, done["taken_back"]) == (0, taken)
    assert DIGEST in done["plans"]


def test_going_back_is_refused_while_the_database_s_clock_shows_something_else(
    ahead_of_us: Database, told: Told
) -> None:
    before = _kept(ahead_of_us)
    status, said = told("scheduler", "--back")
    assert status == 1
    assert "相差太多" in said
    assert "先对好时间，再运行这条命令。" in said
    assert _kept(ahead_of_us) == before


@pytest.mark.usefixtures("county")
def test_an_engine_that_answers_and_a_queue_that_nobody_works_on_are_told_apart(
    engine: Engine, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_TEMPORAL_ADDRESS", engine.address)
    monkeypatch.setenv("DUBAN_TEMPORAL_NAMESPACE", engine.settings.temporal_namespace)
    monkeypatch.setenv("DUBAN_TASK_QUEUE", "nobody-works-here")
    assert _found(told, "Temporal 服务器") == (True, f"{engine.address} 有应答")
    good, said = _found(told, "工作进程")
    assert not good
    assert "没有工作进程来领任务" in said
    assert "确认 duban worker" in said


@pytest.mark.usefixtures("county")
def test_a_ledger_that_can_be_written_is_said_to_be(told: Told) -> None:
    good, said = _found(told, "留痕库")
    assert good
    assert said.startswith("可写，")


def test_a_campaign_that_cannot_be_reckoned_with_is_named(county: Database, told: Told) -> None:
    never = Moment(form=MomentForm.DATE, month=13, day=1)
    with county.write() as connection:
        (visits,) = (one for one in every_campaign() if one.id == "visits")
        load_campaigns(connection, [replace(visits, id="broken", opens=never)], datetime.now(UTC) - FAR)
    _, said = told("doctor")
    assert "开放不了：周期工作 broken：" in said
