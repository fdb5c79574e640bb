"""One cell of measures into the single measures. Pure."""

import re
import unicodedata

from documents.sheets.cells import clean

_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三", "十四", "十五")
_ANY = "十[一二三四五]?|[一二三四五六七八九]"
# How measures are counted inside a cell; a decimal such as 1.5 and a date such as 12.31 are no counts.
_STYLES: tuple[re.Pattern[str], ...] = (
    re.compile(r"(?<![\d.])(?P<n>\d{1,2})(?:[.．](?!\d)|[、)）])\s*"),
    re.compile(r"[（(](?P<n>\d{1,2})[)）]\s*[.、]?"),
    re.compile(f"(?P<n>[{_CIRCLED}])\\s*[.、]?"),
    re.compile(f"(?P<n>{_ANY})是(?:要)?[，,:：]?"),
    re.compile(f"第(?P<n>{_ANY})[，,、]"),
    re.compile(f"[（(](?P<n>{_ANY})[)）]\\s*、?"),
    re.compile(f"(?<![\\u4e00-\\u9fa5])(?P<n>{_ANY})、"),
)
_UNMISTAKABLE = _STYLES[1:3]
_ENDS = " \n；;。，,、"


def read_measures(text: str, given: int = 0) -> tuple[str, ...]:
    """The measures of a cell: cut where it counts them, else at its line breaks, else the cell as it is.

    `given`: how many the finding's earlier cells have given; this one may count on from there.
    """
    whole = clean(text)
    if not whole or whole in {"-", "—", "无", "/"}:
        return ()
    marks = _marks(whole) or _marks(whole, given)
    if marks:
        first = whole[: marks[0].start()].strip(_ENDS)
        ends = [mark.start() for mark in marks[1:]] + [len(whole)]
        parts = [whole[mark.end() : end].strip(_ENDS) for mark, end in zip(marks, ends, strict=True)]
        if first and not first.endswith((":", "：")) and len(marks) > 1:
            parts.insert(0, first)
        return tuple(part for part in parts if part)
    lines = [line.strip(_ENDS) for line in whole.split("\n")]
    lines = [line for line in lines if line]
    return tuple(lines) if len(lines) > 1 else (whole,)


def _marks(text: str, given: int = 0) -> list[re.Match[str]]:
    """The marks of the outermost count: the style that comes first and counts 1, 2, 3 from the start of a clause, or on
    from `given`."""
    best: list[re.Match[str]] = []
    for style in _STYLES:
        marks: list[re.Match[str]] = []
        for mark in style.finditer(text):
            before = mark.start() - 1
            while before >= 0 and text[before] == " ":
                before -= 1
            begins = before < 0 or text[before] in "\n；;。:：，,、!！" or style in _UNMISTAKABLE
            if _value(mark["n"]) == given + len(marks) + 1 and begins:
                marks.append(mark)
        alone = len(marks) == 1 and marks[0].start() == 0
        if (len(marks) > 1 or alone) and (not best or marks[0].start() < best[0].start()):
            best = marks
    return best


def _value(sign: str) -> int:
    if sign in _CIRCLED:
        return _CIRCLED.index(sign) + 1
    if sign in _NUMERALS:
        return _NUMERALS.index(sign) + 1
    digits = unicodedata.normalize("NFKC", sign)
    return int(digits) if digits.isdigit() else 0
