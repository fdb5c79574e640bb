"""Other versions of a process, as somebody edits it: longer, shorter, renamed, with other steps, another ladder."""

from dataclasses import replace
from functools import cache

from rules.forms.form import AnswerKind, FormField
from rules.process import Party, PostAt, PostPlace, Posts, Process, Role, Step, Window


def with_windows(process: Process, amount: int, minimum: int | None = None) -> Process:
    """Every window is so long, and the whole item five times as long."""
    steps = tuple(replace(step, window=Window(amount=amount, minimum=minimum)) for step in process.steps)
    return replace(
        process,
        steps=steps,
        cap=process.cap and Window(amount=5 * amount),
        span=process.span and Window(amount=9 * amount),
        sign=process.sign and Window(amount=amount),
        declined=process.declined and Window(amount=amount),
        extension=replace(process.extension, decide=Window(amount=amount)),
    )


def renamed(process: Process, names: dict[str, str]) -> Process:
    """The same with other ids of steps, everywhere."""

    def of(step: str | None) -> str | None:
        return step and names.get(step, step)

    def moved(step: Step) -> Step:
        return replace(
            step,
            id=names.get(step.id, step.id),
            submit_to=tuple(replace(way, to=names.get(way.to, way.to)) for way in step.submit_to),
            waits=step.waits and replace(step.waits, then=names.get(step.waits.then, step.waits.then)),
            approve_to=of(step.approve_to),
            return_to=tuple(names.get(to, to) for to in step.return_to),
            proposes=of(step.proposes),
        )

    return replace(
        process,
        steps=tuple(moved(step) for step in process.steps),
        reopen_to=names.get(process.reopen_to, process.reopen_to),
        outcomes=tuple(replace(o, then=names.get(o.then, o.then)) for o in process.outcomes),
        tallies=tuple(replace(one, step=names.get(one.step, one.step)) for one in process.tallies),
    )


def with_ladder(process: Process) -> Process:
    """Other rungs, each a day later."""
    rungs = tuple(replace(r, id=f"{r.id}_2", offset=r.offset + 1) for r in process.rungs)
    return replace(process, rungs=rungs)


def asking(process: Process) -> Process:
    """Every form asks for a number more, and the first outcome is only there for whoever gave it in the first form."""
    more = FormField(id="more", name="另加的数", kind=AnswerKind.COUNT, need=True)
    forms = tuple(replace(form, fields=(*form.fields, more)) for form in process.forms)
    first, *others = process.outcomes
    return replace(process, forms=forms, outcomes=(replace(first, when=f"{forms[0].id}.more >= 0"), *others))


def trusting(process: Process) -> Process:
    """Nothing is checked, and no condition asks for a figure."""
    steps = tuple(
        replace(s, checks=(), submit_to=s.submit_to[-1:], waits=s.waits and replace(s.waits, until=""))
        for s in process.steps
    )
    return replace(process, steps=steps, outcomes=tuple(replace(o, when="") for o in process.outcomes))


def with_panel(process: Process) -> Process:
    """Where the supervisor decided alone, the leader has to agree; where several had to, the supervisor decides."""
    both = Posts(of=tuple(PostAt(role=r, place=PostPlace.SITE) for r in (Role.SUPERVISOR, Role.LEADER)), least=2)
    steps = (
        replace(s, posts=None if s.posts else both) if s.party is Party.REVIEWER and not s.waits else s
        for s in process.steps
    )
    return replace(process, steps=tuple(steps))


_FIRST: dict[str, Process] = {}
"""Processes as they were before anybody edited them, by ref."""


def edited(process: Process) -> tuple[Process, ...]:
    """What people made of the process as it was first."""
    return _edited(_FIRST.setdefault(process.ref.partition("~")[0], process))


@cache
def _edited(process: Process) -> tuple[Process, ...]:
    first, last = process.steps[0], process.steps[-1]
    unsigned = (None, None) if process.sign else (Window(amount=3), Window(amount=2))
    reports = tuple(
        s
        if s.waits or s.party != first.party
        else replace(s, report_every=None if s.report_every else Window(amount=7))
        for s in process.steps
    )
    versions = {
        "long": with_windows(process, 60),
        "short": with_windows(process, 2),
        "elastic": with_windows(process, 30, 3),
        "ladder": with_ladder(process),
        "renamed": renamed(process, {first.id: "begin", last.id: "finish"}),
        "longer_renamed": renamed(with_windows(process, 35), {s.id: f"{s.id}_2" for s in process.steps}),
        "unsigned": replace(process, sign=unsigned[0], declined=unsigned[1]),
        "spanned": replace(process, span=None if process.span else Window(amount=150)),
        "uncapped": replace(process, cap=None if process.cap else Window(amount=90)),
        "reports": replace(process, steps=reports),
        "panel": with_panel(process),
        "trusting": trusting(process),
    }
    if process.forms:
        versions["asking"] = asking(process)
    named = (replace(p, ref=f"{process.ref}~{name}", version=f"{name}#2") for name, p in versions.items())
    return (process, *named)
