"""What an export says of itself: what it is, narrowed to what, made when and by whom, how many rows, which hash, sealed
how. Values only."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from ledger.proof.checkpoints import Checkpoint
from ledger.reading.extracts import Column, moment
from rules.codec import instant_text
from rules.dates.calendar import LOCAL

RowsDone: TypeAlias = Callable[[int, int], None]
"""Called with how many rows are done, of how many: once over when they are read, once more when they are printed."""
KIND_WORDS = {"text": "文字", "number": "整数", "day": "日期", "moment": "时间（北京时间）", "hash": "哈希"}
EXTRACT_NAMES = {"register": "台账", "entries": "留痕", "figures": "数据项", "scores": "考核得分"}
"""What an extract is of."""
UNSEALED = "还没有封存点"


def seal_words(checkpoint: Checkpoint | None) -> str:
    """The checkpoint in words, its fingerprint first; empty when there is none."""
    if checkpoint is None:
        return ""
    at = moment(instant_text(checkpoint.at))
    return f"{checkpoint.fingerprint}（第 {checkpoint.number} 号，{at}，封存到总序 {checkpoint.size}）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """`algorithm` is the ledger's hash; `seal`: the last checkpoint in words, with its fingerprint."""

    title: str
    scope: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    made_at: datetime
    person: str
    rows: int
    content_hash: str
    algorithm: str
    seal: str = ""

    @property
    def when(self) -> str:
        """When it was made, in local time."""
        return f"{self.made_at.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"

    def lines(self) -> list[tuple[str, str | int]]:
        """All of it, as (heading, value)."""
        scope = "；".join(f"{name}：{words}" for name, words in self.scope)
        return [
            ("内容", self.title),
            ("范围", scope or "全部"),
            ("导出时间", f"{self.when}（北京时间）"),
            ("导出人", self.person),
            ("行数", self.rows),
            (f"内容哈希（{self.algorithm}）", self.content_hash),
            ("封存点", self.seal or UNSEALED),
        ]
