"""What a process file says, for all kinds of unit and all variants, and its resolution to one of each. Values only."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import time

from definitions.parts.tally import TallyDefinition, with_dates
from definitions.window_table import WindowRow
from rules.codec import encode
from rules.errors import Code, RuleViolation
from rules.forms.form import Form
from rules.forms.headings import MatterHeadings
from rules.forms.tally import Tally
from rules.links import IssueRule
from rules.process import (
    CLOSE,
    ClockKind,
    ExtensionRule,
    FormCheck,
    Holder,
    Lamp,
    Outcome,
    Party,
    PauseRule,
    Posts,
    Process,
    Rung,
    Stage,
    Step,
    UrgeRule,
    Wait,
    Way,
    Window,
    Words,
)
from rules.publicity import Publicity


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An id with its Chinese name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDefinition:
    """A `rules.process.Step` whose windows still differ by kind of unit."""

    id: str
    name: str
    stage: Stage
    party: Party
    window: WindowRow
    submit_to: tuple[Way, ...] = ()
    approve_to: str | None = None
    return_to: tuple[str, ...] = ()
    closes: bool = False
    outcome: str = ""
    proposes: str | None = None
    requires: tuple[str, ...] = ()
    report_every: WindowRow | None = None
    uses_deadline: bool = False
    form: str = ""
    checks: tuple[FormCheck, ...] = ()
    waits: Wait | None = None
    posts: Posts | None = None
    publish: Publicity | None = None
    issues: tuple[str, ...] = ()
    reaches: bool = False
    short: bool = False
    gathers: bool = False

    @property
    def ends_item(self) -> bool:
        """Whether the item can end with the step."""
        return self.closes or any(way.to == CLOSE for way in self.submit_to)

    def onward(self, *, back: bool = True) -> tuple[str, ...]:
        """Where it leads within its cycle; with `back` also where a return leads."""
        others = [self.approve_to, self.waits.then if self.waits else None]
        to = [*(way.to for way in self.submit_to if way.to != CLOSE), *(one for one in others if one)]
        return (*to, *self.return_to) if back else tuple(to)

    @property
    def clock(self) -> ClockKind:
        """The clock of the step's turn."""
        if self.waits:
            return ClockKind.WAITING
        return ClockKind.WORKING if self.party is Party.UNIT else ClockKind.REVIEWING

    def resolve(self, unit_kind: str) -> Step:
        """The step for one kind of unit."""
        return Step(
            id=self.id,
            name=self.name,
            stage=self.stage,
            party=self.party,
            window=self.window.of(unit_kind),
            submit_to=self.submit_to,
            approve_to=self.approve_to,
            return_to=self.return_to,
            closes=self.closes,
            outcome=self.outcome,
            proposes=self.proposes,
            requires=self.requires,
            report_every=self.report_every.of(unit_kind) if self.report_every else None,
            uses_deadline=self.uses_deadline,
            form=self.form,
            checks=self.checks,
            waits=self.waits,
            posts=self.posts,
            publish=self.publish,
            issues=self.issues,
            reaches=self.reaches,
            short=self.short,
            gathers=self.gathers,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantDefinition:
    """One way in which items of the process run: its steps, its span, where each outcome leads. `signed`: an item
    begins with a signature."""

    id: str
    name: str
    signed: bool
    cap: WindowRow | None
    span: WindowRow | None
    steps: tuple[StepDefinition, ...]
    reopen_to: str
    outcomes: tuple[Outcome, ...]

    def reached(self, *starts: str, without: str = "") -> set[str]:
        """The steps to which these lead within a cycle, themselves among them; nothing leads on from `without`."""
        steps = {step.id: step for step in self.steps}
        found: set[str] = set()
        waiting = list(starts)
        while waiting:
            step = waiting.pop()
            if step not in found:
                found.add(step)
                waiting.extend(steps[step].onward() if step != without else ())
        return found

    @property
    def clocks(self) -> tuple[ClockKind, ...]:
        """The clocks that can run in this variant."""
        running = {step.clock for step in self.steps}
        if self.signed:
            running |= {ClockKind.UNSIGNED, ClockKind.DECLINED}
        if ClockKind.WORKING in running:
            running.add(ClockKind.EXTENSION)
        if any(step.report_every for step in self.steps):
            running.add(ClockKind.REPORTING)
        return tuple(kind for kind in ClockKind if kind in running)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessDefinition:
    """One process file. `edition` is the version people give it; `version` adds a hash of what the file says.
    `headings`: by which headings a register says the `matter`."""

    file: str
    id: str
    name: str
    prefix: str
    edition: str
    version: str
    note: str
    unit_kinds: tuple[Named, ...]
    sign: WindowRow | None
    declined: WindowRow | None
    extension: ExtensionRule
    urge: UrgeRule
    pause: PauseRule | None
    watch: Window | None
    lamps: tuple[Lamp, ...]
    ended_lamp: str
    annulled_lamp: str
    rungs: tuple[Rung, ...]
    variants: tuple[VariantDefinition, ...]
    words: Words
    matter: Form
    headings: MatterHeadings
    due_time: time
    ring_time: time
    forms: tuple[Form, ...] = ()
    cycles: int | None = None
    holder: Holder = Holder.UNIT
    issues: tuple[IssueRule, ...] = ()
    veil: str = ""
    sign_form: str = ""
    tallies: tuple[TallyDefinition, ...] = ()
    year_in: str = ""
    together: str = ""
    lazily: bool = False
    burden: bool = False

    def resolve(self, unit_kind: str, variant: str) -> Process:
        """The process for one kind of unit and one variant. Raises unknown_process.

        `ref` holds a hash of everything in it, so equal refs are equal values.
        """
        kind = next((k for k in self.unit_kinds if k.id == unit_kind), None)
        found = next((v for v in self.variants if v.id == variant), None)
        if kind is None or found is None:
            raise RuleViolation(
                Code.UNKNOWN_PROCESS, unit_kind=kind.name if kind else unit_kind, actual=f"{self.id}/{variant}"
            )
        tallies = self._tallies_of(found, unit_kind)
        process = Process(
            ref="",
            id=self.id,
            version=self.version,
            name=self.name,
            prefix=self.prefix,
            variant=found.id,
            variant_name=found.name,
            unit_kind=kind.id,
            unit_kind_name=kind.name,
            sign=self.sign.of(unit_kind) if self.sign else None,
            declined=self.declined.of(unit_kind) if self.declined else None,
            steps=tuple(step.resolve(unit_kind) for step in found.steps),
            cap=found.cap.of(unit_kind) if found.cap else None,
            extension=self.extension,
            watch=self.watch,
            reopen_to=found.reopen_to,
            outcomes=found.outcomes,
            rungs=_running(self.rungs, (*found.clocks, *((ClockKind.NODE,) if any(t.dated for t in tallies) else ()))),
            lamps=self.lamps,
            ended_lamp=self.ended_lamp,
            annulled_lamp=self.annulled_lamp,
            urge=self.urge,
            pause=self.pause,
            due_time=self.due_time,
            ring_time=self.ring_time,
            forms=self._forms_of(found, tallies),
            span=found.span.of(unit_kind) if found.span else None,
            cycles=self.cycles,
            words=self.words,
            matter=self.matter,
            holder=self.holder,
            issues=self._issues_of(found),
            veil=self.veil,
            sign_form=self.sign_form,
            tallies=tallies,
            year_in=self.year_in,
            together=self.together,
            lazily=self.lazily,
            burden=self.burden,
        )
        return replace(process, ref=ref_of(process))

    def _tallies_of(self, variant: VariantDefinition, unit_kind: str) -> tuple[Tally, ...]:
        """The tallies that a unit of that kind owes in the variant's steps."""
        steps = {step.id for step in variant.steps}
        found = (one.resolve(unit_kind) for one in self.tallies if one.tally.step in steps)
        return tuple(tally for tally in found if tally)

    def _forms_of(self, variant: VariantDefinition, tallies: tuple[Tally, ...]) -> tuple[Form, ...]:
        """The forms that are asked in the variant: at signing, in its steps, with reports."""
        asked = {self.sign_form, *(step.form for step in variant.steps), *(tally.form for tally in tallies)}
        forms = (form for form in self.forms if form.id in asked)
        return tuple(with_dates(form, tallies) if form.id == self.sign_form else form for form in forms)

    def _issues_of(self, variant: VariantDefinition) -> tuple[IssueRule, ...]:
        """The rules by which the variant's steps issue rows."""
        named = {rule for step in variant.steps for rule in step.issues}
        steps = {step.id for step in variant.steps}
        reported = {one.tally.form for one in self.tallies if one.tally.step in steps}
        return tuple(rule for rule in self.issues if rule.id in named or (rule.about and rule.form in reported))

    def all_resolved(self) -> tuple[Process, ...]:
        """Every resolution: variants in the order of the file, each for every kind of unit."""
        return tuple(self.resolve(kind.id, variant.id) for variant in self.variants for kind in self.unit_kinds)


def ref_of(process: Process) -> str:
    """The ref of a process, which holds a hash of everything else that it says."""
    content = json.dumps(encode(replace(process, ref="")), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{process.id}/{process.variant}/{process.unit_kind}@{digest(content)}"


def digest(content: str) -> str:
    """The first 12 hexadecimal digits of the SHA-256 of a text."""
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _running(rungs: tuple[Rung, ...], clocks: tuple[ClockKind, ...]) -> tuple[Rung, ...]:
    """The rungs that can speak where only these clocks run."""
    kept = (replace(rung, applies=tuple(k for k in rung.applies if k in clocks)) for rung in rungs)
    return tuple(rung for rung in kept if rung.applies)
