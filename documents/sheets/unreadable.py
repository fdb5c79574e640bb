"""Why a whole file is not read, in words. What is wrong with one row is a note of that row, not a refusal."""

from rules.errors import Code, RuleViolation

REASONS: dict[str, str] = {
    "file_empty": "文件是空的，没有可以导入的内容。",
    "file_too_big": "文件太大：{actual} MB，最多 {limit} MB；请只保留台账本身，去掉图片和附件后再导入。",
    "not_a_workbook": "这不是可以读取的表格文件（{actual}）；应为 .xlsx、.xls 或 .csv，请用表格软件打开后另存再导入。",
    "workbook_encrypted": "文件设置了打开密码（已加密），无法读取；请取消密码后另存再导入。",
    "workbook_damaged": "文件已损坏或不完整，无法读取（{actual}）；请用表格软件打开、另存后再导入。",
    "workbook_too_large": "{of_sheet}单元格 {cell} 超出范围：最多 {rows} 行、{columns} 列；请删除多余内容后再导入。",
    "workbook_bomb": "文件解开后过大（{actual}），不予读取；请把有内容的区域复制到新表格后再导入。",
    "workbook_unsafe": "文件里有不应出现的实体定义（{actual}），不予读取；请用表格软件另存后再导入。",
    "too_many_sheets": "工作表太多：{actual} 张，最多 {limit} 张；请只保留台账所在的工作表。",
    "unknown_encoding": "认不出文本的编码；应为 UTF-8 或 GB18030，请另存为 .xlsx 后再导入。",
    "no_heading": "没有找到台账的表头；应有一行写明“问题”和“责任单位”“整改措施”“整改时限”等栏目。",
    "no_such_sheet": "没有“{actual}”这张工作表；像台账的有{sheets}，写其中一张的名称，或写“全部”。",
    "no_rows": "{of_sheet}表头下面没有问题可以导入；请核对内容后再导入。",
    "reader_failed": "读取文件时超出了内存或时间限制，已停止；请把台账复制到新表格、另存为 .xlsx 后再导入。",
}


class SheetRefused(RuleViolation):
    """The whole file is refused; `reason` is a key of REASONS, the sentence tells what to do about it."""

    def __init__(self, reason: str, **fields: object) -> None:
        sheet = fields.get("sheet")  # a text file has none that has a name
        named = f"工作表“{sheet}”的" if sheet else ""
        detail = REASONS[reason].format_map({"actual": "", "of_sheet": named, **fields})
        super().__init__(Code.SHEET_REFUSED, reason=reason, detail=detail, **fields)
        self.reason = reason
