"""A blank that came back, as answers by place; or every cell that cannot be taken, with what was expected there.

Nothing is guessed and nothing is taken in part. What has not been filled in is no fault: the answers become a draft,
which somebody looks through and hands in.
"""

from collections.abc import Callable, Iterator

from documents.blanks.layout import (
    BLANK_HEADINGS,
    HEAD_ROW,
    HINT,
    LABEL,
    LISTS,
    MAIN_SHEET,
    MARK_ROW,
    NO_ROW,
    TABLE_HEAD,
    UPLOADED_ON_PAGE,
    VALUE,
    BlankCell,
    BlankSheet,
    cells,
    column_label,
    lines,
    tables,
)
from documents.sheets.cells import Cell, Sheet, address, clean, number_text
from documents.sheets.files.workbook import ReadWorkbook
from rules.forms.answers import AnswerFault, AnswersRefused, canonical, expected_of
from rules.forms.form import NUMERIC, AnswerKind, Question

UnitId = Callable[[str], str]
"""The id of the unit of that name or alias, or of that id; empty where there is none."""
DOWNLOAD_AGAIN = "重新下载一份再填"
_YES = frozenset({"是", "√", "✓", "TRUE", "yes", "1"})
_NO = frozenset({"否", "FALSE", "no", "0"})
_SHOWN = 40


class _WrongCell(ValueError):
    """What stands in a cell, and what was expected there."""


def read_number(book: ReadWorkbook) -> str:
    """The number of the item whose blank this is; empty where it is none."""
    return _head(book, NO_ROW)


def read_mark(book: ReadWorkbook) -> str:
    """What marks its questions; empty where it is no blank."""
    return _head(book, MARK_ROW)


def _head(book: ReadWorkbook, row: int) -> str:
    page = next((sheet for sheet in book.sheets if sheet.name == MAIN_SHEET), None)
    return clean(page.cell(row, VALUE).text) if page else ""


def read_blank(book: ReadWorkbook, blank: BlankSheet, unit_id: UnitId) -> dict[str, str]:
    """The answers, canonical, by place. Raises AnswersRefused, whose faults are named by sheet and cell."""
    faults = [*_foreign(book, blank)] or [*_changed(book, blank)]
    if faults:
        raise AnswersRefused(faults)
    found: dict[str, str] = {}
    for sheet, places in _pages(book, blank):
        for place in places:
            try:
                said = _said(sheet, place, unit_id)
            except _WrongCell as wrong:
                faults.append(_fault(place.address, place.label, *wrong.args))
                continue
            if said:
                found[place.at] = f"{found[place.at]},{said}" if place.option and place.at in found else said
        faults += _beside(sheet, places)
    if faults:
        raise AnswersRefused(faults)
    return found


def _foreign(book: ReadWorkbook, blank: BlankSheet) -> Iterator[AnswerFault]:
    """It is not this item's blank, or not these questions'."""
    page = next((sheet for sheet in book.sheets if sheet.name == MAIN_SHEET), None)
    if page is None:
        names = "、".join(sheet.name for sheet in book.sheets) or "没有工作表"
        yield _fault(
            f"{MAIN_SHEET}!A1", "工作表", f"有的是“{names[:_SHOWN]}”", f"“{MAIN_SHEET}”：从事项页面下载的填报表"
        )
        return
    no, mark = read_number(book), read_mark(book)
    if no != blank.no:
        yield _fault(
            f"{MAIN_SHEET}!B{NO_ROW + 1}", "事项编号", f"是“{no[:_SHOWN]}”", f"{blank.no}：这是别的事项的填报表"
        )
    elif mark != blank.mark:
        expected = f"{blank.mark}：题目或环节已经变了，请{DOWNLOAD_AGAIN}"
        yield _fault(f"{MAIN_SHEET}!B{MARK_ROW + 1}", "题目校验", f"是“{mark[:_SHOWN]}”", expected)


def _changed(book: ReadWorkbook, blank: BlankSheet) -> Iterator[AnswerFault]:
    """Rows, columns or sheets are not where they were."""
    for name, where in book.beyond:
        yield _fault(f"{name}!{where}", "表的范围", "有内容", f"空着：表外不填，请{DOWNLOAD_AGAIN}")
    here = {sheet.name: sheet for sheet in book.sheets}
    main = here[MAIN_SHEET]
    wanted = [(HEAD_ROW, column, words) for column, words in enumerate(BLANK_HEADINGS)]
    wanted += [(place.row, LABEL, place.label) for place in lines(blank.form)]
    yield from _unlike(main, wanted)
    for table in tables(blank.form):
        if table.name not in here:
            yield _fault(f"{table.name}!A1", "工作表", "没有这一张", f"“{table.name}”，请{DOWNLOAD_AGAIN}")
            continue
        heads = [(TABLE_HEAD, 0, "行")]
        heads += [(TABLE_HEAD, n, column_label(column)) for n, column in enumerate(table.field.columns, 1)]
        yield from _unlike(here[table.name], heads)
    known = {MAIN_SHEET, LISTS, *(table.name for table in tables(blank.form))}
    for name in here:
        if name not in known:
            yield _fault(f"{name}!A1", "工作表", f"多了“{name[:_SHOWN]}”", "只有下载时的各张")


def _unlike(sheet: Sheet, wanted: list[tuple[int, int, str]]) -> Iterator[AnswerFault]:
    for row, column, words in wanted:
        stands = clean(sheet.cell(row, column).text)
        if stands != clean(words):
            actual = f"写的是“{stands[:_SHOWN]}”" if stands else "是空的"
            yield _fault(
                f"{sheet.name}!{address(row, column)}", "题目", actual, f"“{words}”：行列不要增删，请{DOWNLOAD_AGAIN}"
            )


def _pages(book: ReadWorkbook, blank: BlankSheet) -> Iterator[tuple[Sheet, tuple[BlankCell, ...]]]:
    here = {sheet.name: sheet for sheet in book.sheets}
    yield here[MAIN_SHEET], lines(blank.form)
    for table in tables(blank.form):
        yield here[table.name], tuple(cells(table))


def _beside(sheet: Sheet, places: tuple[BlankCell, ...]) -> Iterator[AnswerFault]:
    """What stands where nothing is asked: it would be lost."""
    taken = {(place.row, place.column) for place in places}
    last = max(row for row, _ in taken) if taken else HEAD_ROW
    own = HINT if sheet.name == MAIN_SHEET else 0
    for row in range(len(sheet.rows)):
        for column in sheet.filled(row):
            inside = row <= last and (column <= own or (sheet.name != MAIN_SHEET and row <= TABLE_HEAD))
            if (row, column) not in taken and not inside:
                text = sheet.cell(row, column).text
                expected = "空着：这里没有要填的，写了也不会收"
                yield _fault(f"{sheet.name}!{address(row, column)}", "表外", f"写的是“{text[:_SHOWN]}”", expected)


def _said(sheet: Sheet, place: BlankCell, unit_id: UnitId) -> str:
    """The cell's answer, canonical; empty where there is none. Raises _WrongCell."""
    one, where, cell = place.question, address(place.row, place.column), sheet.cell(place.row, place.column)
    expected = expected_of(one)
    if where in sheet.formulas:
        raise _WrongCell("是公式", f"直接写下的值，{expected}")
    if where in sheet.errors:
        raise _WrongCell("是出错的值", expected)
    if cell.struck:
        raise _WrongCell(f"有划掉的字“{cell.struck[:_SHOWN]}”", f"只留要填的，{expected}")
    if one.kind is AnswerKind.EVIDENCE:
        if clean(cell.text) not in ("", UPLOADED_ON_PAGE):
            raise _WrongCell(f"写的是“{cell.text[:_SHOWN]}”", "材料在网页上传")
        return ""
    if cell.blank:
        return ""
    if place.option:
        return place.option.id if _chosen(cell) else ""
    text = _text(one, cell)
    if one.kind is AnswerKind.UNIT:
        text = unit_id(text)
        if not text:
            raise _WrongCell(f"写的是“{cell.text[:_SHOWN]}”", "名录里的一个单位，按全称写")
    try:
        return canonical(one, text)
    except ValueError as wrong:
        raise _WrongCell(*wrong.args) from wrong


def _chosen(cell: Cell) -> bool:
    text = clean(cell.text)
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise _WrongCell(f"写的是“{text[:_SHOWN]}”", "是，或空着")


def _text(one: Question, cell: Cell) -> str:
    """What the cell says, as it would be written on the page. Raises _WrongCell where that cannot be told."""
    match one.kind:
        case AnswerKind.YES_NO:
            text = clean(cell.text)
            return "yes" if text in _YES else "no" if text in _NO else text
        case AnswerKind.MONTH:
            day = cell.kept or cell.day
            return day.isoformat()[:7] if day else clean(cell.text)
        case AnswerKind.DATE:
            return cell.day.isoformat() if cell.day else clean(cell.text)
        case AnswerKind.PERCENT:
            return _percent(cell)
    if one.kind in NUMERIC and cell.number is not None:
        return number_text(cell.number)
    return cell.text.strip() if one.kind is AnswerKind.TEXT else clean(cell.text)


def _percent(cell: Cell) -> str:
    if cell.number is None:
        return clean(cell.text).removesuffix("%").removesuffix("％").strip()
    if 0 < cell.number <= 1:  # a spreadsheet keeps 12.5% as 0.125
        shown = number_text(cell.number)
        raise _WrongCell(f"是数 {shown}，分不清是 {shown}% 还是它的百倍", "写成文字，如 12.5%")
    return number_text(cell.number)


def _fault(where: str, label: str, actual: str, expected: str) -> AnswerFault:
    return AnswerFault(at=where, label=f"{where} {label}", actual=actual, expected=expected)
