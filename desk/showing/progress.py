"""How far issuing a batch or giving many items one command is, part by part, in words: the page and the console say
the same. Pure."""

from dataclasses import dataclass

from ledger.chain.batches import Progress
from ledger.chain.bulk_commands import BulkCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressPart:
    """One part of the work: what is done in it, how much of it is done, and of how much."""

    name: str
    done: int
    total: int


def parts(progress: Progress) -> tuple[ProgressPart, ...]:
    """The parts of issuing, in the order in which they run; what was not issued needs no workflow."""
    return (
        ProgressPart(name="写入交办记录", done=progress.total - progress.left, total=progress.total),
        ProgressPart(name="启动办理流程", done=progress.started, total=progress.issued + progress.left),
    )


def giving(counts: BulkCounts) -> ProgressPart:
    """The one part of giving many items one command: decided, done or refused."""
    return ProgressPart(name="逐项办理", done=counts.total - counts.left, total=counts.total)
