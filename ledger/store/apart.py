"""What stands in an entry in place of a name that stands apart: `erasable:` and a hash. See docs/ledger.md. Pure."""

import re
from collections.abc import Iterable, Sequence

ERASABLE_PREFIX = "erasable:"
_TEXT = re.compile(f"{ERASABLE_PREFIX}([0-9a-f]{{64}})")


def text_of(ref: str) -> str:
    """What stands in an entry in place of the name."""
    return f"{ERASABLE_PREFIX}{ref}"


def ref_of(text: str) -> str | None:
    """The hash in a text that stands for a name; None for any other text."""
    found = _TEXT.fullmatch(text)
    return found[1] if found else None


def refs_in(matter: Iterable[Sequence[str]]) -> dict[str, str]:
    """The places of a matter whose answers stand apart, with their hashes."""
    return {at: ref for at, text in matter if (ref := ref_of(text))}
