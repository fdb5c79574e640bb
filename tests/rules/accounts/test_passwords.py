"""Passwords are judged by length and by what everybody uses; sign-in names by being one however they are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.accounts.common import common_passwords
from rules.accounts.passwords import PASSWORD_LENGTH, check_name, check_password, sign_in_key
from rules.errors import Code, RuleViolation


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "password2026!",
        "P@ssw0rd123456",
        "Password1234567890",
        "qwertyuiop[]123",
        "1qaz2wsx3edc4rfv",
        "woaini1314520!",
        "Duban@2026Duban@2026",
        "为人民服务为人民服务2026",
        "aaaaaaaaaaaaaaaaaaaa",
        "abababababababab",
        "zyxwvutsrqponm",
        "admin@123admin@123",
        "lian.an-2026-1949",
        "ｐａｓｓｗｏｒｄ２０２６！！",
        "x" * (PASSWORD_LENGTH + 1),
    ],
)
def test_what_others_try_first_is_refused(password: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        check_password(password, common_passwords(), length=12, own=("lian.an", "李安"))
    assert refused.value.code is Code.PASSWORD_REFUSED


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "石榴 竹椅 三轮车 借来的伞",
        "tP9#vLq2xWm8",
        "buyaowangle mai douyou",
        "🦔" * 4 + "hedgehogs",
    ],
)
def test_what_has_enough_of_its_own_is_taken_without_rules_of_composition(password: str) -> None:
    assert check_password(password, common_passwords(), length=12, own=("lian.an", "李安"))


def test_the_length_is_the_site_s() -> None:
    assert check_password("tP9#vLq2", common_passwords(), length=8) == "tP9#vLq2"


def test_the_list_is_in_lower_case_and_says_from_where_it_is() -> None:
    assert len(common_passwords()) > 300
    assert all(word == word.casefold() and len(word) >= 2 for word in common_passwords())


def test_one_name_is_one_however_it_is_typed() -> None:
    keys = {sign_in_key(name) for name in ("Li.An", " li.an ", "ｌｉ．ａｎ", "LI.AN")}
    assert keys == {"li.an"}


@given(st.text(max_size=80))
def test_the_key_is_total_and_stays_what_it_is(name: str) -> None:
    assert sign_in_key(sign_in_key(name)) == sign_in_key(name)
    try:
        kept = check_name(name)
    except RuleViolation:
        return
    assert sign_in_key(kept) == sign_in_key(name)
