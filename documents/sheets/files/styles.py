"""What a workbook's styles say of a cell: how much of a date it shows, words round a number, strike-through.

For the reading process only. ECMA-376 part 1, 18.8; built-in formats 27 to 36 and 50 to 58 as Chinese Office has them.
"""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from typing import Literal
from xml.parsers import expat

Shows = Literal["day", "month", "year", "time"]
"""The finest part of a date that stands in the cell."""

_BUILT_IN: dict[int, Shows] = {
    **dict.fromkeys((14, 15, 16, 22, 28, 29, 30, 31, 51, 53, 54, 58), "day"),
    **dict.fromkeys((17, 27, 36, 50, 52, 57), "month"),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56), "time"),
}
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]')
_HAN = re.compile("[\u4e00-\u9fff]")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
MAX_STYLES = 70_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """One cell format: what it shows of a date, the words before and after a number, and whether text is struck out."""

    shows: Shows | None = None
    around: tuple[str, str] | None = None
    struck: bool = False


PLAIN = Style()


def read_styles(xml: bytes) -> tuple[Style, ...]:
    """The cell formats of `styles.xml`, by their index. Raises ElementTree.ParseError."""
    root = ElementTree.fromstring(xml)
    codes: dict[int, str] = {}
    struck: list[bool] = []
    found: list[Style] = []
    for part in root:
        name = _local(part.tag)
        if name == "numFmts":
            codes = {_number(one.get("numFmtId")): one.get("formatCode", "") for one in part}
        elif name == "fonts":
            struck = [any(_is_strike(mark) for mark in font) for font in part]
        elif name == "cellXfs":
            for one in list(part)[:MAX_STYLES]:
                format_id, font = _number(one.get("numFmtId")), _number(one.get("fontId"))
                code = codes.get(format_id)
                found.append(
                    Style(
                        shows=_BUILT_IN.get(format_id) if code is None else shows(code),
                        around=None if code is None else around(code),
                        struck=font < len(struck) and struck[font],
                    )
                )
    return tuple(found)


def _is_strike(mark: ElementTree.Element) -> bool:
    return _local(mark.tag) in {"strike", "dstrike"} and mark.get("val", "1").lower() not in {"0", "false"}


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 7 else 0


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def shows(code: str) -> Shows | None:
    """The finest part of a date that the format code shows; None when it shows no date at all."""
    bare = _LITERAL.sub(" ", code.split(";")[0]).lower()
    bare = re.sub(r"am/pm|a/p|上午/下午|general", " ", bare)
    bare = re.sub(r"(?<=h)[^a-z]*m+|m+(?=[^a-z]*s)", " ", bare)  # minutes
    if "d" in bare:
        return "day"
    if "m" in bare:
        return "month"
    if re.search("[ye]", bare) and not re.search("[0#]", bare):
        return "year"
    return "time" if re.search("[hs]", bare) else None


def around(code: str) -> tuple[str, str] | None:
    """The words that the format puts before and after a whole number, such as 个工作日; None when it puts none."""
    section = code.split(";")[0]
    found = re.fullmatch(r'((?:"[^"]*"|\\.)*)(?:\[[^\]]*\])?(?:#,##)?0((?:"[^"]*"|\\.)*)', section)
    if not found:
        return None
    before, after = (_LITERAL.sub(lambda m: m[1] or m[2] or "", one) for one in found.groups())
    return (before, after) if _HAN.search(before + after) else None


TextRuns = list[tuple[str, bool]]
"""A text in pieces, each with whether it is struck out."""


class _Strings:
    """Follows the shared strings; keeps those that are struck out in part or whole."""

    def __init__(self) -> None:
        self.found: dict[int, TextRuns] = {}
        self.index = -1
        self.runs: TextRuns = []
        self.struck = self.inside = self.phonetic = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "si":
            self.index, self.runs = self.index + 1, []
        elif name == "r":
            self.struck = False
        elif name == "rPh":
            self.phonetic = True
        elif name == "strike":
            self.struck = attributes.get("val", "1").lower() not in {"0", "false"}
        elif name == "t":
            self.inside = not self.phonetic

    def text(self, data: str) -> None:
        if self.inside:
            self.runs.append((data, self.struck))

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "t":
            self.inside = False
        elif name == "rPh":
            self.phonetic = False
        elif name == "r":
            self.struck = False
        elif name == "si" and any(struck for _, struck in self.runs):
            self.found[self.index] = [(_unescaped(text), struck) for text, struck in self.runs]


def struck_strings(xml: bytes) -> dict[int, TextRuns]:
    """The shared strings that are struck out in part or whole, by their index. What cannot be parsed has none."""
    if b"strike" not in xml:
        return {}
    reader = _Strings()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(xml, True)
    except expat.ExpatError:  # the library that reads the values says so
        return {}
    return reader.found


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
