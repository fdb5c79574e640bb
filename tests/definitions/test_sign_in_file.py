"""The file of the ways in: what it gives, what it is refused for, that no secret is repeated, and that the examples of
docs/access.md load."""

import re
from pathlib import Path

import pytest

from definitions.accounts.sign_in_file import CasWay, DingtalkWay, OidcWay, WaysIn, WecomWay, load_ways_in
from tests.definitions.sound import mistakes_of

DOCUMENT = (Path(__file__).parents[2] / "docs" / "access.md").read_text(encoding="utf-8")
SECRET = "S3CRET-word"
OIDC = "{kind: oidc, name: 统一认证, issuer: https://sso.test/x, client_id: duban, secret: S3CRET-word, claim: number"


def _load(folder: Path, text: str) -> WaysIn:
    (folder / "sign_in.yaml").write_text(text, encoding="utf-8")
    return load_ways_in(folder / "sign_in.yaml")


def test_no_file_means_passwords_kept_here_and_nothing_else(tmp_path: Path) -> None:
    assert load_ways_in(tmp_path / "sign_in.yaml") == WaysIn()
    assert (WaysIn().local, WaysIn().second_factor, WaysIn().ways) == (True, False, ())


def test_each_kind_is_read_with_its_secret_and_its_public_address(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text(f"{SECRET}\n# of 2026\n")
    found = _load(
        tmp_path,
        f"""\
local: false
second_factor: true
ways:
  hr: {OIDC}, scopes: [openid, profile]}}
  cas: {{kind: cas, name: 学校, address: 'https://cas.test/cas/', claim: employeeNumber}}
  wx: {{kind: wecom, name: 政务微信, corp: ww1, agent: 1000002, secret_file: kept, address: 'http://127.0.0.1:8080/'}}
  ding: {{kind: dingtalk, name: 钉钉, client_id: dingx, secret_file: kept}}
""",
    )
    oidc, cas, wecom, ding = found.ways
    assert (found.local, found.second_factor) == (False, True)
    assert isinstance(oidc, OidcWay)
    assert (oidc.secret, oidc.scopes, oidc.how, oidc.issuer) == (SECRET, ("profile",), "oidc:hr", "https://sso.test/x")
    assert isinstance(cas, CasWay)
    assert (cas.address, cas.claim) == ("https://cas.test/cas", "employeeNumber")
    assert isinstance(wecom, WecomWay)
    assert (wecom.secret, wecom.agent, wecom.address) == (SECRET, "1000002", "http://127.0.0.1:8080")
    assert wecom.page == "https://login.work.weixin.qq.com/wwlogin/sso/login"
    assert isinstance(ding, DingtalkWay)
    assert (ding.address, ding.directory) == ("https://api.dingtalk.com", "https://oapi.dingtalk.com")
    assert SECRET not in repr(found)


BROKEN = {
    f"ways: {{hr: {OIDC}}}}}".replace("https://sso", "http://sso"): "不加密",
    f"ways: {{hr: {OIDC}}}}}".replace("claim: number", "claims: number"): "缺少“claim”",
    f"ways: {{hr: {OIDC}, secret_file: kept}}}}": "都写了",
    f"ways: {{hr: {OIDC}, ca_file: none.pem}}}}": "没有文件“none.pem”",
    f"ways: {{hr: {OIDC}, scopes: ['a b']}}}}": "不是一个 scope",
    f"ways: {{Hr: {OIDC}}}}}": "名字“Hr”",
    f"ways: {{hr: {OIDC}}}}}".replace("https://sso.test/x", "'https://u:p@sso.test'"): "issuer",
    f"ways: {{hr: {OIDC}}}}}".replace("https://sso.test/x", "'https://[::1'"): "issuer",
    f"ways: {{hr: {OIDC}}}}}".replace(f"secret: {SECRET}", "secret: ''"): "密钥是空的",
    f"ways: {{hr: {OIDC}}}}}".replace(f"secret: {SECRET}", f"secret: [{SECRET}]"): "一个列表",
    f"ways: {{hr: {OIDC}}}}}".replace(f"secret: {SECRET}", f"secret: {SECRET * 40}"): "太长",
    f"ways: {{hr: {OIDC}}}}}".replace(f"secret: {SECRET}, ", ""): "缺少“secret”",
    f"ways: {{hr: {OIDC}}}}}".replace("kind: oidc", "kind: saml"): "没有这一项",
    f"ways: {{hr: {OIDC}}}}}".replace("claim: number", "claim: email"): "不能凭它认人",
    "local: false": "谁也进不来",
    "locals: true": "不认识的键",
    f"ways: {{hr: {{secret: {SECRET}": "",
    f"ways: {{hr: {OIDC}, client_secret: {SECRET}}}}}": "不认识的键“client_secret”",
}


@pytest.mark.parametrize("text", BROKEN)
def test_what_could_not_work_or_not_be_trusted_is_refused_and_no_secret_repeated(tmp_path: Path, text: str) -> None:
    (tmp_path / "kept").write_text(SECRET)
    found = mistakes_of(load_ways_in, tmp_path, text, "sign_in.yaml")
    said = "".join(f"{mistake}" for mistake in found)
    assert found
    assert BROKEN[text] in said
    assert SECRET not in said


def test_the_documents_examples_load(tmp_path: Path) -> None:
    examples = re.findall(r"```yaml sign_in\n(.*?)```", DOCUMENT, re.DOTALL)
    assert examples
    for name in ("hr.secret", "wx.secret", "ding.secret", "ca.pem"):
        (tmp_path / name).write_text(SECRET)
    assert {way.kind.value for text in examples for way in _load(tmp_path, text).ways} == {
        "oidc",
        "cas",
        "wecom",
        "dingtalk",
    }
