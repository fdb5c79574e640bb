"""How far the issuing of a batch is, part by part, in words: the page and the console say the same. Pure."""

from dataclasses import dataclass

from ledger.batches import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the work: what is done in it, how much of it is done, and of how much."""

    name: str
    done: int
    total: int


def parts(progress: Progress) -> tuple[Part, ...]:
    """The parts in the order in which they run; what was not issued needs no workflow."""
    return (
        Part(name="写入交办记录", done=progress.total - progress.left, total=progress.total),
        Part(name="启动办理流程", done=progress.started, total=progress.issued + progress.left),
    )
