"""Commands that two people carry out: what another has not confirmed yet is asked for, and the command ends there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from desk.joint import confirming
from ledger.directory.joint.acts import SecondNeeded
from ledger.store.database import Database
from rules.joint.acts import JOINT_ACT_NAMES, LASTS, MAY_CONFIRM
from rules.permitting import roles_named
from runtime.cli.output import print_json
from runtime.ending import Problem


@contextmanager
def asked_of_another(database: Database, *, as_json: bool = False) -> Iterator[None]:
    """What needs a second person and has none is asked for, and nothing is done: a Problem says its number and the way
    on. Around it stands `refusals_in_words`."""
    try:
        yield
    except SecondNeeded as needed:
        state = confirming.ask(database, needed, datetime.now(UTC))
        others = roles_named(MAY_CONFIRM[state.act])
        if as_json:
            print_json({"asked": state.number, "act": str(state.act), "until": state.asked.until.isoformat()})
        what = JOINT_ACT_NAMES[state.act]
        again = "已经提请过，还在等复核" if needed.waiting else "已提请"
        before = f"上次（第 {needed.before.number} 号）不同意：{needed.before.reason}。" if needed.before else ""
        raise Problem(
            f"还没有办，什么也没有改：{what}要由两个人办，{again}，第 {state.number} 号。{before}",
            f"请另一人（{others}）登录后在“双人复核”页上同意，或运行 duban confirm {state.number} --as 此人；"
            f"然后在提请后 {LASTS.days} 天内把这条命令再运行一次。",
        ) from needed
