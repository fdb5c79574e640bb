"""How far the issuing of a batch is, part by part, in words: the page and the console say the same. Pure."""

from dataclasses import dataclass

from ledger.chain.batches import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressPart:
    """One part of the work: what is done in it, how much of it is done, and of how much."""

    name: str
    done: int
    total: int


def parts(progress: Progress) -> tuple[ProgressPart, ...]:
    """The parts in the order in which they run; what was not issued needs no workflow."""
    return (
        ProgressPart(name="写入交办记录", done=progress.total - progress.left, total=progress.total),
        ProgressPart(name="启动办理流程", done=progress.started, total=progress.issued + progress.left),
    )
