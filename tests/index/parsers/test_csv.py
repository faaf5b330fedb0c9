"""Values parted by a delimiter."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.parsers.csv import delimiter_of, read_csv
from index.records import Grid, Paragraph


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_encodings_and_delimiters(encoding: str, delimiter: str, tmp_path: Path) -> None:
    rows = [["项目", "预算数"], ["舆情管理", "730500.00"], ["网评队伍建设", ""]]
    path = tmp_path / "t.csv"
    path.write_bytes("\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    (grid,) = read_csv(path).blocks
    assert isinstance(grid, Grid)
    assert [c.text for c in sorted(grid.cells, key=lambda c: (c.row, c.col))] == [t for row in rows for t in row]


def test_title_unit_and_note_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        '2025年支出预算表,,\n,,单位：万元\n科目,预算数,说明\n基本支出,"1,234.50","含""五险""，\n一金"\n\n注：不含结转。,,\n'
    )
    title, unit, grid, note = read_csv(path).blocks
    assert [b.text for b in (title, unit, note) if isinstance(b, Paragraph)] == [
        "2025年支出预算表",
        "单位：万元",
        "注：不含结转。",
    ]
    assert isinstance(grid, Grid)
    assert [c.text for c in grid.cells] == ["科目", "预算数", "说明", "基本支出", "1,234.50", '含"五险"，一金']


def test_thousands_separators_do_not_part_tab_files() -> None:
    assert delimiter_of("项目\t数\n甲\t1,234,567\n乙\t7,654,321\n") == "\t"
