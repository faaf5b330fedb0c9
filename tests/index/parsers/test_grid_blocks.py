"""Which lines above and below a table leave it."""

from __future__ import annotations

import pytest

from index.parsers.grid_blocks import Shape, table_blocks
from index.records import Cell, Grid

BODY = [["项目", "预算数", "备注"], ["甲", "8.00", ""], ["合计", "8.00", ""]]


def cells(rows: list[list[str]]) -> list[Cell]:
    """Cells of ``rows``; a row of one text is merged over the whole width."""
    width = max(map(len, rows))
    return [
        Cell(r, c, text, col_span=width if len(row) == 1 else 1)
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    ]


def above_and_below(rows: list[list[str]], sheet: bool = False) -> tuple[list[str], int, list[str]]:
    blocks = table_blocks(cells(rows), Shape(sheet=sheet))
    at = next(i for i, b in enumerate(blocks) if isinstance(b, Grid))
    grid = blocks[at]
    assert isinstance(grid, Grid)
    texts = ["" if isinstance(b, Grid) else b.text for b in blocks]
    return texts[:at], grid.rows, texts[at + 1 :]


@pytest.mark.parametrize(
    "line",
    [
        ["2025年支出预算表"],
        ["单位：万元"],
        ["", "", "单位：万元"],
        ["", "", "（单位：元）"],
        ["公开01表", "", ""],
        ["", "", "附表1-2"],
        ["部门：某县财政局", "", "单位：元"],
        ["374001某县委办公室本级", "预算年度：2025", "单位：万元"],
        ["某县财政局", "2025年度", "金额单位：万元"],
        ["填报单位：某局", "填报日期：", "2025年1月"],
    ],
)
def test_lines_that_stand_above(line: list[str]) -> None:
    above, rows, below = above_and_below([line, *BODY])
    assert "".join(above) == "".join(line)
    assert (rows, below) == (3, [])


@pytest.mark.parametrize(
    "line",
    [
        ["科目", "2024年", "2025年"],
        ["名称", "单位：万元", "说明"],
        ["", "2024年度", "2025年度"],
        ["单位", "日期", "部门"],
        ["部门名称", "某局", ""],
        ["项目名称：", "某项目", ""],
        ["", "2025年预算数", ""],
    ],
)
@pytest.mark.parametrize("sheet", [True, False])
def test_heads_and_form_rows_stay(line: list[str], sheet: bool) -> None:
    above, rows, _ = above_and_below([line, *BODY], sheet)
    assert (above, rows) == ([], 4)


@pytest.mark.parametrize("line", [["2025年支出预算表", "", ""], ["", "支出预算表（草案）", ""], ["", "", "单位：元"]])
def test_titles_of_sheets_need_no_merging(line: list[str]) -> None:
    above, rows, _ = above_and_below([line, *BODY], sheet=True)
    assert (above, rows) == ([text for text in line if text], 3)


@pytest.mark.parametrize(
    "lines",
    [
        [["注：四舍五入。"]],
        [["说明：1.含结转。"], ["2.不含基金。"]],
        [["制表人：甲", "审核人：乙", "负责人：丙"]],
        [["注1：空表。"], ["填表人：甲", "联系电话：1", ""]],
    ],
)
def test_lines_that_stand_below(lines: list[list[str]]) -> None:
    above, rows, below = above_and_below([*BODY, *lines])
    assert (above, rows) == ([], 3)
    assert below == [text for line in lines for text in line if text]


def test_blank_borders_go_and_blanks_inside_stay() -> None:
    (grid,) = table_blocks([Cell(2, 3, "项目"), Cell(2, 4, "数"), Cell(3, 3, "甲"), Cell(5, 4, ""), Cell(0, 0, "")])
    assert isinstance(grid, Grid)
    assert [(c.row, c.col, c.text) for c in grid.cells] == [(0, 0, "项目"), (0, 1, "数"), (1, 0, "甲"), (1, 1, "")]


def test_one_column_is_prose() -> None:
    blocks = table_blocks(
        [Cell(0, 0, "编制说明"), Cell(1, 0, "一、收入。"), Cell(2, 0, "二、支出。")], Shape(sheet=True, page=3)
    )
    assert [(b.text, b.page) for b in blocks if not isinstance(b, Grid)] == [
        ("编制说明", 3), ("一、收入。", 3), ("二、支出。", 3),
    ]  # fmt: skip


def test_nothing_printed_gives_nothing() -> None:
    assert table_blocks([]) == []
    assert table_blocks([Cell(0, 0, ""), Cell(0, 1, "")]) == []
