"""Whoever can write the database cannot open a door unseen: what has no entry is found, and what differs from it."""

import pytest
from sqlalchemy import text

from ledger.accounts import accounts, bindings, security_keys, tokens
from ledger.accounts.tokens import TokenRights
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.errors import RuleViolation
from rules.machine.commands import SYSTEM
from tests.ledger.accounts.coming_in import GOOD, LIMITS, MINUTE, OTHER, WRONG, door

ALTERED = {
    "INSERT INTO account VALUES ('du', 'du', 'du', 'x', true, true, '2026', '2026')": "人员 du 的账号登记着，却没有",
    "UPDATE account SET password = (SELECT max(password) FROM account WHERE person = 'dang')": "password",
    "UPDATE account SET active = true WHERE person = 'xie'": "active",
    "UPDATE account SET name = 'other', key = 'other' WHERE person = 'lian'": "name",
    "UPDATE account SET local = true WHERE person = 'guan'": "local",
    "INSERT INTO binding VALUES ('oidc:hr', 's9', 'du', '2026')": "人员 du 在 oidc:hr 的绑定没有相符的记录",
    "UPDATE binding SET person = 'dang'": "人员 dang 在 oidc:hr 的绑定",
    "UPDATE binding SET subject = 's9'": "人员 lian 在 oidc:hr 的绑定",
    "UPDATE binding SET way = 'cas:hr'": "人员 lian 在 cas:hr 的绑定",
    "DELETE FROM binding": "人员 lian 在 oidc:hr 的绑定不见了",
    "DELETE FROM account WHERE person = 'dang'": "人员 dang 的账号不见了",
    "UPDATE invitation SET state = 'withdrawn' WHERE state = 'open'": "state",
    "UPDATE invitation SET expires_at = '2030-01-01T00:00:00.000000Z' WHERE state = 'open'": "expires_at",
    "UPDATE invitation SET hash = 'ab' WHERE state = 'open'": "hash",
    "UPDATE token SET reads_only = false": "reads_only",
    "UPDATE token SET units = ''": "units",
    "UPDATE token SET expires_at = '2030-01-01T00:00:00.000000Z'": "expires_at",
    "DELETE FROM token": "令牌",
    "UPDATE session SET person = 'dang'": "没有登录的记录",
    "UPDATE session SET hash = id": "没有登录的记录",
    "UPDATE session SET started_at = '2026-03-02T08:00:00.000000Z'": "没有登录的记录",
    "UPDATE session SET how = 'oidc:hr'": "没有登录的记录",
    "UPDATE session SET security_key = 'k1'": "没有登录的记录",
    "INSERT INTO security_key VALUES ('k9', 'du', 'x', 'c', 'p', 0, '2026')": "人员 du 的安全密钥“x”没有相符",
    "UPDATE security_key SET public_key = 'p9'": "人员 lian 的安全密钥",
    "UPDATE security_key SET person = 'du'": "人员 du 的安全密钥",
    "DELETE FROM security_key": "不见了",
    "INSERT INTO session VALUES ('s9', 'ab', 'du', '2026-03-02', '2026-03-02', 'oidc', '', '', '')": "人员 du 的一处",
}


@pytest.fixture
def lived(database: Database) -> Database:
    """Two with passwords, one switched off, one with an open link; a token; one session."""
    at = door(database)
    at.let_in("dang", OTHER)
    at.let_in("xie")
    at.switch("xie", False)
    at.open("guan")
    at.let_in("lian")
    with database.write() as connection:
        accounts.switch_local(connection, "guan", active=False, reason="", by=SYSTEM, now=at.now)
        bindings.bind(connection, "cas:hr", "s2", "lian", SYSTEM, at.now)
        bindings.unbind(connection, "cas:hr", "lian", SYSTEM, at.now)
        bindings.bind(connection, "oidc:hr", "s1", "lian", SYSTEM, at.now)
        security_keys.add(connection, "lian", "办公室的", "c1", "p1", 0, SYSTEM, at.now)
        security_keys.add(connection, "lian", "丢了的", "c2", "p2", 0, SYSTEM, at.now)
        security_keys.remove(connection, security_keys.keys_of(connection, "lian")[1], "丢了", SYSTEM, at.now)
    with pytest.raises(RuleViolation):
        at.try_in("lian", WRONG)
    with database.write() as connection:
        rights = TokenRights(units=("u1",), scopes=("items",))
        tokens.issue(connection, "lian", "报表", rights, at.now + 60 * MINUTE, LIMITS, SYSTEM, at.now)
        connection.execute(text("DELETE FROM session WHERE person <> 'lian'"))
    assert at.try_in("lian", GOOD)
    return database


def test_what_the_program_wrote_is_in_order(lived: Database) -> None:
    assert verify(lived).wrong == ()


@pytest.mark.parametrize("statement", ALTERED)
def test_what_somebody_wrote_past_it_is_found(lived: Database, statement: str) -> None:
    with lived.write() as connection:
        connection.execute(text(statement))
    found = verify(lived).wrong
    assert found
    assert any(ALTERED[statement] in wrong.what for wrong in found), found
