"""Writes docs/access-policy.md: who may read what, from the table in rules/access.py.

.venv/bin/python setup/access.py

Nothing in that page is written by hand; a test fails when it is out of date.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from rules.access import REACH_NAMES, REACH_WORDS, READABLE_NAMES, Readable, reach  # noqa: E402
from rules.names import ROLE_NAMES  # noqa: E402
from rules.permitting import HELD, PERMITTED, PERMITTED_ACTS  # noqa: E402
from rules.process import Role  # noqa: E402

PAGE = ROOT / "docs" / "access-policy.md"
HEAD = """# 谁看得到什么

由 `setup/access.py` 从 `rules/access.py` 写出，不手改。谁办什么在
`rules/permitting.py`，见 [machine.md](machine.md)。为什么这样做见 [adr/0028](adr/0028-scope-at-the-compiler.md)。

一个人看得到的，是本人今天各个职务看得到的，加上今天代理的人各个职务看得到的；离任、代理到期，下一次请求起就看不到。
看不到的与不存在的答复一样：同样的代码、同样的话。暗访、抽取还要再减去（流程的 `veil`）。
导入台账、直接交办要与交办过的逐项对照：能办的人，在那两处看得到全部。

"""


def page() -> str:
    """The page as the rules have it now."""
    lines = [HEAD, "## 看\n\n", "| 看什么 | " + " | ".join(ROLE_NAMES[role] for role in HELD) + " |\n"]
    lines.append("|---" * (len(HELD) + 1) + "|\n")
    for what in Readable:
        cells = " | ".join(REACH_NAMES[reach(what, role)] for role in HELD)
        lines.append(f"| {READABLE_NAMES[what]} | {cells} |\n")
    lines += ["\n", *(f"- **{REACH_NAMES[near]}**：{words}\n" for near, words in REACH_WORDS.items())]
    commands = sum(1 for roles in PERMITTED.values() if Role.AUDITOR in roles)
    acts = [act for act, roles in PERMITTED_ACTS.items() if Role.AUDITOR in roles]
    lines.append(f"\n审计能下的操作有 {commands} 个；能做的只有：{'、'.join(f'`{act}`' for act in acts)}。\n")
    return "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
