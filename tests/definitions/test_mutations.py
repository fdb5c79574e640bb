"""One word of a sound file swapped: refused with file and line, what stands there, and what was expected."""

from pathlib import Path

import pytest

from definitions.catalogue import SHIPPED, load_process
from tests.definitions.sound import mistakes_of
from tests.support import processes

FOLDER = Path(processes.__file__).parent
FILES = {path.stem: path for folder in (SHIPPED, FOLDER) for path in folder.glob("*.yaml")}
SWAPS: list[tuple[str, str, str, str, str]] = [
    # file, part of one line of it, the word in that line, the word instead, part of what was expected
    # keys
    ("rectification", "process: rectification", "process", "proces", "process"),
    ("rectification", "prefix: ZG", "prefix", "prefiks", "prefix"),
    ("rectification", 'version: "2026.1"', "version", "edition", "version"),
    ("rectification", "unit_kinds:", "unit_kinds", "kinds", "unit_kinds"),
    ("rectification", "sign: sign", "sign:", "sing:", "sign"),
    ("rectification", "extension: {", "percent", "procent", "percent"),
    ("rectification", "urge: {", "at_most", "most", "at_most"),
    ("rectification", "pause: {", "days", "day", "days"),
    ("rectification", "normal_lamp: green", "normal_lamp", "usual_lamp", "normal_lamp"),
    ("rectification", "proposes: execute", "proposes", "propose", "proposes"),
    ("rectification", "report_every: quarter", "report_every", "reports", "report_every"),
    ("rectification", "yellow: {", "meaning", "means", "meaning"),
    ("rectification", "report_remind: {", "audience", "audiance", "audience"),
    ("rectification", "review_overdue:", "review_overdue", "Review", "小写英文字母开头"),
    ("election", "publish: {scope: inside, days: 5, what: 选举结果}", "publish", "published", "publish"),
    ("election", "publish: {scope: inside, days: 5, what: 选举结果}", "inside", "within", "inside、public"),
    ("election", "publish: {scope: inside, days: 5, what: 选举结果}", "days: 5", "days: 0", "1 至 250"),
    ("unannounced", "veil: answer", "veil", "veiled", "veil"),
    ("filing", "uses_deadline: true", "uses_deadline", "use_deadline", "uses_deadline"),
    ("filing", "note: {name: 说明", "limit", "length", "limit"),
    ("election", "voters: {", "need", "needed", "need"),
    ("election", "to: elect, name: 不足", "times", "most", "times"),
    ("election", "- {that: valid", "say", "says", "that、say"),
    ("election", "sheet: {", "because", "reason", "because"),
    ("upgrade", "cycles: 3", "cycles", "rounds", "cycles"),
    ("upgrade", "span: whole", "span", "spam", "span"),
    ("upgrade", "shown: {name: 公示, stage", "wait_to", "waits", "party"),
    ("upgrade", "reached: {then: watch", "when", "if", "when"),
    ("upgrade", "target: {", "confirm", "confirmed", "confirm"),
    ("drive", "  found: {from", "link", "links", "link"),
    ("drive", "    wait: all", "wait", "waits", "wait"),
    ("pairing", "household: {name", "apart", "apartt", "apart"),
    ("pairing", "household: {name", "09-30: 3", "09-31: 3", "月-日"),
    ("pairing", "household: {name", "12-10: 4", "12-10: 3", "累计一个比一个多"),
    ("pairing", "gift: {name", "of: household", "of: houshold", "household"),
    ("pairing", "gift: {name", "sum: amount", "sum: how", "count、number 或 money"),
    ("pairing", "greeting: {name", "row.first", "row.code", "row.first"),
    ("pairing", "greeting: {name", "each: plan.households", "each: plan.village", "plan.households"),
    ("pairing", "lecture: {name", "05-10..07-31", "07-31..05-10", "早于"),
    ("pairing", "lecture: {name", "organ:", "organn:", "organ、research"),
    ("pairing", "deed: {name", "step: doing", "step: doing_it", "plan、doing、look"),
    ("pairing", "doing: {name", "ends: reached", "ends: all", "reached"),
    ("pairing", "code: {name", "need: true", "need: false", "need: true"),
    ("pairing", "code: {name", "limit: 20", "limit: 61", "60"),
    ("pairing", "rows: 0-8", "0-8", "0-30", "不超过 64 个"),
    ("pairing", "sign_form: pledge", "pledge", "pledged", "pledge"),
    # names of steps, windows, lamps, outcomes, forms, answers
    ("rectification", "proposes: execute          #", "execute", "exekute", "plan_review、execute"),
    ("rectification", "proposes: execute", "execute", "inspect", "execute"),
    ("rectification", "declined: decline", ": decline", ": decl", "decline"),
    ("rectification", "window: year", "year", "jear", "year"),
    ("rectification", "normal_lamp: green", "green", "blue", "green、yellow"),
    ("rectification", "annulled_lamp: void", "void", "grey", "只用于作废的灯"),
    ("election", "approve_to: elect", "elect", "election", "elect"),
    ("election", "return_to: [shortlist, recommend", "appraisal", "apraisal", "appraisal"),
    ("election", "submit_to: shortlist_approval", "shortlist_approval", "shortlist_aproval", "shortlist_approval"),
    ("election", "reopen_to: recommend", "recommend", "recomend", "recommend"),
    ("election", "outcome: approved", "approved", "aproved", "approved"),
    ("election", "form: candidates", "candidates", "candidate", "candidates"),
    ("election", "ballot.elected >= notice.seats", "elected", "chosen", "elected"),
    ("election", "ballot.present * 5", "voters", "voter", "voters"),
    ("election", "count(votes.yes", "yes", "yess", "yes"),
    ("upgrade", "before: {", "effect.after", "effect.later", "form.field"),
    ("upgrade", "wait_to: check", "check", "chek", "check"),
    ("upgrade", "until: plan.shown", "plan.shown", "plan.target", "kind: date"),
    # kinds, stages, parties, roles, clocks
    ("rectification", "inspect: {name: 年度检查", "reviewer", "reviever", "unit、reviewer"),
    ("rectification", "name: 长期落实", "长期落实", "~", "环节的中文名称"),
    ("rectification", "report_late: {", "liaison", "lision", "liaison"),
    ("rectification", "report_late: {", "reporting", "report", "reporting"),
    ("rectification", "inspect: {name: 年度检查", "adjust", "ajust", "adjust"),
    ("rectification", "name: 长期落实\n        stage: execute", "execute", "execution", "execute"),
    ("election", "held: {name: 述职评议日期", "date", "day", "date"),
    ("election", "- {that: count(candidates.people)", "count(", "length(", "count"),
    ("filing", "dues: {", "money", "yuan", "money"),
    ("filing", "sign: none", "none", "never", "fill"),
    # numbers and texts
    ("rectification", "at_once: 10", "10", "0", "1 至 1000"),
    ("rectification", "watch: 3 months", "months", "weeks", "12 months"),
    ("rectification", "quarter: 3 months", "3", "three", "12 months"),
    ("rectification", "extension: {", "50", "150", "1 至 100"),
    ("rectification", "  plan:    {organ", "5-15", "15-5", "最短不大于最长"),
    ("rectification", "green: {name", '"#2e7d32"', "green", '"#c62828"'),
    ("rectification", "red: {", "3,", "2,", "各灯轻重不同"),
    ("rectification", "report_remind: {", "-5", "-400", "-69"),
    ("filing", "name: 本月有无", "true", "1", "true 或 false"),
    ("election", "seats: {", "most: 15", "most: many", "整数"),
    ("election", "people: {name: 候选人", "2-40", "40-2", "60 以内"),
    ("election", "to: elect, name: 不足", "times: 2", "times: 0", "1 至 100"),
    ("upgrade", "milestones:\n      name: 里程碑\n      kind: rows\n      rows: 1-8", "1-8", "1-80", "60 以内"),
    ("upgrade", "after >= plan.target", ">=", "=>", "==（相等）"),
    ("upgrade", "target > before", "before", '"before"', "两边是同一种"),
    # what nobody could mend or leave
    ("election", "- {that: count(candidates.people)", "candidates", "names", "candidates.people"),
    ("election", "to: result, name: 名额仍不足", "result", "elect", "另一个环节"),
    ("election", "to: result, name: 名额仍不足", "name: 名额仍不足，按实际当选报批", "times: 2", "没有 times"),
    ("call", "mover: {any: [instructor@area", "area", "aria", "area"),
    ("task", "return_to: again", "again", "agian", "again"),
    ("checkin", "form: round.asks", "round.asks", "round.ask", "round.asks"),
    ("publication", "publish: {scope: public", "public", "open", "inside、public"),
    ("duties", "level: {", "options: {committee", "option: {committee", "options"),
    ("similar", "ends: children", "children", "child", "children"),
    ("project", "milestone: {name", "row.by", "row.what", "row.by"),
    ("visit", "each: area_units", "area_units", "area_unit", "area_units"),
    ("upkeep", "holder: area", "area", "areas", "area"),
    ("verification", "- {when: verified.same", "verified.same", "verified.sane", "verified.same"),
    ("inspection", "veil: answer", "answer", "anser", "answer"),
    ("investigation", "from: report.findings", "report.findings", "report.finding", "report.findings"),
    ("six_ones", "gift: {name", "of: household", "of: houshold", "household"),
    ("yearly", "sign_form: pledge", "pledge", "pledged", "pledge"),
    ("inquiry", "burden: true", "true", "yes", "true 或 false"),
    ("score_appeal", "look: {name", "return_to: [file]", "return_to: [fill]", "file"),
    ("guidance", "agree: {name", "party: helpers", "party: helper", "helpers"),
    ("volunteer", "people: {name: 参加人次, step", "sum: people", "sum: what", "count、number"),
    ("learning", "passed: {then", "verdict.points >= 60", "verdict.point >= 60", "verdict.points"),
    ("talk", "panel: {all", "leader@site", "leader@sight", "leader@site"),
    ("appraisal", "panel: {all", "all", "every", "all"),
    ("drive", "    from: plan.tasks", "plan.tasks", "plan.task", "plan.tasks"),
    ("drive", "    to: row.unit", "row.unit", "row.what", "row.unit"),
    ("drive", "    deadline: row.by", "row.by", "row.after", "row.by"),
    ("drive", "    after: row.after", "row.after", "row.by", "row.after"),
    ("drive", "    link: part_of", "part_of", "part", "part_of"),
    ("drive", "    wait: all", "all", "some", "all、none"),
    ("drive", "return_to: plan, issues: [tasks]", "[tasks]", "[task]", "tasks"),
    ("errand", "kind: {name: 类别", "choice", "chosen", "choice"),
]  # fmt: skip


def swapped(text: str, part: str, word: str, instead: str) -> tuple[str, int]:
    """The text with the word swapped in the one line that the part ends in, and that line's number."""
    assert text.count(part) == 1, f"{part!r} stands {text.count(part)} times"
    end = text.index(part) + len(part)
    begin = text.rindex("\n", 0, end) + 1
    stop = text.index("\n", end)
    line = text[begin:stop]
    assert line.count(word) >= 1, f"{word!r} is not in {line!r}"
    return text[:begin] + line.replace(word, instead, 1) + text[stop:], text.count("\n", 0, begin) + 1


def test_sixty_words_are_swapped() -> None:
    assert len(SWAPS) >= 60
    assert {file for file, *_ in SWAPS} == set(FILES)


@pytest.mark.parametrize(("file", "part", "word", "instead", "expected"), SWAPS)
def test_a_swapped_word_is_refused_where_it_stands(
    file: str, part: str, word: str, instead: str, expected: str, tmp_path: Path
) -> None:
    text, line = swapped(FILES[file].read_text("utf-8"), part, word, instead)
    mistakes = mistakes_of(load_process, tmp_path, text)
    here = [m for m in mistakes if m.line == line]
    assert here, [str(m) for m in mistakes]
    assert any(expected in m.expected for m in here), [str(m) for m in here]
    assert all(m.file.endswith("f.yaml") and m.what and m.expected for m in mistakes)


SPIED = """questions, submit_to: look, issues: [findings]}
      look: {name: 复核, stage: inspect, party: reviewer, window: confirm, approve_to: answer}"""
NEVER: dict[str, tuple[str, str, str, str]] = {
    # what cannot be: file, what is changed to what, part of what was found
    "a process that cannot end": ("election", "close\n        outcome: approved", "announce", "能办结的"),
    "a ladder that falls silent": ("filing", ", repeat: 5", "", "以后再没有人知道"),
    "a condition on what nobody fills in": ("election", "form: notice, ", "", "没有“notice.seats”这一项，或此时还"),
    "a step as short as what it publishes": ("election", "announce: 8", "announce: 5", "本环节最短只有 5 个"),
    "a veil over no step": ("unannounced", "veil: answer", "veil: reply", "没有名为“reply”的环节"),
    "a veil that is never down": ("unannounced", "veil: answer", "veil: visit", "的第一个环节"),
    "a veil before which the unit acts": ("unannounced", "veil: answer", "veil: verdict", "“answer”在“verdict”以前"),
    "a veil over what is signed": ("unannounced", "sign: none", "sign: 2\ndeclined: 2", "单位要签收"),
    "what is issued behind a veil": ("inspection", "questions, submit_to: answer}", SPIED, "那时承办单位还看不到"),
    "nothing to publish": ("election", "days: 5, what: 选举结果", "days: 5, what: ''", "空的"),
    "a number compared with a text": ("election", "valid <= present", 'valid <= "全部"', "拿数和文字相比"),
    "a step that ends and would have to wait": ("drive", "wait: none", "wait: all", "办结的同时交办“found”"),
    "order where nobody waits": ("drive", "    wait: all", "    wait: 2", "要都等"),
}  # fmt: skip


@pytest.mark.parametrize("name", NEVER)
def test_what_can_never_be_is_refused_at_load(name: str, tmp_path: Path) -> None:
    file, old, new, found = NEVER[name]
    text = FILES[file].read_text("utf-8")
    assert text.count(old) == 1
    mistakes = mistakes_of(load_process, tmp_path, text.replace(old, new))
    assert any(found in m.what for m in mistakes), [str(m) for m in mistakes]
