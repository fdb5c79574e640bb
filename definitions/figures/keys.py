"""Every key of the file of figures, one row each; docs/figures.md is written from them (setup/campaigns.py)."""

from definitions.language.keys import DefinitionKey

FIGURE_TABLES = {"": "文件最外层", "figures.*": "一个数据项 `figures`"}
"""The tables of the file, in the order of the reference."""

FIGURE_KEYS: tuple[DefinitionKey, ...] = tuple(
    DefinitionKey(table=table, key=key, about=about, without=without, example=example)
    for table, key, about, without, example in (
        ("", "owner", "归口的部门：要这个数、答复意见的", "没有", "县委组织部"),
        ("", "figures", "数据项，每项一个编号，见下", None, {}),
        ("figures.*", "name", "名称，不重复", None, "党员大会次数"),
        ("figures.*", "kind", "种类：count、number、money、percent、yes_no、date、month、text", None, "count"),
        ("figures.*", "every", "多久一个数：month、quarter、half_year、year", None, "quarter"),
        ("figures.*", "source", "出处：asked 填报，imported 导入，ledger 由留痕算出；后两种不问", None, "asked"),
        ("figures.*", "prefill", "`last`：以前最近一期的数列在旁边，标明是哪一期的旧数", "不列", "last"),
        ("figures.*", "confirm", "有 prefill 的：旧数不先填好，要重新填，或勾选与上次相同", "false", True),
        ("figures.*", "places", "数、百分数：几位小数", "0", 1),
        ("figures.*", "least", "最小", "0；数不限", 1),
        ("figures.*", "most", "最大", "不限；百分数 100", 31),
        ("figures.*", "limit", "文字：最多几字", "200", 50),
        ("figures.*", "of", "ledger 的：哪个流程，或 publications（公示）", "见左", "rectification"),
        ("figures.*", "rate", "ledger 的：closed_on_time、nodes_on_time、tallies_met", "公示计次数", "closed_on_time"),
        ("figures.*", "what", "公示的：只计公示的这一样", "都计", "党务公开"),
        ("figures.*", "owner", "归口的部门", "文件的 owner", "县纪委监委"),
        ("figures.*", "note", "说明", "没有", "由党员名册导入，不问"),
        ("figures.*", "allowed_by",
         "名称里有打卡、签到、时长、点赞、转发、在线、活跃度的：依据的文件", "没有", "县委办〔2026〕3号"),
    )
)  # fmt: skip
