"""The page on which somebody confirms what another asked for: two people, each in their own session."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2
import pytest

from ledger.directory.joint import acts, rows
from ledger.directory.joint.acts import JointWanted, SecondNeeded
from rules.joint.acts import JointAct, JointStatus
from rules.joint.facts import JointDetail
from rules.machine.commands import Actor, Via
from rules.process import Role
from tests.support.product import ADMINISTRATOR, AUDITOR, LEADER, SUPERVISOR, Started
from tests.support.signed import OUT, as_, token_of

BY = Actor(id=ADMINISTRATOR, role=Role.ADMINISTRATOR, via=Via.CONSOLE, through="root (0)")
FORM = {"answer": "confirm"}


@dataclass
class Waiting:
    """An act that the administrator asked for."""

    product: Started
    number: int
    digest: str
    wanted: JointWanted

    @property
    def path(self) -> str:
        return f"/confirmations/{self.number}"

    def status(self) -> JointStatus:
        with self.product.database.read() as connection:
            return rows.joint_act(connection, self.number).status

    def carry_out(self) -> None:
        with self.product.database.write() as connection:
            acts.carry_out(connection, self.wanted, BY, datetime.now(UTC))


@pytest.fixture
def waiting(product: Started, request: pytest.FixtureRequest) -> Iterator[Waiting]:
    """One that nothing else waits beside; what is left of it is taken back."""
    details = (JointDetail(name="接替的密钥", value=f"k-{request.node.name}"),)
    wanted = JointWanted(act=JointAct.SEAL_KEY, details=details, foreseen=("以后的封存点用新的密钥",))
    with product.database.write() as connection:
        state = acts.ask(connection, wanted, BY, datetime.now(UTC))
    one = Waiting(product, state.number, state.asked.digest, wanted)
    yield one
    if one.status() in (JointStatus.ASKED, JointStatus.CONFIRMED):
        with product.database.write() as connection:
            acts.withdraw(connection, one.number, BY, datetime.now(UTC))


def panel(page: str, number: int) -> str:
    found = re.search(rf'<section class="panel[^"]*" id="n{number}">.*?</section>', page, re.S)
    return found[0] if found else ""


async def test_one_asks_another_looks_and_agrees_in_their_own_session(
    web: httpx2.AsyncClient, waiting: Waiting
) -> None:
    menu = (await web.get("/", headers=as_(LEADER))).text
    assert "换封存密钥：武欣倩提请，等您复核" in menu
    assert f'href="/confirmations#n{waiting.number}"' in menu
    seen = panel((await web.get("/confirmations", headers=as_(LEADER))).text, waiting.number)
    for words in (
        "换封存密钥",
        "接替的密钥",
        "以后的封存点用新的密钥",
        "武欣倩（p0006）",
        "终端代办 root (0)",
        "同意照此办理",
    ):
        assert words in seen
    assert waiting.digest in seen
    answer = await web.post(waiting.path, headers=as_(LEADER), data=FORM | {"digest": waiting.digest})
    assert (answer.status_code, answer.headers["location"]) == (303, "/confirmations?done=confirm")
    assert waiting.status() is JointStatus.CONFIRMED
    after = (await web.get("/confirmations?done=confirm", headers=as_(LEADER))).text
    assert "已同意，请提请的人照原样办理。" in after
    assert "同意照此办理" not in panel(after, waiting.number)
    assert "已复核同意，请您照原样办理" in (await web.get("/", headers=as_(ADMINISTRATOR))).text
    waiting.carry_out()
    with pytest.raises(SecondNeeded):
        waiting.carry_out()
    assert panel((await web.get("/confirmations", headers=as_(LEADER))).text, waiting.number) == ""
    assert "已办成" in panel((await web.get("/confirmations?every=true", headers=as_(LEADER))).text, waiting.number)


async def test_who_asked_sees_it_wait_and_cannot_agree(web: httpx2.AsyncClient, waiting: Waiting) -> None:
    seen = panel((await web.get("/confirmations", headers=as_(ADMINISTRATOR))).text, waiting.number)
    assert "自己提请" in seen
    assert "同意照此办理" not in seen
    assert "撤回" in seen
    answer = await web.post(waiting.path, headers=as_(ADMINISTRATOR), data=FORM | {"digest": waiting.digest})
    assert answer.status_code == 403
    assert "是您自己提请的" in answer.text
    assert waiting.status() is JointStatus.ASKED
    await web.post(waiting.path, headers=as_(ADMINISTRATOR), data={"answer": "withdraw"})
    assert waiting.status() is JointStatus.WITHDRAWN


async def test_what_was_looked_at_is_what_is_agreed_to(web: httpx2.AsyncClient, waiting: Waiting) -> None:
    for digest in ("", "0" * 64):
        answer = await web.post(waiting.path, headers=as_(LEADER), data=FORM | {"digest": digest})
        assert answer.status_code == 409
        assert "内容变了" in answer.text
    assert waiting.status() is JointStatus.ASKED


async def test_not_agreed_to_with_a_reason(web: httpx2.AsyncClient, waiting: Waiting) -> None:
    answer = await web.post(waiting.path, headers=as_(LEADER), data={"answer": "refuse", "reason": " "})
    assert answer.status_code == 422
    assert waiting.status() is JointStatus.ASKED
    await web.post(waiting.path, headers=as_(LEADER), data={"answer": "refuse", "reason": "先备份"})
    assert waiting.status() is JointStatus.REFUSED
    assert "先备份" in panel((await web.get("/confirmations?every=1", headers=as_(AUDITOR))).text, waiting.number)


async def test_nobody_else_agrees_and_no_program(web: httpx2.AsyncClient, product: Started, waiting: Waiting) -> None:
    said = FORM | {"digest": waiting.digest}
    assert (await web.post(waiting.path, headers=as_(SUPERVISOR), data=said)).status_code == 403
    assert (await web.post(waiting.path, headers=as_(AUDITOR), data=said)).status_code == 403
    assert (await web.post(waiting.path, headers=as_("p2001"), data=said)).status_code == 403
    assert (await web.get("/confirmations", headers=as_("p2001"))).status_code == 403
    assert (await web.post(waiting.path, headers=OUT, data=said)).status_code == 401
    by_token = {**token_of(product.database, LEADER), "sec-fetch-site": "same-origin"}
    assert (await web.post(waiting.path, headers=by_token, data=said)).status_code == 401
    foreign = {**as_(LEADER), "sec-fetch-site": "cross-site", "origin": "https://elsewhere.example"}
    assert (await web.post(waiting.path, headers=foreign, data=said)).status_code == 403
    assert (await web.post("/confirmations/99999", headers=as_(LEADER), data=said)).status_code == 404
    assert waiting.status() is JointStatus.ASKED
