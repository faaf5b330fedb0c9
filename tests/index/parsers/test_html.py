"""Web pages: tables by the table model of the HTML standard, text as shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.parsers.html import read_html
from index.records import Grid, Paragraph, Source


def read(page: str | bytes, folder: Path) -> Source:
    path = folder / "page.html"
    path.write_bytes(page if isinstance(page, bytes) else page.encode())
    return read_html(path)


def shown(source: Source) -> list[str | list[str]]:
    return [b.text if isinstance(b, Paragraph) else [c.text for c in b.cells] for b in source.blocks]


TABLE = "<table><tr><td>项目<td>预算数<tr><td>舆情管理<td>73.05</table>"


@pytest.mark.parametrize(
    ("declared", "written"),
    [("gb2312", "gb18030"), ("gbk", "gb18030"), ("utf-8", "utf-8"), ("gb2312", "utf-8"), ("utf-8", "gb18030"),
     ("unheard-of", "utf-8"), ("", "gb18030"), ("", "utf-8-sig"), ("utf-16", "utf-16")],
)  # fmt: skip
def test_encodings(declared: str, written: str, tmp_path: Path) -> None:
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={declared}">' if declared else ""
    source = read(f"<html><head>{meta}</head><body>{TABLE}</body></html>".encode(written), tmp_path)
    assert shown(source) == [["项目", "预算数", "舆情管理", "73.05"]]


def test_spans_and_missing_cells(tmp_path: Path) -> None:
    page = (
        "<table><caption>收支总表</caption><thead><tr><th rowspan=2>序号</th><th colspan=2>收入</th></tr>"
        "<tr><th>项目</th><th>预算数</th></tr></thead><tbody><tr><td>1</td><td>拨款</td></tr>"
        "<tr style='display: none'><td>藏</td></tr><tr><td rowspan=0>2</td><td colspan=9>无</td></tr></tbody></table>"
    )
    (grid,) = read(page, tmp_path).blocks
    assert isinstance(grid, Grid)
    assert grid.name == "收支总表"
    placed = {(c.row, c.col): (c.text, c.row_span, c.col_span) for c in grid.cells}
    assert placed[0, 0] == ("序号", 2, 1)
    assert placed[1, 1] == ("项目", 1, 1)
    assert placed[2, 2] == ("", 1, 1)
    assert placed[3, 1] == ("无", 1, 2)
    assert grid.rows == 4


def test_only_what_is_shown(tmp_path: Path) -> None:
    page = (
        "<head><title>网站</title><style>p{}</style></head><body><nav>首页</nav><script>var a='1'</script>"
        "<h2>一、<b>主要</b>职责</h2><p>第一段<br>第二行</p><p hidden>藏</p><div style='visibility:hidden'>藏</div>"
        "<div>甲<p>乙</p>丙</div><!-- 注释 --><footer>版权</footer></body>"
    )
    source = read(page, tmp_path)
    assert shown(source) == ["一、主要职责", "第一段", "第二行", "甲", "乙", "丙"]
    assert isinstance(source.blocks[0], Paragraph)
    assert source.blocks[0].heading_level == 2


def test_layout_table_gives_what_it_holds(tmp_path: Path) -> None:
    page = f"<table><tr><td><p>正文一段。</p>{TABLE}<p>末段。</p></td></tr></table>"
    assert shown(read(page, tmp_path)) == ["正文一段。", ["项目", "预算数", "舆情管理", "73.05"], "末段。"]


def test_table_inside_a_data_table_follows_it(tmp_path: Path) -> None:
    page = f"<table><tr><td>部门<td>明细<tr><td>办公室<td>见右{TABLE}<tr><td>合计<td>73.05</table>"
    outer, inner = shown(read(page, tmp_path))
    assert outer == ["部门", "明细", "办公室", "见右", "合计", "73.05"]
    assert inner == ["项目", "预算数", "舆情管理", "73.05"]


def test_line_breaks_in_cells(tmp_path: Path) -> None:
    page = "<table><tr><td>科目<br>编码<td>A b\n c<td>x<br>y<tr><td>1<td>2<td>3</table>"
    assert shown(read(page, tmp_path)) == [["科目编码", "A b c", "x y", "1", "2", "3"]]
