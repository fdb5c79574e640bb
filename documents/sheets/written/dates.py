"""What a time-limit cell says: a day, a kind of rectification, and how sure that is. Takes `today`; reads no clock."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from documents.sheets.cells import Cell, clean
from documents.sheets.written.days import Days, read_days
from documents.sheets.written.numerals import plain
from rules.dates.calendar import Calendar

VariantId = Literal["at_once", "staged", "long_term"]
DateLevel = Literal["sure", "guess", "wrong"]

DATE_EXPECTED = "应为日期（如 2026-12-31）或“立行立改”“长期坚持”"
# At-once work is given ten working days (domain.md §3): a day further off than this does not fit the wording.
AT_ONCE_DAYS = 15
MAX_YEARS_AHEAD = 10

_AT_ONCE = re.compile(
    "立行立改|即知即改|即行即改|立查立改|立整立改|边[查整]边改|[即随]查[即随]改|立说立行|立改立行|立知立改|"
    "马上(?:就)?(?:整改|改|办)|立即(?:着手)?(?:整改|改正|落实|完成|办理|纠正)?|[即及当]时(?:整改|改正|纠正)|"
    "当场整改|现场整改|即改|立改"
)
_LONG = re.compile(
    "长期(?:坚持|整改|推进|落实|执行|保持|抓好|任务|有效|性)?|"
    "持续(?:推进|整改|坚持|改进|落实|用力|抓好|发力|加强|巩固|深化|开展|跟进|完善|进行)?|"
    "常态化?(?:长效)?(?:推进|坚持|开展|落实|整改|抓好|进行)?|常抓不懈|坚持不懈|久久为功|始终坚持|长效坚持|一直坚持|坚持整改"
)
_DONE = re.compile(
    "(?:均|都)?已经?(?:于.{0,12})?(?:全部)?(?:完成|整改|办结|销号|落实)(?:整改|到位|完毕|完成|结束|销号)?|整改完毕"
)
_DONE_WHOLE = re.compile("(?:整改)?(?:完成|到位)(?:整改)?|已改|办结|销号")
# Partly done is not done: what is left over has the limit that is written.
_SHARE = (
    r"(?:约|达|至)?(?:(?<!\d)\d{1,2}(?:\.\d+)?%|\d+(?:项|个(?!月)|条|件|处)|[\d一二三四五六七八九几]成|"
    "一?半|过半|大半|大?部分)"
)
_PARTLY = re.compile(
    f"(?:目前)?(?:已经?)?(?:基本|部分|大部分?|初步|阶段性)(?:完成|整改|落实|办结)(?:整改|到位)?|"
    f"(?:目前)?(?:已经?)?(?:完成|整改|落实|办结)(?:了|率|进度)*{_SHARE}|(?:完成|整改)?(?:率|进度):?{_SHARE}|{_SHARE}已经?(?:完成|整改|办结)"
)
_REMAINING = re.compile("剩余|其余|余下|剩下|未完成的?|尚未|其他|部分|问题|[的了]")
# A limit that begins and does not end, or that is a least, says nothing of when the work is due.
_LEAST = re.compile("不早于|不少于|至少|不低于|最早|最少")
_NOTHING = re.compile(r"[-－/／\\无—–_.。、,，*]*")
_EVERY = re.compile(r"每半?[年月周日季]度?(?:\d{1,2}[日号])?[底末初]?[前内]?")
# What speaks of time but names no day: it is refused, not dropped.
_UNNAMED = re.compile(
    "元旦|春节|国庆|五一|七一|八一|中秋|清明|端午|重阳|除夕|节前|节后|两会|换届|[春夏秋冬]季|汛期|入冬|学期|学年|寒假|暑假|开学|农历|正月|腊月|"
    "[几数若]干?个?(?:月|天|年|周|日|工作日)|[一二三四五六七八九十\\d]+[个余来多几]*(?:工作日|季|月|日|号|周|旬|年|天|小时|星期)|季度|半年|"
    "[一二三四五六七八九十]个?五(?:期间|规划|末|时期)"
)
_STAGED = re.compile("分阶段(?:整改|推进|完成|实施)?|分步(?:整改|推进|实施)?|阶段性(?:整改)?|限期整改")
_BENIGN = re.compile(
    "(?:星期|周|礼拜)[\\d一二三四五六日天]|第[一二三四\\d]*阶段|收到|接到|通知|之日|交办|印发|签收|下发|文件|不超过|不晚于|不迟于|最迟|最晚|最长|[短中近]期|今后|完成时限|整改时限|完成时间|截止时间|截[至止]?|之前|以前|以内|之内|即日|现在|从现在|及时|力争|确保|争取|计划|预计|"
    "全部|全面|限期|按期|按时|如期|取得|见效|成效|明显|实现|整体|完成|整改|到位|办结|销号|任务|落实|结束|"
    "工作|时限|时间|期限|[前底内止起至到自从现于在并且和及须需应要将拟均的]|[-,;:。、!/.·~()]"
)
_CLOCK = re.compile(
    r"(?<=[\d日 ])\s+\d{1,2}:\d{2}(:\d{2})?|(?<=[日号])\d{1,2}[:：时点]\d{0,2}分?|T\d{2}:\d{2}(:\d{2})?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLimit:
    """A time limit as read; `says` tells what was taken and why, and is empty when there is nothing to tell."""

    day: date | None = None
    kind: VariantId = "staged"
    level: DateLevel = "sure"
    says: str = ""
    done: bool = False
    code: str = ""


def read_due(cell: Cell, today: date, calendar: Calendar | None = None, *, date1904: bool = False) -> ReadLimit | None:
    """What the cell says, or None when it says nothing. `calendar`: see read_days."""
    if cell.day is not None:
        return _judge(ReadLimit(day=cell.day), today)
    if cell.number is not None and (by_number := _from_number(cell.number, date1904)):
        return _judge(by_number, today)
    due = read_due_text(cell.text, today, calendar)
    if due is None or cell.kept is None or due.level == "wrong":
        return due
    says = due.says or f"“{cell.text}”：取末日 {due.day}"
    return replace(due, level="guess", says=f"{says}（单元格只显示这些，存的是 {cell.kept}）")


def _from_number(number: float, date1904: bool) -> ReadLimit | None:
    if 30_000 <= number < 80_000:
        day = date(1899, 12, 30) + timedelta(days=int(number) + (1462 if date1904 else 0))
        return ReadLimit(day=day, level="guess", says=f"{number:g} 是日期序号，按 {day} 理解")
    if 19_000_101 <= number <= 21_991_231 and number.is_integer():
        return None
    fraction = re.fullmatch(r"(\d{1,2}|\d{4})\.(\d)", repr(number))
    if fraction and fraction[2] in "123" and (len(fraction[1]) == 4 or 1 <= int(fraction[1]) <= 12):
        # 2026.10 typed as a number is stored as 2026.1: January and October look the same.
        says = f"“{number:g}”是数字，分不清末尾有没有 0；{DATE_EXPECTED}"
        return ReadLimit(level="wrong", says=says, code="date_invalid")
    return None


@lru_cache(maxsize=4096)
def read_due_text(text: str, today: date, calendar: Calendar | None = None) -> ReadLimit | None:
    """What a written time limit says, or None when it says nothing. `calendar`: see read_days."""
    written = clean(text)
    compact = _compact(written)
    if _NOTHING.fullmatch(re.sub(r"\s", "", written)):
        return None
    if serial := re.fullmatch(r"[3-7]\d{4}(?:\.0+)?", compact):
        return _judge(_from_number(float(serial[0]), False) or ReadLimit(), today)
    shown = written.replace("\n", " ")
    partly = bool(_PARTLY.search(compact))
    compact = _PARTLY.sub(",", compact) if partly else compact
    if _DONE.search(compact) or _DONE_WHOLE.fullmatch(compact):
        says = f"“{shown}”表示已经完成，不再交办；仍需交办的，{DATE_EXPECTED}"
        return ReadLimit(level="wrong", says=says, done=True, code="already_done")
    at_once, long = bool(_AT_ONCE.search(compact)), bool(_LONG.search(compact))
    regular = _EVERY.search(compact)
    compact = _EVERY.sub(",", compact)
    staged = not at_once and not long and bool(_STAGED.search(compact))
    days = read_days(_STAGED.sub(",", _LONG.sub(",", _AT_ONCE.sub(",", compact))), today, calendar)
    leftover = _BENIGN.sub("", _REMAINING.sub("", days.rest) if partly else days.rest)
    if wrong := _refused(days, leftover, compact, at_once or long):
        return ReadLimit(level="wrong", says=f"{wrong}；{DATE_EXPECTED}", code="date_invalid")
    if not (days.day or at_once or long or staged):
        if regular:
            return ReadLimit(kind="long_term", level="guess", says=f"“{shown[:40]}”：按长期整改理解")
        if partly:
            return ReadLimit(level="guess", says=f"“{shown[:40]}”：只写了进度，没有写时限，交办后按流程时限计算")
        return ReadLimit(level="wrong", says=f"看不懂“{shown[:40]}”；{DATE_EXPECTED}", code="date_invalid")
    return _judge(_assemble(days, at_once, long, partly, shown, leftover, today), today)


def _refused(days: Days, leftover: str, compact: str, kind: bool) -> str:
    """Why the limit cannot be taken as a day at all; empty when it can."""
    if days.wrong:
        return days.wrong
    if found := _LEAST.search(compact):
        return f"“{found[0]}”没有写到哪一天为止"
    if days.begins and not kind:
        return "只写了从哪一天开始，没有写到哪一天为止"
    if found := _UNNAMED.search(leftover):
        return f"看不懂“{found[0]}”是哪一天"
    return ""


def _compact(text: str) -> str:
    normal = unicodedata.normalize("NFKC", _CLOCK.sub("", text))
    joined = re.sub(r"\s*\n\s*(?=[年月日号底末前])|(?<=[年月])\s*\n\s*(?=\d)", "", normal)
    return plain(re.sub(r"\s*\n\s*", ",", joined))


def _assemble(days: Days, at_once: bool, long: bool, partly: bool, shown: str, leftover: str, today: date) -> ReadLimit:
    doubts, day = list(days.doubts), days.day
    if partly:
        doubts.append("写的是完成一部分，按没有完成理解")
    if at_once and long:
        doubts.append("既写立行立改又写长期坚持，按长期整改理解")
    elif at_once and day and day > today + timedelta(days=AT_ONCE_DAYS):
        doubts.append(f"写了立行立改，日期 {day} 却较远，按立行立改理解")
    if leftover:
        doubts.append(f"“{leftover[:20]}”没有采用")
    if day is None and not (at_once or long):
        doubts.append("只写了分阶段，没有写日期")
    kind: VariantId = "long_term" if long else "at_once" if at_once else "staged"
    says = f"“{shown[:40]}”：" + "；".join(doubts) if doubts else ""
    return ReadLimit(day=day, kind=kind, level="guess" if doubts else "sure", says=says)


def _judge(due: ReadLimit, today: date) -> ReadLimit:
    """The same time limit, wrong when its day has passed or is too far off."""
    if due.day is None or due.level == "wrong":
        return due
    if due.day < today:
        says = f"{due.day} 早于今天（{today}）；应为今天或以后的日期"
        return ReadLimit(day=due.day, kind=due.kind, level="wrong", says=says, code="date_in_past")
    if due.day.year > today.year + MAX_YEARS_AHEAD:
        says = f"{due.day} 过于遥远；应为 {today.year + MAX_YEARS_AHEAD} 年以前的日期"
        return ReadLimit(day=due.day, kind=due.kind, level="wrong", says=says, code="date_invalid")
    return due


_KIND_WORDS: tuple[tuple[VariantId, str], ...] = (
    ("at_once", "立行立改|即知即改|立即|即改|立改|马上|当场"),
    ("long_term", "长期|持续|常态|长效"),
    ("staged", "分阶段|阶段|分步|限期|集中整改|短期|中期|近期"),
)


def read_kind(text: str) -> VariantId | None:
    """The kind of rectification that a kind column names, or None when it names none."""
    compact = _compact(clean(text))
    for kind, words in _KIND_WORDS:
        if re.search(words, compact):
            return kind
    return None
