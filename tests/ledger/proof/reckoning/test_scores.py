"""Every score of a county's half-year is reckoned again by a program in another language, from entries alone; and what
is not so, it finds."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.proof.ledger_page import PAGE
from tests.support.scores.half_year import LATE_ITEM

Rows = list[dict[str, Any]]
Change = Callable[[dict[str, Any]], object]


def exported(database: Path, page: Path) -> Rows:
    """What the page's own command exports."""
    query = page.read_text().split('sqlite3 data/duban.db "')[1].split('"')[0]
    with sqlite3.connect(database) as connection:
        rows = [json.loads(row[0]) for row in connection.execute(query)]
    connection.close()
    return rows


@pytest.fixture(scope="session")
def processes(half_year_lived: Path) -> Path:
    path = half_year_lived.with_name("processes.jsonl")
    path.write_text("".join(json.dumps(one) + "\n" for one in exported(half_year_lived, PAGE.with_name("answers.md"))))
    return path


@pytest.fixture(scope="session")
def rows(half_year_lived: Path) -> Rows:
    return exported(half_year_lived, PAGE)


@pytest.fixture(scope="session")
def of_four(rows: Rows) -> Rows:
    """Of those the entries that four units' scores rest on: what is not so is found in these as well, and sooner."""
    units = {f"u00{n}" for n in range(1, 5)}
    streams = {f"~score/organ_2026/{unit}" for unit in units}
    for row in rows:
        if row["kind"] == "issued" and json.loads(row["body"])["unit"]["id"] in units:
            streams.add(row["stream"])
    return [row for row in rows if row["stream"] in streams or row["stream"].startswith(("~office/", "~figures/"))]


def reckoned(program: Path, processes: Path, folder: Path, rows: Rows) -> tuple[int, list[str]]:
    """How the program ends, and its lines."""
    (folder / "entries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = subprocess.run([program, processes, folder / "entries.jsonl"], capture_output=True, timeout=60)
    return done.returncode, (done.stdout + done.stderr).decode().splitlines()


def numbered(text: str, rows: Rows) -> str:
    """The text with the numbers that items have in these: YB:7 is the seventh that was asked for, by number."""
    first = min(int(row["stream"][7:]) for row in rows if row["stream"].startswith("YB2026-"))
    return re.sub(r"YB:(\d+)", lambda found: f"YB2026-{first + int(found[1]) - 1:04}", text)


def bodies(rows: Rows, kind: str) -> list[dict[str, Any]]:
    return [json.loads(row["body"]) for row in rows if row["kind"] == kind and row["stream"].startswith("~score/")]


def test_a_stranger_comes_to_every_score_of_the_half_year(
    go_scores: Path, processes: Path, rows: Rows, tmp_path: Path
) -> None:
    scored = bodies(rows, "scored")
    lines = [line for one in scored for line in one.get("lines", [])]
    rules = Counter(line["rule"] for line in lines)
    left = Counter(one["why"] for each in scored for one in each.get("left", []))
    said = Counter(one["value"] for line in lines if line["rule"] == "on_time" for one in line["inputs"])
    assert set(rules) == {"levels", "least", "counted", "ratio", "on_time", "judged", "merits", "appeal"}
    assert set(left) == {"not_applicable", "nothing_owed", "excused", "not_judged"}
    assert set(said) == {"on_time", "late", "missing"}
    assert any(line["indicator"].startswith("own_") for line in lines)
    assert len(bodies(rows, "tier_proposed")) > 96, "some are proposed again"
    status, told = reckoned(go_scores, processes, tmp_path, rows)
    assert told == [f"96 units, {len(scored)} scores, {len(lines)} lines, 0 wrong"]
    assert status == 0


def set_line(indicator: str, **said: Any) -> Change:
    def change(body: dict[str, Any]) -> None:
        (line,) = (one for one in body["lines"] if one["indicator"] == indicator)
        line.update(said)

    return change


def set_input(indicator: str, **said: Any) -> Change:
    def change(body: dict[str, Any]) -> None:
        (line,) = (one for one in body["lines"] if one["indicator"] == indicator)
        line["inputs"][0].update(said)

    return change


def leave_out(indicator: str, why: str) -> Change:
    def change(body: dict[str, Any]) -> None:
        (line,) = (one for one in body["lines"] if one["indicator"] == indicator)
        body["lines"].remove(line)
        body.setdefault("left", []).append({"indicator": indicator, "period": line["period"], "why": why})

    return change


def say(**said: Any) -> Change:
    return lambda body: body.update(said)


def answer(field: str, text: str) -> Change:
    def change(body: dict[str, Any]) -> None:
        body["answers"] = [[at, text if at == field else said] for at, said in body["answers"]]

    return change


U1, U2, U3, U4 = (f"~score/organ_2026/u00{n}" for n in (1, 2, 3, 4))
FALSE: dict[str, tuple[str, str, int, Change, str]] = {
    "points": (U2, "scored", 0, set_line("study", points=500), "500 of 500 points are written, 400 of 500 follow"),
    "what was told": (U2, "scored", 0, set_input("study", value="4"), 'study 2026-01="4"/4 (YB:2#2)], and ['),
    "where it stands": (U1, "scored", 0, set_input("study", entry="YB:2#2"), "(YB:2#2)], and ["),
    "what was owed": (U2, "scored", 0, set_input("study", owed="2"), 'study 2026-01="2"/2'),
    "an input left out": (U1, "scored", 3, set_line("meetings", inputs=[]), "meetings 2026-Q1: its inputs are []"),
    "full points": (U1, "scored", 0, set_line("study", full=600), "500 of 600 points are written, 500 of 500"),
    "the rule": (U1, "scored", 0, set_line("study", rule="ratio"), "by ratio () is written, counted () follows"),
    "the score": (U1, "scored", 0, say(score=9999), "9999 is written as the score, 10000 follows"),
    "the difference": (U1, "scored", 1, set_line("study", difference=0), "0 is written as the difference, -50 follows"),
    "a difference the first time": (U1, "scored", 0, set_line("study", difference=50), "50 is written as the diff"),
    "the revision": (U1, "scored", 1, say(revision=3), "revision 3 of 2026-01 follows 1"),
    "no revision": (U1, "scored", 1, say(revision=1), "revision 1 of 2026-01 follows 1"),
    "the file": (U1, "scored", 0, say(version="2026.1#000000000000"), "were never loaded"),
    "the figures": (U1, "scored", 0, say(figures="000000000000"), "were never loaded"),
    "no figures": (U1, "scored", 0, say(figures=""), "were never loaded"),
    "another unit": (U1, "scored", 0, say(unit="u002"), "is of another unit or assessment than its stream"),
    "a bad month": (U2, "scored", 0, leave_out("study", "not_applicable"), "400 points follow, and it is left out"),
    "nothing owed": (U2, "scored", 0, leave_out("study", "nothing_owed"), "400 points follow, and it is left out"),
    "nothing said of it": (
        U2,
        "scored",
        0,
        lambda body: body.update(lines=[one for one in body["lines"] if one["indicator"] != "study"]),
        "400 points follow, and it is left out",
    ),
    "the kind": (U1, "scored", 0, say(kind="social"), "its inputs are [study 2026-01"),
    "the round": (U2, "scored", 0, set_line("report", inputs=[], points=0), "it has to be left out as nothing_owed"),
    "a report that came": (
        U2,
        "scored",
        0,
        set_line("report", points=0, inputs=[{"name": "monthly", "period": "2026-01", "value": "missing"}]),
        "the report of 2026-01 is said to be missing, and is YB:2#2",
    ),
    "whose report it is": (U1, "scored", 0, set_input("report", entry="YB:2#2"), "is said to be the report"),
    "what was judged": (U2, "points_judged", 2, say(points=450), "150 of 500 points are written, 450 of 500 follow"),
    "why": (
        U2,
        "points_judged",
        2,
        say(reason="很好"),
        "按检查记录) is written, judged (没有检查；很好) follows",
    ),
    "a merit": (U1, "merit_entered", 0, say(points=100), "100 of 0 follow"),
    "when": (U1, "merit_entered", 0, say(day="2026-07-01"), "its inputs are [award_city 2026-03-05"),
    "what was withdrawn": (U4, "merit_withdrawn", 0, say(seq=1), "no merit was entered by entry 1"),
    "an appeal": (U1, "points_decided", 0, say(points=475), "500 of 500 points are written, 475 of 500 follow"),
    "an excuse": (
        U3,
        "indicator_excused",
        0,
        say(period="2026-Q2"),
        "open 2026-Q1: it has to be left out as",
    ),
    "own indicators": (U4, "indicators_pinned", 0, say(seq=1), "own_1 2026-Q1 is no indicator that is due"),
    "what was answered": ("YB:1", "completed", 0, answer("theme_day", "0"), "0 of 500 follow"),
    "what was corrected": ("YB:1", "corrected", 0, answer("study", "4"), "500 of 500 follow"),
    "the unit": ("YB:1", "issued", 0, lambda body: body.update(asked_of="u009"), "its inputs are [study"),
    "what was imported": (
        "~figures/2026",
        "figures_imported",
        0,
        lambda body: body["values"][0].update(value="50"),
        '(~figures/2026#1)], and [volunteers 2026-Q1="3"/ (YB:196#2), members 2026-03="50"',
    ),
    "a rung": (LATE_ITEM, "rung_reached", -1, say(points=1), "200 of 500 points are written, 100 of 500 follow"),
    "a file's weights": (
        "~office/2026",
        "assessment_loaded",
        0,
        lambda body: body["assessment"]["indicators"][4].update(full=600),
        "500 of 500 points are written, 600 of 600 follow",
    ),
    "a proposal's score": (U1, "tier_proposed", 0, say(score=9000), "9000 is written as the score of 2026-H1, 8208"),
    "a proposal": (U1, "tier_proposed", 0, say(to="advanced"), 'from "" to "middle" (0) follows'),
    "how often below": (U2, "tier_proposed", 0, say(below=1), 'to "weak" (1) is proposed'),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_stranger_finds_what_is_not_so(
    name: str, go_scores: Path, processes: Path, of_four: Rows, tmp_path: Path
) -> None:
    rows = of_four
    stream, kind, nth, change, found = FALSE[name]
    stream, found = numbered(stream, rows), numbered(found, rows)
    at = [n for n, row in enumerate(rows) if (row["stream"], row["kind"]) == (stream, kind)][nth]
    body = json.loads(rows[at]["body"])
    change(body)
    assert body != json.loads(rows[at]["body"])
    changed = [*rows[:at], rows[at] | {"body": numbered(json.dumps(body), rows)}, *rows[at + 1 :]]
    status, told = reckoned(go_scores, processes, tmp_path, changed)
    assert status == 1
    assert any(found in line for line in told), told[:10]
    of_stream = [line.split("\t")[0] for line in told[:-1]]
    assert stream in of_stream or not stream.startswith("~score/")


def test_without_the_process_by_which_it_was_asked_no_answer_is_taken(
    go_scores: Path, processes: Path, of_four: Rows, tmp_path: Path
) -> None:
    text = processes.read_text()
    assert '"figure": "study"' in text
    (tmp_path / "other.jsonl").write_text(text.replace('"figure": "study"', '"figure": "groups"'))
    status, told = reckoned(go_scores, tmp_path / "other.jsonl", tmp_path, of_four)
    assert status == 1
    assert any("left out, since its ref is of another content" in line for line in told)
    assert any("is not among those given" in line for line in told)
