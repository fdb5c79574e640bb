"""Group chats' robots over a real web server: address, signature, length, throttling, wrong keys, whom they tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from activities.delivery.answers import ChannelRefused, Down, PutOff
from activities.delivery.letter import Letter
from activities.delivery.robots import RobotSender, clipped
from definitions.channels import Robot, RobotKind
from ledger.chain import deliveries
from tests.activities.delivery.robot_server import KEY, SECRET, RobotServer, robot_server
from tests.support import office
from tests.support.product import Started
from tests.support.waiting import until

THROTTLES = [
    (RobotKind.WECOM, {"errcode": 45009, "errmsg": "api freq out of limit"}),
    (RobotKind.DINGTALK, {"errcode": 130101, "errmsg": "send too fast"}),
    (RobotKind.DINGTALK, {"errcode": 660026, "errmsg": "too fast"}),
    (RobotKind.FEISHU, {"code": 11232, "msg": "frequency limited"}),
    (RobotKind.FEISHU, {"code": 9499, "msg": "too many request"}),
]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RobotServer]:
    with robot_server(tmp_path / "robots") as running:
        yield running


def _robot(service: RobotServer, kind: RobotKind, folder: Path, *, key: str = KEY, secret: str = SECRET) -> Robot:
    (folder / "key").write_text(f"{key}\n")
    (folder / "secret").write_text(f"{secret}\n")
    signed = None if kind is RobotKind.WECOM else folder / "secret"
    return Robot(id="r", kind=kind, name="群", address=service.address, key_file=folder / "key", secret_file=signed)


def _letter(text: str = "1. 三会一课记录不全\n") -> Letter:
    now = datetime.now(UTC)
    return Letter(id="ab" * 32, person="", to="群", address="", subject="督办：一件事", text=text, page="", made=now)


def _send(robot: Robot, letter: Letter) -> None:
    with RobotSender(robot) as sender:
        sender.send(letter)


@pytest.mark.parametrize("kind", RobotKind)
def test_each_service_takes_what_is_posted_and_signed(service: RobotServer, tmp_path: Path, kind: RobotKind) -> None:
    _send(_robot(service, kind, tmp_path), _letter())
    assert service.taken() == ["督办：一件事\n\n1. 三会一课记录不全\n（消息编号 abababab）"]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (RobotKind.WECOM, "key"),
        (RobotKind.DINGTALK, "key"),
        (RobotKind.DINGTALK, "secret"),
        (RobotKind.FEISHU, "key"),
        (RobotKind.FEISHU, "secret"),
    ],
)
def test_a_wrong_key_or_secret_is_told_apart_from_a_service_that_is_away(
    service: RobotServer, tmp_path: Path, kind: RobotKind, wrong: str
) -> None:
    robot = _robot(service, kind, tmp_path, **{wrong: "another"})
    with pytest.raises(ChannelRefused, match="密钥、签名"):
        _send(robot, _letter())
    assert service.taken() == []


@pytest.mark.parametrize(("kind", "body"), THROTTLES)
def test_being_throttled_means_waiting_a_minute(
    service: RobotServer, tmp_path: Path, kind: RobotKind, body: dict[str, object]
) -> None:
    service.answer(body)
    with pytest.raises(Down) as down:
        _send(_robot(service, kind, tmp_path), _letter())
    assert down.value.pause == 60


def test_a_service_that_says_how_long_to_wait_is_believed(service: RobotServer, tmp_path: Path) -> None:
    service.answer({}, status=429, after="7")
    with pytest.raises(Down) as down:
        _send(_robot(service, RobotKind.FEISHU, tmp_path), _letter())
    assert down.value.pause == 7


def test_a_service_that_fails_or_is_away_is_down(service: RobotServer, tmp_path: Path) -> None:
    robot = _robot(service, RobotKind.WECOM, tmp_path)
    service.answer({}, status=502)
    with pytest.raises(Down, match="502"):
        _send(robot, _letter())
    service.process.kill()
    service.process.wait()
    with pytest.raises(Down, match="连不上") as down:
        _send(robot, _letter())
    assert KEY not in down.value.reason


def test_an_answer_that_nobody_knows_puts_the_text_off(service: RobotServer, tmp_path: Path) -> None:
    service.answer({"errcode": 4711, "errmsg": "odd"})
    with pytest.raises(PutOff, match="4711 odd"):
        _send(_robot(service, RobotKind.WECOM, tmp_path), _letter())


def test_a_long_text_is_cut_between_characters_within_the_limit(service: RobotServer, tmp_path: Path) -> None:
    letter = _letter("很长的问题，" * 500)
    _send(_robot(service, RobotKind.WECOM, tmp_path), letter)
    (text,) = service.taken()
    assert len(text.encode()) <= 2000
    assert text.endswith("……\n其余见网站的收件箱\n（消息编号 abababab）")
    assert "\ufffd" not in clipped(letter, 777)


def _lines(service: RobotServer, tmp_path: Path, kind: str, who: str) -> None:
    (tmp_path / "key").write_text(KEY)
    (tmp_path / "secret").write_text(SECRET)
    signed = "" if kind == "wecom" else ", secret_file: secret"
    robot = f"{{kind: {kind}, name: 教育群, address: '{service.address}', key_file: key{signed}, {who}}}"
    office.channels(tmp_path, "robots:", f"  {kind[:5]}: {robot}")


def _sent(product: Started, channel: str, count: int) -> bool:
    return office.states(product.database, channel) == Counter(sent=count)


async def test_a_group_hears_of_its_own_units_only_and_who_is_meant(
    product: Started, service: RobotServer, tmp_path: Path
) -> None:
    _lines(service, tmp_path, "wecom", "units: [u001, u002]")
    office.issue(product.database, units=5)
    await (await office.start_digest(product.client, product.task_queue, "wecom")).result()
    await until("the group is told", partial(_sent, product, "wecom", 2))
    (text,) = service.taken()
    assert "（请联络员江立蓉留意）" in text
    assert "（请联络员冯少敏留意）" in text
    assert "县政协" not in text


async def test_a_throttled_group_hears_everything_after_a_while(
    own_client: Client, product: Started, service: RobotServer, tmp_path: Path
) -> None:
    _lines(service, tmp_path, "feishu", "roles: [liaison]")
    count = office.issue(product.database, units=20)
    service.answer({"code": 11232, "msg": "frequency limited"})
    await (await office.start_digest(product.client, product.task_queue, "feish")).result()
    sending = own_client.get_workflow_handle("deliver/feish")

    async def throttled() -> bool:
        return "11232" in (await sending.query("progress"))["why"]

    await until("it is throttled", throttled)
    skipper = TimeSkipper(own_client, config=TimeSkippingConfig(enabled=False))
    await skipper.fast_forward(sending, timedelta(seconds=61))
    await until("the group is told", partial(_sent, product, "feish", count))
    assert len(service.taken()) == 3


async def test_a_wrong_key_gives_up_with_the_reason_and_trying_again_sends_it(
    product: Started, service: RobotServer, tmp_path: Path
) -> None:
    _lines(service, tmp_path, "dingtalk", "roles: [liaison]")
    (tmp_path / "key").write_text("old")
    office.issue(product.database, units=3)
    await (await office.start_digest(product.client, product.task_queue, "dingt")).result()
    await until("it is given up", lambda: office.states(product.database, "dingt") == Counter(failed=3))
    (reason,) = set(office.reasons(product.database))
    assert reason.startswith("教育群：300001 token is not exist")
    (tmp_path / "key").write_text(KEY)
    with product.database.write() as connection:
        assert deliveries.again(connection) == ["dingt"]
    await (await office.start_digest(product.client, product.task_queue, "dingt")).result()
    await until("the group is told", partial(_sent, product, "dingt", 3))
