"""What a form asks for, in words: of each field its kind, whether it must be answered, its bounds and options."""

from rules.forms.form import AnswerKind, FormField, Question

KIND_NAMES = {
    AnswerKind.TEXT: "文字",
    AnswerKind.COUNT: "个数",
    AnswerKind.NUMBER: "数",
    AnswerKind.MONEY: "金额",
    AnswerKind.PERCENT: "百分数",
    AnswerKind.DATE: "日期",
    AnswerKind.MONTH: "月份",
    AnswerKind.YES_NO: "是否",
    AnswerKind.CHOICE: "选一项",
    AnswerKind.CHOICES: "选几项",
    AnswerKind.UNIT: "单位",
    AnswerKind.NAME: "姓名",
    AnswerKind.NUMBERS: "行号",
    AnswerKind.ROWS: "表",
    AnswerKind.EVIDENCE: "佐证材料",
}
"""What is asked for, by its kind."""


def question_words(question: Question) -> str:
    """A field of a form: its kind, whether it must be filled in, its bounds and options."""
    said = [KIND_NAMES[question.kind], "必填" if question.need else ""]
    bounds = [("至少 ", question.least), ("至多 ", question.most)]
    rows = " 行" if question.kind is AnswerKind.ROWS else ""
    said += [f"{word}{bound}{rows}" for word, bound in bounds if bound is not None]
    said += [f"{question.decimals} 位小数" if question.decimals else ""]
    said += [f"最多 {question.limit} 字" if question.limit else ""]
    said += ["、".join(option.name for option in question.options)]
    if isinstance(question, FormField):
        columns = "；".join(f"{column.name}（{question_words(column)}）" for column in question.columns)
        said += [f"各列 {columns}" if columns else "", f"由 {question.derive} 算出" if question.derive else ""]
        brought = "旧数列在旁边" if question.figure else f"带入 {question.prefill}"
        said += [question.because, brought if question.prefill else "", question.period]
        said += ["要重新确认" if question.confirm else ""]
    return "，".join(part for part in said if part)
