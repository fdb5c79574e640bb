"""Unit names and people as they stand in a cell, and what a directory of known units makes of them. Pure."""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from documents.sheets.cells import clean

UnitPart = Literal["lead", "co"]
NameLevel = Literal["sure", "guess", "wrong", "info"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuableUnit:
    """A unit that items can be issued to; `kind` is organ, institution, research, enterprise or social."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The known units. Empty means that none are loaded yet: names are then taken as written."""

    units: tuple[IssuableUnit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What one written name stands for: units of the directory, or the name itself when there is no directory."""

    written: str
    units: tuple[IssuableUnit, ...] = ()
    level: NameLevel = "sure"
    says: str = ""


_ALL = re.compile(
    "(?:全[县市区省州旗]|[县市区](?:直|级|属)|本[县市区]|机关|系统内?)*"
    "(?:各|所有|全体|全部)(?:级|基层|直属|县直|市直|区直|成员|参评|被巡察)*"
    "(?:机关)?(?:单位|党支部|支部|党组织|部门单位|部门、?各?单位|部门|党委(?:\\(党组\\))?|党组(?:\\(党委\\))?|党总支|成员单位)+"
)
# Departments are organs of the administration; 单位 are all that stand in the directory.
_ORGANS = re.compile(
    "(?:全?[县市区省州旗](?:直|级|属)?|本[县市区])?(?:党政|直属)?(?:机关)?(?:各|所有|全体|全部)"
    "(?:党政|直属|县直|市直|区直|县级|市级)*(?:机关)?部门"
)
_VAGUE = re.compile(
    "(?:[县市区省州旗](?:直|级|属))?(?:党政)?(?:机关)?"
    "(?:各?(?:相关|有关|涉及|责任|牵头|配合|所涉)(?:的)?(?:单位|部门|党组织|责任单位)|(?:其他|其它|相关)单位?)"
)
_OF_KIND: tuple[tuple[str, str, str], ...] = (
    ("research", "科研院所|科研单位|科研机构|研究院所|院所|研究所|研究院", "科研院所"),
    ("institution", "事业单位|直属事业单位", "事业单位"),
    ("enterprise", "(?:国有|县属|市属|区属|属|县属国有|市属国有)?企业|国企|国有公司", "国有企业"),
    ("social", "社会组织|(?:行业)?协会|社会团体|社团|两新组织", "社会组织"),
    ("organ", "(?:党政|县直|市直|区直)?机关(?:单位|部门)?", "机关"),
)
_BY_ENDING: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("乡镇(?:街道|\\(街道\\))?|镇街|街道|镇|乡", ("镇", "乡", "街道", "街道办", "街道办事处")),
    ("学校|中小学", ("学校", "中学", "小学", "一中", "二中", "幼儿园")),
    ("医院|医疗机构|卫生院", ("医院", "卫生院")),
)
_MAX_SEARCHES, _MAX_NAME, _MAX_JOINED = 2_000, 60, 6
_PLACES = "省市县区州旗"
_PLACE = re.compile("(?:中共|中国共产党)?[\u4e00-\u9fa5]{1,4}")
_BODY = re.compile("(?:机关)?(?:党组|党委|党总支|党支部|党工委|机关党委|总支|支部|党组织)$")
_ENDINGS = "局委办部院所中心公司会校厅处科队站乡镇道部室府团社行馆园组厂企"
# What may stand before a name that is written in full, or be missing from one that is written short.
_LONGER = re.compile("(?:中共|中国共产党)?(?:[\u4e00-\u9fa5]{2,4}[省市州])?[\u4e00-\u9fa5]{0,3}?[省市县区州旗]?")
_SHORTER = re.compile("(?:中共|中国共产党)?[\u4e00-\u9fa5]{0,3}[省市县区州旗](?:委|政府|人民政府|直)?")


def key(name: str) -> str:
    """The form under which names are compared: no spaces, no width, no quotes."""
    return re.sub(r"[\s“”\"'‘’《》·.。,，:：]", "", unicodedata.normalize("NFKC", clean(name))).lower()


class NameReader:
    """Looks written names up in one directory. Built once for a whole sheet."""

    def __init__(self, directory: Directory) -> None:
        self.units = directory.units
        self._names: dict[str, IssuableUnit] = {}
        self._aliases: dict[str, list[IssuableUnit]] = {}
        for unit in directory.units:
            self._names.setdefault(key(unit.name), unit)
            for alias in unit.aliases:
                self._aliases.setdefault(key(alias), []).append(unit)
        self._seen: dict[str, Match] = {}
        self._searches = 0

    def find(self, written: str) -> Match:
        """What a single written name stands for."""
        if written not in self._seen:
            self._seen[written] = self._group(written) or self._find(written)
        return self._seen[written]

    def knows(self, written: str) -> bool:
        """Whether the name stands for a unit, though perhaps by a guess."""
        return self.find(written).level != "wrong"

    def whole(self, written: str) -> Match | None:
        """What the text stands for as it is, separators and all; None when it has to be cut first."""
        group = self._group(written)
        if group and group.level != "wrong":
            return group
        return self.find(written) if key(written) in self._names else None

    def is_name(self, written: str) -> bool:
        """Whether this is a unit's full name, or an alias declared for it."""
        return key(written) in self._names or key(written) in self._aliases

    def _find(self, written: str) -> Match:
        bare = key(written)
        if not self.units:
            return Match(written=written)
        if unit := self._names.get(bare):
            return Match(written=written, units=(unit,))
        if units := self._aliases.get(bare):  # the site has declared it, so it is no guess unless two units bear it
            return Match(written=written, units=(units[0],)) if len(units) == 1 else self._guessed(written, units)
        trimmed = _BODY.sub("", bare)
        if (
            trimmed
            and trimmed != bare
            and (hit := self._names.get(trimmed) or next(iter(self._aliases.get(trimmed, [])), None))
        ):
            return self._guessed(written, [hit])
        # An honest sheet has a few unknown names; a hostile one is not worth comparing each with every unit.
        self._searches += 1
        if self._searches > _MAX_SEARCHES or len(bare) > _MAX_NAME:
            return Match(written=written, level="wrong", says=f"没有“{written[:40]}”这个单位；应为名录中的单位名称")
        if len(trimmed) >= 3 and (units := self._by_ending(trimmed)):
            return self._guessed(written, units)
        return self._unknown(written, bare)

    def _by_ending(self, bare: str) -> list[IssuableUnit]:
        """Units whose name the written one shortens (教育局) or lengthens by a place name (云山县教育局)."""
        hits: dict[str, IssuableUnit] = {}
        for known, unit in self._every_key():
            before = known[: -len(bare)] if known.endswith(bare) else ""
            ahead = bare[: -len(known)] if bare.endswith(known) and len(known) >= 3 else ""
            short = before and (_SHORTER.fullmatch(before) or (bare[0] in _PLACES and _PLACE.fullmatch(before)))
            if short or (ahead and _LONGER.fullmatch(ahead) and not re.search(f"[和及与]|[{_ENDINGS}]$", ahead)):
                hits.setdefault(unit.id, unit)
        return list(hits.values())

    def _every_key(self) -> Iterable[tuple[str, IssuableUnit]]:
        yield from self._names.items()
        for alias, units in self._aliases.items():
            for unit in units:
                yield alias, unit

    def _guessed(self, written: str, units: list[IssuableUnit]) -> Match:
        if len({unit.id for unit in units}) == 1:
            unit = units[0]
            return Match(written=written, units=(unit,), level="guess", says=f"“{written}”按“{unit.name}”理解")
        listed = "、".join(f"“{unit.name}”" for unit in units[:4])
        return Match(written=written, level="wrong", says=f"“{written}”可能是{listed}；应写明是哪一个")

    def _unknown(self, written: str, bare: str) -> Match:
        keys = dict(self._every_key())
        near = difflib.get_close_matches(bare, keys, n=1, cutoff=0.7)
        hint = f"，是不是“{keys[near[0]].name}”？" if near else ""
        return Match(
            written=written, level="wrong", says=f"没有“{written[:40]}”这个单位{hint or '；应为名录中的单位名称'}"
        )

    def _group(self, written: str) -> Match | None:
        """Words that stand for many units: all, all of one kind, all with one ending; vague ones are wrong."""
        bare = key(written).replace("、", "")
        if re.search("除.*外|不含|除外", bare):
            return Match(written=written, level="wrong", says=f"“{written}”有例外，应逐一写出单位名称")
        if _VAGUE.fullmatch(bare):
            return Match(written=written, level="wrong", says=f"“{written}”没有写明是哪些单位；应逐一写出单位名称")
        if _ORGANS.fullmatch(bare):
            organs = tuple(unit for unit in self.units if unit.kind == "organ")
            return self._many(written, organs, "机关", "guess")
        if _ALL.fullmatch(bare):
            if not self.units:
                says = f"还没有载入单位名录，“{written}”未展开"
                return Match(written=written, level="guess", says=says)
            level: NameLevel = "info" if bare.endswith("单位") and "直" not in bare and "机关" not in bare else "guess"
            return self._many(written, self.units, "全部", level)
        named = re.fullmatch("(?:全[县市区]|县|市|区|县直|市直|区直)?(?:各|所有|全体|全部)(?:家|个)?(.+)", bare)
        if not named or key(written) in self._names:
            return None
        for kind, words, label in _OF_KIND:
            if re.fullmatch(words, named[1]):
                units = tuple(unit for unit in self.units if unit.kind == kind)
                return self._many(written, units, label, "info")
        for words, endings in _BY_ENDING:
            if re.fullmatch(words, named[1]):
                units = tuple(unit for unit in self.units if unit.name.endswith(endings))
                return self._many(written, units, named[1], "guess")
        if not self.units:
            return None
        return Match(written=written, level="wrong", says=f"不知道“{written}”是哪些单位；应逐一写出单位名称")

    def _many(self, written: str, units: tuple[IssuableUnit, ...], label: str, level: NameLevel) -> Match:
        if not self.units:
            return Match(written=written, level="guess", says=f"还没有载入单位名录，“{written}”未展开")
        if not units:
            return Match(written=written, level="wrong", says=f"单位名录里没有{label}；应写出单位名称")
        return Match(
            written=written, units=units, level=level, says=f"“{written}”按名录中{label} {len(units)} 个单位理解"
        )


_LEAD_WORD = (
    "牵头(?:责任)?(?:单位|部门)?|主责(?:单位|部门)?|主办(?:单位|部门)?|主要责任单位|第一责任单位|责任(?:单位|部门)"
)
# 县政协办 is an office of its own, not 县政 that helps.
_CO_WORD = "(?:配合|(?<!政)协办|协同|协助|参与|会办)(?:责任)?(?:单位|部门)?"
_LABEL = re.compile(f"(?:(?P<lead>{_LEAD_WORD})|(?P<co>{_CO_WORD}))[::]")
# How several share the work: each of them answers, for its own part.
_DUTY = (
    "(?:按照?|依照?|根据|结合)(?:各自|本?部门|工作|相关|本?单位)*的?"
    "(?:职责|职能|分工)(?:[和及与]?(?:职责|分工|权限|范围))*"
)
_TOGETHER = "分别|共同|联合|各自|具体|分头|分工(?:协作)?|一起|均"
_DOES = "负责(?:落实|实施|推进|抓好|整改)?|(?:抓好|推进|组织)?(?:落实|实施)|抓好|承担|办理|整改|完成"
_SHARED = re.compile(
    f"(?:(?:{_DUTY})(?:{_TOGETHER})*(?:{_DOES})?|(?:{_TOGETHER})+(?:{_DUTY})?(?:{_DOES})|各负其责|各司其职)$"
)
_TAIL = re.compile(
    f"(?:(?:{_DUTY})|{_TOGETHER})*"
    "(?:(?P<lead>牵头(?:负责|落实|单位)?|主责|主办|负责)|(?P<co>配合(?:单位|落实)?|(?<!政)协办(?:单位)?|协助|参与|协同))$"
)
_HARD = re.compile("[、,;/|\n\\\\&+。]+")
_AND = re.compile("以及|[和及与]")
_NUMBERED = re.compile(r"^(?:\(?\d{1,2}\)|\d{1,2}[.、)](?!\d))\s*")
_COUNTED = re.compile(r"[①-⑳]|[(（]\d{1,2}[)）](?=[\u4e00-\u9fa5])|(?<!\d)\d{1,2}[.．、)）](?=\s?[\u4e00-\u9fa5])")
_AMONG = re.compile("等(?P<n>\\d+|[一二三四五六七八九十]+)?[个家]?(?:相关|有关)?(?:单位|部门|家)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One name written in a cell, the role the cell gives it if any, and what it stands for.

    `shared`: it leads as one of several that answer for their parts, 按职责分工负责.
    """

    match: Match
    role: UnitPart | None = None
    shared: bool = False


def read_units(text: str, names: NameReader) -> list[Mention]:
    """The units that a cell names, in order; `role` only where the cell itself says who leads and who helps."""
    normal = unicodedata.normalize("NFKC", _COUNTED.sub("\n", clean(text)))
    mentions: list[Mention] = []
    position, role = 0, None
    for label in _LABEL.finditer(normal):
        mentions += _clause(normal[position : label.start()], role, names)
        role = "lead" if label["lead"] else "co"
        position = label.end()
    return mentions + _clause(normal[position:], role, names)


def _clause(text: str, role: str | None, names: NameReader) -> list[Mention]:
    if whole := names.whole(text.strip()):
        return [_mention(whole, role)]
    mentions: list[Mention] = []
    unlabelled = 0
    for token in _tokens(text):
        token = _NUMBERED.sub("", token.strip(" ;,.:()")) if not token.endswith(")") else token.strip(" ;,.:")
        token, said = _own_role(token, names)
        among = _AMONG.search(token)
        if among and not (names.units and names.knows(token)):
            found = _listed(token, among, len(mentions), names)
        else:
            found = _single(token, names)
        mentions += [_mention(match, said or role) for match in found]
        if said:
            # "A、B配合" says of both A and B that they help.
            mentions[unlabelled:] = [_mention(one.match, said) for one in mentions[unlabelled:]]
            unlabelled = len(mentions)
    return mentions


def _mention(match: Match, role: str | None) -> Mention:
    """`role` is lead, co, shared or nothing."""
    leads = role in {"lead", "shared"}
    return Mention(match=match, role="lead" if leads else "co" if role == "co" else None, shared=role == "shared")


def _tokens(text: str) -> list[str]:
    """The text cut at separators that stand outside brackets."""
    tokens, depth, current = [], 0, ""
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if depth <= 0 and _HARD.fullmatch(sign):
            tokens.append(current)
            current = ""
        else:
            current += sign
    return [token for token in [*tokens, current] if token.strip(" .:;()")]


def _own_role(token: str, names: NameReader) -> tuple[str, str | None]:
    """The name without what it says about its own role: 县教育局(牵头), 县民政局配合."""
    said: str | None = None
    if len(token) > _MAX_NAME * 4:
        return token, None
    for inside in re.findall(r"\(([^()]*)\)", token):
        if re.search(_LEAD_WORD + "|牵头", inside):
            said = "lead"
        elif re.search(_CO_WORD, inside):
            said = "co"
        elif _SHARED.match(inside):
            said = "shared"
        elif re.search("除|不含", inside):
            return token, None
    bare = re.sub(r"\([^()]*\)", "", token).strip()
    if said or (bare and bare != token and not names.is_name(token)):
        token = bare
    if names.is_name(token):
        return token, said
    token = re.sub("^由(?=[\u4e00-\u9fa5]{2})", "", token)
    # What stands alone, 县教育局、县财政局，分别负责, speaks of the names before it.
    for pattern in (_SHARED, _TAIL):
        tail = pattern.search(token)
        if tail and tail.start() != 1:
            own = "shared" if pattern is _SHARED else "lead" if tail["lead"] else "co"
            return token[: tail.start()].strip(), own
    return token, said


def _listed(token: str, among: re.Match[str], before: int, names: NameReader) -> list[Match]:
    """县教育局等3个单位: right only when as many are written out; else somebody would be left out unnoticed."""
    head = _single(token[: among.start()], names)
    count = among["n"] or ""
    number = int(count) if count.isdigit() else "零一二三四五六七八九十".find(count) if count else 0
    if number == before + len(head) and number:
        return head
    says = f"“{token}”没有写全；应逐一写出单位名称"
    return [*head, Match(written="", level="wrong", says=says)]


def _single(token: str, names: NameReader) -> list[Match]:
    """One name, or several joined by spaces or by 和, 及, 与, which also stand inside names."""
    token = token.strip()
    if not token:
        return []
    if names.units and names.knows(token):
        return [names.find(token)]
    words = token.split(" ")
    if len(words) > 1:
        if names.units and any(names.knows(word) for word in words if word):
            return [match for word in words for match in _single(word, names)]
        if not names.units and _unit_like(words[0]) and all(len(word) > 1 for word in words):
            return [match for word in words for match in _single(word, names)]
        return _single("".join(words), names) if not names.units else [names.find(token)]
    return _joined(token, names, _MAX_JOINED) or [names.find(token)]


def _joined(token: str, names: NameReader, most: int) -> list[Match]:
    """The names that 和, 及, 与 join in a token; empty when it is not certain that they do."""
    if names.knows(token) if names.units else not _AND.search(token):
        return [names.find(token)]
    cuts = list(_AND.finditer(token)) if len(token) <= _MAX_NAME * 2 and most else []
    for cut in cuts[:_MAX_JOINED]:
        left, right = token[: cut.start()], token[cut.end() :]
        if not left or not right or not (names.knows(left) if names.units else _unit_like(left)):
            continue
        if names.units and (rest := _joined(right, names, most - 1)):
            return [names.find(left), *rest]
        if not names.units and _unit_like(right):
            return [names.find(left), *(_joined(right, names, most - 1) or [names.find(right)])]
    return []


def _unit_like(word: str) -> bool:
    return len(word) >= 3 and (word[-1] in _ENDINGS or bool(_BODY.search(word)))


def is_person(word: str) -> bool:
    """Whether a word reads like a person's name rather than like a unit's."""
    return bool(re.fullmatch("[\u4e00-\u9fa5·]{2,4}", word)) and word[-1] not in _ENDINGS


_PHONE = re.compile(r"(?:电话|手机|联系方式)?[:]?\s*(?:1\d{10}|0\d{2,3}-?\d{7,8}|(?<!\d)\d{7,8}(?!\d))")


def read_people(text: str) -> str:
    """The people of a cell in one line: several joined by 、, no telephone numbers, no spaces inside a name."""
    normal = _PHONE.sub(" ", unicodedata.normalize("NFKC", clean(text)))
    normal = re.sub(r"(?<![\u4e00-\u9fa5])([\u4e00-\u9fa5]) (?=[\u4e00-\u9fa5](?![\u4e00-\u9fa5]))", r"\1", normal)
    parts = [_NUMBERED.sub("", part.strip(" .:")) for part in re.split("[、,;/\n]+", normal)]
    people = [re.sub(" +", " ", part) for part in parts if part and part not in {"-", "无", "—"}]
    return "、".join(dict.fromkeys(people))
