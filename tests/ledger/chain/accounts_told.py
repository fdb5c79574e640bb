"""What happened to accounts and at the entrance, as facts with the sentences that tell them."""

from datetime import UTC, datetime

from ledger.chain.journal import Note
from rules.accounts.facts import (
    AccountLocked,
    AccountOpened,
    AccountSwitched,
    AddressHeld,
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

UNTIL = datetime(2026, 3, 9, 1, 30, tzinfo=UTC)
ACCOUNTS_TOLD: list[tuple[Note, str]] = [
    (AccountOpened(person="lian", name="li.an"), "为李安开立账号，登录名 li.an"),
    (AccountSwitched(person="lian", active=False, reason="借调"), "停用李安的账号：借调"),
    (AccountSwitched(person="lian", active=True), "启用李安的账号"),
    (
        InvitationIssued(invitation="ab", person="lian", expires=UNTIL, seal="cd"),
        "向李安发出邀请，2026-03-09 09:30以前可用一次",
    ),
    (
        InvitationIssued(invitation="ab", person="lian", expires=UNTIL, seal="cd", first=True),
        "向李安发出首位管理员的邀请，2026-03-09 09:30以前可用一次",
    ),
    (InvitationUsed(invitation="ab", person="lian"), "李安使用了邀请"),
    (InvitationWithdrawn(invitation="ab", person="lian"), "给李安的邀请作废"),
    (PasswordChanged(person="lian", how="self", seal="cd"), "李安的密码：本人更换"),
    (PasswordSwitched(person="lian", active=False, reason="改用统一认证"), "停用李安的本地密码：改用统一认证"),
    (WayBound(way="oidc:hr", person="lian", seal="cd"), "李安绑定统一认证（hr）"),
    (WayUnbound(way="cas:school", person="lian"), "解除李安与CAS（school）的绑定"),
    (KeyAdded(key="ab", person="lian", name="办公室的", seal="cd"), "李安登记安全密钥“办公室的”"),
    (KeyRemoved(key="ab", person="lian", name="办公室的", reason="丢了"), "移除李安的安全密钥“办公室的”：丢了"),
    (
        TokenIssued(token="ab", person="lian", name="报表", expires=UNTIL, seal="cd"),
        "李安的令牌“报表”发出，2026-03-09 09:30以前有效，只读",
    ),
    (
        TokenIssued(
            token="ab",
            person="lian",
            name="报表",
            expires=UNTIL,
            seal="cd",
            reads_only=False,
            units=("u1", "u2"),
            scopes=("items", "figures"),
        ),
        "李安的令牌“报表”发出，2026-03-09 09:30以前有效，可办理，限 2 个单位，限 items、figures",
    ),
    (TokenRevoked(token="ab", person="lian", name="报表"), "李安的令牌“报表”吊销"),
    (SignedIn(session="ab", seal="cd", how="password", address="10.1.2.3"), "以密码登录，来自 10.1.2.3"),
    (SignedIn(session="ab", seal="cd", how="oidc:hr", key="k1"), "以统一认证（hr）和安全密钥登录"),
    (SignedOut(person="lian", sessions=2, why="everywhere"), "李安的 2 处登录结束：本人从各处退出"),
    (SignInFailed(address="10.1.2.3", count=4, person="lian"), "李安的账号登录未成 4 次，来自 10.1.2.3"),
    (SignInFailed(address="10.1.2.3", count=1), "没有的登录名或链接登录未成 1 次，来自 10.1.2.3"),
    (
        AccountLocked(person="lian", until=UNTIL, count=5, address="10.1.2.3"),
        "李安的账号连续 5 次未成，锁定到2026-03-09 09:30，来自 10.1.2.3",
    ),
    (AddressHeld(address="10.1.2.3", until=UNTIL, count=99), "来自 10.1.2.3 的登录 99 次未成，暂停到2026-03-09 09:30"),
    (
        ScopeRefused(person="lian", what="查看事项", target="XX2026-0001", count=3),
        "查看事项（XX2026-0001）被拒 3 次：不在权限以内",
    ),
]
