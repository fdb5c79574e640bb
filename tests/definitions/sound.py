"""A small sound process file to break in one place, and the line of the mark that a broken place carries."""

from collections.abc import Callable
from pathlib import Path

from definitions.mistakes import DefinitionErrors, Mistake

MARK = "#!"

PROCESS = """\
process: loan
name: 借阅
prefix: JY
version: "1"
unit_kinds: {organ: 机关, research: 科研院所}
windows:
  sign: {organ: 2, research: 3}
  draft: {organ: 5, research: 5-15}
  work: {organ: 20, research: 10-40}
  span: {organ: 60, research: 90}
  check: 10
sign: sign
declined: 2
extension: {times: 2, percent: 50, decide: 3, leader_over: 5}
urge: {cooldown_hours: 24, at_most: 10}
watch: 3 months
outcomes: {done: 已办, more: 再办}
lamps:
  green: {name: 绿灯, colour: "#00aa00", rank: 1}
  red: {name: 红灯, colour: "#aa0000", rank: 3}
  grey: {name: 灰灯, colour: "#777777", rank: 0}
  void: {name: 作废, colour: "#555555", rank: -1}
normal_lamp: green
ended_lamp: grey
annulled_lamp: void
ladder:
  remind: {name: 提醒, offset: -5, applies: [working], audience: [liaison], lamp: green}
  late: {name: 逾期, offset: 1, applies: [unsigned, working], audience: [unit_head], lamp: red}
  weekly: {name: 每周, offset: 6, applies: [unsigned, declined, working, reviewing],
    audience: [supervisor], lamp: red, repeat: 5}
variants:
  plain:
    name: 平常
    cap: span
    steps:
      draft:
        name: 起草
        stage: plan
        party: unit
        window: draft
        submit_to: review
        proposes: work
      review: {name: 审阅, stage: plan, party: reviewer, window: 5, approve_to: work, return_to: draft}
      work: {name: 办理, stage: execute, party: unit, window: work, submit_to: check}
      check: {name: 检查, stage: inspect, party: reviewer, window: check, return_to: work, closes: true}
    reopen_to: draft
    outcomes: {done: watch, more: work}
"""


def replaced(text: str, old: str, new: str) -> str:
    """The text with its one occurrence of `old` replaced."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the sound file"
    return text.replace(old, new)


def mistakes_of(load: Callable[[Path], object], folder: Path, text: str | bytes, name: str = "f.yaml") -> list[Mistake]:
    """What a loader finds wrong with a file of that content; nothing when it takes it."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        load(path)
    except DefinitionErrors as errors:
        return list(errors.mistakes)
    return []


def marked_line(text: str) -> int:
    """The number of the line that carries the mark."""
    (line,) = [n for n, content in enumerate(text.splitlines(), 1) if MARK in content]
    return line
