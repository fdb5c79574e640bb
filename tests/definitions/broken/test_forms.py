"""Forms, conditions and waits that cannot work are refused at load, with line, path and what to write instead."""

from pathlib import Path

import pytest

from definitions.catalogue import load_process
from tests.definitions.sound import PROCESS, marked_line, mistakes_of, replaced

FORMS = """\
forms:
  plan:
    what: {name: 做什么, kind: text, need: true}
    target: {name: 目标, kind: number, places: 1, need: true}
    by: {name: 公示到, kind: date, need: true}
    tasks: {name: 任务, kind: rows, rows: 0-20, columns: {who: {name: 谁, kind: name}, days: {name: 天数, kind: count}}}
  effect:
    after: {name: 结果, kind: number, places: 1, need: true, prefill: plan.target}
    size: {name: 合计, kind: count, derive: sum(plan.tasks.days)}
    grade: {name: 等次, kind: choice, options: {good: 好, poor: 差}}
    proof: {name: 材料, kind: evidence, need: true, because: 须有材料}
checks:
  draft:
    - {that: target > 0, say: 目标不大于零}
outcomes: {done: 已办, more: 再办}
"""
FORMED = PROCESS
for old, new in (
    ("outcomes: {done: 已办, more: 再办}\n", FORMS),
    ("        submit_to: review\n", "        form: plan\n        submit_to: review\n"),
    (
        "window: work, submit_to: check}",
        "window: work, submit_to: [{when: plan.target > 9, to: pause}, {to: check}]}\n"
        "      pause: {name: 公示, stage: execute, window: 5, until: plan.by, wait_to: check}",
    ),
    ("window: check, return_to: work, closes", "window: check, form: effect, return_to: work, closes"),
    ("outcomes: {done: watch, more: work}", "outcomes: {done: watch, more: {then: work, when: after < plan.target}}"),
):
    FORMED = replaced(FORMED, old, new)

LATE = "    late: {name: 未完, kind: rows, rows: 0-9, prefill: plan.tasks, columns: {n: {name: 数, kind: count}}}\n"
REST = "\n      rest: {name: 再等, stage: execute, party: unit, window: 5, submit_to: work}"
PAUSE, LAST = "{when: plan.target > 5, to: pause}", "to: pause}, {to: check}]}"
SOUND = {
    "bounded": (LAST, f"to: rest, times: 2}}, {PAUSE}, {{to: check}}]}}{REST}"),
    "answered anew on the way": ("to: pause}, {to", f"to: draft}}, {PAUSE}, {{to"),
    "ended on the way": (LAST, f"to: check}}, {PAUSE}, {{to: check}}]}}"),
}
"""Ways back that are no dead ends."""
BROKEN: dict[str, tuple[tuple[str, str], str, str, str]] = {
    # name: (what is changed to what, path, part of what was found, part of what was expected); #! marks the line
    "a kind that there is not": (
        ("kind: number, places: 1, need: true}\n    by", "kind: numbr, need: true} #!\n    by"),
        "forms.plan.target.kind",
        "numbr",
        "number",
    ),
    "a key that plays no part": (
        ("kind: date, need", "kind: date, places: 1, need"),
        "forms.plan.by.places",
        "date",
        "number、percent",
    ),
    "evidence demanded without a reason": (
        ("need: true, because: 须有材料", "need: true"),
        "forms.effect.proof.need",
        "没有写理由",
        "because",
    ),
    "a choice without options": (
        ("kind: choice, options: {good: 好, poor: 差}}", "kind: choice}"),
        "forms.effect.grade",
        "没有写选项",
        "options",
    ),
    "a table of too many rows": (("rows: 0-20", "rows: 0-61"), "forms.plan.tasks.rows", "0-61", "60 以内"),
    "a number compared with a text": (
        ("that: target > 0", 'that: target > "x"'),
        "checks.draft[1].that",
        "拿数和文字相比",
        "同一种",
    ),
    "an expression that cannot be read": (
        ("that: target > 0", "that: target ≥ 0"),
        "checks.draft[1].that",
        "认不出“≥”",
        ">=",
    ),
    "a field that nobody fills in": (
        ("that: target > 0", "that: targt > 0"),
        "checks.draft[1].that",
        "targt",
        "plan.target",
    ),
    "a field that is filled in later": (
        ("that: target > 0", "that: target > effect.after"),
        "checks.draft[1].that",
        "effect.after",
        "plan.target",
    ),
    "an option that there is not": (
        ("when: after < plan.target", 'when: grade == "god"'),
        "variants.plain.outcomes.more.when",
        "没有“god”这个选项",
        "good、poor",
    ),
    "a name reckoned with": (
        ("sum(plan.tasks.days)", "count(plan.tasks.who == plan.tasks.who)"),
        "forms.effect.size.derive",
        "不能参加计算",
        "数、日期",
    ),
    "a computed yes that is called a number": (
        ("sum(plan.tasks.days)", "any(plan.tasks.days > 3)"),
        "forms.effect.size.derive",
        "算出来的是是或否",
        "kind",
    ),
    "a computed field that has to be filled in": (
        ("kind: count, derive", "kind: count, need: true, derive"),
        "forms.effect.size.need",
        "没有人填",
        "去掉 need",
    ),
    "an old answer of another kind": (
        ("prefill: plan.target", "prefill: plan.by"),
        "forms.effect.after.prefill",
        "date",
        "同一种",
    ),
    "an old answer that there is not": (
        ("prefill: plan.target", "prefill: plan.goal"),
        "forms.effect.after.prefill",
        "plan.goal",
        "form.field",
    ),
    "an old table with other columns": (
        ("    grade: {name", f"{LATE}    grade: {{name"),
        "forms.effect.late.prefill",
        "“late”是 rows（n count）",
        "同一种",
    ),
    "an old table with names of people": (
        ("rows: 0-20, columns", "rows: 0-20, prefill: plan.tasks, columns"),
        "forms.plan.tasks.prefill",
        "姓名或行号（who）",
        "去掉 prefill",
    ),
    "a form with the name of the matter": (
        ("  effect:\n    after", "  matter: #!\n    after"),
        "forms.matter",
        "那是事由",
        "matter 以外",
    ),
    "a form that no step asks": (
        ("window: check, form: effect, return_to", "window: check, return_to"),
        "forms.effect",
        "没有环节要填",
        "form",
    ),
    "checks of a step that is not there": (
        ("  draft:\n    - {that", "  drft:\n    - {that"),
        "checks.drft",
        "drft",
        "环节的名字",
    ),
    "a last way with a condition": (
        ("{to: check}]", "{when: plan.target > 1, to: check}]"),
        "variants.plain.steps.work.submit_to[2].when",
        "哪一条都走不通",
        "没有 when",
    ),
    "a way before the last without a condition": (
        ("{when: plan.target > 9, to: pause}", "{to: pause}"),
        "variants.plain.steps.work.submit_to[1]",
        "永远轮不到",
        "when",
    ),
    "a way back to itself without an end": (
        ("{when: plan.target > 9, to: pause}", "{when: plan.target > 8, to: work}, {when: plan.target > 9, to: pause}"),
        "variants.plain.steps.work.submit_to[1]",
        "没有写最多几次",
        "times",
    ),
    "a last way that is spent": (
        ("{to: check}]}", "{to: check, times: 2}]} #!"),
        "variants.plain.steps.work.submit_to[2].times",
        "哪一条都走不通",
        "没有 times",
    ),
    "a last way back to itself": (
        ("{to: check}]}", "{to: work}]} #!"),
        "variants.plain.steps.work.submit_to[2].to",
        "回到“work”自己",
        "另一个环节",
    ),
    "a check that nobody can mend": (
        ("  draft:\n    - {that: target > 0, say", "  check:\n    - {that: plan.target > 0, say"),
        "checks.check[1].that",
        "没有“check”由人填的项",
        "effect.after",
    ),
    "a check of what is reckoned from elsewhere": (
        ("  draft:\n    - {that: target > 0, say", "  check:\n    - {that: size > 0, say"),
        "checks.check[1].that",
        "没有“check”由人填的项",
        "填那一项的环节",
    ),
    "a way round for ever": (
        ("to: pause}, {to: check}]}", f"to: rest}}, {{when: plan.target > 5, to: pause}}, {{to: check}}]}} #!{REST}"),
        "variants.plain.steps.work.submit_to[1]",
        "没有人能改它",
        "times",
    ),
    "a last way round for ever": (
        ("to: pause}, {to: check}]}", f"to: check}}, {{when: plan.target > 5, to: pause}}, {{to: rest}}]}} #!{REST}"),
        "variants.plain.steps.work.submit_to[3]",
        "没有人能改它",
        "自己的填报",
    ),
    "a wait for what is no day": (
        ("until: plan.by", "until: plan.target"),
        "variants.plain.steps.pause.until",
        "是数",
        "kind: date",
    ),
    "somebody who acts where everybody waits": (
        ("stage: execute, window: 5, until", "stage: execute, party: unit, window: 5, until"),
        "variants.plain.steps.pause.party",
        "没有人办理",
        "wait_to",
    ),
    "no end that can always be said": (
        ("{done: watch, more: {", "{done: {then: watch, when: after > 1}, more: {"),
        "variants.plain.outcomes",
        "个能办结的认定结果都有条件",
        "没有 when",
    ),
    "a span shorter than a cycle": (
        ("    cap: span\n", "    cap: span\n    span: {organ: 60, research: 80}\n"),
        "variants.plain.span",
        "一轮可以有 90 个",
        "缩短 cap",
    ),
}
TOO_MUCH = "".join(f"        c{n}: {{name: 列{n}, kind: number, places: 4}}\n" for n in range(8))


@pytest.mark.parametrize("change", [("", ""), *SOUND.values()], ids=["as it is", *SOUND])
def test_the_process_that_is_broken_here_is_sound(change: tuple[str, str], tmp_path: Path) -> None:
    assert mistakes_of(load_process, tmp_path, replaced(FORMED, *change) if change[0] else FORMED) == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_process_file_is_refused_for(name: str, tmp_path: Path) -> None:
    change, path, found, expected = BROKEN[name]
    text = replaced(FORMED, *change)
    (mistake,) = [m for m in mistakes_of(load_process, tmp_path, text) if m.path == path]
    assert found in mistake.what
    assert expected in mistake.expected
    if "#!" in text:
        assert mistake.line == marked_line(text)


def test_more_than_a_state_may_keep_is_refused(tmp_path: Path) -> None:
    wide = "    wide:\n      name: 宽表\n      kind: rows\n      rows: 0-60\n      columns:\n" + TOO_MUCH
    text = replaced(FORMED, "    by: {name: 公示到", f"{wide}    by: {{name: 公示到")
    names = " + ".join(f"sum(plan.wide.c{n})" for n in range(8))
    text = replaced(text, "derive: sum(plan.tasks.days)", f"derive: {names}")
    (mistake,) = mistakes_of(load_process, tmp_path, text)
    assert (mistake.path, "4096" in mistake.expected) == ("forms", True)
