"""What is being judged, to stand beside the form: what was handed in, and what of it has changed since last time."""

from collections.abc import Iterator, Mapping, Sequence

from desk.showing.values import ShownDeciding, ShownPart
from ledger.reading.entry_words import EntryWords
from ledger.reading.queries import ItemView
from rules.dates.calendar import local_date
from rules.dates.explain import long_day, short_day
from rules.machine.commands import CommandKind
from rules.machine.events import Event
from rules.machine.facts import ExtensionAsked, Reported, Submitted
from rules.machine.timed import Migrated
from rules.process import Process

K = CommandKind
OF_WORK = frozenset({K.APPROVE, K.RETURN, K.CLOSE})
"""The commands that judge what the unit handed in."""


def deciding(view: ItemView, process: Process, words: EntryWords, kind: CommandKind) -> ShownDeciding | None:
    """What somebody who gives that command decides on; none for a command that judges nothing."""
    if kind in OF_WORK:
        return _work(view, process, words)
    return _extension(view, words) if kind is K.DECIDE_EXTENSION else None


def _work(view: ItemView, process: Process, words: EntryWords) -> ShownDeciding | None:
    """The last submission, and how it differs from the one before of the same step."""
    handed_in = [(event, step) for event, step in _submissions(view.events) if event.seq <= view.state.seq]
    if not handed_in:
        return None
    event, step = handed_in[-1]
    before = next((one for one, of in reversed(handed_in[:-1]) if of == step), None)
    said, old = _said(event, view, words), _said(before, view, words) if before else {}
    parts = [ShownPart(label=label, now=now, before=_changed(old, label, now)) for label, now in said.items()]
    parts += [ShownPart(label=label, now=(), before=lines) for label, lines in old.items() if label not in said]
    parts += _to_issue(view, process, words, event)
    name = process.step_names.get(step, step)
    return ShownDeciding(
        entry=event.seq,
        heading=f"{words.unit(event.actor.unit)}{short_day(local_date(event.at))}上报的“{name}”",
        parts=tuple(parts),
        again=f"与{short_day(local_date(before.at))}上报的对照" if before else "",
    )


def _to_issue(view: ItemView, process: Process, words: EntryWords, last: Event) -> Iterator[ShownPart]:
    """The rows of earlier forms that become items with this decision: whoever decides sees what comes of it."""
    for rule_id in process.step(view.state.step).issues:
        rule = process.issue_rule(rule_id)
        said = [event for event in view.events if getattr(event.fact, "form", "") == rule.form]
        form = process.form(rule.form)
        table = form.field(rule.table) if form else None
        if table is None or not said or said[-1].seq == last.seq:
            continue
        rows = dict(words.answers(view.entries[said[-1].seq - 1], said[-1].fact)).get(table.name)
        yield ShownPart(label=f"{table.name}（其后各成一项）", now=tuple(rows.split("\n")) if rows else ("没有",))


def _submissions(events: Sequence[Event]) -> Iterator[tuple[Event, str]]:
    """Each submission with the step that it ended."""
    step = ""
    for event in events:
        if isinstance(event.fact, Submitted):
            yield event, step
        turn = getattr(event.fact, "turn", None)
        if isinstance(event.fact, Migrated):
            step = event.fact.step
        step = turn.step if turn else step


def _said(event: Event, view: ItemView, words: EntryWords) -> dict[str, tuple[str, ...]]:
    """What was handed in, by what it is called, line by line."""
    fact = event.fact
    assert isinstance(fact, Submitted)
    parts: dict[str, tuple[str, ...]] = {}
    if fact.text:
        parts["办理情况"] = tuple(fact.text.split("\n"))
    if fact.proposed is not None:
        parts["自报天数"] = (str(fact.proposed),)
    return parts | {label: tuple(text.split("\n")) for label, text in words.answers(view.entries[event.seq - 1], fact)}


def _changed(old: Mapping[str, tuple[str, ...]], label: str, now: tuple[str, ...]) -> tuple[str, ...] | None:
    """What stood there last time, where that was something else; None where nothing was handed in before."""
    if not old:
        return None
    before = old.get(label, ())
    return before if before != now else None


def _extension(view: ItemView, words: EntryWords) -> ShownDeciding | None:
    """The wish that waits, with its reason, and how far the work has come since."""
    asked = next((e for e in reversed(view.events) if isinstance(e.fact, ExtensionAsked)), None)
    if asked is None or view.state.extension is None or view.state.clock is None:
        return None
    assert isinstance(asked.fact, ExtensionAsked)
    reports = [e for e in view.events[asked.seq :] if isinstance(e.fact, Reported)]
    parts = [
        ShownPart(label="申请延至", now=(f"{long_day(view.state.extension.to)}（{asked.fact.days} 个工作日）",)),
        ShownPart(label="现在的到期日", now=(long_day(view.state.clock.due.date),)),
        ShownPart(label="理由", now=tuple(asked.fact.reason.split("\n"))),
        ShownPart(label="目前进展", now=tuple(asked.fact.text.split("\n"))),
    ]
    for event in reports:
        assert isinstance(event.fact, Reported)
        label = f"{short_day(local_date(event.at))}反馈"
        said = event.fact.text or words.sentence(view.entries[event.seq - 1], event.fact)
        parts.append(ShownPart(label=label, now=tuple(said.split("\n"))))
    unit = words.unit(asked.actor.unit)
    heading = f"{unit}{short_day(local_date(asked.at))}申请延期"
    return ShownDeciding(entry=asked.seq, heading=heading, parts=tuple(parts))
