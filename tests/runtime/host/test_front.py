"""How the site stands towards the network: every half-open combination of settings is refused with its way out, and so
is a certificate that browsers would not take."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runtime.ending import Problem
from runtime.host.front import check_certificate, front_of
from runtime.settings import Settings, load
from tests.support.network.certificates import DAY, Authority, Certified

NAME = "duban.qingxi.example"
PUBLIC = f"https://{NAME}"
OPEN = {"host": "0.0.0.0"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def own(authority: Authority) -> Certified:
    return authority.sign("own", NAME)


@pytest.mark.parametrize(
    ("chosen", "said", "way_out"),
    [
        (OPEN, "监听 0.0.0.0 要先有 HTTPS", "DUBAN_TLS_CERT"),
        ({"host": "192.168.1.5"}, "监听 192.168.1.5 要先有 HTTPS", "DUBAN_PROXIES"),
        ({"host": "::"}, "监听 :: 要先有 HTTPS", "DUBAN_HOST"),
        (OPEN | {"public_url": PUBLIC}, "监听 0.0.0.0 要先有 HTTPS", "DUBAN_TLS_CERT"),
        ({"public_url": PUBLIC}, "还没有说谁来做 HTTPS", "DUBAN_PROXIES"),
        (OPEN | {"proxies": "10.1.2.3"}, "还没有说浏览器里用什么地址", "DUBAN_PUBLIC_URL"),
        ({"proxies": "127.0.0.1"}, "还没有说浏览器里用什么地址", "DUBAN_PUBLIC_URL"),
        (OPEN | {"tls_cert": "c.pem", "public_url": PUBLIC}, "没有设 DUBAN_TLS_KEY", "DUBAN_TLS_KEY"),
        (OPEN | {"tls_key": "c.key", "public_url": PUBLIC}, "没有设 DUBAN_TLS_CERT", "DUBAN_TLS_CERT"),
        (OPEN | {"tls_cert": "c.pem", "tls_key": "c.key"}, "还没有说浏览器里用什么地址", "DUBAN_PUBLIC_URL"),
        ({"host": "duban.example"}, "应为本机的一个网络地址", "README"),
        ({"host": ""}, "应为本机的一个网络地址", "README"),
        ({"public_url": "http://duban.example"}, "以 https:// 开头", "README"),
        ({"public_url": "duban.example"}, "以 https:// 开头", "README"),
        ({"public_url": "https://duban.example/duban"}, "只到名字和端口", "README"),
        ({"public_url": "https://a@duban.example"}, "只到名字和端口", "README"),
        ({"public_url": "https://duban.example?a=b"}, "只到名字和端口", "README"),
        ({"public_url": "https://duban.example:x"}, "只到名字和端口", "README"),
        ({"public_url": "https:// duban.example"}, "只到名字和端口", "README"),
        ({"public_url": "https://督办.example"}, "只到名字和端口", "README"),
        ({"proxies": "nginx"}, "“nginx”不是网络地址或网段", "README"),
        ({"proxies": "10.0.0.1/24"}, "“10.0.0.1/24”不是网络地址或网段", "README"),
        ({"proxies": "10.1.2.3, 0.0.0.0/0"}, "“0.0.0.0/0”是所有人", "README"),
        ({"proxies": "::/0"}, "“::/0”是所有人", "README"),
    ],
    ids=str,
)
def test_what_is_half_open_is_refused_with_the_way_out(
    tmp_path: Path, chosen: dict[str, str], said: str, way_out: str
) -> None:
    with pytest.raises(Problem) as told:
        load(data=tmp_path, **chosen)
    assert said in told.value.message
    assert way_out in told.value.way_out
    assert told.value.status == 2


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Duban.Qingxi.example/", "https://duban.qingxi.example"),
        ("https://duban.qingxi.example:443", "https://duban.qingxi.example"),
        ("https://10.1.2.3:8443", "https://10.1.2.3:8443"),
        ("https://[fd00::1]:8443/", "https://[fd00::1]:8443"),
    ],
)
def test_the_public_address_is_kept_as_browsers_say_it(tmp_path: Path, url: str, origin: str) -> None:
    assert load(data=tmp_path, public_url=url, proxies="127.0.0.1").public_url == origin


def test_a_site_for_this_machine_alone_is_told_nothing_of_a_network(settings: Settings) -> None:
    front = front_of(settings)
    assert front.reached.loopback
    assert not front.reached.secure
    assert front.over(front_of) is front_of  # type: ignore[arg-type, comparison-overlap]


def test_a_site_with_a_certificate_speaks_tls_by_its_public_name_alone(tmp_path: Path, own: Certified) -> None:
    chosen = {"tls_cert": own.certificate, "tls_key": own.key, "public_url": PUBLIC}
    front = front_of(load(data=tmp_path, host="0.0.0.0", **chosen))
    assert front.context
    assert front.context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert (front.reached.secure, front.reached.here, front.reached.loopback) == (True, False, False)
    beside = front_of(load(data=tmp_path, **chosen))
    assert beside.reached.here, "on this machine's own address it may be named so, too"


def test_a_certificate_is_looked_at_before_anything_listens(authority: Authority, own: Certified) -> None:
    now = datetime.now(UTC)
    other, past = authority.sign("other", NAME), authority.sign("past", NAME, ends=-timedelta(hours=1))
    future, foreign = authority.sign("future", NAME, begins=DAY), authority.sign("foreign", "other.example")
    bare, locked = authority.sign("bare"), authority.sign("locked", NAME, password=b"secret")
    open_to_all = authority.sign("open", NAME)
    open_to_all.key.chmod(0o644)
    nonsense, nowhere = authority.folder / "nonsense", authority.folder / "nowhere"
    nonsense.write_text("no certificate")
    nonsense.chmod(0o600)
    refused = {
        "不是证书": (own.certificate, other.key),
        "到期": (past.certificate, past.key),
        "才生效": (future.certificate, future.key),
        f"不是签给 {NAME} 的": (foreign.certificate, foreign.key),
        f"不是签给 {NAME} 的，": (bare.certificate, bare.key),
        "带口令": (locked.certificate, locked.key),
        "人人能读": (open_to_all.certificate, open_to_all.key),
        f"证书 {nonsense} 读不懂": (nonsense, own.key),
        f"私钥 {nonsense} 读不懂": (own.certificate, nonsense),
        f"证书 {nowhere} 读不了": (nowhere, own.key),
        f"私钥 {nowhere} 读不了": (own.certificate, nowhere),
    }
    for said, (certificate, key) in refused.items():
        with pytest.raises(Problem) as told:
            check_certificate(certificate, key, NAME, now)
        assert said in told.value.message
        assert told.value.way_out
        assert "secret" not in "".join(told.value.lines())


@pytest.mark.parametrize(
    ("signed", "name", "good"),
    [
        (["*.qingxi.example"], NAME, True),
        (["*.qingxi.example"], "a.duban.qingxi.example", False),
        (["*.qingxi.example"], "qingxi.example", False),
        (["DUBAN.qingxi.example"], NAME, True),
        (["10.1.2.3"], "10.1.2.3", True),
        (["10.1.2.4"], "10.1.2.3", False),
    ],
)
def test_a_certificate_is_for_the_names_that_stand_in_it(
    tmp_path: Path, signed: list[str], name: str, good: bool
) -> None:
    made = Authority(tmp_path).sign("made", *signed)
    try:
        check_certificate(made.certificate, made.key, name, datetime.now(UTC))
    except Problem:
        assert not good
    else:
        assert good


def test_a_certificate_that_ends_soon_is_spoken_of(tmp_path: Path, own: Certified) -> None:
    settings = load(data=tmp_path, tls_cert=own.certificate, tls_key=own.key, public_url=PUBLIC)
    front, now = front_of(settings), datetime.now(UTC)
    assert front.ends_soon(now) == ""
    assert "还有 9 天" in front.ends_soon(now + 20 * DAY)
    with pytest.raises(Problem, match="到期"):
        front_of(settings, now + 31 * DAY)
