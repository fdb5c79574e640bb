"""Drafts and files: whose they are, how long they last, what comes back into them. Without an engine: nothing is
submitted."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select, update

from desk import unfinished
from desk.acting import issuer
from desk.blanks.many import fill_many, round_sheets
from desk.blanks.one import blank_for, fill
from desk.caller import on_site
from desk.registers.rounds_kept import open_by_hand
from desk.unfinished import FormAsked, KeptHalf, Slot
from documents.sheets.files.workbook import read_workbook
from ledger.chain import batches, lookup
from ledger.chain.batches import NewItem
from ledger.chain.entries import ENTRY, ITEM
from ledger.directory import halves, people
from ledger.directory.erasing import ErasureRequest, erase_person
from ledger.directory.halves import UNFINISHED
from ledger.rounds.campaigns import load_campaigns
from ledger.rounds.coming import step
from ledger.rounds.rows import batch_of
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.forms.answers import AnswersRefused
from rules.machine.commands import CommandKind, Via
from rules.machine.issuing import Order
from rules.process import Role
from tests.support.product import ADMINISTRATOR, LEADER, SUPERVISOR, known_county
from tests.support.shipped import every_campaign
from tests.support.two.people import by_two

NOW = datetime.now(UTC)
SUBMIT = Slot(kind=CommandKind.SUBMIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class County:
    """A county with one election, and those who may and may not hand in its form."""

    database: Database
    no: str
    liaison: str
    other: str
    stranger: str

    def asked(self, person: str = "") -> FormAsked:
        with self.database.read() as connection:
            return unfinished.asked_for(connection, self.no, person or self.liaison, SUBMIT, NOW)

    def keep(self, answers: dict[str, str], **said: Any) -> KeptHalf:
        kept = unfinished.keep(self.database, self.asked(), answers, said.pop("now", NOW), **said)
        assert kept
        return kept

    def half(self, asked: FormAsked | None = None) -> unfinished.FoundHalf | None:
        of = asked or self.asked()
        with self.database.read() as connection:
            return unfinished.kept(connection, of.process, of.state, of.person).get(of.slot.key)

    def rows(self) -> int:
        with self.database.read() as connection:
            return len(connection.execute(select(UNFINISHED.c.no)).all())

    def file(self) -> bytes:
        with self.database.read() as connection:
            return blank_for(connection, self.no, self.liaison, SUBMIT, NOW).data

    def changed(self, change: Callable[[Any], None]) -> bytes:
        book = openpyxl.load_workbook(io.BytesIO(self.file()))
        change(book)
        into = io.BytesIO()
        book.save(into)
        return into.getvalue()


def issued(database: Database, process: str, variant: str, units: list[str]) -> list[str]:
    with database.write() as connection:
        items = [
            NewItem(
                process=process,
                variant=variant,
                import_key=unit,
                order=Order(no="", unit=people.unit_ref(connection, unit), title="机关党支部换届"),
            )
            for unit in units
        ]
        actor = issuer(connection, on_site(SUPERVISOR))
        batches.save(connection, "batch", items, filename="", title="", reading={}, actor=actor, now=NOW)
        batches.confirm(connection, "batch", actor, NOW)
        batches.issue_chunk(connection, "batch", 500, NOW)
        return list(connection.execute(select(ITEM.c.no).order_by(ITEM.c.no)).scalars())


def liaison_of(database: Database, no: str) -> str:
    with database.read() as connection:
        unit = lookup.item_row(connection, no)["unit"]
        everybody = people.everybody(connection)
    return next(p.id for p in everybody for post in p.posts if (post.unit, post.role) == (unit, "liaison"))


@pytest.fixture
def county(tmp_path: Path) -> County:
    database = known_county(tmp_path / "county")
    no, other = issued(database, "election", "direct", ["县教育局", "县审计局"])
    return County(
        database=database, no=no, other=other, liaison=liaison_of(database, no), stranger=liaison_of(database, other)
    )


def test_a_draft_is_kept_and_shown_to_its_person_only_and_the_last_one_counts_visibly(county: County) -> None:
    first = county.keep({"voters": "50", "seats": " "}, said={"text": "说明"}, seen="")
    assert first.over == ""
    second = county.keep({"voters": "51"}, seen=first.at, now=NOW + timedelta(seconds=5))
    assert second.over == "", "went on from what was kept"
    third = county.keep({"voters": "52"}, seen=first.at, now=NOW + timedelta(seconds=9))
    assert third.over == second.at, "another window had kept something in between"
    half = county.half()
    assert half
    assert (half.half.answers, half.changed) == ({"voters": "52"}, False)
    assert county.half(replace(county.asked(), person=county.stranger)) is None
    assert county.rows() == 1
    unfinished.drop(county.database, no=county.no, person=county.liaison, slot=SUBMIT)
    assert county.rows() == 0


def test_only_who_may_hand_the_form_in_may_keep_a_draft_or_take_the_file(county: County) -> None:
    for person in (county.stranger, SUPERVISOR, ADMINISTRATOR):
        with pytest.raises(RuleViolation) as refusal:
            county.asked(person)
        assert refusal.value.code in (Code.WRONG_ROLE, Code.WRONG_STEP)
        with pytest.raises(RuleViolation), county.database.read() as connection:
            blank_for(connection, county.no, person, SUBMIT, NOW)
    with pytest.raises(RuleViolation) as refusal, county.database.read() as connection:
        unfinished.asked_for(connection, county.no, county.liaison, Slot(kind=CommandKind.REMARK), NOW)
    assert refusal.value.code is Code.WRONG_ROLE


def test_a_draft_is_bounded(county: County) -> None:
    with pytest.raises(RuleViolation) as refusal:
        county.keep({"voters": "5" * (unfinished.SIZE_LIMIT + 1)})
    assert refusal.value.code is Code.FIELD_TOO_LONG


def test_of_a_form_that_has_changed_its_draft_shows_the_fields_that_are_still_asked_for(county: County) -> None:
    county.keep({"voters": "50", "gone": "旧的"})
    with county.database.write() as connection:
        connection.execute(update(UNFINISHED).values(mark="of another version"))
    half = county.half()
    assert half
    assert (half.changed, half.left_out, half.half.answers) == (True, 1, {"voters": "50"})


def test_no_draft_outlives_its_step_its_name_or_its_time(county: County) -> None:
    county.keep({"voters": "50"})
    with county.database.write() as connection:
        assert halves.sweep(connection, NOW + timedelta(days=59)) == 0
        assert halves.sweep(connection, NOW + timedelta(days=61)) == 1, "nobody went on with it"
    county.keep({"voters": "50"})
    with county.database.write() as connection:
        connection.execute(update(UNFINISHED).values(named=True))
        assert halves.sweep(connection, NOW + timedelta(days=6)) == 0
        assert halves.sweep(connection, NOW + timedelta(days=8)) == 1, "names are kept a week"
    county.keep({"voters": "50"})
    with county.database.write() as connection:
        connection.execute(update(UNFINISHED).values(step="another"))
        assert halves.sweep(connection, NOW) == 1, "the item is somewhere else by now"


def test_a_name_that_is_erased_is_in_no_draft(county: County) -> None:
    with county.database.read() as connection:
        name = people.somebody(connection, county.stranger).name
    asked = ErasureRequest(by=ADMINISTRATOR, via=Via.SITE, reason="本人申请", now=NOW)
    county.keep({"voters": f'“{name}”"'})
    by_two(county.database, lambda: erase_person(county.database, county.stranger, asked), LEADER)
    assert county.rows() == 0, "it stood in somebody else's"
    county.keep({"voters": "50"})
    by_two(county.database, lambda: erase_person(county.database, county.liaison, asked), LEADER)
    assert county.rows() == 0, "it was theirs"


def test_a_file_fills_the_draft_and_what_is_wrong_with_it_changes_nothing(county: County) -> None:
    county.keep({"voters": "50"})

    def seats(value: object) -> Callable[[Any], None]:
        def change(book: Any) -> None:
            page = book["填报"]
            row = next(r for r in range(9, 30) if str(page.cell(r, 1).value).startswith("应选名额"))
            page.cell(row, 2).value = value

        return change

    bad = read_workbook(county.changed(seats("两名")), "表.xlsx")
    with pytest.raises(AnswersRefused) as refusal:
        fill(county.database, county.no, bad, "表.xlsx", county.liaison, NOW)
    (fault,) = refusal.value.faults
    assert fault.at.startswith("填报!B")
    assert "写的是“两名”" in fault.sentence
    half = county.half()
    assert half
    assert half.half.answers == {"voters": "50"}, "nothing is taken in part"

    good = read_workbook(county.changed(seats(2)), "表.xlsx")
    filled = fill(county.database, county.no, good, "表.xlsx", county.liaison, NOW + timedelta(minutes=1))
    half = county.half()
    assert half
    assert half.half.answers == {"voters": "50", "seats": "2"}, "what was kept went out with the file"
    assert (half.half.source, filled.answers, bool(filled.over)) == ("表.xlsx", 2, True)
    with county.database.read() as connection:
        assert lookup.item_row(connection, county.no)["seq"] == 1, "nothing is submitted"
    with pytest.raises(RuleViolation, match="现在没有要您填的表"):
        fill(county.database, county.no, good, "表.xlsx", SUPERVISOR, NOW)
    with pytest.raises(AnswersRefused) as foreign:
        fill(county.database, county.other, good, "表.xlsx", county.stranger, NOW)
    assert [fault.at for fault in foreign.value.faults] == ["填报!B2"]


def test_a_zip_comes_back_with_a_report_for_each_file(county: County, tmp_path: Path) -> None:
    own = county.file()
    with county.database.read() as connection:
        foreign = blank_for(connection, county.other, county.stranger, SUBMIT, NOW).data
    path = tmp_path / "back.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("一/甲.xlsx", own)
        archive.writestr("乙.xlsx", own)
        archive.writestr("丙.xlsx", foreign)
        archive.writestr("丁.txt", "说明")
        archive.writestr("__MACOSX/._甲.xlsx", b"")
    with path.open("rb") as file:
        reports = {one.file: one for one in fill_many(county.database, file, county.liaison, NOW)}
    assert {name: one.taken for name, one in reports.items()} == {
        "一/甲.xlsx": True,
        "乙.xlsx": False,
        "丙.xlsx": False,
        "丁.txt": False,
    }
    assert "前面已有一份（甲.xlsx）" in reports["乙.xlsx"].words
    assert "没有要您填的表" in reports["丙.xlsx"].words
    with pytest.raises(RuleViolation, match="zip"), io.BytesIO(b"no zip") as nothing:
        list(fill_many(county.database, nothing, county.liaison, NOW))


def test_a_rounds_forms_go_out_in_one_zip_and_who_took_them_stands_in_the_ledger(tmp_path: Path) -> None:
    database = known_county(tmp_path / "county")
    with database.write() as connection:
        load_campaigns(connection, every_campaign(), NOW - timedelta(days=30))
    name = open_by_hand(database, "visits", on_site(SUPERVISOR), NOW).round
    with database.write() as connection:
        step(connection, name, NOW)
        batches.issue_chunk(connection, batch_of(name), 10, NOW)
    with round_sheets(database, name, on_site(SUPERVISOR), NOW) as made:
        with zipfile.ZipFile(made.path) as archive:
            names = archive.namelist()
            book = openpyxl.load_workbook(io.BytesIO(archive.read(names[0])))
        assert (made.files, made.left_out, len(names)) == (6, 0, 6)
    assert (book["填报"]["B4"].value, book.sheetnames[1]) == ("第一片组（党群）", "发现的问题")
    with database.read() as connection:
        body = connection.execute(select(ENTRY.c.body).where(ENTRY.c.kind == "exported")).scalar_one()
        number, area = next(iter(connection.execute(select(ITEM.c.no, ITEM.c.area))))
        instructor = people.holders(connection, Role.INSTRUCTOR, area=area)[0]
    said = json.loads(body)
    assert (said["what"], said["format"], said["rows"], said["file_hash"]) == ("填报表", "zip", 6, made.file_hash)
    assert number in names[0]
    with made_again(database, name) as path, path.open("rb") as file:
        reports = list(fill_many(database, file, instructor, NOW, name))
    assert [one.taken for one in reports].count(True) == 1, "of their own area's item only"


@contextmanager
def made_again(database: Database, name: str) -> Iterator[Path]:
    with round_sheets(database, name, on_site(SUPERVISOR), NOW) as made:
        yield made.path
