"""The spellings of headings in registers from the field, as far as they say the same whatever the register is about.
Data only; those of what its items are about stand in the process's file, and how all are recognised in `meanings`."""

# Within one meaning the order is the preference when several columns have it.
SPELLINGS: dict[str, str] = {
    "number": "序号 编号 序 问题编号 问题序号 项目编号 顺序号 No № 事项编号",
    "units": """
        责任单位 整改单位 整改责任单位 承办单位 责任部门 责任主体 整改主体 落实单位 被督办单位 责任党组织 党组织名称
        党组织 单位名称 单位 承办部门 整改部门 部门 责任科室 责任处室 责任股室 责任站所 承办处室 承办科室 涉及单位
        所在单位
    """,
    "lead": """
        牵头单位 主责单位 牵头责任单位 牵头部门 主办单位 主要责任单位 第一责任单位 主责部门 主办部门 牵头 主责 主办
        牵头整改单位 牵头科室
    """,
    "co": """
        配合单位 协办单位 配合部门 协同单位 协助单位 参与单位 会办单位 配合责任单位 协同配合单位 责任配合单位 配合
        协办 协同 协助 协办部门
    """,
    "due": """
        整改时限 完成时限 整改期限 完成期限 整改完成时限 整改完成时间 完成时间 截止时间 截止日期 完成日期
        计划完成时间 计划完成时限 预计完成时间 要求完成时间 办结时限 办理时限 办理期限 时限要求 时间要求 时间节点
        完成时间节点 整改时间 时限 期限 时间安排 到期日 整改截止时间 时间 完成时限要求
    """,
    "kind": "办理类型 整改方式 整改类型 整改类别 整改性质 时限类型 时限类别 完成类型 整改分类",
    "progress": """
        进展情况 整改进展 整改进展情况 完成情况 整改情况 落实情况 整改落实情况 整改完成情况 进展 整改进度 进度
        完成进度 整改成效 整改结果 是否完成 是否整改 是否整改到位 是否完成整改 办理情况 工作进展 状态 整改状态
        销号情况 是否销号 目前进展 整改效果 当前进展
    """,
    "remark": "备注 说明 备注说明",
}

EXACT: dict[str, tuple[str, ...]] = {meaning: tuple(words.split()) for meaning, words in SPELLINGS.items()}

# For headings not in the table; in order, the first pattern found decides. Between them come those of the fields.
BEFORE_FIELDS: tuple[tuple[str, str], ...] = (
    (
        "other",
        "^(?!.*(?:责任人|联系人|负责人|经办人|领导).*[及和与、]).*(?:电话|手机|联系方式|职务)",
    ),
    (
        "other",
        "(?:单位|部门|党组织)(?:的)?(?:性质|类型|类别|级别|层级|代码|编码|编号|属性|隶属|地址|人数|简称|规模)|单位分类",
    ),
    (
        "other",
        "等级|级别|分级|程度|签字|签名|佐证|附件|材料|验收人|督办单位|督导|督查单位|验收单位|填报|反馈单位|检查单位|来文单位|监督",
    ),
    ("other", "(?:开始|起始|启动|交办|发现|反馈|检查|下发|录入|入库|立项|受理)(?:时间|日期)"),
)
UNIT_WITH_LEADER = "领导[、及和与/]?(?:责任|牵头)?单位|单位[、及和与/]?(?:责任|分管)?领导"
AFTER_FIELDS: tuple[tuple[str, str], ...] = (
    ("progress", "实际|销号|进展|完成情况|落实情况|整改情况|成效|进度|结果|是否"),
    ("kind", "整改(?:方式|类型|类别|性质)"),
    ("due", "时限|期限|截止|完成时间|完成日期|时间节点|时间|日期"),
    (
        "lead",
        "(?:牵头|主责|主办|主要责任|第一责任).*(?:单位|部门|党组织|科室|处室|股室)|(?:单位|部门).*(?:牵头|主责|主办)",
    ),
    (
        "co",
        "(?:配合|协办|协同|协助|参与|会办|协作).*(?:单位|部门|党组织|科室)|(?:单位|部门).*(?:配合|协办|协同|协助|参与|会办)",
    ),
    ("units", UNIT_WITH_LEADER),
    ("units", "单位|部门|党组织|党支部|主体|科室|处室|股室|站所"),
)
AT_LAST: tuple[tuple[str, str], ...] = (("number", "序号|编号"), ("remark", "备注"))

# Of those found by their words, the ones that say it: 交办单位 is a unit, but hardly the one that has to act.
SURE: dict[str, str] = {
    "due": "时限|期限|截止|时间节点|到期|(?:整改|完成|办结|办理|落实|到位|计划|预计|要求|应|拟).{0,6}(?:时间|日期)",
    "units": "责任|整改|承办|落实|实施|主体|被|办理|承担|执行|涉及|所在|所属|领导|"
    "^(?:[县市区镇乡]?直?|基层|各)?(?:单位|部门|党组织|党支部|科室|处室|股室|站所)(?:及?名称)?$",
}
# When something was changed, and not until when: 更新日期, 批准时间. 调整后时间 is another matter.
OF_A_CHANGE = "(?:调整|变更|延期|修订|修改|更新|核定|批准)(?:时间|日期)"
# What one of these heads is meant only where no other column says the same: in a register that goes out from here it is
# when a step falls due, beside the day until which all has to be done.
OTHERWISE = frozenset({"到期日"})
