"""The demo, whole: as `make demo ONCE=1` runs it, on the real server with skipped time."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import DUBAN, environment_of

STORY = (
    "确认后交办",
    "退回：",
    "改派给",
    "审核通过",
    "退回整改：",
    "申请延期",
    "同意延期",
    "不同意延期",
    "逾期",
    "通报",
    "约谈",
    "销号",
    "重启：",
    "转入",
    "为何是这一天",
    "弹性",
    "固定",
    "的一周",
    "早上一份",
    "尚未公布",
    "采用通知以前",
    "（暂定）",
    "采用通知以后",
    "按新日历重算",
    "封存点 #",
    "全部相符",
    "的证明包",
    "全部成立",
    "这一条被改动过",
    "之间有记录被改动、调换、插入",
)
"""What the issue asks the demo to show, by the words in which it does."""


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_the_demo_tells_the_whole_story_and_ends_well(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(DUBAN), "demo", "--once"],
        env=environment_of(tmp_path / "data"),
        capture_output=True,
        text=True,
        timeout=290,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert [words for words in STORY if words not in done.stdout] == []
