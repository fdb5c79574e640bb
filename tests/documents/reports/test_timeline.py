"""An item's timeline: all that its entries say, on a page that needs nothing else, and the same as a PDF."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from desk.timeline import timeline_of
from documents.reports import press, printing, timeline
from documents.reports.timeline import as_html, as_pdf
from ledger.store.canonical import parse
from ledger.store.database import Database
from rules.errors import RuleViolation
from tests.documents.reports.conftest import HOSTILE

VOID = {"meta", "br", "link"}


def of(database: Database, no: str = "XX2026-0001") -> dict[str, Any]:
    with database.read() as connection:
        return timeline_of(connection, no)


def words(pdf: bytes, tmp_path: Path) -> str:
    """The PDF's text, where this machine has a program that reads it."""
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    path = tmp_path / "t.pdf"
    path.write_bytes(pdf)
    return subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout


class Page(HTMLParser):
    """What a page is made of: its tags, what they refer to, its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_every_entry_says_when_who_what_why_who_heard_and_its_hash(database: Database) -> None:
    data = of(database)
    assert (data["no"], data["title"], data["unit"]) == ("XX2026-0001", "制度执行不严", "农科院")
    assert [entry["seq"] for entry in data["entries"]] == list(range(1, 8))
    issued, signed, *_ = data["entries"]
    assert issued["who"] == "杜查"
    assert issued["at"] == "2026-03-02 10:00:00"
    assert issued["what"].startswith("交办给农科院")
    assert issued["told"] == "李安（联络员）、林一白（联络员）"
    assert "从2026年3月2日的次日起算。" in issued["because"]
    assert issued["late_by"].endswith("天")
    assert (signed["who"], signed["role"], signed["unit"]) == ("李安", "联络员", "农科院")
    assert data["head"] == data["entries"][-1]["hash"]
    assert len([entry for entry in data["entries"] if entry["late"]]) == 1


def test_the_data_are_plain_json(database: Database) -> None:
    data = of(database)
    again = json.loads(json.dumps(data))
    assert as_html(again) == as_html(data)


def test_an_unknown_item_has_none(database: Database) -> None:
    with pytest.raises(RuleViolation) as refused:
        of(database, "XX2026-9999")
    assert refused.value.code == "unknown_item"


def test_the_page_needs_nothing_but_itself(database: Database) -> None:
    html = as_html(of(database))
    page = Page(html)
    assert page.open == []
    assert page.links == []
    assert not {"script", "img", "iframe", "object", "form", "link", "base"} & set(page.tags)
    assert re.search(r"url\(|@import|javascript:|https?:", html) is None


@pytest.mark.parametrize("n", range(len(HOSTILE)))
def test_whatever_somebody_wrote_is_only_read(database: Database, n: int) -> None:
    data = of(database, f"XX2026-{n + 100:04d}")
    page = Page(as_html(data))
    assert page.open == []
    assert "script" not in page.tags
    assert data["title"] in page.words
    assert re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", page.words) is None


def test_the_pdf_of_the_same_data_is_the_same_to_the_byte(database: Database) -> None:
    data = of(database)
    first = as_pdf(data)
    assert first.startswith(b"%PDF-")
    assert as_pdf(data) == first
    assert as_pdf({**data, "unit": "别的单位"}) != first


def test_the_pdf_says_what_the_page_says(database: Database, tmp_path: Path) -> None:
    data = {**of(database), "seal": "第 3 号 a1b2 c3d4 e5f6 0718", "content_hash": "ab" * 32}
    text = words(as_pdf(data), tmp_path)
    for entry in data["entries"]:
        assert entry["hash"] in text
    assert "a1b2 c3d4 e5f6 0718" in text
    assert "ab" * 32 in text


@pytest.mark.parametrize("n", range(len(HOSTILE)))
def test_whatever_somebody_wrote_can_be_printed(database: Database, n: int, tmp_path: Path) -> None:
    data = of(database, f"XX2026-{n + 100:04d}")
    text = words(as_pdf(data), tmp_path)
    shown = "".join(text.replace("\u200b", "").split())  # places to break in what has none
    assert "".join(data["title"].split())[:6] in shown


def test_many_entries_go_over_many_pages(database: Database, tmp_path: Path) -> None:
    data = of(database)
    data["entries"] = [{**entry, "seq": n} for n in range(20) for entry in data["entries"]]
    text = words(as_pdf(data), tmp_path)
    pages = re.findall(r"第\s*(\d+)\s*/\s*(\d+)\s*页", text)
    assert len(pages) > 5
    assert pages == [(str(n), str(len(pages))) for n in range(1, len(pages) + 1)]


def test_a_page_or_a_pdf_of_a_short_life_stands_too(database: Database) -> None:
    data = {**of(database), "entries": [], "about": [], "state": []}
    assert Page(as_html(data)).open == []
    assert as_pdf(data).startswith(b"%PDF-")


def test_a_font_that_is_missing_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wrong.typ").write_text('#set text(font: "没有这种字体")\n字')
    monkeypatch.setattr(press, "REPORTS_FOLDER", tmp_path)
    with pytest.raises(RuntimeError, match="unknown font"):
        press.typeset("wrong", {}, 0)


def test_a_template_reaches_no_file_outside_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wrong.typ").write_text('#read("/etc/hostname")')
    monkeypatch.setattr(press, "REPORTS_FOLDER", tmp_path)
    with pytest.raises(RuntimeError):
        press.typeset("wrong", {}, 0)


def test_what_cannot_be_printed_is_refused_in_words(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuleViolation, match="PDF 没有排成"):
        as_pdf({"dated": "2026-11-25T00:00:00.000000Z"})
    monkeypatch.setattr(printing, "PRINTING_SECONDS", 0.01)
    with pytest.raises(RuleViolation, match="超过 0 秒"):
        as_pdf(of(database))


def test_a_timeline_is_made_of_what_the_ledger_holds_and_of_no_clock(database: Database) -> None:
    data = of(database)
    with database.read() as connection:
        last = connection.exec_driver_sql("SELECT recorded_at, told FROM entry WHERE stream='XX2026-0001' ORDER BY seq")
        recorded = last.all()
    assert data["dated"] == recorded[-1][0]
    assert [bool(entry["told"]) for entry in data["entries"]] == [bool(parse(told)) for _, told in recorded]
    assert timeline.as_html(of(database)) == timeline.as_html(data)
