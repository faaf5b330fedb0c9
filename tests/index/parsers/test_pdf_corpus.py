"""Real disclosures against golden cell grids, and against the sums that their own pages hold.

The golden grids were compared by eye with the rendered pages. A row stands on one line, its cells parted by tabs;
``{rows×columns}`` follows a merged cell and ``·`` stands where it covers a place. Running this file writes them anew:
look at every difference before keeping it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest

from index.parsers.pdf import read_pdf
from index.records import Cell, Grid, Paragraph, Source

ROOT = Path(__file__).resolve().parents[3]
CORPUS = ROOT.parent / "shared" / "corpus"
GOLDEN = ROOT / "tests" / "data" / "pdf"
FILES = {
    "putuo_wanli_2024": "shanghai-putuo/万里街道2024年预算.pdf",
    "putuo_wanli_2025": "shanghai-putuo/万里街道2025年预算.pdf",
    "putuo_finance_2024": "shanghai-putuo/上海市普陀区财政局2024年度部门决算.pdf",
    "putuo_office_2025": "shanghai-putuo/上海市普陀区人民政府办公室2025年部门预算.pdf",
    "putuo_commerce_2025": "shanghai-putuo/上海市普陀区商务委员会2025年部门预算.pdf",
    "putuo_commerce_unit_2025": "shanghai-putuo/上海市普陀区商务委员会2025年单位预算.pdf",
    "jiangsu_court_2017": "jiangsu/江苏省高级人民法院2017年度部门预算公开.pdf",
    "jiangsu_cppcc_2017": "jiangsu/江苏省政协办公厅2017年度部门预算公开表.pdf",
    "jiangsu_cppcc_2018": "jiangsu/江苏省政协办公厅2018年度部门预算公开表.pdf",
    "jiangsu_cppcc_2019": "jiangsu/江苏省政协办公厅2019年预算公开表.pdf",
}
COVERED = "·"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real documents is not beside the project")


@lru_cache(maxsize=16)
def read(name: str) -> Source:
    return read_pdf(CORPUS / name)


def grids(source: Source) -> list[Grid]:
    return [b for b in source.blocks if isinstance(b, Grid)]


def span_of(cell: Cell) -> str:
    return f"{{{cell.row_span}×{cell.col_span}}}" if cell.row_span * cell.col_span > 1 else ""


def written(source: Source) -> str:
    """The golden form of all grids of a document."""
    lines: list[str] = []
    for grid in grids(source):
        pages = sorted({c.page for c in grid.cells if c.page})
        lines.append(f"# pages {pages[0]}-{pages[-1]}, {grid.rows} rows, {grid.cols} columns")
        begun = {(c.row, c.col): c for c in grid.cells}
        for row in range(grid.rows):
            cells = [begun.get((row, col)) for col in range(grid.cols)]
            lines.append("\t".join(COVERED if c is None else c.text + span_of(c) for c in cells))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", FILES)
def test_grids_are_the_printed_ones(name: str) -> None:
    source = read(FILES[name])
    assert len(grids(source)) >= 8
    assert written(source) == (GOLDEN / f"{name}.tsv").read_text(encoding="utf-8")


ALL = sorted(p.relative_to(CORPUS).as_posix() for p in CORPUS.glob("*/*.pdf"))


@pytest.mark.parametrize("name", ALL)
def test_cells_fill_the_grid_once_and_lie_on_their_page(name: str) -> None:
    source = read(name)
    for grid in grids(source):
        places = [
            (r, c)
            for cell in grid.cells
            for r in range(cell.row, cell.row + cell.row_span)
            for c in range(cell.col, cell.col + cell.col_span)
        ]
        assert len(places) == len(set(places)) == grid.rows * grid.cols
        for cell in grid.cells:
            assert cell.page is not None
            assert cell.box is not None
            assert 0 <= cell.box.x0 < cell.box.x1 <= 843
            assert 0 <= cell.box.top < cell.box.bottom <= 843


def amount(text: str) -> Decimal | None:
    bare = text.replace(",", "")
    return Decimal(bare) if re.fullmatch(r"-?\d+(\.\d+)?", bare) else None


@pytest.mark.parametrize("name", ALL)
def test_no_cell_holds_two_figures(name: str) -> None:
    cells = [c.text for g in grids(read(name)) for c in g.cells]
    assert not [t for t in cells if re.search(r"\d\s+\d|\.\d+[,\d]*\.", t)]


def by_row(grid: Grid) -> list[dict[int, str]]:
    rows: list[dict[int, str]] = [{} for _ in range(grid.rows)]
    for cell in grid.cells:
        rows[cell.row][cell.col] = cell.text
    return rows


class Sum(NamedTuple):
    """A printed figure and the figures that it should be the sum of."""

    where: str
    printed: Decimal
    parts: list[Decimal]


def agree(printed: Decimal, parts: list[Decimal]) -> bool:
    """True within the precision that the printed figures certify: half of the last digit of each."""
    step = Decimal(1).scaleb(int(printed.as_tuple().exponent))
    return abs(printed - sum(parts)) <= step / 2 * (len(parts) + 1)


def subject_code(row: dict[int, str], split: bool) -> str:
    """The row's code, put together where it is printed in two or three columns."""
    code = "".join(row.get(c, "").zfill(2) if row.get(c) else "" for c in range(3)) if split else row.get(0, "")
    return code if re.fullmatch(r"\d{3}(\d\d){0,2}", code) else ""


def sums_of_codes(grid: Grid) -> Iterator[Sum]:
    """The total and each code of a table of subjects, with the codes right below it."""
    rows = by_row(grid)
    if sum("款" in r.values() for r in rows[:5]) and sum(list(r.values()).count("款") for r in rows[:5]) > 1:
        return  # two tables of codes side by side
    split = any("款" in r.values() for r in rows[:5])
    codes = {code: r for r in rows if (code := subject_code(r, split))}
    total = next((r for r in rows if "合计" in r.values()), None)
    for code, row in [("", total), *codes.items()]:
        parts = [r for c, r in codes.items() if len(c) == (len(code) + 2 if code else 3) and c.startswith(code)]
        for col, text in (row or {}).items():
            printed = amount(text)
            if printed is not None and parts and col > (2 if split else 1):
                yield Sum(str(col), printed, [amount(r.get(col, "")) or Decimal(0) for r in parts])


def sums_of_numerals(grid: Grid) -> Iterator[Sum]:
    """The total of each side of a table of income and spending, with 一、 二、 …."""
    rows = by_row(grid)
    numbered = re.compile(r"[一二三四五六七八九十]+、")
    labels = sorted({c for r in rows for c, t in r.items() if numbered.match(t)})
    for label in labels:
        first = next(i for i, r in enumerate(rows) if numbered.match(r.get(label, "")))
        end = next((i for i in range(first, len(rows)) if re.search("合计|总计|小计", rows[i].get(label, ""))), None)
        if end is None:
            continue
        following = [c for c in labels if c > label]
        for col in range(label + 1, following[0] if following else grid.cols):
            printed = amount(rows[end].get(col, ""))
            parts = [amount(r.get(col, "")) for r in rows[first:end] if numbered.match(r.get(label, ""))]
            if printed is not None and any(p is not None for p in parts):
                yield Sum(rows[end][label], printed, [p or Decimal(0) for p in parts])


@pytest.mark.parametrize("name", ALL)
def test_totals_are_the_sums_of_their_parts(name: str) -> None:
    found = [s for g in grids(read(name)) for s in (*sums_of_codes(g), *sums_of_numerals(g))]
    assert not [s for s in found if not agree(s.printed, s.parts)]
    assert found or not grids(read(name))


def test_picture_page_is_recognised_with_its_confidence() -> None:
    source = read("jiangsu/江苏省政协办公厅2019年度部门预算.pdf")
    cover = next(b for b in source.blocks if b.text)  # type: ignore[union-attr]
    assert isinstance(cover, Paragraph)
    assert cover.text == "江苏省政协办公厅2019年度部门预算公开"
    assert cover.confidence is not None
    assert cover.confidence > 0.8


def test_clipped_text_of_the_other_page_is_not_read_twice() -> None:
    blocks = read(FILES["putuo_commerce_2025"]).blocks
    duties = [b.text for b in blocks if isinstance(b, Paragraph) and b.page in {3, 4}]
    numbers = [int(m.group(1)) for t in duties if (m := re.match(r"(\d+)、", t))]
    assert numbers == list(range(1, 14))


def test_chart_labels_stay_out_of_the_sentences() -> None:
    texts = [b.text for b in read(FILES["jiangsu_court_2017"]).blocks if isinstance(b, Paragraph) and b.page == 20]
    labels = [t for t in texts if "59.35%" in t]
    assert len(labels) == 2
    assert labels[1].startswith("预留机动经费")


if __name__ == "__main__":
    for stem, file in FILES.items():
        (GOLDEN / f"{stem}.tsv").write_text(written(read(file)), encoding="utf-8")
