"""What happened to accounts and at the entrance, one Chinese sentence a fact."""

from collections.abc import Mapping
from datetime import datetime

from rules.accounts.facts import (
    AccountFact,
    AccountLocked,
    AccountOpened,
    AccountSwitched,
    AddressHeld,
    EntranceFact,
    InvitationIssued,
    InvitationUsed,
    InvitationWithdrawn,
    KeyAdded,
    KeyRemoved,
    PasswordChanged,
    PasswordSwitched,
    ScopeRefused,
    SignedIn,
    SignedOut,
    SignInFailed,
    TokenIssued,
    TokenRevoked,
    WayBound,
    WayUnbound,
)
from rules.dates.calendar import LOCAL

_WAYS_IN = {
    "password": "密码",
    "demo": "演示：自选身份",
    "oidc": "统一认证",
    "cas": "CAS",
    "wecom": "企业微信",
    "dingtalk": "钉钉",
}
_WHY_OUT = {
    "self": "本人退出",
    "everywhere": "本人从各处退出",
    "password": "更换密码",
    "switched_off": "账号停用",
    "administrator": "管理员让其退出",
    "local_off": "停用本地密码",
    "unbound": "解除登录方式的绑定",
    "key": "移除安全密钥",
}
_HOW_CHANGED = {"invitation": "用邀请设定", "self": "本人更换", "rehash": "登录时换成更强的保存方式，密码未变"}


def tell_account(fact: AccountFact | EntranceFact, names: Mapping[str, str]) -> str:
    """The fact as one line. `names` gives the names of people by id."""
    person = getattr(fact, "person", "")
    who = names.get(person, person)
    match fact:
        case AccountOpened():
            return f"为{who}开立账号，登录名 {fact.name}"
        case AccountSwitched():
            return f"{'启用' if fact.active else '停用'}{who}的账号{f'：{fact.reason}' if fact.reason else ''}"
        case InvitationIssued():
            what = "首位管理员的邀请" if fact.first else "邀请"
            return f"向{who}发出{what}，{_minute(fact.expires)}以前可用一次"
        case InvitationUsed():
            return f"{who}使用了邀请"
        case InvitationWithdrawn():
            return f"给{who}的邀请作废"
        case PasswordChanged():
            return f"{who}的密码：{_HOW_CHANGED.get(fact.how, fact.how)}"
        case PasswordSwitched():
            what = f"{'启用' if fact.active else '停用'}{who}的本地密码"
            return f"{what}{f'：{fact.reason}' if fact.reason else ''}"
        case WayBound():
            return f"{who}绑定{way_in_words(fact.way)}"
        case WayUnbound():
            return f"解除{who}与{way_in_words(fact.way)}的绑定"
        case KeyAdded():
            return f"{who}登记安全密钥“{fact.name}”"
        case KeyRemoved():
            return f"移除{who}的安全密钥“{fact.name}”{f'：{fact.reason}' if fact.reason else ''}"
        case TokenIssued():
            narrowed = [
                "只读" if fact.reads_only else "可办理",
                f"限 {len(fact.units)} 个单位" if fact.units else "",
                f"限 {'、'.join(fact.scopes)}" if fact.scopes else "",
            ]
            said = "，".join(filter(None, narrowed))
            return f"{who}的令牌“{fact.name}”发出，{_minute(fact.expires)}以前有效，{said}"
        case TokenRevoked():
            return f"{who}的令牌“{fact.name}”吊销"
        case SignedIn():
            return f"以{way_in_words(fact.how)}{'和安全密钥' if fact.key else ''}登录{_from(fact.address)}"
        case SignedOut():
            return f"{who}的 {fact.sessions} 处登录结束：{_WHY_OUT.get(fact.why, fact.why)}"
        case SignInFailed():
            on = f"{who}的账号" if person else "没有的登录名或链接"
            return f"{on}登录未成 {fact.count} 次{_from(fact.address)}"
        case AccountLocked():
            return f"{who}的账号连续 {fact.count} 次未成，锁定到{_minute(fact.until)}{_from(fact.address)}"
        case AddressHeld():
            return f"来自 {fact.address} 的登录 {fact.count} 次未成，暂停到{_minute(fact.until)}"
        case ScopeRefused():
            return f"{fact.what}{f'（{fact.target}）' if fact.target else ''}被拒 {fact.count} 次：不在权限以内"


def way_in_words(how: str) -> str:
    """How somebody signs in, as sessions and entries have it (password, or oidc:hr), in words."""
    kind, _, called = how.partition(":")
    return f"{_WAYS_IN.get(kind, kind)}{f'（{called}）' if called else ''}"


def _minute(at: datetime) -> str:
    return f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M}"


def _from(address: str) -> str:
    return f"，来自 {address}" if address else ""
