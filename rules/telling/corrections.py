"""Which corrections stand beside which entry of an item, for whoever shows its life. Decides nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from rules.machine.events import Event
from rules.machine.facts import Corrected, CorrectionAsked, CorrectionRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What entry `entry` should have said, and why. `asked`: the entry that asked for it; `made`: the one that approved
    it, None while it waits. `again`: the entry that corrected the correction in turn."""

    entry: int
    text: str
    reason: str
    asked: Event
    made: Event | None = None
    again: int | None = None


def beside(events: Iterable[Event]) -> dict[int, tuple[Correction, ...]]:
    """Each entry that was found wrong (or is said to be), by its place, with its corrections in order. What was refused
    is not among them: it stands in the ledger, and the entry as well."""
    found: dict[int, list[Correction]] = {}
    pending: Correction | None = None
    for event in events:
        match event.fact:
            case CorrectionAsked() as fact:
                pending = Correction(entry=fact.entry, text=fact.text, reason=fact.reason, asked=event)
            case Corrected() as fact if pending:
                _note_again(found, fact.entry, event.seq)
                found.setdefault(fact.entry, []).append(replace(pending, made=event))
                pending = None
            case CorrectionRefused():
                pending = None
    if pending:
        found.setdefault(pending.entry, []).append(pending)
    return {entry: tuple(corrections) for entry, corrections in found.items()}


def in_words(correction: Correction) -> str:
    """What stands beside the wrong entry, on one line."""
    said = " ".join(correction.text.split())
    if correction.made is None:
        return f"【申请更正，待批复】应为：{said}（见第 {correction.asked.seq} 条）"
    again = f"，后来又由第 {correction.again} 条更正" if correction.again else ""
    return f"【更正】应为：{said}（见第 {correction.made.seq} 条{again}）"


def _note_again(found: dict[int, list[Correction]], corrected: int, by: int) -> None:
    """Where the entry that is corrected is itself a correction, whoever reads of it hears that it was wrong."""
    for corrections in found.values():
        for n, correction in enumerate(corrections):
            if correction.made and correction.made.seq == corrected:
                corrections[n] = replace(correction, again=by)
