"""The closed list of refusals and their Chinese words. No policy lives here, only what a refusal is called."""

from enum import StrEnum


class Code(StrEnum):
    """Every reason for which a command, a definition or a request is refused. Codes are only ever added."""

    WRONG_STATUS = "wrong_status"
    WRONG_ROLE = "wrong_role"
    WRONG_UNIT = "wrong_unit"
    WRONG_AREA = "wrong_area"
    WRONG_STEP = "wrong_step"
    OWN_MATTER = "own_matter"
    ANSWERED = "answered"
    NOT_ENDORSED = "not_endorsed"
    POST_NOT_HELD = "post_not_held"
    NO_VIA = "no_via"
    FIELD_MISSING = "field_missing"
    FIELD_NOT_TAKEN = "field_not_taken"
    FIELD_TOO_LONG = "field_too_long"
    FIELD_INVALID = "field_invalid"
    CONTROL_CHARACTERS = "control_characters"
    ANSWERS_INVALID = "answers_invalid"
    ANSWERS_CONTRADICT = "answers_contradict"
    DATE_IN_PAST = "date_in_past"
    DATE_NOT_LATER = "date_not_later"
    DATE_OUT_OF_CALENDAR = "date_out_of_calendar"
    WINDOW_FIXED = "window_fixed"
    WINDOW_OUT_OF_RANGE = "window_out_of_range"
    DUE_NOT_OPEN = "due_not_open"
    EXTENSION_PENDING = "extension_pending"
    EXTENSION_NONE = "extension_none"
    EXTENSION_SPENT = "extension_spent"
    EXTENSION_NO_ROOM = "extension_no_room"
    EXTENSION_TOO_LONG = "extension_too_long"
    EXTENSION_PAST_CAP = "extension_past_cap"
    EXTENSION_AFTER_DUE = "extension_after_due"
    EXTENSION_NEEDS_LEADER = "extension_needs_leader"
    CORRECTION_PENDING = "correction_pending"
    CORRECTION_NONE = "correction_none"
    CORRECTION_NEEDS_LEADER = "correction_needs_leader"
    ENTRY_UNKNOWN = "entry_unknown"
    ENTRY_NOT_OWN = "entry_not_own"
    PAUSED = "paused"
    PAUSE_NONE = "pause_none"
    PAUSE_NOT_TAKEN = "pause_not_taken"
    WATCH_NOT_TAKEN = "watch_not_taken"
    PAUSE_SPENT = "pause_spent"
    PAUSE_TOO_LONG = "pause_too_long"
    URGE_TOO_SOON = "urge_too_soon"
    URGE_SPENT = "urge_spent"
    OUTCOME_UNKNOWN = "outcome_unknown"
    OUTCOME_CONTRADICTED = "outcome_contradicted"
    CYCLES_SPENT = "cycles_spent"
    NOT_PUBLISHED = "not_published"
    PUBLICITY_LASTS = "publicity_lasts"
    OBJECTION_OPEN = "objection_open"
    OBJECTION_NONE = "objection_none"
    TOO_MANY_OBJECTIONS = "too_many_objections"
    DRAW_REFUSED = "draw_refused"
    UNKNOWN_DRAW = "unknown_draw"
    ROUND_REFUSED = "round_refused"
    ROUND_LOCKED = "round_locked"
    UNKNOWN_ROUND = "unknown_round"
    UNKNOWN_CAMPAIGN = "unknown_campaign"
    OVER_BUDGET = "over_budget"
    WITHIN_BUDGET = "within_budget"
    CONTEST_REFUSED = "contest_refused"
    UNKNOWN_FIGURE = "unknown_figure"
    UNKNOWN_ASSESSMENT = "unknown_assessment"
    SCORE_REFUSED = "score_refused"
    FIGURES_REFUSED = "figures_refused"
    ASKED_BY_ROUNDS = "asked_by_rounds"
    UNITS_REFUSED = "units_refused"
    CHILDREN_OPEN = "children_open"
    FOLLOW_UP_REFUSED = "follow_up_refused"
    PARENT_ENDED = "parent_ended"
    NODES_TOO_MANY = "nodes_too_many"
    COUNTS_SPENT = "counts_spent"
    TALLIES_UNMET = "tallies_unmet"
    SAME_UNIT = "same_unit"
    SAME_SUPERVISOR = "same_supervisor"
    UNKNOWN_COMMAND = "unknown_command"
    UNKNOWN_ITEM = "unknown_item"
    UNKNOWN_UNIT = "unknown_unit"
    UNKNOWN_PERSON = "unknown_person"
    UNKNOWN_PROCESS = "unknown_process"
    PERSON_RENAMED = "person_renamed"
    ADMINISTRATORS_TOGETHER = "administrators_together"
    OVERLAYS_MISSING = "overlays_missing"
    MIGRATION_REFUSED = "migration_refused"
    UNKNOWN_BATCH = "unknown_batch"
    UNKNOWN_EVIDENCE = "unknown_evidence"
    UNKNOWN_CHECKPOINT = "unknown_checkpoint"
    ALREADY_ISSUED = "already_issued"
    NOT_CONFIRMABLE = "not_confirmable"
    TOO_MANY_ITEMS = "too_many_items"
    COMMAND_REUSED = "command_reused"
    REFUSED_BEFORE = "refused_before"
    NOT_IN_BULK = "not_in_bulk"
    UNKNOWN_BULK = "unknown_bulk"
    BULK_EMPTY = "bulk_empty"
    BULK_TOO_LARGE = "bulk_too_large"
    BULK_NOT_OWN = "bulk_not_own"
    BULK_STILL_GOING = "bulk_still_going"
    NOT_STAND_IN = "not_stand_in"
    STAND_IN_CYCLE = "stand_in_cycle"
    STAND_IN_CHAIN = "stand_in_chain"
    STAND_IN_OVERLAP = "stand_in_overlap"
    BAD_REQUEST = "bad_request"
    DEFINITION_INVALID = "definition_invalid"
    SHEET_REFUSED = "sheet_refused"
    LEDGER_UNAVAILABLE = "ledger_unavailable"
    LEDGER_LOCKED = "ledger_locked"
    READ_ONLY = "read_only"
    DISK_FULL = "disk_full"
    DISK_FAILED = "disk_failed"
    ENGINE_UNAVAILABLE = "engine_unavailable"
    WORKER_SILENT = "worker_silent"
    ITEM_BUSY = "item_busy"
    SERVER_BUSY = "server_busy"
    STILL_ISSUING = "still_issuing"
    PRINT_TOO_LONG = "print_too_long"
    PRINT_FAILED = "print_failed"
    LEDGER_BROKEN = "ledger_broken"
    ERASED = "erased"
    NOT_ERASABLE = "not_erasable"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGN_IN_HELD = "sign_in_held"
    SIGN_IN_BUSY = "sign_in_busy"
    WAY_REFUSED = "way_refused"
    WAY_AWAY = "way_away"
    UNKNOWN_WAY = "unknown_way"
    KEY_REFUSED = "key_refused"
    SIGNED_OUT = "signed_out"
    PASSWORD_REFUSED = "password_refused"
    ACCOUNT_REFUSED = "account_refused"
    UNKNOWN_ACCOUNT = "unknown_account"
    UNKNOWN_SESSION = "unknown_session"
    TOKEN_REFUSED = "token_refused"
    UNKNOWN_TOKEN = "unknown_token"
    SECOND_NEEDED = "second_needed"
    JOINT_REFUSED = "joint_refused"
    UNKNOWN_JOINT = "unknown_joint"


WORDS: dict[Code, str] = {
    Code.WRONG_STATUS: "现在不能{command}：事项 {no} 目前是“{status}”{last}。{allowed}",
    Code.WRONG_ROLE: "{role}不能{command}；可以{command}的是：{allowed}。",
    Code.WRONG_UNIT: "只有{expected}的人可以{command}；您所在单位不是事项 {no} 的{expected}。",
    Code.WRONG_AREA: "事项 {no} 不在您负责的片组，不能{command}。",
    Code.WRONG_STEP: "现在不能{command}：事项 {no} 在“{step}”环节。{allowed}",
    Code.POST_NOT_HELD: "操作没有记录：留痕库里 {person} 现在没有“{post}”这个职务{behalf}。",
    Code.OWN_MATTER: "不能{command}：{why}。自己的事不能由自己审核、批复，请由另一位{others}办理。",
    Code.ANSWERED: "不能{command}：事项 {no} 的“{post}”一方已经同意，一人只答复一次；还没有答复的是{left}。",
    Code.NOT_ENDORSED: "现在不能{command}：“{step}”由几方作出，还须 {left} 方先同意；请先审核通过，由最后一方认定。",
    Code.NO_VIA: "操作没有记录：没有说明来路（网站、令牌、终端还是系统；哪一个令牌，终端上是谁）。",
    Code.FIELD_MISSING: "{command}必须填写“{field}”。",
    Code.FIELD_NOT_TAKEN: "{command}不需要“{field}”，请去掉后再提交。",
    Code.FIELD_TOO_LONG: "“{field}”太长：最多 {limit}，实际 {actual}。",
    Code.FIELD_INVALID: "“{field}”填写有误：{actual}；应为{expected}。",
    Code.CONTROL_CHARACTERS: "“{field}”第 {position} 个字符是不可见的控制字符，请删除后再提交。",
    Code.ANSWERS_INVALID: "填报有 {count} 处要改：{faults}。",
    Code.ANSWERS_CONTRADICT: "填报不能这样提交：{said}。",
    Code.DATE_IN_PAST: "“{field}”{actual} 早于今天（{today}），请填写今天以后的日期。",
    Code.DATE_NOT_LATER: "新的日期 {actual} 应晚于现在的到期日 {due}。",
    Code.DATE_OUT_OF_CALENDAR: "日期 {actual} 超出日历可推算的范围（{first} 至 {last}）。",
    Code.WINDOW_FIXED: "{step}的时限是固定的，不能自报天数。",
    Code.WINDOW_OUT_OF_RANGE: "自报 {actual} 不在允许范围内：{step}应为 {minimum} 至 {maximum} {unit}。",
    Code.DUE_NOT_OPEN: "不能自定到期日：{why}。",
    Code.EXTENSION_PENDING: "已有一项延期申请待批复（申请延至 {to}），请等批复后再申请。",
    Code.EXTENSION_NONE: "事项 {no} 没有待批复的延期申请。",
    Code.EXTENSION_SPENT: "本环节已延期 {count} 次，最多 {limit} 次，不能再延。",
    Code.EXTENSION_NO_ROOM: "{why}，不能再延期。",
    Code.EXTENSION_TOO_LONG: "延期累计不得超过原时限的百分之{percent}：最多再延 {left} 个工作日，申请了 {actual} 个。",
    Code.EXTENSION_PAST_CAP: "延期不得超过事项总时限：最晚 {cap}，申请延至 {actual}。",
    Code.EXTENSION_AFTER_DUE: "已过到期日 {due}，不能再申请延期；延期须在到期前提出。",
    Code.EXTENSION_NEEDS_LEADER: "延期超过 {limit} 个工作日，须由分管领导批复。",
    Code.CORRECTION_PENDING: "第 {entry} 条记录的更正还在等批复，请等批复后再申请另一项更正。",
    Code.CORRECTION_NONE: "事项 {no} 没有待批复的更正。",
    Code.CORRECTION_NEEDS_LEADER: "督查员申请的更正，须由分管领导批复。",
    Code.ENTRY_UNKNOWN: "事项 {no} 没有第 {entry} 条记录；现在共 {count} 条。",
    Code.ENTRY_NOT_OWN: "第 {entry} 条不是您所在单位记下的，不能由您申请更正；请告知督查员，由督查员申请。",
    Code.PAUSED: "事项 {no} 已暂停计时（至 {until}，{reason}），请先恢复计时，再{command}。",
    Code.PAUSE_NONE: "事项 {no} 没有暂停，无需恢复。",
    Code.WATCH_NOT_TAKEN: "流程“{process}”办结后不回头看；有问题可以重启。",
    Code.PAUSE_NOT_TAKEN: "流程“{process}”不允许暂停计时；可由单位申请延期。",
    Code.PAUSE_SPENT: "事项 {no} 已暂停 {count} 次，最多 {limit} 次，不能再暂停。",
    Code.PAUSE_TOO_LONG: "一次最多暂停 {limit} 个工作日，到 {actual} 有 {days} 个；最晚可到 {latest}。",
    Code.URGE_TOO_SOON: "{last} 刚催办过，{next} 之后才能再次催办。",
    Code.URGE_SPENT: "本事项已催办 {count} 次，达到上限，请改用批示或约谈。",
    Code.OUTCOME_UNKNOWN: "认定结果“{actual}”不存在；应为：{expected}。",
    Code.OUTCOME_CONTRADICTED: "不能认定为“{outcome}”：须 {condition}{unknown}。",
    Code.CYCLES_SPENT: "最多办 {limit} 轮，现在是第 {cycle} 轮，不能再转入下一轮；可以认定为：{expected}。",
    Code.NOT_PUBLISHED: "不能上报：“{step}”环节要先公示（{what}，{scope}不少于 {least} 个工作日）；请先登记公示。",
    Code.PUBLICITY_LASTS: "不能上报：公示（{what}）要到 {until} {time} 才满期，请期满以后再上报。",
    Code.OBJECTION_OPEN: "不能上报：公示期间登记的异议还有 {count} 件没有答复，请先答复。",
    Code.OBJECTION_NONE: "事项 {no} 没有待答复的异议。",
    Code.TOO_MANY_OBJECTIONS: "待答复的异议已有 {count} 件，请先答复，再登记新的。",
    Code.CHILDREN_OPEN: "现在不能{command}：还有 {count} 项未办结：{names}。{hint}",
    Code.FOLLOW_UP_REFUSED: "“{table}”第 {row} 行不能交办：{why}",
    Code.PARENT_ENDED: "不能重启：它是 {parent} 的子项，而 {parent} 已经结束；请先重启 {parent}，或另行交办。",
    Code.NODES_TOO_MANY: "一个事项同时最多有 {limit} 个节点，这样会有 {actual} 个；请少列几项，或分作几个事项。",
    Code.COUNTS_SPENT: "事项 {no} 这一轮已记 {limit} 次，不能再多；不计次的请用不选项目的进展反馈。",
    Code.TALLIES_UNMET: "还不能{command}，还差 {count} 项：{missing}。{way}",
    Code.DRAW_REFUSED: "抽取 {draw}：{why}。",
    Code.UNITS_REFUSED: "单位 {unit}：{why}。",
    Code.UNKNOWN_DRAW: "没有编号为“{actual}”的抽取。",
    Code.ROUND_REFUSED: "轮次 {round}：{why}。",
    Code.ROUND_LOCKED: "轮次 {round} 已经锁定，事项 {no} 不再填报；请督查员解锁{whose}并写明理由。",
    Code.UNKNOWN_ROUND: "没有轮次“{actual}”；写法是 周期工作/期，如 {expected}。",
    Code.UNKNOWN_CAMPAIGN: "没有周期工作“{actual}”；有的是：{known}。",
    Code.OVER_BUDGET: "{month}超出减负预算：{said}。请减少，或由分管领导同意并写明理由（批次 {batch}）。",
    Code.WITHIN_BUDGET: "批次 {batch} 没有超出减负预算，不用同意。",
    Code.CONTEST_REFUSED: "“这张表不该要”没有记下：{why}。",
    Code.UNKNOWN_ASSESSMENT: "没有考核“{actual}”；有的是：{known}。",
    Code.SCORE_REFUSED: "{why}。",
    Code.UNKNOWN_FIGURE: "没有数据项“{actual}”；有的是：{known}。",
    Code.FIGURES_REFUSED: "{where}：{why}。",
    Code.ASKED_BY_ROUNDS: "流程“{process}”的表由轮次定，只由周期工作交办。",
    Code.SAME_UNIT: "事项 {no} 本来就由“{unit}”牵头，无需改派。",
    Code.SAME_SUPERVISOR: "事项 {no} 本来就由{person}督办，无需交接。",
    Code.UNKNOWN_COMMAND: "没有“{actual}”这个操作；可用的操作：{expected}。",
    Code.UNKNOWN_ITEM: "没有编号为“{no}”的事项；请核对编号（形如 ZG2026-0001）。",
    Code.UNKNOWN_UNIT: "没有“{actual}”这个单位{hint}。",
    Code.UNKNOWN_PERSON: "没有“{actual}”这个人{hint}。",
    Code.MIGRATION_REFUSED: "事项 {no} 不能换用流程的版本 {version}：{why}。",
    Code.OVERLAYS_MISSING: "现用的日历带有补充 {missing}（{version}），这里没有它们的文件；"
    "载入会撤销这些补充，所以没有载入。请把补充文件一起载入，或在有这些文件的主机上载入；"
    "确要撤销的，加上 --without-overlays。",
    Code.ADMINISTRATORS_TOGETHER: "三员分立：系统、安全保密、审计不能是同一个人，{people}。请改由不同的人担任。",
    Code.PERSON_RENAMED: "编号已有人用，姓名却不同：{people}。换了人的，请给新编号（留痕里记的是编号）；"
    "同一个人改了名的，加上 --renamed 编号。",
    Code.UNKNOWN_PROCESS: "没有适用于{unit_kind}的流程“{actual}”；请管理员先载入流程定义。",
    Code.UNKNOWN_BATCH: "没有批次“{actual}”；请重新导入台账。",
    Code.UNKNOWN_EVIDENCE: "没有佐证材料“{actual}”；请先上传文件，再引用它的编号。",
    Code.UNKNOWN_CHECKPOINT: "没有编号为 {actual} 的封存点；请核对编号。",
    Code.ALREADY_ISSUED: "这份台账已经交办过（{actual}），不会重复交办。",
    Code.NOT_CONFIRMABLE: "这一批没有可交办的行；请先改正标为“有误”的行再导入。",
    Code.TOO_MANY_ITEMS: "要交办 {actual} 项，一次最多 {limit} 项；请分几次，或少写几处“各单位”。",
    Code.COMMAND_REUSED: "操作编号“{actual}”已用于另一项操作，请换一个编号。",
    Code.REFUSED_BEFORE: "这一项操作已经答复不能办，没有记录：{why} 现在要办，请作为新的操作重新提交。",
    Code.NOT_IN_BULK: "“{command}”要逐项办理；可以成批办理的是：{expected}。",
    Code.UNKNOWN_BULK: "没有编号为“{actual}”的成批办理；没有确认的两天后不再保留，请重新选择事项。",
    Code.BULK_EMPTY: "没有选中任何事项；请先选事项（逐项，或按条件），再办理。",
    Code.BULK_TOO_LARGE: "选中了 {actual} 项，一次最多办 {limit} 项；请缩小范围，分几次办。",
    Code.BULK_NOT_OWN: "这一批是{person}选好的，只能由本人确认；您要办，请自己选一次。",
    Code.BULK_STILL_GOING: "已确认，正在后台办理（{done}/{total}），暂时没有进展；稍后再确认一次，不会重复。",
    Code.NOT_STAND_IN: "{stand_in}现在不能代{person}办理：{today} 没有这样的委托。",
    Code.STAND_IN_CYCLE: "不能由{stand_in}代{person}：{day} 起委托会绕回来（{chain}）。",
    Code.STAND_IN_CHAIN: "不能由{stand_in}代{person}：{day} 起委托接连超过 {limit} 次（{chain}）。",
    Code.STAND_IN_OVERLAP: "{person}在 {first} 至 {last} 已经委托{stand_in}；请先撤销，或改期。",
    Code.BAD_REQUEST: "请求有误：{detail}。",
    Code.DEFINITION_INVALID: "{where}：{what}；应为{expected}。",
    Code.SHEET_REFUSED: "{detail}",
    Code.LEDGER_UNAVAILABLE: "留痕库暂时连不上，操作{stored}；请稍后用同一操作编号重试（不会重复）。",
    Code.LEDGER_LOCKED: "留痕库正被占用（别的程序锁着它，或同时写的太多），操作{stored}；"
    "请稍后用同一操作编号重试（不会重复），一直如此请管理员查明是谁占着。",
    Code.READ_ONLY: "{where}现在只能读、不能写，操作{stored}；"
    "请管理员改好磁盘或数据库的写权限，再用同一操作编号重试（不会重复）。",
    Code.DISK_FULL: "{where}所在的磁盘满了，操作{stored}；请管理员腾出空间，再用同一操作编号重试（不会重复）。",
    Code.DISK_FAILED: "{where}所在的磁盘读写出错，操作{stored}；请管理员检查磁盘，再用同一操作编号重试（不会重复）。",
    Code.ENGINE_UNAVAILABLE: "流程引擎暂时没有应答，操作结果未知；请稍后用同一操作编号重试（不会重复）。",
    Code.WORKER_SILENT: "流程引擎在应答，办理的工作进程却没有回应，操作结果未知；"
    "请管理员查看 duban worker 是否在运行，稍后用同一操作编号重试（不会重复）。",
    Code.ITEM_BUSY: "事项 {no} 正有 {count} 项操作在排队，这一项没有办理；请马上再试一次（同一操作编号不会重复）。",
    Code.SERVER_BUSY: "流程引擎正忙，没有排上；请马上用同一操作编号再试一次（不会重复）。",
    Code.STILL_ISSUING: "已确认，正在后台交办（{issued}/{total}），暂时没有进展；稍后再确认一次，不会重复。",
    Code.PRINT_TOO_LONG: "网页上 PDF 最多印 {limit} 行，这次有 {actual} 行；请缩小范围，或改用 xlsx、csv。",
    Code.PRINT_FAILED: "PDF 没有排成：{detail}；请改用 xlsx、csv 或 jsonl。",
    Code.LEDGER_BROKEN: "留痕链有误：{where}：{what}。",
    Code.ERASED: "这份材料已依规删除（{words}），不能再查阅、引用或上传；它的哈希仍在留痕里。",
    Code.NOT_ERASABLE: "事项 {no} 的“{field}”没有分开存放（没有填写，或不是姓名），不能删除；可删除的是 {known}。",
    Code.SIGN_IN_REFUSED: "没有登录成功：登录名、密码或链接不对，或已停用、锁定、过期。请核对；再不行，请联系管理员。",
    Code.SIGN_IN_HELD: "这个网络地址近来登录失败太多，暂停登录；请过几分钟再试。",
    Code.SIGN_IN_BUSY: "正忙，同时登录的人太多，没有排上；请过几秒再试。",
    Code.WAY_REFUSED: "没有登录成功：对方没有认出您，或这里没有您的账号、已停用，或这次登录已过期、用过。"
    "请从登录页重新开始；再不行，请联系管理员。",
    Code.WAY_AWAY: "{name}现在没有应答，没有登录；请过几分钟再试，或换一种方式登录。",
    Code.UNKNOWN_WAY: "没有这种登录方式。",
    Code.KEY_REFUSED: "没有登录成功：安全密钥不对、没有登记，或隔得太久。请重新登录；密钥丢了，请另一位管理员移除。",
    Code.SIGNED_OUT: "还没有登录，或登录已经结束；请重新登录。",
    Code.PASSWORD_REFUSED: "这个密码不能用：{why}。请换一个，如几个不相干的词连在一起。",
    Code.ACCOUNT_REFUSED: "账号没有办成：{why}。",
    Code.UNKNOWN_ACCOUNT: "{actual} 还没有账号。",
    Code.UNKNOWN_SESSION: "没有这处登录，或它已经结束。",
    Code.TOKEN_REFUSED: "令牌不能用：不对、已过期、已吊销，或账号已停用。",
    Code.UNKNOWN_TOKEN: "没有编号为 {actual} 的令牌，或它已吊销。",
    Code.SECOND_NEEDED: "{act}要由两个人办：一人提请，另一人（{others}）复核同意以后才办。现在什么也没有改。",
    Code.JOINT_REFUSED: "第 {number} 号双人办理没有办：{why}。",
    Code.UNKNOWN_JOINT: "没有第 {actual} 号双人办理。",
}


LEDGER_AWAY = frozenset({Code.LEDGER_UNAVAILABLE, Code.LEDGER_LOCKED, Code.READ_ONLY, Code.DISK_FULL, Code.DISK_FAILED})
"""Nothing can be stored now. The command itself was not refused."""
NOT_NOW = LEDGER_AWAY | {
    Code.ENGINE_UNAVAILABLE,
    Code.WORKER_SILENT,
    Code.ITEM_BUSY,
    Code.SERVER_BUSY,
    Code.SIGN_IN_BUSY,
    Code.WAY_AWAY,
}
"""No refusal of the matter: the same command, given again with its id, may well be carried out."""


class RuleViolation(Exception):
    """A command that may not happen. Carries its code and the facts that the words need; changes nothing."""

    def __init__(self, code: Code, **fields: object) -> None:
        self.code = code
        self.fields = {name: str(value) for name, value in fields.items()}
        super().__init__(words(code, self.fields))


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def words(code: Code, fields: dict[str, str]) -> str:
    """The refusal as a Chinese sentence; a field that is not known is left blank rather than failing the refusal."""
    return WORDS[code].format_map(_Blank(fields))
