"""What a process keeps from its unit, looked for by the unit: through every route of the site, every command that asks
for somebody's view, and every notice. A route that comes later is looked through by itself, or fails here."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select

from api.app import create_app
from definitions.channels import FOLDER, Channels, Robot, RobotKind
from desk.acting import issuer
from desk.caller import at_console, on_site
from desk.intake import Intake
from desk.requests import Desk, Request
from ledger.chain import batches, deliveries, entries, lookup, pinned
from ledger.chain.batches import NewItem
from ledger.chain.entries import ENTRY, NOTICE
from ledger.directory import people, substitutes
from ledger.directory.sight import hidden_from
from ledger.store.evidence import EvidenceStore
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, Command, CommandKind, Via
from rules.machine.issuing import Order
from rules.machine.item import decide
from rules.process import Role
from runtime.cli.main import run
from tests.support import witness
from tests.support.processes import UNANNOUNCED
from tests.support.product import AUDITOR, SUPERVISOR, known_county
from tests.support.signed import OUT, as_, browsing, entrance_of
from workflows.gateway import Gateway

TITLE = "档案库房夜间无人值守"
K = CommandKind


class Veiled:
    """A county with one item of which its unit and the unit that helps see nothing yet."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.database = folder, known_county(folder)
        self.files = EvidenceStore(folder / "evidence")
        self.app = create_app(
            desk=Desk(Gateway(None, self.database, task_queue=""), self.database, self.files),  # type: ignore[arg-type]
            intake=Intake(None, self.database),
            database=self.database,
            files=self.files,
            entrance=entrance_of(self.database),
        )
        now = datetime.now(UTC)
        with self.database.write() as connection:
            pinned.load_processes(connection, UNANNOUNCED.all_resolved(), now)
            self.unit = people.unit_ref(connection, "县审计局")
            helper = people.unit_ref(connection, "县教育局")
            order = Order(no="", unit=self.unit, title=TITLE, co_units=(helper.id,))
            item = NewItem(process="unannounced", variant="visit", import_key="k", order=order)
            actor = issuer(connection, on_site(SUPERVISOR))
            batches.save(connection, "batch", [item], filename="", title=TITLE, reading={}, actor=actor, now=now)
            batches.confirm(connection, "batch", actor, now)
            batches.issue_chunk(connection, "batch", 500, now)
            everybody = people.everybody(connection)
            (self.no,) = connection.execute(select(entries.ITEM.c.no)).scalars()
        holders = [(p.id, post.unit, post.role) for p in everybody for post in p.posts]
        of = {(unit, role): person for person, unit, role in holders}
        self.liaison, self.head = of[self.unit.id, Role.LIAISON], of[self.unit.id, Role.UNIT_HEAD]
        self.helper, self.stranger = of[helper.id, Role.LIAISON], of["u060", Role.LIAISON]
        self.instructor = next(p.id for p in everybody for post in p.posts if self._visits(post))

    def _visits(self, post: Actor) -> bool:
        return post.role is Role.INSTRUCTOR and post.area == self.unit.area

    def give(self, kind: CommandKind, role: Role, **said: Any) -> None:
        with self.database.read() as connection:
            row = lookup.item_row(connection, self.no)
            process = pinned.process(connection, row["process_ref"])
            calendar, state = pinned.calendar(connection, row["calendar_ref"]), lookup.state_of(row)
        person = {Role.INSTRUCTOR: self.instructor, Role.SUPERVISOR: SUPERVISOR}.get(role, self.liaison)
        unit = self.unit.id if role is Role.LIAISON else None
        actor = Actor(
            id=person, role=role, unit=unit, area=self.unit.area if role is Role.INSTRUCTOR else None, via=Via.SITE
        )
        command = Command(kind=kind, id=f"{kind}-{state.seq}", actor=actor, **said)
        now = max(datetime.now(UTC), state.at + timedelta(seconds=1))
        entries.append(
            self.database, self.no, state.seq, command.id, decide(process, calendar, state, command, now).events
        )

    def heard(self) -> set[str]:
        with self.database.read() as connection:
            return set(connection.execute(select(NOTICE.c.person)).scalars())


@pytest.fixture(scope="module")
def veiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Veiled]:
    """Nothing here changes it but the last test, which makes its own."""
    made = Veiled(tmp_path_factory.mktemp("veiled") / "data")
    made.give(K.SUBMIT, Role.INSTRUCTOR, text="库房夜间无人")
    yield made
    made.database.close()


@pytest.fixture
async def web(veiled: Veiled) -> AsyncIterator[httpx2.AsyncClient]:
    async with browsing(veiled.app) as client:
        yield client


KNOWN = {
    "batch": "batch",
    "bulk": "none",
    "watch": "none",
    "evidence": "0" * 64,
    "process": "unannounced",
    "command": "sign",
    "format": "jsonl",
    "seq": "1",
    "draw": "none",
    "figure": "study",
    "indicator": "integrity",
    "contest": "1",
    "joint": "1",
    "way": "hr",
    "campaign": "none",
    "period": "2026-11",
    "revision": "1",
    "unit": "u060",
    "verb": "stop",
    "secret": "a-link",
    "token": "t1",
}
"""What stands in the addresses of the site, beside an item's number and a person."""


def routes(veiled: Veiled) -> list[APIRoute]:
    """Every one of the site."""
    included = [router.original_router.routes for router in veiled.app.routes if hasattr(router, "original_router")]
    return [route for route in chain(veiled.app.routes, *included) if isinstance(route, APIRoute)]


def addresses(veiled: Veiled, no: str, person: str, draw: str = "none") -> list[str]:
    """Every address of the site that can be looked at, about that item or draw where it is about one."""
    known = KNOWN | {"no": no, "person": person, "draw": draw, "unit": veiled.unit.id}
    found = []
    for route in routes(veiled):
        if "GET" in (route.methods or ()):
            missing = set(route.param_convertors) - set(known)
            assert not missing, f"a new route, {route.path_format}: say what stands for {missing}"
            found.append(route.path_format.format(**known))
    return found


def questions(veiled: Veiled, address: str, person: str) -> list[str]:
    """The address as it is, and asked for what is looked for; what it does not take, it refuses."""
    wanted = {"text": ("", TITLE, veiled.no), "unit": ("", veiled.unit.id), "item": ("", veiled.no)}
    asked = [f"{address}?person={person}", address]
    for name, values in wanted.items():
        asked += [f"{address}?{name}={value}" for value in values if value]
        asked += [f"{address}?{name}={value}&person={person}" for value in values if value]
    asked += [f"{address}?person={person}&evidence={'0' * 64}&moment=2030-01-01", f"{address}?batch=batch"]
    return asked


async def told(web: httpx2.AsyncClient, veiled: Veiled, person: str, *, thoroughly: bool = False) -> set[str]:
    """The addresses at which that person finds it: by title, and by number where nobody had named it."""
    found = set()
    cookie = as_(person) if person not in ("", "nobody") else OUT
    for address in addresses(veiled, veiled.no, person or "p0009"):
        for question in questions(veiled, address, person) if thoroughly else [address]:
            said = (await web.get(question, headers=cookie)).text
            if any(word in said for word in (TITLE, veiled.no) if word not in question):
                found.add(address)
    return found


async def test_the_unit_finds_it_nowhere_and_whoever_visits_and_oversees_does(
    web: httpx2.AsyncClient, veiled: Veiled
) -> None:
    for person in (veiled.liaison, veiled.head, veiled.helper, veiled.stranger, "nobody", ""):
        assert await told(web, veiled, person) == set(), person
    clocks, audit = {"/clocks", "/api/v1/clocks"}, {"/audit", "/api/v1/audit/entries"}
    lists = {"/items", "/api/v1/items"} | clocks | audit
    item = {f"/items/{veiled.no}", f"/api/v1/items/{veiled.no}", f"/api/v1/items/{veiled.no}/timeline"}
    for person in (SUPERVISOR, AUDITOR, veiled.instructor):
        closed = {SUPERVISOR: set(), AUDITOR: clocks}.get(person, clocks | audit)
        assert (lists | item) - closed - await told(web, veiled, person) == set(), "the test looks where it is"


@pytest.mark.soak
@pytest.mark.timeout(400)
async def test_asked_for_in_every_way_it_is_not_there(web: httpx2.AsyncClient, veiled: Veiled) -> None:
    assert await told(web, veiled, veiled.liaison, thoroughly=True) == set()


async def test_by_its_number_it_is_as_if_it_did_not_exist(web: httpx2.AsyncClient, veiled: Veiled) -> None:
    """Word for word what is said of a number that nobody has, whatever is asked or done."""
    other = "AF2099-0001"
    cookie = {**as_(veiled.liaison), "origin": "http://127.0.0.1"}
    for address in addresses(veiled, "{no}", veiled.liaison):
        if "{no}" in address:
            answers = [await web.get(address.replace("{no}", no), headers=cookie) for no in (veiled.no, other)]
            assert answers[0].status_code == answers[1].status_code, address
            if address.startswith("/api"):
                assert answers[0].text.replace(veiled.no, other) == answers[1].text, address
    for kind in K:
        body = {"text": "说明", "reason": "理由"}
        said = [
            (await web.post(f"/api/v1/items/{no}/commands/{kind}", json=body, headers=cookie)).text.replace(no, "")
            for no in (veiled.no, other)
        ]
        assert said[0] == said[1], kind
    body = {"command": "annul", "reason": "重复"}
    said = [
        (await web.post("/api/v1/bulk", json={**body, "numbers": [no]}, headers=cookie)).text.replace(no, "")
        for no in (veiled.no, other)
    ]
    assert said[0] == said[1]


async def test_counts_say_nothing_of_it(web: httpx2.AsyncClient, veiled: Veiled) -> None:
    counts = {}
    for person in (veiled.liaison, SUPERVISOR):
        shown = (await web.get("/api/v1/items", headers=as_(person))).json()
        assert "lamps" in shown, shown
        counts[person] = sum(one["count"] for one in shown["lamps"])
    assert counts == {veiled.liaison: 0, SUPERVISOR: 1}
    clocks = (await web.get("/api/v1/clocks", headers=as_(veiled.liaison))).json()
    assert clocks["code"] == "wrong_role"


def test_whoever_stands_in_for_somebody_of_the_unit_is_kept_in_the_dark_too(veiled: Veiled) -> None:
    today = local_date(datetime.now(UTC))
    with veiled.database.write() as connection:
        assert hidden_from(connection, [SUPERVISOR]) == frozenset()
        assert hidden_from(connection, [SUPERVISOR, veiled.liaison]) == {veiled.no}, (
            "one of those named does not see it"
        )
        head = Actor(id=veiled.head, role=Role.UNIT_HEAD, unit=veiled.unit.id, via=Via.SITE)
        substitutes.name(
            connection,
            person=veiled.head,
            stand_in="p0002",
            first=today,
            last=today,
            named_by=head,
            now=datetime.now(UTC),
        )
        assert hidden_from(connection, ["p0002"]) == {veiled.no}
        connection.rollback()


def test_the_console_keeps_it_from_whoever_is_named(
    veiled: Veiled, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DUBAN_DATA", str(veiled.folder))
    out = tmp_path / "out.jsonl"
    commands = {
        ("item", veiled.no): "item",
        ("audit", "export", "register", "--format", "jsonl", "--out", str(out), "--force"): "export",
        ("audit", "export", "entries", "--format", "jsonl", "--out", str(out), "--force"): "export",
        ("audit", "export", "entries", veiled.no, "--format", "jsonl", "--out", str(out), "--force"): "export",
        ("audit", "prove", veiled.no, "--out", str(tmp_path / "proof.zip")): "prove",
    }
    for words in commands:
        out.unlink(missing_ok=True)
        status = run([*words, "--as", veiled.liaison])
        said = "".join(capsys.readouterr()) + (out.read_text("utf-8") if out.exists() else "")
        assert TITLE not in said, words
        assert status == (1 if veiled.no in words else 0), (words, said)
        assert veiled.no in words or veiled.no not in said, words
    assert run(["item", veiled.no, "--as", SUPERVISOR]) == 0
    assert TITLE in capsys.readouterr().out


def test_the_unit_hears_nothing_until_the_veil_is_lifted_by_an_entry_that_says_so(tmp_path: Path) -> None:
    veiled = Veiled(tmp_path / "data")
    unit = {veiled.liaison, veiled.head, veiled.helper}
    veiled.give(K.SUBMIT, Role.INSTRUCTOR, text="库房夜间无人")
    assert veiled.heard() & unit == set()
    assert SUPERVISOR in veiled.heard()
    with veiled.database.read() as connection:
        told = connection.execute(select(ENTRY.c.told).where(ENTRY.c.stream == veiled.no)).scalars().all()
    assert not any(person in text for text in told if text for person in unit)
    caller = at_console(veiled.liaison)
    desk = Desk(None, veiled.database, veiled.files)  # type: ignore[arg-type]
    with pytest.raises(RuleViolation) as refused:
        desk._command(Request(no=veiled.no, kind="submit", caller=caller, text="说明"))
    assert refused.value.code is Code.UNKNOWN_ITEM
    veiled.give(K.APPROVE, Role.SUPERVISOR)
    assert veiled.liaison in veiled.heard()
    assert desk._command(Request(no=veiled.no, kind="submit", caller=caller, text="说明")).actor.id == veiled.liaison
    assert witness.wrong(veiled.database) == []
    veiled.database.close()


def test_a_notice_goes_to_no_group_and_to_no_stand_in_of_the_unit(tmp_path: Path) -> None:
    veiled = Veiled(tmp_path / "data")
    veiled.give(K.SUBMIT, Role.INSTRUCTOR, text="库房夜间无人")
    robot = Robot(id="group", kind=RobotKind.WECOM, name="群", address="http://x", key_file=Path("k"))
    channels = Channels(folder=tmp_path / "out", robots=(robot,))
    with veiled.database.write() as connection:
        deliveries.route(connection, channels, 100, lambda one: veiled.head if one == SUPERVISOR else one)
        sent = connection.execute(select(deliveries.DELIVERY.c.channel, deliveries.DELIVERY.c.person)).all()
    assert (FOLDER, SUPERVISOR) in sent
    assert {channel for channel, _ in sent} == {FOLDER}
    assert veiled.head not in {person for _, person in sent}
    veiled.database.close()


REGISTER = f"序号,责任单位,具体问题\n1,县审计局,{TITLE}\n".encode()


def issued_to_it(veiled: Veiled) -> dict[str, Any]:
    """The same matter to the same unit."""
    return {"process": "unannounced", "title": TITLE, "units": [veiled.unit.id]}


SENT: dict[str, Callable[[Veiled, str], dict[str, Any]]] = {
    # what is sent to each address at which something is sent, about that item or whatever may touch on it
    "/api/v1/items/{no}/commands/{command}": lambda v, no: {"json": {"reason": "理由"}},
    "/items/{no}/{command}": lambda v, no: {"data": {"reason": "理由", "text": "说明"}},
    "/sign-in/key": lambda v, no: {"data": {"shown": no}},
    "/account/key": lambda v, no: {"data": {"name": no, "shown": "{}"}},
    "/confirmations/{joint}": lambda v, no: {"data": {"answer": "confirm", "reason": no}},
    "/items/{no}/draft": lambda v, no: {"data": {"answer.a": "1"}, "params": {"command": "submit"}},
    "/items/{no}/draft/drop": lambda v, no: {"params": {"command": "submit"}},
    "/items/{no}/blank": lambda v, no: {"files": {"sheet": ("a.xlsx", b"PK")}},
    "/api/v1/items/{no}/blank": lambda v, no: {
        "files": {"file": ("a.xlsx", b"PK")},
    },
    "/api/v1/bulk": lambda v, no: {"json": {"command": "annul", "reason": "重复", "numbers": [no]}},
    "/bulk": lambda v, no: {"data": {"command": "annul", "reason": "重复", "no": no}},
    "/api/v1/registers": lambda v, no: {
        "files": {"file": ("a.csv", REGISTER)},
        "data": {"process": "unannounced"},
    },
    "/import": lambda v, no: {"files": {"file": ("a.csv", REGISTER)}, "data": {"process": "unannounced"}},
    "/api/v1/issue/plan": lambda v, no: {"json": issued_to_it(v)},
    "/api/v1/issue": lambda v, no: {"json": issued_to_it(v)},
    "/issue": lambda v, no: {"data": {"process": "unannounced", "answer.title": TITLE, "unit": v.unit.id}},
    "/api/v1/evidence": lambda v, no: {"files": {"file": ("a.txt", b"1")}, "data": {}},
    "/api/v1/registers/{batch}/confirm": lambda v, no: {"json": {}},
    "/api/v1/bulk/{bulk}/confirm": lambda v, no: {"json": {}},
    "/api/v1/me/inbox/read": lambda v, no: {"json": {"ids": [f"{no}/2/{v.liaison}"]}},
    "/api/v1/people/{person}/substitute": lambda v, no: {"json": {}},
    "/sign-in": lambda v, no: {"data": {"name": no, "password": TITLE, "back": f"/items/{no}"}},
    "/sign-in/demo": lambda v, no: {"data": {"person": v.liaison}},
    "/invitation/{secret}": lambda v, no: {"data": {"password": TITLE, "again": TITLE}},
    "/account/password": lambda v, no: {"data": {"old": TITLE, "new": TITLE, "again": TITLE}},
    "/account/sessions": lambda v, no: {"data": {"which": "others"}},
    "/account/tokens": lambda v, no: {"data": {"name": "a", "days": "x", "units": v.unit.id}},
    **dict.fromkeys(("/account/tokens/{token}", "/accounts/tokens/{token}"), lambda v, no: {"data": {}}),
    "/accounts/{person}/invite": lambda v, no: {"data": {}},
    "/accounts/{person}/{verb}": lambda v, no: {"data": {"reason": "理由"}},
    "/api/v1/burden/batches/{batch}/allow": lambda v, no: {"json": {"reason": "理由"}},
    "/api/v1/burden/contests": lambda v, no: {"json": {"item": no, "place": "answer.said", "reason": "理由"}},
    "/api/v1/burden/contests/{contest}/answer": lambda v, no: {"json": {"reason": "理由"}},
    "/burden/allow/{batch}": lambda v, no: {"data": {"reason": "理由"}},
    "/burden/contest/{no}": lambda v, no: {"data": {"place": "answer.said", "reason": "理由"}},
    "/burden/contests/{contest}": lambda v, no: {"data": {"reason": "理由"}},
    "/campaigns/{campaign}/open": lambda v, no: {"data": {"units": v.unit.id}},
    "/rounds/{campaign}/{period}/sheets": lambda v, no: {"files": {"zip": ("a.zip", b"PK")}},
    **dict.fromkeys(("/sign-out", "/bulk/{bulk}", "/import/{batch}", "/inbox"), lambda v, no: {"data": {}}),
    "/api/v1/scores/units/{unit}/merits/{seq}/withdraw": lambda v, no: {"json": {"reason": no}},
    "/scores/units/{unit}/{verb}": lambda v, no: {"data": {"reason": no, "document": no}},
    "/scores/judging/{indicator}/{unit}": lambda v, no: {"data": {"points": "4", "reason": no}},
    "/scores/own/{unit}": lambda v, no: {"data": {"1.name": no, "1.full": "5"}},
    "/scores/own/{unit}/review": lambda v, no: {"data": {"answer": "no", "reason": no}},
    "/scores/compare": lambda v, no: {"data": {"agreed": "yes", "document": no}},
    "/scores/tiers": lambda v, no: {"data": {"count": "0"}},
    "/scores/tiers/{unit}": lambda v, no: {"data": {"tier": "weak", "reason": no}},
    "/rounds/{campaign}/{period}/{verb}": lambda v, no: {"data": {"reason": "理由"}},
}
SEVERAL = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}")
"""Ids that are another each time."""


async def test_whatever_is_sent_nothing_that_comes_back_tells_of_it(web: httpx2.AsyncClient, veiled: Veiled) -> None:
    """A route that comes later says here what is sent to it, or fails."""
    other, sent = "AF2099-0001", [route for route in routes(veiled) if set(route.methods or ()) & {"POST", "DELETE"}]
    assert {route.path_format for route in sent} == SENT.keys()
    cookie = {**as_(veiled.liaison), "origin": "http://127.0.0.1"}
    for route in sent:
        for method in sorted((route.methods or set()) & {"POST", "DELETE"}):
            said = []
            for no in (veiled.no, other):
                known = KNOWN | {"no": no, "person": veiled.liaison, "command": "annul"}
                what = {} if method == "DELETE" else SENT[route.path_format](veiled, no)
                answer = await web.request(method, route.path_format.format(**known), headers=cookie, **what)
                plain = SEVERAL.sub("", answer.text.replace(no, ""))
                said.append((answer.status_code, plain))
                assert veiled.no not in answer.text.replace(no, ""), route.path_format
            assert said[0] == said[1], route.path_format
