"""Features of the PDF reader on small generated files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from index.parsers.pdf import read_pdf
from index.records import Cell, Grid, Paragraph, Source

FONT = "STSong-Light"
Row = Sequence[str]
Draw = Callable[[Canvas], None]


@pytest.fixture
def made(tmp_path: Path) -> Callable[[Draw], Source]:
    """Draws a PDF on landscape A4 and reads it."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))

    def make(draw: Draw) -> Source:
        path = tmp_path / "made.pdf"
        canvas = Canvas(str(path), pagesize=landscape(A4))
        draw(canvas)
        canvas.save()
        return read_pdf(path)

    return make


def text(canvas: Canvas, x: float, top: float, words: str, size: float = 11) -> None:
    """Writes words with their top at a distance from the page's top."""
    canvas.setFont(FONT, size)
    canvas.drawString(x, landscape(A4)[1] - top - 0.86 * size, words)


def ruled(canvas: Canvas, rows: Sequence[Row], xs: Sequence[float], top: float, height: float = 20) -> None:
    """A table with all its rules, text at the left of the cells and figures at the right."""
    page = landscape(A4)[1]
    for number, row in enumerate(rows):
        for col, words in enumerate(row):
            canvas.rect(xs[col], page - top - (number + 1) * height, xs[col + 1] - xs[col], height)
            canvas.setFont(FONT, 10)
            base = page - top - (number + 1) * height + 6
            if words[:1].isdigit():
                canvas.drawRightString(xs[col + 1] - 2, base, words)
            else:
                canvas.drawString(xs[col] + 2, base, words)


def grids(source: Source) -> list[Grid]:
    return [b for b in source.blocks if isinstance(b, Grid)]


def paragraphs(source: Source) -> list[str]:
    return [b.text for b in source.blocks if isinstance(b, Paragraph)]


def rows_of(grid: Grid) -> list[list[str]]:
    rows: list[list[str]] = [[] for _ in range(grid.rows)]
    for cell in grid.cells:
        rows[cell.row].append(cell.text)
    return rows


def cell_with(grid: Grid, words: str) -> Cell:
    return next(c for c in grid.cells if c.text == words)


HEAD = ["科目编码", "科目名称", "预算数"]
XS = [60.0, 200.0, 400.0, 520.0]


def test_title_and_unit_line_stand_before_the_table_and_the_note_after(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        text(c, 330, 40, "部门收入预算总表", 18)
        text(c, 60, 80, "编制部门：某某局")
        text(c, 460, 80, "单位：万元")
        ruled(c, [HEAD, ["201", "一般公共服务支出", "1,234.50"]], XS, 100)
        text(c, 60, 150, "注：本表不含结转。")

    source = made(draw)
    assert [b.text if isinstance(b, Paragraph) else "表" for b in source.blocks] == [
        "部门收入预算总表",
        "编制部门：某某局    单位：万元",
        "表",
        "注：本表不含结转。",
    ]
    title = source.blocks[0]
    assert isinstance(title, Paragraph)
    assert title.heading_level == 1
    assert rows_of(grids(source)[0]) == [HEAD, ["201", "一般公共服务支出", "1,234.50"]]


def test_cells_carry_the_box_on_the_page(made: Callable[[Draw], Source]) -> None:
    cell = cell_with(grids(made(lambda c: ruled(c, [HEAD, ["201", "支出", "5.00"]], XS, 100)))[0], "5.00")
    assert cell.page == 1
    assert cell.box is not None
    assert (cell.box.x0, cell.box.x1) == pytest.approx((400, 520), abs=1)
    assert (cell.box.top, cell.box.bottom) == pytest.approx((120, 140), abs=1)


def test_table_over_two_pages_with_repeated_heads_is_one(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        ruled(c, [HEAD, ["201", "教育", "5.00"]], XS, 100)
        text(c, 400, 560, "— 1 —")
        c.showPage()
        ruled(c, [HEAD, ["202", "科学", "6.00"]], XS, 60)
        text(c, 400, 560, "— 2 —")

    source = made(draw)
    (grid,) = grids(source)
    assert rows_of(grid) == [HEAD, ["201", "教育", "5.00"], ["202", "科学", "6.00"]]
    assert [cell_with(grid, w).page for w in ("教育", "科学")] == [1, 2]
    assert paragraphs(source) == []


def test_repeated_title_on_the_next_page_continues_the_table(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        for title, code in (("收入预算表", "201"), ("收入预算表（续）", "202")):
            text(c, 330, 40, title, 18)
            ruled(c, [HEAD, [code, "教育", "5.00"]], XS, 100)
            c.showPage()

    source = made(draw)
    assert [len(rows_of(g)) for g in grids(source)] == [3]
    assert paragraphs(source) == ["收入预算表"]


def test_title_and_unit_repeated_at_the_edge_of_many_pages_stay_once(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        for number in range(4):
            text(c, 330, 15, "收入预算表", 18)
            text(c, 460, 40, "单位：万元")
            ruled(c, [HEAD, [str(201 + number), "教育", "5.00"]], XS, 60)
            c.showPage()

    source = made(draw)
    assert paragraphs(source) == ["收入预算表", "单位：万元"]
    assert [g.rows for g in grids(source)] == [5]


def test_title_in_the_first_row_of_the_grid_begins_another_table(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        for title in ("收入预算表", "支出预算表"):
            c.rect(XS[0], landscape(A4)[1] - 100, XS[-1] - XS[0], 20)
            text(c, 260, 85, title)
            ruled(c, [["201", "教育", "5.00"]], XS, 100)
            c.showPage()

    assert [rows_of(g)[0] for g in grids(made(draw))] == [["收入预算表"], ["支出预算表"]]


def test_new_title_on_the_next_page_begins_another_table(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        for title in ("收入预算表", "支出预算表"):
            text(c, 330, 40, title, 18)
            ruled(c, [HEAD, ["201", "教育", "5.00"]], XS, 100)
            c.showPage()

    assert len(grids(made(draw))) == 2


def test_other_columns_on_the_next_page_begin_another_table(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        ruled(c, [HEAD, ["201", "教育", "5.00"]], XS, 400)
        c.showPage()
        ruled(c, [["项目", "预算数"], ["车辆", "5.00"]], [60, 290, 700], 60)

    assert [g.cols for g in grids(made(draw))] == [3, 2]


def test_row_broken_by_the_page_is_joined(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        ruled(c, [HEAD, ["302", "公务用车购置及运行维护支出经费以及其他", "12.00"]], XS, 500)
        c.showPage()
        ruled(c, [["", "费用", ""], ["303", "补助", "6.00"]], XS, 40)

    (grid,) = grids(made(draw))
    assert rows_of(grid)[1:] == [
        ["302", "公务用车购置及运行维护支出经费以及其他费用", "12.00"],
        ["303", "补助", "6.00"],
    ]


def test_two_tables_on_one_page_stay_two(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        ruled(c, [HEAD, ["201", "教育", "5.00"]], XS, 60)
        ruled(c, [HEAD, ["202", "科学", "6.00"]], XS, 150)

    assert [rows_of(g)[1][0] for g in grids(made(draw))] == ["201", "202"]


def test_figure_against_the_next_label_is_parted_from_it(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        ruled(c, [["收入", "预算数", "支出", "预算数"], ["", "", "", ""]], [60, 160, 260, 400, 500], 60)
        figure = "91,016,775.35"
        text(c, 260 - pdfmetrics.stringWidth(figure, FONT, 10), 84, figure + "一、教育支出", 10)

    (grid,) = grids(made(draw))
    assert rows_of(grid)[1] == ["", "91,016,775.35", "一、教育支出", ""]


def test_figure_wider_than_its_cell_stays_whole(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        ruled(c, [["合计", "预算数", "支出"], ["1", "", ""]], [60, 100, 140, 300], 60)
        text(c, 88, 84, "123,456,789.00", 10)

    (grid,) = grids(made(draw))
    assert "123,456,789.00" in rows_of(grid)[1]


def test_figure_broken_for_want_of_room_is_whole_and_two_figures_stay_two(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        c.grid([60, 110, 300], [400, 440, 480])
        for top, words in ((118, "156,211,"), (130, "123.00")):
            text(c, 64, top, words, 10)
        text(c, 124, 118, "2024", 10)
        text(c, 124, 130, "2025", 10)

    assert rows_of(grids(made(draw))[0])[0] == ["156,211,123.00", "2024 2025"]


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_page_rotated_by_the_viewer(made: Callable[[Draw], Source], angle: int) -> None:
    def draw(c: Canvas) -> None:
        c.setPageRotation(angle)
        width, height = landscape(A4)
        c.rotate(angle)
        c.translate(*{90: (0, -height), 180: (-width, -height), 270: (-width, 0)}[angle])
        ruled(c, [HEAD, ["201", "教育", "5.00"]], [*XS[:3], 500.0], 100)

    (grid,) = grids(made(draw))
    assert rows_of(grid) == [HEAD, ["201", "教育", "5.00"]]
    box = cell_with(grid, "5.00").box
    assert box is not None
    assert (box.x0, box.x1, box.top, box.bottom) == pytest.approx((400, 500, 120, 140), abs=2)


def test_page_printed_sideways_keeps_boxes_of_the_shown_page(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        height = landscape(A4)[1]
        c.translate(height, 0)
        c.rotate(90)
        ruled(c, [HEAD, ["201", "教育", "5.00"]], XS, 100)

    (grid,) = grids(made(draw))
    assert rows_of(grid) == [HEAD, ["201", "教育", "5.00"]]
    box = cell_with(grid, "5.00").box
    assert box is not None
    assert box.bottom - box.top == pytest.approx(120, abs=1)
    assert box.x1 - box.x0 == pytest.approx(20, abs=1)


def test_text_clipped_away_is_left_out(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        c.saveState()
        path = c.beginPath()
        path.rect(50, 400, 500, 150)
        c.clipPath(path, stroke=0)
        text(c, 60, 100, "这一行看得见。")
        text(c, 60, 300, "这一行被裁去。")
        c.restoreState()

    assert paragraphs(made(draw)) == ["这一行看得见。"]


def test_table_without_rules_is_found_by_alignment(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        text(c, 330, 40, "支出预算表", 18)
        text(c, 460, 80, "单位：万元")
        lines = [("项目", "2024年", "2025年"), ("一、教育支出", "1,200.00", "15.50"), ("二、外交支出", "", "")]
        lines += [("三、科学技术支出", "30.00", "7.25"), ("合计", "1,230.00", "22.75")]
        for number, (label, left, right) in enumerate(lines):
            text(c, 80, 110 + 20 * number, label)
            for x, words in ((300, left), (420, right)):
                c.drawRightString(x, landscape(A4)[1] - 110 - 20 * number - 9.5, words)
        text(c, 80, 240, "注：以上数据四舍五入。")

    source = made(draw)
    (grid,) = grids(source)
    assert rows_of(grid) == [
        ["项目", "2024年", "2025年"],
        ["一、教育支出", "1,200.00", "15.50"],
        ["二、外交支出", "", ""],
        ["三、科学技术支出", "30.00", "7.25"],
        ["合计", "1,230.00", "22.75"],
    ]
    assert paragraphs(source) == ["支出预算表", "单位：万元", "注：以上数据四舍五入。"]


def test_heads_over_several_columns_without_rules_span_them(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        for x, words in ((80, "科目"), (268, "基本支出"), (468, "项目支出")):
            text(c, x, 100, words)
        for x in (220, 320, 420, 520):
            text(c, x, 118, "2024年" if x in {220, 420} else "2025年")
        for row in range(4):
            text(c, 80, 136 + 18 * row, "教育支出")
            for col, x in enumerate((260, 360, 460, 560)):
                c.drawRightString(x, landscape(A4)[1] - 145.5 - 18 * row, f"{row + 1}{col},000.00")

    (grid,) = grids(made(draw))
    assert [(c.text, c.col, c.col_span) for c in grid.cells if c.row == 0] == [
        ("科目", 0, 1),
        ("基本支出", 1, 2),
        ("项目支出", 3, 2),
    ]
    assert rows_of(grid)[2] == ["教育支出", "10,000.00", "11,000.00", "12,000.00", "13,000.00"]


@pytest.mark.parametrize("rules", [True, False])
def test_label_over_two_lines_is_one_row_of_a_table_without_column_rules(
    made: Callable[[Draw], Source], rules: bool
) -> None:
    def draw(c: Canvas) -> None:
        height = landscape(A4)[1]
        for number, (label, figure) in enumerate(
            (("项目", "预算数"), ("教育支出", "5.00"), ("", ""), ("合计", "12.00"))
        ):
            top = 100 + 40 * number
            text(c, 80, top, label)
            c.drawRightString(420, height - top - 9.5, figure)
            if rules:
                c.line(70, height - top + 12, 440, height - top + 12)
        text(c, 80, 174, "机关事业单位基本养")
        text(c, 80, 186, "老保险缴费支出")
        c.drawRightString(420, height - 186 - 9.5, "7.00")

    (grid,) = grids(made(draw))
    assert rows_of(grid)[2] == ["机关事业单位基本养老保险缴费支出", "7.00"]
    assert grid.rows == 4


def test_contents_list_and_repeated_heads_are_left_out(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        text(c, 400, 60, "目  录", 16)
        text(c, 80, 100, "一、部门概况………………………………………1")
        text(c, 80, 120, "二、预算说明………………………………………2")
        c.showPage()
        for number, words in enumerate(("一、部门概况", "二、预算说明", "三、名词解释")):
            text(c, 300, 20, "某某局二〇二五年预算公开文本")
            text(c, 80, 100, words)
            text(c, 80, 120, "说明的正文在此。")
            text(c, 420, 565, str(number + 2))
            c.showPage()

    body = ["一、部门概况", "说明的正文在此。", "二、预算说明", "说明的正文在此。", "三、名词解释", "说明的正文在此。"]
    assert paragraphs(made(draw)) == body


def test_paragraph_over_a_page_break_is_whole(made: Callable[[Draw], Source]) -> None:
    line = "预算编制坚持统筹兼顾勤俭节约量力而行讲求绩效和收支平衡的原则，" * 2

    def draw(c: Canvas) -> None:
        text(c, 82, 470, line[:-2])
        for top in (490, 510, 530):
            text(c, 60, top, line)
        c.showPage()
        text(c, 60, 60, line)
        text(c, 60, 80, "到此为止。")
        text(c, 82, 100, "另起一段。")

    found = paragraphs(made(draw))
    assert [p[-5:] for p in found] == ["到此为止。", "另起一段。"]
    assert len(found[0]) == len(line) * 5 - 2 + 5


def test_white_rules_and_boxes_of_one_cell_make_no_table(made: Callable[[Draw], Source]) -> None:
    def draw(c: Canvas) -> None:
        c.rect(50, 300, 400, 100)
        text(c, 60, 220, "框内的一句话。")
        c.setStrokeColor(colors.white)
        c.grid([60, 160, 260], [100, 120, 140])

    source = made(draw)
    assert grids(source) == []
    assert paragraphs(source) == ["框内的一句话。"]
