"""Cells of one printed table or worksheet -> paragraphs and grids in reading order.

Every format with cells (.docx, .html, .xlsx, .xls, .csv) ends here, so that the same
table gives the same grid whatever it was written in. Title and 单位 lines above the
heads become paragraphs before the grid, 注 lines below become paragraphs after it,
blank border rows and columns go. A table is never cut in its middle: forms carry
merged rows there. Only a worksheet is parted, at fully blank rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from index.records import Cell, Grid, Paragraph

MAX_PLACES = 500_000
"""A sparse sheet with more places than this keeps only its filled cells."""
MAX_LINES_ABOVE = 6

_CAPTION = re.compile(
    r"[（(]?(金额|货币|计量|数量)?单位(名称)?[:：].{0,12}元[)）]?"
    r"|(财政|预算|会计)?年度[:：].{0,12}|\d{4}年度?"
    r"|(编制|填报|填表|申报|预算|主管|填制|公开|使用)?(单位|部门|科室|机构|日期|时间)(名称|盖章|公章|（[^）]*）)*[:：].*"
    r"|(附件|附表|附|表|公开|部门|单位|政府|预算|决算|财预|财决)+\s*[\d一二三四五六七八九十]{1,3}([-－.]\d+)?\s*[表号]?"
)
_AGENCY = re.compile(
    r"\d{3,}\D{4,}|.{2,}(局|委|办|室|院|校|学|中心|政府|部|厅|会|队|所|站|公司|处|街道|镇|乡|县|区|市)(本级|机关)?"
)
_UNIT = re.compile(r"[（(]?(金额|货币|计量)?单位[:：]\s*(人民币)?\s*[亿万千百]*元[)）]?")
_NOTE = re.compile(
    r"[（(【\[]?\s*(备\s*注|注\s*释?|附注|说明|填表说明|编制说明|注意事项|资料来源|数据来源)\s*\d{0,2}\s*[:：.、】\]]"
)
_SIGN_OFF = re.compile(
    r"(单位|财务|分管|部门)?(制表|填表|填报|审核|复核|审批|负责|经办|编制|联系|联系电话)"
    r"(人|日期|时间)?(签[字章名])?[:：].*"
)
_TITLE_WORDS = re.compile(r"表|预算|决算|情况|明细|目录|一览|清单|台账|统计|汇总|说明|公开")
_TITLE_END = re.compile(r"(表|目录|清单|台账)\s*([（(].*[)）])?$")
_FIGURE = re.compile(r"[-−(（]?[¥￥]?\s*\d[\d,]*(\.\d+)?\s*[%％)）]?")
_YEAR = re.compile(r"(19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Shape:
    """What stays the same for all grids of a table or worksheet; ``sheet`` allows parting at blank rows."""

    sheet: bool = False
    name: str | None = None
    hidden: bool = False
    page: int | None = None
    truncated: bool = False


def table_blocks(
    cells: Iterable[Cell], shape: Shape | None = None, ruled_rows: frozenset[int] = frozenset()
) -> list[Paragraph | Grid]:
    """Paragraphs and grids of ``cells``, whose places are those of the table or sheet they come from.

    Blank places may be missing from ``cells``. ``ruled_rows`` are blank rows drawn with
    lines: they belong to the table around them and do not part it.
    """
    shape = shape or Shape()
    printed = sorted(cells, key=lambda c: (c.row, c.col))
    bands = _bands(printed, ruled_rows) if shape.sheet else [printed] if printed else []
    blocks: list[Paragraph | Grid] = []
    for band in bands:
        blocks.extend(_band_blocks(band, shape))
    return blocks


def is_figure(text: str) -> bool:
    """Whether ``text`` is a number as printed in a data cell; a bare year is a head."""
    return bool(_FIGURE.fullmatch(text)) and not _YEAR.fullmatch(text)


def _bands(cells: Sequence[Cell], ruled_rows: frozenset[int]) -> list[list[Cell]]:
    """Runs of rows between fully blank rows; a run that starts with data goes on with the table above."""
    filled = {row for c in cells if c.text for row in range(c.row, c.row + c.row_span)} | ruled_rows
    bands: list[list[Cell]] = []
    last_row = None
    for cell in cells:
        if cell.row not in filled:
            continue
        if last_row is None or (cell.row > last_row and not filled.issuperset(range(last_row + 1, cell.row))):
            bands.append([])
        bands[-1].append(cell)
        last_row = cell.row
    joined: list[list[Cell]] = []
    for band in bands:
        if joined and _goes_on(joined[-1], band):
            joined[-1].extend(band)
        else:
            joined.append(band)
    return joined


def _goes_on(above: Sequence[Cell], band: Sequence[Cell]) -> bool:
    texts = [c for c in band if c.text]
    if not texts:
        return False
    first = [c for c in texts if c.row == texts[0].row]
    wide = len({c.col for c in above if c.text}) > 1
    return wide and len(first) > 1 and any(is_figure(c.text) for c in first)


def _band_blocks(band: Sequence[Cell], shape: Shape) -> list[Paragraph | Grid]:
    rows = _filled_rows(band)
    width = _width(rows, _edge(band, shape))
    if width is None:
        return [_paragraph(c, shape) for row in rows.values() for c in row]
    above, rows = _lines_above(rows, width, shape.sheet)
    rows, below = _lines_below(rows, width)
    blocks: list[Paragraph | Grid] = [Paragraph(text, page=shape.page) for text in above]
    if rows:
        blocks.extend(_grids(band, min(rows), max(c.row + c.row_span - 1 for r in rows.values() for c in r), shape))
    blocks.extend(_paragraph(c, shape) for c in below)
    return blocks


def _edge(cells: Iterable[Cell], shape: Shape) -> int:
    """The last column that counts: where the last cell starts, in a worksheet (which has no blank cells) ends."""
    return max(c.col + (c.col_span - 1 if shape.sheet else 0) for c in cells)


def _paragraph(cell: Cell, shape: Shape) -> Paragraph:
    return Paragraph(cell.text, page=shape.page)


def _filled_rows(cells: Iterable[Cell]) -> dict[int, list[Cell]]:
    rows: dict[int, list[Cell]] = {}
    for cell in cells:
        if cell.text:
            rows.setdefault(cell.row, []).append(cell)
    return rows


def _width(rows: dict[int, list[Cell]], edge: int) -> tuple[int, int] | None:
    """First and last column of the table itself; None when nothing stands beside anything.

    What spans beyond ``edge`` (web pages do) spans nothing there.
    """
    beside = [c for row in rows.values() if len(row) > 1 for c in row]
    if not beside:
        beside = [c for row in rows.values() for c in row]
        if len({c.col for c in beside}) < 2:
            return None
    lone = [c for row in rows.values() if len(row) == 1 for c in row if c.col_span == 1]
    return min(c.col for c in beside + lone), min(max(c.col + c.col_span - 1 for c in beside + lone), edge)


def _lines_above(
    rows: dict[int, list[Cell]], width: tuple[int, int], sheet: bool
) -> tuple[list[str], dict[int, list[Cell]]]:
    """Texts of the title and caption lines at the top, and the rows left."""
    left, above = dict(rows), list[str]()
    for row in list(rows)[:MAX_LINES_ABOVE]:
        cells = left[row]
        reach = max(c.row + c.row_span for c in cells)
        if any(r in left for r in range(row + 1, reach)):
            break
        captions = _captions(cells)
        if captions is None and len(cells) == 1 and _is_title(cells[0], width, sheet, following=_next_row(left, row)):
            captions = [cells[0].text]
        if captions is None:
            break
        above.extend(captions)
        del left[row]
    return above, left


def _next_row(rows: dict[int, list[Cell]], row: int) -> list[Cell]:
    return next((cells for r, cells in rows.items() if r > row), [])


def _is_title(cell: Cell, width: tuple[int, int], sheet: bool, following: Sequence[Cell]) -> bool:
    first, last = width
    if is_figure(cell.text):
        return False
    if cell.col <= first and cell.col_span > 1 and cell.col_span >= 0.6 * (last - first + 1):
        return True
    if not sheet or cell.col_span > 1:
        return False
    if cell.col <= first:
        return bool(_TITLE_WORDS.search(cell.text)) or (len(cell.text) > 4 and len(following) != 1)
    return last - first > 1 and bool(_TITLE_END.search(cell.text))


def _captions(cells: Sequence[Cell]) -> list[str] | None:
    """The texts of a line such as "编制单位：… | 预算年度：2025 | 单位：万元"; None for any other row.

    One cell that is surely a caption vouches for at most two plain ones beside it
    (the agency, printed with its code and without a label).
    """
    if len(cells) > 6:
        return None
    texts: list[str] = []
    for cell in cells:
        if texts and texts[-1].endswith((":", "：")) and not _CAPTION.fullmatch(cell.text):
            texts[-1] += cell.text
        else:
            texts.append(cell.text)
    sure = [t for t in texts if _CAPTION.fullmatch(t)]
    plain = [t for t in texts if not _CAPTION.fullmatch(t)]
    vouched = any(_UNIT.fullmatch(t) or _YEAR.match(t) is None for t in sure)
    if not sure or not vouched or len(plain) > 2:
        return None
    if plain and not (any(_UNIT.fullmatch(t) for t in sure) and all(_AGENCY.fullmatch(t) for t in plain)):
        return None
    return texts


def _lines_below(rows: dict[int, list[Cell]], width: tuple[int, int]) -> tuple[dict[int, list[Cell]], list[Cell]]:
    """The rows left, and the cells of the 注 and 制表人 lines at the bottom."""
    tail: list[int] = []
    for row in reversed(rows):
        cells = rows[row]
        signed = all(_SIGN_OFF.fullmatch(c.text) for c in cells)
        if not signed and not (len(cells) == 1 and cells[0].col <= width[0] and cells[0].row_span == 1):
            break
        tail.insert(0, row)
    while tail and not any(_NOTE.match(c.text) or _SIGN_OFF.fullmatch(c.text) for c in rows[tail[0]]):
        tail.pop(0)
    return {r: c for r, c in rows.items() if r not in tail}, [c for r in tail for c in rows[r]]


def _grids(band: Sequence[Cell], first_row: int, last_row: int, shape: Shape) -> list[Paragraph | Grid]:
    """The rows between the lines above and below as one grid; a single column is prose in a frame."""
    body = [c for c in band if first_row <= c.row <= last_row]
    filled = [c for c in body if c.text]
    width = _width(_filled_rows(filled), _edge(body, shape))
    if width is None:
        return [_paragraph(c, shape) for c in filled]
    first_col, last_col = width
    return [_grid(body, (first_row, first_col, last_row, last_col), shape)]


def _grid(body: Sequence[Cell], area: tuple[int, int, int, int], shape: Shape) -> Grid:
    top, left, bottom, right = area
    clipped = [
        replace(
            c,
            row=c.row - top,
            col=c.col - left,
            row_span=min(c.row + c.row_span - 1, bottom) - c.row + 1,
            col_span=min(c.col + c.col_span - 1, right) - c.col + 1,
        )
        for c in body
        if left <= c.col <= right
    ]
    rows, cols = bottom - top + 1, right - left + 1
    if rows * cols <= MAX_PLACES:
        clipped = _blanks_filled(clipped, rows, cols, shape)
    cells, rows, cols = _pressed(clipped)
    return Grid(tuple(cells), rows, cols, name=shape.name, hidden=shape.hidden, truncated=shape.truncated)


def _blanks_filled(cells: Sequence[Cell], rows: int, cols: int, shape: Shape) -> list[Cell]:
    """``cells`` with an empty cell at every place that none covers."""
    covered = bytearray(rows * cols)
    kept: list[Cell] = []
    for cell in cells:
        if covered[cell.row * cols + cell.col]:
            continue
        kept.append(cell)
        for row in range(cell.row, cell.row + cell.row_span):
            start = row * cols + cell.col
            covered[start : start + cell.col_span] = b"\x01" * cell.col_span
    place = covered.find(0)
    while place >= 0:
        kept.append(Cell(place // cols, place % cols, "", page=shape.page))
        place = covered.find(0, place + 1)
    return kept


def _pressed(cells: Sequence[Cell]) -> tuple[list[Cell], int, int]:
    """Rows and columns at which no cell starts taken out: Word draws tables on a finer grid than is seen."""
    row_of = {row: i for i, row in enumerate(sorted({c.row for c in cells}))}
    col_of = {col: i for i, col in enumerate(sorted({c.col for c in cells}))}
    pressed = [
        replace(
            c,
            row=row_of[c.row],
            col=col_of[c.col],
            row_span=1 if c.row_span == 1 else sum(r in row_of for r in range(c.row, c.row + c.row_span)),
            col_span=1 if c.col_span == 1 else sum(k in col_of for k in range(c.col, c.col + c.col_span)),
        )
        for c in sorted(cells, key=lambda c: (c.row, c.col))
    ]
    return pressed, len(row_of), len(col_of)
