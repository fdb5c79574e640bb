"""What people write for what has a code: a status, a lamp, an area by name, in whatever width and case. Pure."""

import unicodedata
from collections.abc import Mapping

from rules.errors import Code, RuleViolation


def code_of(field: str, written: str, names: Mapping[str, str], *, ending: str = "") -> str:
    """The code that is written or whose name is; `ending` may be missing from a name (红, 红灯). Raises field_invalid,
    with what there is."""
    plain = spoken(written)
    for code, name in names.items():
        if plain in {spoken(code), spoken(name), spoken(name).removesuffix(ending) if ending else plain + "?"}:
            return code
    if not names:  # nothing is loaded yet, so nothing is there either
        return written
    expected = "、".join(f"{name}（{code}）" for code, name in names.items())
    raise RuleViolation(Code.FIELD_INVALID, field=field, actual=written[:40], expected=expected)


def spoken(text: str) -> str:
    """The form in which words are compared: width, case and spaces make no difference."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()
