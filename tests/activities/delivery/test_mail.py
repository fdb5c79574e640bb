"""Notices as e-mail, over a real mail server: one message a person, nothing lost or doubled, whatever it answers."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path

from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from tests.support import office
from tests.support.product import Started
from tests.support.servers.smtp_server import MailServer
from tests.support.waiting import until


def _text(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def _all_sent(product: Started, count: int) -> bool:
    return office.states(product.database, "mail") == Counter(sent=count)


async def test_a_morning_brings_each_person_one_message_with_everything(
    product: Started, server: MailServer, tmp_path: Path
) -> None:
    office.channels(tmp_path, office.mail(server.port), "site: http://duban.qingxi.test")
    count = office.issue(product.database, 3, units=10)
    await (await office.start_digest(product.client, product.task_queue, "mail")).result()
    await until("everything is sent", partial(_all_sent, product, count))
    letters = server.taken()
    assert Counter(letter["To"].addresses[0].addr_spec for letter in letters) == Counter(
        {f"p20{n:02d}@qingxi.test": 1 for n in range(1, 11)}
    )
    letter = next(one for one in letters if "p2001@" in one["To"])
    assert letter["Subject"] == "督办：3 个事项有新情况"
    assert letter["To"].addresses[0].display_name == "江立蓉"
    assert all(f"（第 {n} 项）" in _text(letter) for n in (1, 2, 3))
    assert "http://duban.qingxi.test/items/ZG" in _text(letter)
    assert "交办给中共青溪县委办公室" in _text(letter)


async def test_the_next_morning_says_only_what_is_new(product: Started, server: MailServer, tmp_path: Path) -> None:
    office.channels(tmp_path, office.mail(server.port))
    office.issue(product.database, units=2)
    await (await office.start_digest(product.client, product.task_queue, "mail")).result()
    await until("the first are sent", partial(_all_sent, product, 2))
    await (await office.start_digest(product.client, product.task_queue, "mail")).result()
    office.issue(product.database, units=1, finding="第二天的事")
    await (await office.start_digest(product.client, product.task_queue, "mail")).result()
    await until("the third is sent", partial(_all_sent, product, 3))
    letters = server.taken()
    assert len(letters) == 3
    assert "第二天的事" in _text(letters[2])
    assert "记录不全" not in _text(letters[2])


async def test_a_server_that_is_away_delays_and_loses_nothing(
    product: Started, server: MailServer, tmp_path: Path
) -> None:
    office.channels(tmp_path, office.mail(server.port))
    count = office.issue(product.database, units=6)
    server.kill()
    await (await office.start_digest(product.client, product.task_queue, "mail")).result()
    sending = product.client.get_workflow_handle("deliver/mail")

    async def noticed() -> bool:
        return bool((await sending.query("progress"))["why"])

    await until("the server is found away", noticed)
    assert office.states(product.database, "mail") == Counter(ready=count)
    server.start_again()
    await until("everything is sent", partial(_all_sent, product, count))
    assert server.count() == count


async def test_a_connection_that_breaks_in_the_middle_loses_nothing(
    product: Started, server: MailServer, tmp_path: Path
) -> None:
    office.channels(tmp_path, office.mail(server.port))
    count = office.issue(product.database, units=6)
    server.behave("hang up")
    await (await office.start_digest(product.client, product.task_queue, "mail")).result()
    sending = product.client.get_workflow_handle("deliver/mail")

    async def noticed() -> bool:
        return bool((await sending.query("progress"))["why"])

    await until("the connection broke", noticed)
    server.behave()
    await until("everything is sent", partial(_all_sent, product, count))
    assert server.count() == count


async def test_somebody_who_is_put_off_hears_later_and_the_others_at_once(
    own_client: Client, product: Started, server: MailServer, tmp_path: Path
) -> None:
    office.channels(tmp_path, office.mail(server.port))
    count = office.issue(product.database, units=4)
    server.behave("greylist")
    await (await office.start_digest(product.client, product.task_queue, "mail")).result()

    def put_off() -> bool:
        with product.database.read() as connection:
            rows = connection.exec_driver_sql("SELECT reason FROM delivery WHERE reason LIKE '%451%'").all()
        return len(rows) == count

    await until("everybody is put off once", put_off)
    assert server.count() == 0
    skipper = TimeSkipper(own_client, config=TimeSkippingConfig(enabled=False))
    await skipper.fast_forward(own_client.get_workflow_handle("deliver/mail"), timedelta(minutes=3))
    await until("everything is sent", partial(_all_sent, product, count))


async def test_an_address_that_does_not_exist_fails_with_the_reason_and_holds_up_nobody(
    product: Started, server: MailServer, tmp_path: Path
) -> None:
    office.channels(tmp_path, office.mail(server.port))
    office.issue(product.database, units=5)
    server.behave("refuse p2003@qingxi.test")
    await (await office.start_digest(product.client, product.task_queue, "mail")).result()
    await until("the others are sent", lambda: office.states(product.database, "mail") == Counter(sent=4, failed=1))
    assert office.reasons(product.database) == ["收件人 p2003@qingxi.test被拒收：550 5.1.1 No such user"]


async def test_a_wrong_password_fails_with_the_reason_after_one_attempt(
    product: Started, server: MailServer, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("wrong\n")
    office.channels(tmp_path, office.mail(server.port, ", user: duban, password_file: password"))
    office.issue(product.database, units=3)
    server.behave("password right")
    await (await office.start_digest(product.client, product.task_queue, "mail")).result()
    await until("it is given up", lambda: office.states(product.database, "mail") == Counter(failed=3))
    assert {reason[:17] for reason in office.reasons(product.database)} == {"邮件服务器不认用户名或口令：535"}


async def test_a_channel_that_is_down_holds_up_no_other(product: Started, server: MailServer, tmp_path: Path) -> None:
    office.channels(tmp_path, office.mail(server.port), "file: {folder: out}")
    count = office.issue(product.database, units=4)
    server.kill()
    await (await office.start_digest(product.client, product.task_queue, "", day="2026-12-01")).result()
    await until("files are there", lambda: office.states(product.database, "file") == Counter(sent=count))
    assert office.states(product.database, "mail")["sent"] == 0
    assert len(list((tmp_path / "out").rglob("*.txt"))) == count


async def test_a_letter_that_cannot_be_written_holds_up_nobody(
    product: Started, server: MailServer, tmp_path: Path
) -> None:
    office.channels(tmp_path, office.mail(server.port))
    office.issue(product.database, units=4)
    with product.database.write() as connection:
        connection.exec_driver_sql("UPDATE person SET email = 'nobody' || char(10) || '@x' WHERE id = 'p2002'")
        connection.exec_driver_sql("UPDATE person SET name = '两' || char(10) || '行' WHERE id = 'p2003'")
    await (await office.start_digest(product.client, product.task_queue, "mail")).result()
    await until("the others are sent", lambda: office.states(product.database, "mail") == Counter(sent=3, failed=1))
    (reason,) = office.reasons(product.database)
    assert reason.startswith("写不成邮件")
