"""Reading a budget's file."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from definitions.fields import FileMapping
from definitions.language.keys import DefinitionKey
from definitions.source import Source
from rules.burden.budget import BurdenBudget
from rules.codec import encode

SHIPPED_BUDGET = Path(__file__).parent / "budget.yaml"
_MOST = 1000

BUDGET_KEYS: tuple[DefinitionKey, ...] = tuple(
    DefinitionKey(table="", key=key, about=about, without=without, example=example)
    for key, about, without, example in (
        ("budget", "减负预算的名称", None, "基层减负预算"),
        ("version", "给人看的版本，程序另加内容的校验码", "1", "2026.1"),
        ("requests", "一个单位一个月最多几次周期填报", None, 1),
        ("extras", "一个单位一个月最多几次临时要数", None, 1),
        ("fields", "一个单位一个月最多要填几项，表格一列算一项，算出来的不算", None, 12),
        ("evidence", "一个单位一个月最多要求几项佐证材料", None, 1),
    )
)
"""Every key of a budget's file."""


def load_budget_file(path: Path = SHIPPED_BUDGET) -> BurdenBudget:
    """The budget that the file says, with a version that holds a hash of its content. Raises definition_invalid with
    every mistake of the file."""
    source = Source(path)
    source.refuse()
    top = FileMapping(source, (), source.root)
    budget = BurdenBudget(
        name=top.text("budget", "减负预算的名称"),
        version=top.text("version", "版本，形如 2026.1", 20) if top.has("version") else "1",
        requests=top.integer("requests", 0, _MOST),
        extras=top.integer("extras", 0, _MOST),
        fields=top.integer("fields", 0, _MOST),
        evidence=top.integer("evidence", 0, _MOST),
    )
    top.done()
    source.refuse()
    said = json.dumps(encode(budget), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return replace(budget, version=f"{budget.version}#{hashlib.sha256(said.encode()).hexdigest()[:12]}")
