"""Every key of a process file, one row each: where it is written, what it means, what holds without it, an example.

docs/definitions.md is written from these rows (setup/reference.py), with the words in which the loader itself says what
it expects; and an unknown key that belongs elsewhere is told where. A key more is a row more here: a test compares the
rows with what the loader asks for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DefinitionKey:
    """One key of the table at `table`, a path in which * stands for a name that the file gives (empty: outermost).

    `without`: what holds where it is left out; None: it must be written. `form`: what may be written, where the loader
    could only say it of one file; else it is asked. `example`: as it stands in a file, by which `sample` is meant.
    """

    table: str
    key: str
    about: str
    without: str | None
    example: Any
    form: str = ""

    @property
    def path(self) -> str:
        """Table and key in one."""
        return f"{self.table}.{self.key}" if self.table else self.key


TABLES: Mapping[str, str] = {
    "": "文件最外层",
    "extension": "延期 `extension`",
    "urge": "催办 `urge`",
    "pause": "暂停 `pause`",
    "parties.*": "一方 `parties`",
    "lamps.*": "一盏灯 `lamps`",
    "ladder.*": "督办阶梯的一级 `ladder`",
    "variants.*": "一种走法 `variants`",
    "variants.*.steps.*": "一个环节 `steps`",
    "variants.*.steps.*.submit_to.*": "几条路中的一条 `submit_to`",
    "variants.*.steps.*.publish": "公示 `publish`",
    "variants.*.outcomes.*": "一种认定 `outcomes`",
    "forms.*.*": "一个填报项 `forms`",
    "checks.*.*": "一条检查 `checks`",
    "issues.*": "一种后续事项 `issues`",
    "tallies.*": "要逐次记的一项 `tallies`",
}
"""The tables of a process file, in the order of the reference, by what they are called."""
_WINDOW = "时限，或时限表的一行"
_STEP = "一个环节的编号"
_MUST = None
_POSTS = "职务的列表，形如 supervisor@site"


def _rows(
    table: str, *rows: tuple[str, str, str | None, Any] | tuple[str, str, str | None, Any, str]
) -> Iterator[DefinitionKey]:
    for key, about, without, example, *form in rows:
        yield DefinitionKey(table=table, key=key, about=about, without=without, example=example, form="".join(form))


KEYS: tuple[DefinitionKey, ...] = (
    *_rows(
        "",
        ("process", "流程的编号，一经使用不要再改", _MUST, "visit"),
        ("name", "流程的名称", _MUST, "走访事项"),
        ("prefix", "事项编号的开头：ZF2026-0001", _MUST, "ZF"),
        ("version", "给人看的版本，程序另加内容的校验码", _MUST, "2026.1"),
        ("note", "说明，办理中不用", "没有", "供参照修改。"),
        ("holder", "谁承办：单位，或片组；片组承办的不写 unit_kinds", "unit", "unit"),
        ("unit_kinds", "用于哪几类单位，各叫什么", _MUST, {"organ": "机关"}),
        ("windows", "时限表：每行一个名字，每类单位一格，一格也不能少", _MUST, {"check": 5}),
        ("sign", "签收用多久；`none` 是不必签收，一交办第一个环节就开始", _MUST, "sign", f"{_WINDOW}，或 none"),
        ("declined", "单位退回后，几天内改派；`sign: none` 时不写", _MUST, 2, _WINDOW),
        ("extension", "怎样延期，见下", _MUST, {"times": 2, "percent": 50, "decide": 3, "leader_over": 5}),
        ("urge", "怎样催办，见下", _MUST, {"cooldown_hours": 24, "at_most": 10}),
        ("pause", "怎样暂停计时，见下", "不许暂停", {"times": 2, "days": 20}),
        ("watch", "销号后回头看多久；有认定转入 watch 才写", "不回头看", "3 months", "时限"),
        ("cycles", "最多几轮；到了只能作办结的认定", "不限", 4),
        ("outcomes", "认定结果和各自的名称", _MUST, {"done": "已办结"}),
        ("words", "屏幕怎样说办结、退回，见上", "办结、退回修改", {"close": "销号", "return": "退回整改"}),
        ("matter", "事由：事项说的是什么，见上；各项同填报项，另有 `import`", _MUST, {"title": {"name": "问题"}}),
        ("forms", "表单：每张一个名字，下面每个填报项一个名字，见下", "没有表单", {}),
        ("checks", "检查：环节的编号下面一个列表，见下", "不检查", {}),
        ("issues", "后续事项：表里的每一行成为另一个流程的一个事项，每种一个名字，见下", "没有后续事项", {}),
        ("together", "台账一行、一次交办给几个单位的，合在哪个流程的一个父项下，见下",
         "各成一个事项", "similar", "一个流程的编号；要和本流程一起载入"),
        ("veil", "暗访：这个环节开始以前，承办单位看不到，也不通知，见下", "不瞒", "answer", _STEP),
        ("sign_form", "签收时填的表单，如责任状", "签收不填表", "pledge", "一张表单的编号"),
        ("tallies", "要逐次记的：每项一个名字，见下", "没有", {}),
        ("year", "逐次记的日期是哪一年的：事由里写年份的一项，交办时填", "环节开始的那一年", "year", "matter 里的一项"),
        ("starts", "一道操作就办完的（如填报）不必每件各起流程：到期由定时巡检记", "每件各起流程", "lazily", "lazily"),
        ("burden", "向单位要数、要材料的：计入减负账，不得超出每月的预算", "false", True, "true 或 false"),
        ("parties", "各方：谁办、谁审，每方一个名字，见下", "只有 unit 和 reviewer", {}),
        ("lamps", "灯，见下", _MUST, {}),
        ("normal_lamp", "平时的灯", _MUST, "green", "一盏灯的编号"),
        ("ended_lamp", "销号后的灯", _MUST, "grey", "一盏灯的编号"),
        ("annulled_lamp", "作废的灯：只用于作废，不计入已销号", _MUST, "void", "一盏灯的编号"),
        ("ladder", "督办阶梯，见下", _MUST, {}),
        ("variants", "走法，见下", _MUST, {}),
        ("due_time", "到期日的截止时刻，加引号", "17:30", "17:30"),
        ("ring_time", "督办阶梯触发的时刻，加引号", "9:00", "09:00"),
    ),
    *_rows(
        "extension",
        ("times", "每个环节最多延几次；0 是不许延期", _MUST, 2),
        ("percent", "合计不超过原时限的百分之几", _MUST, 50),
        ("decide", "几天内答复", _MUST, 3, "时限"),
        ("leader_over", "超过几个工作日由分管领导批", _MUST, 5),
    ),
    *_rows(
        "urge",
        ("cooldown_hours", "几小时内不重复", _MUST, 24),
        ("at_most", "每个事项最多几次", _MUST, 10),
    ),
    *_rows(
        "pause",
        ("times", "每个事项最多几次", _MUST, 2),
        ("days", "一次最多几个工作日；恢复时各到期日、总时限和交办时限都顺延同样多", _MUST, 20),
    ),
    *_rows(
        "parties.*",
        ("any", "任一职务就行；排在前面的先听到，没有人任的由下一个听", "见左", ["supervisor@parent"], _POSTS),
        ("all", "每个职务都同意才算，一方退回即退回", "见左", ["supervisor@site", "leader@site"], _POSTS),
        ("least", "`of` 里至少几方同意", "见左", 2, "2 以上的整数"),
        ("of", "哪些职务，与 `least` 同写", "见左", ["area_leader@area", "leader@site"], _POSTS),
    ),
    *_rows(
        "lamps.*",
        ("name", "灯的名称", _MUST, "红灯"),
        ("colour", "颜色，加引号", _MUST, "#c62828"),
        ("rank", "轻重：越大越重，不能相同；几种计时并行时显示最重的", _MUST, 3),
        ("meaning", "含义", "没有", "已经逾期"),
    ),
    *_rows(
        "ladder.*",
        ("name", "这一级叫什么", _MUST, "发督办函"),
        ("offset", "到期日前（负数）或后（正数）第几个工作日，上午九点", _MUST, 3),
        ("applies", "对哪些计时", _MUST, ["working"]),
        ("audience", "告诉哪些角色；`mover` 是当前该办的一方", _MUST, ["liaison", "unit_head"]),
        ("lamp", "从此亮哪盏灯", _MUST, "red", "一盏灯的编号"),
        ("consequence", "后果", "没有", "通报"),
        ("points", "扣几分；不能与 repeat 同用", "0", 1),
        ("immediate", "当时就告诉，不等次日早上的汇总；少用", "false", True),
        ("repeat", "此后每隔几个工作日再来一次，直到办完", "不重复", 5),
    ),
    *_rows(
        "variants.*",
        ("name", "走法的名称", _MUST, "一般走访"),
        ("cap", "一轮的总时限，每轮重新起算", "没有总时限", "span", _WINDOW),
        ("span", "各轮合计的总时限，不重新起算", "没有总时限", "whole", _WINDOW),
        ("steps", "环节，第一个在签收后开始", _MUST, {}),
        ("reopen_to", "重启后从哪一步开始", _MUST, "record", _STEP),
        ("outcomes", "每种认定之后",
         _MUST, {"done": "watch"}, "每种认定一个：watch 回头看，close 销号，或下一轮开始的环节；也可以是一组，见下"),
    ),
    *_rows(
        "variants.*.steps.*",
        ("name", "环节的名称", _MUST, "走访记录"),
        ("stage", "属于哪个阶段：计划、执行、检查、调整", _MUST, "execute"),
        ("party", "谁办：承办单位，审核方，或 parties 里的一方（有 submit_to 的是办，否则是审）", _MUST, "unit"),
        ("window", "用多久", _MUST, "record", _WINDOW),
        ("form", "要填的表单：上报、通过、认定时填，退回时不填", 
         "不填表", "visit", "一张表单的编号；round.asks 是轮次问的"),
        ("submit_to", "单位的环节：上报之后到哪一步；`close` 是上报即办结",
         _MUST, "check", f"{_STEP}，close，或几条路的列表，见下"),
        ("outcome", "`submit_to: close`、`ends: children`：认定为什么，去向须是 watch 或 close",
         "见左", "done", "一个认定结果"),
        ("proposes", "单位的环节：上报时自报哪一步的天数，须是通过后紧接的、时限有弹性的那一步",
         "不自报", "work", _STEP),
        ("requires", "单位的环节：上报时还须填写", "只填办理情况", ["evidence"]),
        ("report_every", "单位的环节：每隔多久反馈一次进展；各次日期从本步开始时就定下",
         "不必反馈", "1 months", _WINDOW),
        ("uses_deadline", "单位的环节：交办时定了完成日期的，以那个日期代替本步时限", "false", True),
        ("ends", "`reached`：各项都完成才能上报；`children`：子项都办结就自己办结（审核方的环节）",
         "随时可以上报、认定", "reached"),
        ("short", "有 `ends: reached` 的：写明理由可以提前上报，差什么记入留痕", "false", True),
        ("publish", "单位的环节：上报前要公示什么、多少天，见下",
         "不公示", {"scope": "public", "days": 5, "what": "候选人名单"}),
        ("approve_to", "审核方的环节：通过之后到哪一步；`closes` 的环节可以不写", _MUST, "work", _STEP),
        ("return_to", "审核方的环节：退回到哪一步；几步时由审核方选，不选是第一个",
         "不能退回", ["record"], f"{_STEP}，或几个的列表"),
        ("closes", "审核方的环节：在这一步认定、销号", "false", True),
        ("issues", "离开本环节（上报、通过、认定）时，哪几种后续事项交办", 
         "不交办", ["tasks"], "issues 里的名字的列表"),
        ("wait_to", "没有 party 的环节等待：`window` 走完自动到哪一步", "有人办理", "check", _STEP),
        ("until", "等到填报的那一天，最多等到 `window` 走完", "走完为止", "plan.shown", "填报的日期，形如 plan.shown"),
    ),
    *_rows(
        "variants.*.steps.*.submit_to.*",
        ("to", "到哪一步", _MUST, "check", f"{_STEP}，或 close"),
        ("when", "条件成立才走；走第一条成立的，最后一条没有条件", "总是成立", "after >= plan.target"),
        ("times", "一轮最多走几次；回到自己的那条必须写", "不限", 2),
        ("name", "这条路叫什么", "没有名称", "另行选举"),
    ),
    *_rows(
        "variants.*.steps.*.publish",
        ("scope", "向谁公示：inside 本单位内部，public 社会", _MUST, "public"),
        ("days", "至少几个工作日；每类单位的时限都要比它长", _MUST, 5),
        ("what", "公示什么", _MUST, "候选人名单"),
    ),
    *_rows(
        "variants.*.outcomes.*",
        ("then", "认定之后", _MUST, "watch", f"watch、close，或{_STEP}"),
        ("when", "条件成立才能这样认定", "总可以", "after >= plan.target"),
        ("reason", "认定时须写说明", "false", True),
        ("issues", "none：这样认定时，表里的行不交办", "照环节的 issues 交办", "none", "none"),
    ),
    *_rows(
        "forms.*.*",
        ("name", "填报项的名称", _MUST, "实到人数"),
        ("kind", "种类，见上", _MUST, "count"),
        ("need", "必填；佐证材料必填的要写 because", "false", True),
        ("places", "数、百分数：几位小数", "0", 1),
        ("least", "数：最小", "不限", 1),
        ("most", "数：最大", "不限", 100),
        ("limit", "文字：最多几字", "1000", 50),
        ("options", "选项：`{名字: 中文名称}`；`choice`、`choices` 必须写", "没有", {"a": "甲", "b": "乙"}),
        ("rows", "表：至少、至多几行；`rows` 必须写", "没有", "1-40"),
        ("columns", "表：各列，写法同填报项，最多 8 列；`rows` 必须写", "没有", {}, "一组“名字: 填报项”"),
        ("derive", "没有人填，由这个式子算出，记入留痕", "由人填", "count(votes.yes > 3)"),
        ("because", "为什么必须附材料，印在表上", "没有", "选举结果须附计票单"),
        ("prefill", "以哪一项上次的填报开始，标明是旧数",
         "空着开始", "effect.after", "表单.填报项，形如 effect.after；事由的一项是 matter.填报项"),
        ("confirm", "有 prefill 的：旧数只显示，要重新填", "false", True, "true 或 false"),
        ("allowed_by", "名称里有打卡、签到、时长、点赞、转发、在线、活跃度的：依据的文件", "没有", "县委办〔2026〕3号"),
    ),
    *_rows(
        "checks.*.*",
        ("that", "填报不能与它不符的条件", _MUST, "valid <= present"),
        ("say", "不符时说什么", _MUST, "有效票多于到会人数"),
    ),
    *_rows(
        "issues.*",
        ("from", "哪张表：每一行交办一个；须在交办以前填过", _MUST, "plan.tasks", "表单.表，形如 plan.tasks"),
        ("process", "交办成哪个流程；要和本流程一起载入", _MUST, "task", "一个流程的编号"),
        ("variant", "哪种走法；也可以由表里的一个选项列说", _MUST, "plain", "走法的编号，或 row.列"),
        ("title", "事由取自哪一列；须必填", "第一个文字列", "row.what", "row.列，一个 text 列"),
        ("to", "交办给谁：本事项的单位，表里的一个单位列（空着也是它），或反馈的那个单位",
         "item.unit", "row.unit", "item.unit，row.列，或 tally.about"),
        ("deadline", "完成日期取自哪一列：不早于交办那天；等它的，也不晚于本事项的全程时限", "不定日期", "row.by",
         "row.列，一个 date 列"),
        ("after", "哪一列写着在哪几行之后：前面的都办结了才交办", "同时交办", "row.after", "row.列，一个 numbers 列"),
        ("link", "与本事项的关系：子任务、发现的问题、分类指导、重复问题、由此引起", _MUST, "part_of"),
        ("wait", "本事项等几项办结（或作废）才能往下走、才能办结", "all", "all", "all，none，或几项"),
        ("matter", "事由的其他各项写什么，每一行都一样；表里与事由同名的列自己带过去", "没有", {}, "一组“名字: 内容”"),
    ),
    *_rows(
        "tallies.*",
        ("name", "这一项的名称", _MUST, "走访困难户"),
        ("step", "在哪个环节里欠、里报：单位的环节", _MUST, "record", _STEP),
        ("form", "每次反馈时填的表单；不写的写说明", "不填表", "visit", "一张表单的编号"),
        ("each", "对什么各欠一份：前面填过的一张表的每一行，或片组的每个单位",
         "只有一份", "plan.households", "表单.表，第一列是各行的名称；或 area_units"),
        ("least", "至少几次；有 `sum` 的是合计满多少", "1，或 by 里最后的累计", 4),
        ("sum", "按表单里的这一项合计，不按次数", "按次数", "amount", "一项 count、number 或 money"),
        ("of", "哪一项的反馈在这里也计入；环节和对象要相同", "只计自己的", "household", "另一项的编号"),
        ("by", "几月几日前要有；是开始那年的日期", "环节结束前",
         "12-10", "12-10；自报的 02-10..03-31；累计的 {06-30: 1, 12-10: 2}；row.列；或每类单位一个"),
        ("apart", "与已计入的相隔几个工作日才计", "不限", 10),
        ("when", "填报符合条件的才计，别的只记下", "都计", 'how == "site"'),
    ),
)  # fmt: skip


def elsewhere(key: str) -> str:
    """Where a key belongs that is not known where it stands; nothing for one that no process file has."""
    found = [TABLES[row.table].split(" ")[0] for row in KEYS if row.key == key]
    return f"（它写在{'、'.join(found)}）" if found else ""
