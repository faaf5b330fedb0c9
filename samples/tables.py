"""Tables of the samples, written down as rows of texts: "<" continues the cell to its left, "^" the cell above."""

from __future__ import annotations

from collections.abc import Sequence

from eval.world.blocks import Cell, Mark, Row, Sheet, Text

LEFT, ABOVE = "<", "^"


def grid(rows: Sequence[Sequence[str]]) -> list[Row]:
    """Rows of cells with their spans; short rows are filled up with blanks."""
    width = max(len(row) for row in rows)
    full = [[*row, *[""] * (width - len(row))] for row in rows]
    return [[_cell(full, r, c) for c in range(width)] for r in range(len(full))]


def _cell(rows: list[list[str]], row: int, col: int) -> Cell | None:
    if rows[row][col] in {LEFT, ABOVE}:
        return None
    wide = high = 1
    while col + wide < len(rows[row]) and rows[row][col + wide] == LEFT:
        wide += 1
    while row + high < len(rows) and rows[row + high][col] == ABOVE:
        high += 1
    return Cell(rows[row][col], high, wide)


def sheet(
    title: str, captions: Sequence[str], unit: str, rows: Sequence[Sequence[str]], *, heads: int = 1, note: str = ""
) -> Sheet:
    """A table with what stands around it; ``heads`` rows are heads."""
    notes = [Mark("empty", "", (), None, "", printed=note)] if note else []
    return Sheet(title, list(captions), f"单位：{unit}" if unit else "", grid(rows), heads, notes)


def heading(text: str, level: int = 1) -> Text:
    return Text(text, level)


_OUTPUT = ("数量指标", "质量指标", "时效指标", "成本指标")


def project_form(
    title: str, caption: str, unit: str, project: tuple[str, str, str, str], indicators: Sequence[tuple[str, str, str]]
) -> Sheet:
    """The form of one project (code, name, amount, purpose) with its indicators (kind, what, target)."""
    code, name, amount, purpose = project
    rows = [
        ["项目编码", code, "<", "项目名称", name, "<", "<"],
        ["预算规模及资金用途", "预算数", amount, "其中：财政资金", amount, "其他资金", ""],
        ["^", purpose, "<", "<", "<", "<", "<"],
        ["资金支出计划（%）", "3月底", "<", "6月底", "10月底", "<", "12月底"],
        ["^", "25%", "<", "50%", "75%", "<", "100%"],
        ["绩效目标", f"1.{purpose}", "<", "<", "<", "<", "<"],
        ["一级指标", "二级指标", "三级指标", "绩效指标描述", "指标值", "指标值确定依据", "<"],
    ]
    above = ""
    for kind, what, target in indicators:
        first = "产出指标" if kind in _OUTPUT else "满意度指标" if "满意" in kind else "效益指标"
        rows.append(["^" if first == above else first, kind, what, what, target, "工作计划", "<"])
        above = first
    return sheet(title, [caption], unit, rows, heads=0)
