"""What entries say was answered, computed and concluded is reckoned again by a program in another language."""

import json
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from definitions.process import ref_of
from ledger.chain import entries, pinned
from ledger.store.database import Database
from rules.forms.answers import Pairs, read
from rules.forms.expressions import Expression
from rules.forms.samples import samples
from rules.machine.facts import Issued
from rules.moves.carrying import given_in
from rules.process import Process
from tests.ledger.proof.ledger_page import PAGE
from tests.ledger.proof.verifiers import built
from tests.support import world
from tests.support.chance.answer_vectors import case
from tests.support.chance.ballots import BALLOT, NOTICE, conditions, numbers, read_back, within_limits
from tests.support.factories import K, Play
from tests.support.processes import ELECTION, EVERY, UPGRADE

DOCS = PAGE.parent


@pytest.fixture(scope="session")
def go_reckoner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("reckon", tmp_path_factory.mktemp("go"), "forms", "expressions")


def _go(program: Path, *arguments: str | Path) -> tuple[int, str]:
    done = subprocess.run([program, *arguments], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode() + done.stderr.decode()


def test_the_vectors_hold_for_a_stranger_and_each_of_them_counts(go_reckoner: Path, tmp_path: Path) -> None:
    path = DOCS / "vectors" / "answers.json"
    status, told = _go(go_reckoner, "vectors", path)
    vectors = json.loads(path.read_text("utf-8"))
    assert (status, told) == (0, f"{len(vectors['expressions'])} expressions, 0 wrong\n")
    for one in vectors["expressions"]:
        one["comes_to"] = "1/7"
    for one in vectors["rounded"]:
        one["text"] += "0"
    for part, member in (("texts", "canonical"), ("answered", "right")):
        for one in vectors[part]:
            one[member] = not one[member]
    vectors["refused"] = ["1"] * len(vectors["refused"])
    (tmp_path / "wrong.json").write_text(json.dumps(vectors))
    status, told = _go(go_reckoner, "vectors", tmp_path / "wrong.json")
    count = sum(len(vectors[part]) for part in ("expressions", "refused", "texts", "rounded", "answered"))
    assert (status, told.splitlines()[-1]) == (1, f"{len(vectors['expressions'])} expressions, {count} wrong")


def _maybe(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), texts)


hundredths = st.integers(-(10**6), 10**14 - 1).map(
    lambda n: f"{'-' if n < 0 else ''}{abs(n) // 100}.{abs(n) % 100:02d}"
)
ballots = st.fixed_dictionaries(
    {
        "present": _maybe(st.integers(0, 10**12 - 1).map(str)),
        "share": _maybe(hundredths),
        "secret": _maybe(st.sampled_from(["yes", "no"])),
        **{f"votes.{row}.yes": _maybe(st.integers(0, 99).map(str)) for row in (1, 2, 3)},
        "votes.2.who": _maybe(st.just("甲")),
    }
)
voters = _maybe(st.integers(0, 50).map(str))


@pytest.mark.parametrize("count", [100, pytest.param(6000, marks=pytest.mark.soak)])
def test_a_stranger_comes_to_the_same_for_whatever_is_written(count: int, go_reckoner: Path, tmp_path: Path) -> None:
    """One run of the program for all of them."""
    cases: list[dict[str, Any]] = []

    @settings(max_examples=count, database=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(numbers, conditions), ballots, voters)
    def written(expression: Expression, ballot: dict[str, str], asked: str) -> None:
        text = within_limits(expression)
        read_back(text)
        cases.append(case(text, {"ballot": read(BALLOT, ballot), "notice": read(NOTICE, {"voters": asked})}))

    written()
    known = [one for one in cases if one["comes_to"] is not None]
    assert len(known) > count // 3 < len(cases)
    vectors = json.loads((DOCS / "vectors" / "answers.json").read_text("utf-8"))
    (tmp_path / "cases.json").write_text(json.dumps({"forms": vectors["forms"], "expressions": cases}))
    assert _go(go_reckoner, "vectors", tmp_path / "cases.json") == (0, f"{len(cases)} expressions, 0 wrong\n")


# ---------------------------------------------------------------- entries


def _edited(process: Process) -> Process:
    first, *others = process.outcomes
    new = replace(process, outcomes=(replace(first, when=f"{first.when} and plan.before < plan.target"), *others))
    return replace(new, ref=ref_of(new))


EDITED = _edited(UPGRADE.resolve("research", "pdca"))
"""The project's next version, which looks at one answer more."""


def _election() -> Play:
    play = Play(process=ELECTION.resolve("research", "direct"), co_units=())
    for kind in (K.SUBMIT, K.SUBMIT, K.SUBMIT, K.SUBMIT, K.RETURN, K.SUBMIT, K.APPROVE):
        play.do(kind)
    for votes in ("0", "0", "1"):
        play.do(K.SUBMIT, answers=_with(play, {"votes.1.yes": votes}))
    play.do(K.APPROVE)
    play.do(K.SUBMIT)
    return play


def _project() -> Play:
    play = Play(process=UPGRADE.resolve("research", "pdca"), co_units=())
    play.do(K.SIGN)
    for after in ("5.5", "79.9", "80.0"):
        play.do(K.SUBMIT, answers=_with(play, {"before": "5.0", "target": "80.0"}))
        play.do(K.APPROVE)
        play.do(K.SUBMIT)
        if after == "79.9":  # in the middle of its second cycle it goes on by the version that asks for no more
            play.do(K.MIGRATE, process=EDITED, given=given_in(play.facts))
        play.tick_at_alarm()
        outcome = "reached" if after == "80.0" else "again"
        play.do(K.CLOSE, outcome=outcome, answers=_with(play, {"after": after}))
        if outcome == "again":
            play.do(K.SUBMIT)
    return play


def _with(play: Play, said: dict[str, str]) -> Pairs:
    sample = next(samples(play.process.form(play.process.step(play.state.step).form)))
    return tuple((pair[0], said.get(pair[0], pair[1])) for pair in sample)


@pytest.fixture(scope="session")
def lived(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger in which an election and a project have come to their ends."""
    path = tmp_path_factory.mktemp("lived") / "duban.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    with database.write() as connection:
        pinned.load_processes(connection, (*EVERY, EDITED), world.LOADED_AT)
    for no, play in (("XJ2026-0001", _election()), ("XM2026-0001", _project())):
        first, *rest = play.events
        assert isinstance(first.fact, Issued)
        numbered = replace(first, fact=replace(first.fact, no=no), command=f"issue-{no}")
        with database.write() as connection:
            entries.store_issued(connection, [(numbered, None)])
        for event in rest:
            entries.append(database, no, event.seq - 1, event.command, (event,))
    database.close()
    return path


def _exported(database: Path, page: Path) -> list[dict[str, Any]]:
    """What the page's own command exports."""
    query = page.read_text().split('sqlite3 data/duban.db "')[1].split('"')[0]
    with sqlite3.connect(database) as connection:
        rows = [json.loads(row[0]) for row in connection.execute(query)]
    connection.close()
    return rows


@pytest.fixture(scope="session")
def processes(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("processes") / "processes.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in _exported(lived, DOCS / "answers.md")))
    return path


@pytest.fixture(scope="session")
def rows(lived: Path) -> list[dict[str, Any]]:
    return _exported(lived, PAGE)


def _reckoned(program: Path, processes: Path, folder: Path, rows: list[dict[str, Any]]) -> tuple[int, list[str]]:
    (folder / "entries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    status, told = _go(program, processes, folder / "entries.jsonl")
    return status, told.splitlines()


def test_a_stranger_agrees_with_all_that_was_answered_and_concluded(
    go_reckoner: Path, processes: Path, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    status, told = _reckoned(go_reckoner, processes, tmp_path, rows)
    assert [line for line in told if not line.startswith("left out")] == ["2 items, 16 forms, 0 wrong"]
    assert status == 0
    of_item = [dict(row, body=json.loads(row["body"])) for row in rows if row["stream"] == "XM2026-0001"]
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as bundle:
        bundle.writestr("entries.jsonl", "".join(json.dumps(row) + "\n" for row in of_item))
    assert "1 items, 8 forms, 0 wrong" in _go(go_reckoner, processes, tmp_path / "bundle.zip")[1]


def _answer(field: str, text: str) -> Callable[[dict[str, Any]], None]:
    def change(body: dict[str, Any]) -> None:
        body["answers"] = [[at, text if at == field else said] for at, said in body["answers"]]

    return change


def _say(**said: Any) -> Callable[[dict[str, Any]], None]:
    return lambda body: body.update(said)


def _lead(to: str) -> Callable[[dict[str, Any]], None]:
    return lambda body: body["turn"].update(step=to)


FALSE: dict[str, tuple[str, str, Callable[[dict[str, Any]], None], str]] = {
    "a computed answer": (
        "submitted",
        "elected",
        _answer("elected", "7"),
        'ballot.elected is said to be "7", and comes',
    ),
    "what it was computed from": ("submitted", "elected", _answer("votes.1.yes", "0"), "ballot.elected is said to be"),
    "a computed answer left out": (
        "submitted",
        "elected",
        lambda body: body.update(answers=[pair for pair in body["answers"] if pair[0] != "elected"]),
        'ballot.elected is said to be "", and comes to "1"',
    ),
    "a number in another form": ("submitted", "elected", _answer("present", "1.0"), 'present: "1.0" is not the text'),
    "a needed answer left out": (
        "submitted",
        "elected",
        lambda body: body.update(answers=body["answers"][1:]),
        "ballot.present is not answered",
    ),
    "answers that contradict": (
        "submitted",
        "elected",
        _answer("valid", "2"),
        'the check "ballot.valid <= ballot.present"',
    ),
    "the way": ("submitted", "elected", _lead("elect"), 'leads to "elect" instead of ["result"]'),
    "how often a way was taken": ("submitted", "counted", _say(counted=""), 'counted as ""'),
    "the form": ("submitted", "elected", _say(form="notice"), 'the form "notice" is answered, the step asks "ballot"'),
    "the verdict": ("closed", "after", _answer("after", "79.9"), 'plan.before < plan.target" does not hold'),
    "another verdict": ("closed", "after", _say(outcome="stopped"), "stopped is concluded, and no reason is given"),
    "a cycle that went on": ("cycle_started", "after", _lead("plan"), 'again leads to "plan" instead of "adjust"'),
    "where it was returned to": ("returned", "turn", _lead("publicity"), 'leads to "publicity" instead of'),
    "where it was approved to": ("approved", "turn", _lead("publicity"), 'leads to "publicity" instead of'),
    "what is known still": ("migrated", "known", _say(known=[["plan.none", "1"]]), "plan.none is said to be known"),
    "what came of a wait": ("wait_ended", "turn", _lead("do"), 'leads to "do" instead of ["check"]'),
    "the outcome of a step": (
        "completed",
        "outcome",
        _say(outcome="stopped"),
        'ends with "stopped" instead of "approved"',
    ),
    "what the item is about": ("issued", "title", _say(title=" "), 'matter.title: " " is not the text of a value'),
    "the process": ("issued", "process", _say(process="election/direct/organ@000000000000"), "not among those given"),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_stranger_finds_what_is_not_so(
    name: str, go_reckoner: Path, processes: Path, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    kind, having, change, found = FALSE[name]
    at = [n for n, row in enumerate(rows) if row["kind"] == kind and f'"{having}"' in row["body"]][-1]
    body = json.loads(rows[at]["body"])
    change(body)
    changed = [*rows[:at], rows[at] | {"body": json.dumps(body)}, *rows[at + 1 :]]
    status, told = _reckoned(go_reckoner, processes, tmp_path, changed)
    assert status == 1
    place = f"{rows[at]['stream']}\t{rows[at]['seq']}\t"
    assert [found in line for line in told if line.startswith(place)].count(True) == 1, told


def test_a_process_of_another_content_than_its_ref_says_is_no_process(
    go_reckoner: Path, processes: Path, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    text = processes.read_text()
    assert "count(ballot.votes.yes * 2 > ballot.present)" in text
    (tmp_path / "other.jsonl").write_text(text.replace("yes * 2 >", "yes * 3 >"))
    status, told = _reckoned(go_reckoner, tmp_path / "other.jsonl", tmp_path, rows)
    assert status == 1
    assert any("left out, since its ref is of another content: election/direct/research" in line for line in told)
