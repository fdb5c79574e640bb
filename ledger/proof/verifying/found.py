"""What a verification says: what is wrong and where, what is only worth knowing, how far it is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One thing that is wrong: in which stream (empty: the ledger as a whole), at which entry (0: the stream as a
    whole), what and what that means, in Chinese."""

    stream: str
    seq: int
    what: str


@dataclass(slots=True)
class VerifyProgress:
    """How far a verification is."""

    entries: int = 0
    items: int = 0
