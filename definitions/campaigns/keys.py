"""Every key of a campaign file, one row each, as definitions/language/keys.py has those of a process file;
docs/campaigns.md is written from them (setup/campaigns.py)."""

from definitions.language.keys import DefinitionKey

CAMPAIGN_TABLES = {
    "": "文件最外层",
    "to": "对谁 `to`",
    "opens": "日子 `opens`、`due`、`locks`",
    "late": "补报 `late`",
    "asks.*": "问哪些数 `asks`",
    "verify": "抽样核实 `verify`",
    "verify.seed": "由谁出种子 `verify.seed`",
}
"""The tables of a campaign file, in the order of the reference."""

CAMPAIGN_KEYS: tuple[DefinitionKey, ...] = tuple(
    DefinitionKey(table=table, key=key, about=about, without=without, example=example)
    for table, key, about, without, example in (
        ("", "campaign", "周期工作的编号，一经使用不要再改", None, "visits"),
        ("", "name", "名称；每期事项的题目是它加上期的名称", None, "片组每月走访"),
        ("", "version", "给人看的版本，程序另加内容的校验码", "1", "2026.1"),
        ("", "note", "说明，办理中不用", "没有", "供参照修改。"),
        ("", "process", "办哪个流程", None, "visit"),
        ("", "variant", "哪种走法", None, "monthly"),
        ("", "every", "多久一次：month、quarter、half_year、year；once 是有人开放时才有一期", None, "month"),
        ("", "to", "对谁，见下；每一期开放时定下，名单的哈希记入留痕", None, {"areas": "all"}),
        ("", "opens", "哪一天开放；`{by: supervisor}` 是由督查员开放", None, {"working_day": 1}),
        ("", "due", "哪一天到期：一个日子，或每类单位一个；两个数的是弹性的", None, {"working_day": -1}),
        ("", "locks", "哪一天锁定：晚于最后一个到期日", None, {"working_day": 3, "after": "period"}),
        ("", "joins", "期中新增的单位：next 下一期起，now 马上", "next", "next"),
        ("", "gone", "期中撤销的单位欠的：annul 作废，keep 留着；都不在应报之内", "annul", "annul"),
        ("", "merged", "期中合并的：both 各报各的，successor 由合并后的单位报", "both", "both"),
        ("", "late", "锁定以后怎样补报，见下", "5 个工作日以内，由督查员", {"unlock": 5}),
        ("", "asks", "哪个周期的末月问哪些数据项（figures.md），并成一张表；见下", "不问数", {"month": ["moved"]}),
        ("", "nothing_to_ask", "`skip`：要问的都已知道的单位，这一期不发", "照发", "skip"),
        ("", "verify", "锁定以后从报上来的里抽多少、由谁核实；不逐张审，见下", "不核实", {"share": "5%"}),
        ("", "matter", "事由的其他各项写什么；`{year}` 是年份，`{period}` 是期的名称", "没有", {"year": "{year}"}),
        ("", "stagger", "分几个工作日交办，每天一部分单位，到期不变", "开放那天全部交办", 5),
        ("to", "kinds", "哪几类单位，或 all", "不限", "all"),
        ("to", "sizes", "哪几种规模", "不限", ["committee"]),
        ("to", "conditions", "哪几种状况", "不限", ["weak"]),
        ("to", "areas", "哪几个片组，或 all；片组承办的流程只写它", "不限", "all"),
        ("to", "units", "另外还有哪几个单位", "没有", ["u001"]),
        ("to", "except", "哪几个除外", "没有", ["u002"]),
        ("opens", "working_day", "第几个工作日；负数从期末数；5..12 是弹性的，只用于 due", "见左", 5),
        ("opens", "date", "几月几日，不上班的顺延", "见左", "12-15"),
        ("opens", "after_open", "开放后第几个工作日；不用于 opens", "见左", 15),
        ("opens", "after", "`period`：从期满的次日起数；`date` 的是次年", "在这一期之内", "period"),
        ("opens", "by", "`supervisor`：由督查员开放；`draw`：那一期的抽取抽出来就开放", "按日子开放", "supervisor"),
        ("late", "unlock", "一次最多解锁几个工作日", "5", 5),
        ("late", "by", "由谁解锁：supervisor", "supervisor", "supervisor"),
        ("asks.*", "figures", "哪几个数据项；前面的 `month` 等是它们的周期，末月问", None, ["topics"]),
        ("asks.*", "with", "推到后面第几期问，免得一期问得太多", "0", 1),
        ("verify", "share", "抽百分之几；每一层至少一个", None, "5%"),
        ("verify", "strata", "按什么分层：area 片组、kind 单位类型、size 规模、condition 状况，写一种", None, ["area"]),
        ("verify", "seed", "由谁出抽取的数，见下", None, {"witnesses": 2}),
        ("verify", "by", "由谁核实：instructor，抽中的单位所在片组的指导员", None, "instructor"),
        ("verify", "process", "核实办的流程：片组承办、`starts: lazily`，事由有 `unit`、`item`", None, "verification"),
        ("verify", "variant", "哪种走法", None, "sample"),
        ("verify.seed", "witnesses", "几位见证人，各封一个数再打开：两位", None, 2),
    )
)  # fmt: skip
