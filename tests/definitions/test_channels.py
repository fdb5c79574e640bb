"""The channels' file: what it gives, what it is refused for, and that the example of docs/notices.md loads."""

import re
from datetime import time
from pathlib import Path

import pytest

from definitions.channels import Channels, RobotKind, first_line, load_channels
from tests.definitions.sound import marked_line, mistakes_of

DOCUMENT = (Path(__file__).parents[2] / "docs" / "notices.md").read_text(encoding="utf-8")
FILE = """\
hours: {from: "08:30", to: "18:00"}
site: http://duban.test/
mail: {host: smtp.test, port: 25, from: duban@x.test, user: u, password_file: secret}
robots:
  edu: {kind: wecom, name: 教育群, key_file: secret, areas: [a6]}
  heads: {kind: feishu, name: 负责人群, address: 'http://private.test:8080/', key_file: secret, secret_file: secret, roles: [unit_head]}
file: {folder: out}
"""  # noqa: E501


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("word\n# a note\n")
    return tmp_path


def _load(folder: Path, text: str) -> Channels:
    (folder / "channels.yaml").write_text(text, encoding="utf-8")
    return load_channels(folder / "channels.yaml")


def test_no_file_means_the_inbox_alone(tmp_path: Path) -> None:
    assert load_channels(tmp_path / "channels.yaml") == Channels()
    assert Channels().names == ()


def test_a_file_gives_hours_channels_and_where_secrets_are(folder: Path) -> None:
    channels = _load(folder, FILE)
    assert (channels.hours.start, channels.hours.end, channels.hours.every_day) == (time(8, 30), time(18), False)
    assert channels.names == ("mail", "file", "edu", "heads")
    assert channels.site == "http://duban.test"
    assert channels.mail
    assert first_line(channels.mail.password_file) == "word"
    edu, heads = channels.robots
    assert (edu.kind, edu.address) == (RobotKind.WECOM, "https://qyapi.weixin.qq.com")
    assert heads.address == "http://private.test:8080"
    assert channels.folder == folder / "out"


def test_a_group_hears_what_its_roles_units_and_areas_say(folder: Path) -> None:
    edu, heads = _load(folder, FILE).robots
    assert [edu.tells("liaison", "u1", area) for area in ("a6", "a1", None)] == [True, False, False]
    assert [heads.tells(role, "u1", "a1") for role in ("unit_head", "liaison")] == [True, False]


def test_the_documents_example_loads(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml channels\n(.*?)```", DOCUMENT, re.DOTALL)
    (tmp_path / "secrets").mkdir()
    for name in ("mail", "edu", "heads", "heads-sign"):
        (tmp_path / "secrets" / name).write_text("x")
    assert _load(tmp_path, example).names == ("mail", "file", "edu", "heads")


BROKEN = {
    "hours that end before they begin": ('to: "18:00"', 'to: "08:00"', "hours.to", "不晚于", "更晚"),
    "an hour that there is not": ('from: "08:30"', 'from: "25:00"', "hours.from", "25:00", "17:30"),
    "a site that is no address": ("site: http:", "site: ftp:", "site", "ftp:", "http://"),
    "a port that there is not": ("port: 25", "port: 70000", "mail.port", "70000", "65535"),
    "a sender that is no address": ("from: duban@x.test", "from: duban", "mail.from", "duban", "形如"),
    "a user without a password": (", password_file: secret}", "}", "mail.password_file", "缺少", "都不写"),
    "a password that is not there": (
        "password_file: secret", "password_file: gone", "mail.password_file", "gone", "第一行"),
    "an unknown kind of robot": ("kind: wecom", "kind: wecon", "robots.edu.kind", "是不是“wecom”", "dingtalk"),
    "a robot for nobody": (", areas: [a6]", "", "robots.edu", "没有说通知哪些人", "roles"),
    "an unknown role": ("[unit_head]", "[unit_haed]", "robots.heads.roles[1]", "是不是“unit_head”", "leader"),
    "a secret for a robot that does not sign": (
        "areas: [a6]", "secret_file: secret, areas: [a6]", "robots.edu.secret_file", "不签名", "去掉"),
    "a robot called like another channel": ("  edu:", "  mail:", "robots.mail", "mail", "以外"),
    "an address with a key in it": (
        "8080/'", "8080/?key=1'", "robots.heads.address", "key=1", "不带问号"),
    "an unknown key": ("folder: out", "folder: out, fodler: x", "file.fodler", "是不是“folder”", "folder"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_channels_file_is_refused_for(name: str, folder: Path) -> None:
    old, new, path, found, expected = BROKEN[name]
    assert FILE.count(old) == 1
    text = FILE.replace(old, new)
    changed = next(n for n, line in enumerate(text.splitlines()) if line not in FILE.splitlines())
    lines = text.splitlines()
    lines[changed] += " #!"
    text = "\n".join(lines)
    (mistake,) = mistakes_of(load_channels, folder, text, "channels.yaml")
    assert (mistake.line, mistake.path) == (marked_line(text), path)
    assert found in mistake.what
    assert expected in mistake.expected
