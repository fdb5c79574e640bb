"""An item carried to its end by clicks: whoever has the move opens its page, fills in what is asked and sends it.

What is answered comes from `rules.telling.simulation`, so a new process is clicked through without a line more here.
The item's own time is moved on to when somebody acts; nothing else is done behind the browser's back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from playwright.async_api import FilePayload, Locator, Page, expect
from temporalio.testing import TimeSkipper

from activities.options import ring_offset
from desk.caller import on_site
from desk.requests import acting_as
from ledger.chain import pinned
from ledger.directory import people
from rules.dates.calendar import local_date
from rules.errors import RuleViolation
from rules.family import ChildStatus, awaited, child_no
from rules.machine.commands import ENDED, Actor, CommandKind, Status
from rules.machine.events import Event
from rules.machine.state import State
from rules.permitting import may, movers, stands_at, unanswered
from rules.process import Process
from rules.telling.simulation import Behaviour, Habit, play
from tests.pages.conftest import Site, act_as
from tests.support import witness
from tests.support.waiting import until

BEFORE_DUE = Behaviour(unit=Habit(days=-1), reviewer=Habit(days=-1))
JUDGING = frozenset({CommandKind.APPROVE, CommandKind.RETURN, CommandKind.CLOSE})
FILE = FilePayload(name="签字扫描件.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4 1")
MOVES = 90
FAR = timedelta(days=800)
TEXTS = {
    CommandKind.SUBMIT: "已按要求完成，情况属实，请审核。",
    CommandKind.APPROVE: "情况清楚，同意。",
    CommandKind.CLOSE: "逐项核对，符合要求。",
    CommandKind.REPORT: "按计划完成，记录齐全。",
}


@dataclass(slots=True)
class Clicker:
    """Plays items in one browser window; `shots`: where to photograph each page before it is sent, if anywhere; `now`:
    when the one in hand is, which is what the site has to take for today."""

    site: Site
    skipper: TimeSkipper
    page: Page
    shots: Path | None = None
    ahead: dict[str, timedelta] = field(default_factory=dict)
    clicked: list[tuple[str, str]] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def to_its_end(self, no: str) -> None:
        """The item ends, and before it those for which it waits."""
        for _ in range(MOVES):
            state = self._state(no)
            if state.status in ENDED or state.status is Status.WATCHING:
                return
            for child in self._awaited(state):
                self.ahead.setdefault(child, self.ahead.get(no, timedelta()))
                await self.to_its_end(child)
                await self._forward(no, self._state(child).at)
            await self._next(no, self._state(no))
        raise AssertionError(f"{no} comes to no end: {self.clicked[-9:]}")

    def _state(self, no: str) -> State:
        return witness.state(self.site.product.database, no)

    def _awaited(self, state: State) -> list[str]:
        """The numbers of the follow-ups that run and for which it waits."""
        return [child_no(state.no, one.n) for one in awaited(state.children) if one.status is ChildStatus.OPEN]

    async def _next(self, no: str, state: State) -> None:
        with self.site.product.database.read() as connection:
            process = pinned.process(connection, state.process)
            calendar = pinned.calendar(connection, state.calendar)
        coming = play(process, calendar, state, BEFORE_DUE, begin=state.at, until=state.at + FAR)
        # No time passes for what has no workflow: somebody acts before anything rings.
        event = next((one for one in coming if not (process.lazily and one.event.actor.id == "system")), None)
        assert event is not None, f"{no}: nothing would happen any more in {state.step} ({state.status})"
        if event.event.actor.id == "system":
            await self._forward(no, event.event.at + ring_offset(no) + timedelta(seconds=10))
            await until("it has rung", lambda: self._state(no).seq > state.seq)
            return
        await self._forward(no, event.event.at)
        await self._act(no, process, self._state(no), event.event)

    async def _forward(self, no: str, to: datetime) -> None:
        """Time passes for the item, where it has a workflow that waits."""
        with self.site.product.database.read() as connection:
            if pinned.process(connection, self._state(no).process).lazily:
                return
        left = to - datetime.now(UTC) - self.ahead.get(no, timedelta())
        if left > timedelta():
            await self.skipper.fast_forward(self.site.product.client.get_workflow_handle(no), left)
            self.ahead[no] = self.ahead.get(no, timedelta()) + left

    def _person(self, process: Process, state: State, kind: CommandKind) -> str:
        """Somebody who may: the one who has done it so far, or, to judge, somebody who has done nothing of it."""
        found = []
        with self.site.product.database.read() as connection:
            for one in people.everybody(connection):
                try:
                    actor = acting_as(connection, on_site(one.id), kind)(process, state, None)
                except RuleViolation:
                    continue
                if may(actor, process, state, kind) and self._is_asked(process, state, kind, actor):
                    found.append(one.id)
        assert found, f"nobody may {kind} {state.no} in {state.step}"
        busy = {*state.doers, *state.approvers}
        return min(found, key=lambda one: (one in busy) is (kind in JUDGING))

    def _is_asked(self, process: Process, state: State, kind: CommandKind, actor: Actor) -> bool:
        """Not where several have to agree, and this post has."""
        posts = movers(process, state)
        left = unanswered(posts, state) if posts and kind in JUDGING else ()
        return not left or any(stands_at(actor, post, state.unit) for post in left)

    async def _act(self, no: str, process: Process, state: State, event: Event) -> None:
        fact = event.fact
        kind: CommandKind = fact.by  # type: ignore[assignment]
        self.now = datetime.now(UTC) + self.ahead.get(no, timedelta())
        await act_as(self.page.context, self.site, self._person(process, state, kind), self.now)
        await self.page.goto(f"/items/{no}")
        tally = getattr(fact, "tally", "")
        form = self.page.locator(f"#do-{kind}{f'-{tally}' if tally else ''}")
        if self.shots and not await form.count():
            await self.page.screenshot(path=self.shots / "not-offered.png", full_page=True)
        await expect(form, f"{no}: {kind} is offered in {state.step}").to_have_count(1)
        if await form.get_attribute("open") is None:
            await form.locator("summary").first.click()
        await fill(form, dict(getattr(fact, "answers", ())), _said(fact, kind, event))
        if self.shots:
            await self.page.screenshot(
                path=self.shots / f"{len(self.clicked):03}-{no.replace('/', '_')}-{kind}.png", full_page=True
            )
        await form.locator("button:not(.quiet)").click()
        said = self.page.locator("#result")
        await expect(said).to_have_class("says ok")
        self.clicked.append((no, str(kind)))


def _said(fact: object, kind: CommandKind, event: Event) -> dict[str, str]:
    said = {"text": TEXTS.get(kind, "")}
    for name in ("outcome", "about", "place", "reason"):
        said[name] = str(getattr(fact, name, "") or "")
    on: date | None = getattr(fact, "on", None)
    if kind in (CommandKind.REPORT, CommandKind.PUBLISH):
        said["on"] = str(on or local_date(event.at))
    return {name: text for name, text in said.items() if text}


async def fill(form: Locator, answers: Mapping[str, str], said: Mapping[str, str]) -> None:
    """Each control of the form gets what is said for it; those for which nothing is said stay as they are."""
    values = {**said, **{f"answer.{at}": text for at, text in answers.items()}}
    names = await form.locator("[name]").evaluate_all("all => [...new Set(all.map(one => one.name))]")
    for name in names:
        text = values.get(name) or "\n".join(said for at, said in values.items() if at.startswith(f"{name}."))
        if not text:
            continue
        control = form.locator(f'[name="{name}"]')
        kind_of = await control.first.evaluate("one => one.type")
        if kind_of in ("radio", "checkbox"):
            for one in text.split(","):
                await form.locator(f'[name="{name}"][value="{one}"]').check()
        elif kind_of == "file":
            await control.first.set_input_files(FILE)
        elif kind_of.startswith("select"):
            options = await control.first.evaluate("one => [...one.options].map(o => o.value).filter(Boolean)")
            await control.first.select_option([one for one in text.split(",") if one in options] or options[0])
        else:
            await control.first.fill(_words(text))


def _words(text: str) -> str:
    return "按实际情况填写" if text == "-" else text
