"""The command line over the running product: every command does what it says and ends with its own status."""

from __future__ import annotations

import json
import re
import shlex
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from rules.dates.calendar import local_date
from tests.e2e.conftest import Site, environment_of

README = Path(__file__).parents[2] / "README.md"
RUNS = 100
AT_ONCE = 4


def number(n: int) -> str:
    """The n-th number of this year."""
    return f"ZG{local_date(datetime.now(UTC)).year}-{n:04d}"


@pytest.mark.soak
def test_the_readme_s_walk_through_one_item_works_as_written(site: Site, tmp_path: Path) -> None:
    """Every line of the README's walk, in order, on a data folder as `make up` leaves it."""
    blocks = re.findall(r"```sh walk\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    said = []
    for line in "\n".join(blocks).split("\n"):
        if line:
            program, *arguments = shlex.split(line.replace("ZG2026-0001", number(1)))
            assert program == ".venv/bin/duban"
            said.append(site.duban(*arguments, folder=tmp_path).stdout)
    assert "核验通过" in "".join(said)
    assert {path.name for path in tmp_path.iterdir()} == {"台账.xlsx", "办理过程.pdf"}
    told = site.duban("item", number(1)).stdout
    assert "已销号" in told or "回头看" in told


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_every_command_ends_with_its_own_status_a_hundred_times_in_a_hundred(site: Site) -> None:
    """The client's native library must not decide the status at interpreter exit."""
    kinds: tuple[tuple[int, tuple[str, ...]], ...] = (
        (0, ("doctor", "--json")),
        (1, ("do", number(3), "approve", "--as", "p0001")),
        (1, ("do", "ZG1999-0001", "sign", "--as", "p0001")),
        (0, ("recover", "--json")),
        (2, ("do", number(3))),
    )
    wanted = [kinds[n % len(kinds)] for n in range(RUNS)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        got = list(pool.map(lambda w: site.duban(*w[1], check=None), wanted))
    wrong = [(w, g.returncode, g.stderr) for w, g in zip(wanted, got, strict=True) if g.returncode != w[0]]
    assert wrong == []


def test_a_retried_command_is_one_command(site: Site) -> None:
    first = json.loads(site.duban("do", number(5), "sign", "--as", _liaison(site, 5), "--id", "k1", "--json").stdout)
    again = json.loads(site.duban("do", number(5), "sign", "--as", _liaison(site, 5), "--id", "k1", "--json").stdout)
    assert first == again
    kinds = [e["kind"] for e in json.loads(site.duban("item", number(5), "--json").stdout)["entries"]]
    assert kinds == ["issued", "signed"]


@pytest.mark.soak
def test_a_command_for_many_items_given_again_is_given_once(site: Site) -> None:
    words = ("bulk", "urge", number(14), number(15), "--as", "p0001", "--text", "请抓紧", "--id", "m1", "--yes")
    first, again = (json.loads(site.duban(*words, "--json").stdout) for _ in range(2))
    assert (first["done"], first["refused"], first["left"]) == (2, 0, 0)
    assert again == first
    kinds = [e["kind"] for e in json.loads(site.duban("item", number(14), "--json").stdout)["entries"]]
    assert kinds.count("urged") == 1  # the site is shared: another test may have loaded a calendar meanwhile


def test_a_wrong_request_is_refused_with_its_code_and_changes_nothing(site: Site) -> None:
    six = ("do", number(6))
    wrong: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("unknown_person", (*six, "sign", "--as", "nobody")),
        ("unknown_command", (*six, "fly", "--as", "p0001")),
        ("wrong_role", (*six, "sign", "--as", "p0001")),
        ("field_missing", (*six, "annul", "--as", "p0001")),
        ("control_characters", (*six, "annul", "--as", "p0001", "--reason", "坏\x07字")),
        ("field_too_long", (*six, "annul", "--as", "p0001", "--reason", "长" * 5000)),
        ("unknown_unit", (*six, "reassign", "--as", "p0001", "--reason", "错", "--unit", "县外星局")),
        ("unknown_item", ("do", "没有", "sign", "--as", "p0001")),
    )
    before = site.duban("item", number(6), "--json").stdout
    with ThreadPoolExecutor(AT_ONCE) as pool:
        said = dict(pool.map(lambda one: (one[0], site.duban(*one[1], check=1).stderr), wrong))
    assert {code: f"[{code}]" in words for code, words in said.items()} == dict.fromkeys(said, True)
    assert site.duban("item", number(6), "--json").stdout == before


@pytest.mark.soak
def test_a_date_before_today_is_refused(site: Site) -> None:
    liaison = _liaison(site, 7)
    site.duban("do", number(7), "sign", "--as", liaison)
    past = (date.today() - timedelta(days=40)).isoformat()  # noqa: DTZ011 - any past day will do
    asked = ("ask_extension", "--as", liaison, "--reason", "忙", "--text", "一半", "--to", past)
    assert "[date_in_past]" in site.duban("do", number(7), *asked, check=1).stderr


@pytest.mark.soak
def test_importing_shows_every_row_first_and_issues_only_what_was_confirmed(site: Site, tmp_path: Path) -> None:
    sheet = tmp_path / "台账.csv"
    sheet.write_text(
        "问题,整改措施,责任单位,整改时限\n阅览室开放时间不足,延长开放,县教育局,立行立改\n某事,某措施,县外星局,立行立改\n",
        "utf-8",
    )
    shown = json.loads(site.duban("import", sheet, "--dry-run", "--json").stdout)
    assert [f["state"] for f in shown["findings"]] == ["understood", "wrong"]
    assert shown["ignored_rows"] == [1]
    count = _count(site)
    site.duban("import", sheet, "--as", "p0001", check=2)  # nobody there to confirm
    assert _count(site) == count
    done = json.loads(site.duban("import", sheet, "--as", "p0001", "--yes", "--json").stdout)
    assert (done["issued"], done["wrong_findings"]) == (1, 1)
    assert _count(site) == count + 1
    assert "[already_issued]" in site.duban("import", sheet, "--as", "p0001", "--yes", check=1).stderr
    assert _count(site) == count + 1


def test_items_of_a_process_are_issued_from_the_command_line_once_seen(site: Site) -> None:
    asked = ("issue", "整改事项", "--title", "命令行交办的问题", "--variant", "at_once", "--unit", "县教育局")
    said = ("--answer", "measures=补齐", "--answer", "measures=抽查", "--as", "p0001")
    count = _count(site)
    seen = json.loads(site.duban(*asked, *said, "--dry-run", "--json").stdout)
    assert [one["refusal"] for one in seen["units"]] == [""]
    assert ["measures.2.what", "抽查"] in seen["matter"]
    assert _count(site) == count
    assert json.loads(site.duban(*asked, *said, "--yes", "--json").stdout)["issued"] == 1
    assert _count(site) == count + 1


def test_reading_a_register_needs_neither_a_server_nor_a_directory(tmp_path: Path) -> None:
    sheet = tmp_path / "台账.csv"
    sheet.write_bytes("问题,责任单位,整改时限\n甲,县教育局,２０２６年１２月３１日\n".encode("gb18030"))
    alone = Site(folder=tmp_path, address="", environment=environment_of(tmp_path / "data"))
    shown = json.loads(alone.duban("import", sheet, "--dry-run", "--json").stdout)
    assert shown["findings"][0]["lead_units"] == ["县教育局"]


def test_without_a_running_product_a_command_says_how_to_start_one(tmp_path: Path) -> None:
    alone = Site(folder=tmp_path, address="", environment=environment_of(tmp_path / "data"))
    alone.duban("load", "--example")
    done = alone.duban("do", "ZG2026-0001", "sign", "--as", "p2001", check=1)
    assert "duban up" in done.stderr


def test_a_second_up_on_the_same_folder_says_so_in_one_sentence(site: Site) -> None:
    done = site.duban("up", check=1)
    assert "正被另一个 duban 使用" in done.stderr


def test_loading_twice_is_the_same_as_once(site: Site) -> None:
    again = json.loads(site.duban("load", "--example", "--json").stdout)
    assert sum(table["new"] + table["changed"] for table in again) == 0


@pytest.mark.soak
def test_working_days_are_told_by_the_calendar(site: Site) -> None:
    assert "调休上班" in site.duban("calendar", "is", "2026-10-10").stdout
    assert "2026-10-08" in site.duban("calendar", "add", "2026-09-30", "1").stdout


@cache
def _liaisons(site: Site) -> dict[str, str]:
    """Who is liaison, by the name of the unit."""
    everyone = json.loads(site.duban("people", "--json").stdout)
    return {p["unit"]: str(p["id"]) for p in everyone if "liaison" in p["roles"]}


def _liaison(site: Site, n: int) -> str:
    return _liaisons(site)[json.loads(site.duban("item", number(n), "--json").stdout)["item"]["unit_name"]]


def _count(site: Site) -> int:
    """How many items the register holds, as the site tells it."""
    with urlopen(Request(f"{site.address}/api/v1/items?size=1", headers=site.signed("p0001")), timeout=20) as answer:
        total: int = json.load(answer)["total"]
    return total


def test_the_site_says_whether_it_is_ready(site: Site) -> None:
    with urlopen(f"{site.address}/api/v1/ready", timeout=20) as answer:
        assert json.load(answer) == {
            "ready": True,
            "ledger": True,
            "evidence": True,
            "engine": True,
            "worker": True,
            "said": {},
        }


@pytest.mark.soak
def test_an_id_that_another_command_has_used_is_refused_and_not_acknowledged(site: Site) -> None:
    liaison = _liaison(site, 8)
    site.duban("do", number(8), "sign", "--as", liaison, "--id", "same")
    reused = ("do", number(8), "submit", "--as", liaison, "--text", "方案", "--answer", "measures=一", "--id", "same")
    assert "[command_reused]" in site.duban(*reused, check=1).stderr
    site.duban("do", number(8), "submit", "--as", liaison, "--text", "方案", "--answer", "measures=一", "--id", "other")
    changed = (
        "do",
        number(8),
        "submit",
        "--as",
        liaison,
        "--text",
        "另一个方案",
        "--answer",
        "measures=一",
        "--id",
        "other",
    )
    assert "[command_reused]" in site.duban(*changed, check=1).stderr
    kinds = [e["kind"] for e in json.loads(site.duban("item", number(8), "--json").stdout)["entries"]]
    assert [k for k in kinds if k != "recalculated"] == ["issued", "signed", "submitted"]


@pytest.mark.soak
def test_an_auditor_looks_up_an_item_from_the_command_line(site: Site) -> None:
    no = number(8)
    entries = json.loads(site.duban("audit", "entries", "--item", no, "--json").stdout)["entries"]
    assert (entries[-1]["kind"], entries[-1]["stream"]) == ("issued", no)
    stood = json.loads(site.duban("audit", "at", no, entries[-1]["at"], "--json").stdout)
    assert {f["id"]: f["words"] for f in stood["before"]["features"]}["status"] == "待签收"
    assert "待签收" in site.duban("audit", "at", no, "2001-01-01", entries[-1]["at"]).stdout
    assert json.loads(site.duban("audit", "reads", "--item", no, "--json").stdout)["entries"] == []
    assert json.loads(site.duban("audit", "repeats", "--months", "6", "--json").stdout)["months"] == 6
    assert "[field_invalid]" in site.duban("audit", "at", no, "昨天", check=1).stderr
    assert "[field_invalid]" in site.duban("audit", "entries", "--from", "昨天", check=1).stderr
    site.duban("audit", "repeats", "--months", "0", check=2)
