"""Chinese numbers and dashes as digits and one dash, so that a time limit is read from one alphabet. Pure."""

import re

_DIGITS = dict(zip("〇○零一二两三四五六七八九", (0, 0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_NUMERAL = "[〇○零一二两三四五六七八九十廿]"
# A number counts something or names a day; elsewhere it is part of a word (第一阶段, 统一) and stays.
_RUN = re.compile(
    rf"{_NUMERAL}+(?=[年月日号个天周旬季小自礼]|工作日|星期|\d|$|[-/.至前]"
    rf"|(?:[、,和及与]第?(?:{_NUMERAL}|\d)+)+[个年月日号天周季工星])"
)
_DASHED_DATE = re.compile(r"(?<!\d)(\d{4})[—–‒―─](\d{1,2})[—–‒―─](\d{1,2})(?!\d)")
_QUARTER_SIGN = re.compile(r"[Qq]([1-4])(?!\d)")
_DASHES = re.compile(r"[—–‒―─~〜∼]+|-{2,}|(?<![收接达])到(?!位)")
_COUNTED = re.compile("[个天周]|工作日|星期|小时|年(?:以|之)?内")


def plain(text: str) -> str:
    """The text without spaces, its dashes one dash and its Chinese numbers digits; 三五天 is 3至5天."""
    text = _DASHED_DATE.sub(r"\1-\2-\3", re.sub(r"\s+", "", text))
    text = _QUARTER_SIGN.sub(r"\1季度", _DASHES.sub("至", text))
    return _RUN.sub(lambda found: _numeral(found[0], found.string[found.end() :]), text)


def _numeral(run: str, after: str) -> str:
    if len(run) == 2 and "十" not in run and _near(run):
        if _COUNTED.match(after):
            return f"{_DIGITS[run[0]]}至{_DIGITS[run[1]]}"
        if after.startswith("月"):
            # 六七月 is two months; 一二月 may be two or the twelfth, and is left for a person to say.
            return run if run in {"一二", "一两"} else f"{_DIGITS[run[0]]}、{_DIGITS[run[1]]}"
        if after.startswith("年") and run[0] == "两":
            return f"2至{_DIGITS[run[1]]}"
    run = run.replace("廿", "二十")
    if "十" not in run:
        return "".join(str(_DIGITS[sign]) for sign in run)
    tens, _, ones = run.partition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in ones:
        return run
    return str((_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0))


def _near(run: str) -> bool:
    """Whether two digits are a rough number: two or three, three to five."""
    first, second = _DIGITS.get(run[0], 0), _DIGITS.get(run[1], 0)
    return first > 0 and (second == first + 1 or (first, second) == (3, 5))
