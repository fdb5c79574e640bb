"""Who answers for a finding and who helps, from the columns that name units. Pure."""

import re
from collections.abc import Iterable

from documents.sheets.cells import clean, column_letter, printable
from documents.sheets.drafts import FindingDraft
from documents.sheets.meanings import TITLE_COLUMN
from documents.sheets.names import Match, Mention, NameReader, is_person, read_units
from documents.sheets.rows import Taken, squeezed

_MAX_CHARACTERS, _MAX_MENTIONS = 5_000, 200
_OWNER_LINE = re.compile(
    "^(?:填报|责任|整改|报送|上报|制表)?(?:单位|部门)(?:名称)?(?:[(（](?:盖章|公章|签章)[)）])?[:：](.+)$"
)


def read_parties(draft: FindingDraft, names: NameReader) -> tuple[dict[str, str], dict[str, str]]:
    """Lead and co-units: canonical name to id, in the order written."""
    lead, co, plain = (_mentions(draft, names, meaning) for meaning in ("lead", "co", "units"))
    leads = [one for _, one in lead if one.role != "co"]
    helpers = [one for _, one in [*lead, *co] if one.role == "co" or (_, one) in co]
    if leads:
        for taken, one in plain:
            draft.note(taken.address, "已有牵头单位，责任单位按协办理解", "guess")
            helpers.append(one)
    else:
        leads, more = _divided(draft, plain)
        helpers += more
    lead_names = _named(leads)
    co_names = {name: i for name, i in _named(helpers).items() if name not in lead_names}
    if not lead_names and not any(note.code == "unknown_unit" for note in draft.notes):
        lead_names = _no_lead(draft, names, bool(co_names))
    return lead_names, co_names


def _divided(draft: FindingDraft, plain: list[tuple[Taken, Mention]]) -> tuple[list[Mention], list[Mention]]:
    """A plain column's units: all lead, unless the cell itself says who leads."""
    said = any(one.role == "lead" for _, one in plain)
    leads = [one for _, one in plain if one.role == "lead" or (one.role is None and not said)]
    helpers = [one for _, one in plain if one.role == "co"]
    one_leads = any(one.role == "lead" and not one.shared for _, one in plain)
    for taken, one in plain:
        if one_leads and one.shared:
            draft.note(taken.address, f"“{one.match.written}”写的是按职责分工负责，按牵头理解", "guess")
        if said and one.role is None:
            draft.note(taken.address, f"“{one.match.written}”没有写是牵头还是配合，按协办理解", "guess")
            helpers.append(one)
    return leads, helpers


def _mentions(draft: FindingDraft, names: NameReader, meaning: str) -> list[tuple[Taken, Mention]]:
    mentions: list[tuple[Taken, Mention]] = []
    for taken in draft.group(meaning):
        text = printable(draft.repeated(meaning, taken))
        draft.above[meaning] = text or draft.above.get(meaning, "")
        if squeezed(text) in {"-", "—", "/", "无", "——", "--", "\\"}:
            continue
        found = read_units(text[:_MAX_CHARACTERS], names)
        if len(found) > _MAX_MENTIONS or len(text) > _MAX_CHARACTERS:
            draft.note(taken.address, f"单位超过 {_MAX_MENTIONS} 个；应分行填写", "wrong", "field_too_long")
            found = found[:_MAX_MENTIONS]
        if re.search("人|领导", draft.heading.columns[taken.column].heading):
            found = _without_people(draft, taken, found)
        for one in found:
            _note_match(draft, taken, one.match)
        mentions += [(taken, one) for one in found]
    return mentions


def _without_people(draft: FindingDraft, taken: Taken, mentions: list[Mention]) -> list[Mention]:
    """The units alone, where a column is headed 责任单位及责任人; the people among them are kept for the draft."""
    units: list[Mention] = []
    for one in mentions:
        if not one.match.units and is_person(one.match.written):
            draft.note(taken.address, f"“{one.match.written}”按责任人理解", "guess")
            draft.people.append(one.match.written)
        else:
            units.append(one)
    return units


def _note_match(draft: FindingDraft, taken: Taken, match: Match) -> None:
    if match.level == "wrong":
        draft.note(taken.address, match.says, "wrong", "unknown_unit")
    elif match.level in {"guess", "info"} and match.says:
        draft.note(taken.address, match.says, "guess" if match.level == "guess" else "info")


def _no_lead(draft: FindingDraft, names: NameReader, helped: bool) -> dict[str, str]:
    columns = draft.heading.having("lead") or draft.heading.having("units")
    owner = None if columns else _owner_above(draft)
    if owner:
        written, cell = owner
        matches = read_units(written, names)
        if matches and all(one.match.level != "wrong" for one in matches):
            draft.note(cell, f"表里没有责任单位一栏，按表头上方的“{written}”理解", "guess")
            return _named(matches)
    if columns:
        where = draft.first(columns[0]).address
        what = "只有配合单位，没有牵头单位" if helped else "缺少责任单位"
    else:
        where, what = draft.first(draft.heading.having(TITLE_COLUMN)[0]).address, "表里没有责任单位一栏"
    draft.note(where, f"{what}；应写明牵头的单位", "wrong", "field_missing")
    return {}


def _owner_above(draft: FindingDraft) -> tuple[str, str] | None:
    """The unit that a line above the heading names, and its cell: 填报单位：县教育局."""
    for row in range(draft.table.heading.top):
        for column in draft.table.sheet.filled(row):
            found = _OWNER_LINE.match(clean(draft.table.sheet.cell(row, column).text))
            if found:
                return found[1].strip(), f"{column_letter(column)}{row + 1}"
    return None


def _named(mentions: Iterable[Mention]) -> dict[str, str]:
    """Canonical names with their ids; a name that stands for no known unit is kept as written, without an id."""
    named: dict[str, str] = {}
    for one in mentions:
        if one.match.units:
            named.update({unit.name: unit.id for unit in one.match.units})
        elif one.match.written:
            named.setdefault(one.match.written, "")
    return named
