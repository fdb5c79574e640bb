"""Which sign-in names and which passwords are taken: by length and a list of common ones, not by kinds of characters.

After NIST SP 800-63B, section 3.1.1.2: length, a list of what is commonly used, no rules of composition, no expiry."""

import unicodedata
from collections.abc import Collection, Iterable

from rules.characters import UNPRINTABLE
from rules.errors import Code, RuleViolation

SIGN_IN_NAME_LENGTH = 64
PASSWORD_LENGTH = 200
"""More than this is no password: hashing has to end."""
_LEFT = 6
"""So many characters besides common words a password must have. 2026!! behind a word is what everybody tries first."""
_DIFFERENT = 5
"""So many different characters it must have."""
_ALPHABETS = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn",
)


def sign_in_key(name: str) -> str:
    """By what a sign-in name is looked up: NFKC, in one case, without blanks at the ends. Total, for any text."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).strip().casefold())


def check_name(name: str) -> str:
    """The sign-in name as it is kept. Raises field_missing, field_too_long, field_invalid."""
    kept = unicodedata.normalize("NFKC", name).strip()
    if not kept:
        raise RuleViolation(Code.FIELD_MISSING, command="开立账号", field="登录名")
    if len(kept) > SIGN_IN_NAME_LENGTH:
        raise RuleViolation(Code.FIELD_TOO_LONG, field="登录名", limit=f"{SIGN_IN_NAME_LENGTH} 个字", actual=len(kept))
    if any(c.isspace() for c in kept) or UNPRINTABLE.search(kept):
        raise RuleViolation(Code.FIELD_INVALID, field="登录名", actual=kept, expected="没有空格和控制字符的文字")
    return kept


def as_typed(password: str) -> str:
    """The password as it is hashed: NFKC, so that two keyboards that write one thing in two ways let one in."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, common: Collection[str], *, length: int, own: Iterable[str] = ()) -> str:
    """The password as it is hashed. `common`: passwords and parts of them that many people use, in lower case; `own`:
    the sign-in name and what else everybody knows of the person. Raises password_refused."""
    typed = as_typed(password)
    if len(typed) < length:
        raise RuleViolation(Code.PASSWORD_REFUSED, why=f"只有 {len(typed)} 个字，至少要 {length} 个")
    if len(typed) > PASSWORD_LENGTH:
        raise RuleViolation(Code.PASSWORD_REFUSED, why=f"有 {len(typed)} 个字，最多 {PASSWORD_LENGTH} 个")
    folded = typed.casefold()
    if len(set(folded)) < _DIFFERENT:
        raise RuleViolation(Code.PASSWORD_REFUSED, why=f"只用了 {len(set(folded))} 个不同的字")
    known = {sign_in_key(word) for word in own if len(sign_in_key(word)) >= 2}
    if _left(folded, known) < _LEFT:
        raise RuleViolation(Code.PASSWORD_REFUSED, why="主要是您的登录名、姓名或单位，别人猜得到")
    if _left(folded, set(common) | known) < _LEFT:
        raise RuleViolation(Code.PASSWORD_REFUSED, why="是常用密码，或由常用密码拼成，别人最先试的就是它")
    return typed


def _left(text: str, words: Collection[str]) -> int:
    """So many characters stand beside these words, runs of one character, and runs along a keyboard or an alphabet."""
    covered = [False] * len(text)
    for word in words:
        at = text.find(word)
        while at >= 0:
            covered[at : at + len(word)] = [True] * len(word)
            at = text.find(word, at + 1)
    for begin, end in _runs(text):
        covered[begin:end] = [True] * (end - begin)
    return covered.count(False)


def _runs(text: str) -> Iterable[tuple[int, int]]:
    """Where at least four characters repeat one, or follow each other as somewhere in _ALPHABETS or backwards."""
    rows = [*_ALPHABETS, *(row[::-1] for row in _ALPHABETS)]
    for begin in range(len(text) - 3):
        part = text[begin : begin + 4]
        if len(set(part)) == 1 or any(part in row for row in rows):
            yield begin, begin + 4
