"""What a restored ledger lacks, judged by the checkpoints that were kept outside. Reads numbers, sizes and instants:
whether the outside is right is for `duban audit verify` to say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ledger.proof import outside
from ledger.store.copying import Copied
from rules.codec import instant_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """The restored ledger has `entries`, the last of them stored at `since` (empty: none at all); whatever was stored
    later is not in it. The largest checkpoint outside, if there is an outside (`looked`), is `number`: `known` entries
    at `known_at`."""

    entries: int
    since: str
    looked: bool = False
    number: int = 0
    known: int = 0
    known_at: str = ""

    @property
    def missing(self) -> int:
        """How many entries are missing at least."""
        return max(0, self.known - self.entries)


def judge(copied: Copied, file: Path | None) -> Losses:
    """What is known to be lost. Checkpoints of other ledgers and lines that cannot be read say nothing."""
    losses = Losses(entries=copied.entries, since=copied.last_recorded_at)
    if file is None or not file.is_file():
        return losses
    own = [one for one in outside.read(file).checkpoints if one.ledger == copied.ledger]
    last = max(own, key=lambda one: (one.size, one.number), default=None)
    if last is None:
        return replace(losses, looked=True)
    return replace(losses, looked=True, number=last.number, known=last.size, known_at=instant_text(last.at))
