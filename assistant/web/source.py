"""Pages that show where a figure stands: the table with the cited cell, the PDF page with its box."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from assistant.web import pages
from assistant.web.api import Door
from assistant.web.errors import ApiError
from assistant.web.page_images import box_of_sentence, page_image_of

router = APIRouter(prefix="/source", include_in_schema=False)
NUMBER = re.compile(r"^[-+−△]?[\d,，]+(\.\d+)?%?$")
MAX_CELLS = 200_000

CellPlaces = Annotated[list[str], Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class ShownCell:
    text: str
    row_span: int
    col_span: int
    numeric: bool
    cited: Literal["", "first", "more"]


def cited_places(cells: list[str]) -> list[tuple[int, int]]:
    """``["3,1"]`` to ``[(3, 1)]``; anything else is left out."""
    found = [re.fullmatch(r"(\d{1,6}),(\d{1,6})", cell) for cell in cells]
    return [(int(m[1]), int(m[2])) for m in found if m]


def shown_rows(table: dict[str, Any], cited: list[tuple[int, int]]) -> list[list[ShownCell]]:
    """The cells in the order HTML wants them: merged cells once, gaps filled with empty cells."""
    rows, cols = int(table["rows"]), int(table["cols"])
    if rows * cols > MAX_CELLS:
        raise ApiError(413, "这张表太大，无法在页面上显示。")
    starts = {(c["row"], c["col"]): c for c in table["cells"]}
    covered: set[tuple[int, int]] = set()
    shown: list[list[ShownCell]] = []
    first = cited[0] if cited else None
    for row in range(rows):
        line: list[ShownCell] = []
        for col in range(cols):
            if (row, col) in covered:
                continue
            cell = starts.get((row, col), {})
            height = max(1, min(int(cell.get("row_span") or 1), rows - row))
            width = max(1, min(int(cell.get("col_span") or 1), cols - col))
            area = {(r, c) for r in range(row, row + height) for c in range(col, col + width)}
            covered |= area
            text = str(cell.get("text") or "")
            mark: Literal["", "first", "more"] = "first" if first in area else "more" if area & set(cited) else ""
            line.append(ShownCell(text, height, width, bool(NUMBER.match(text.strip())), mark))
        shown.append(line)
    return shown


def section_text(section: object) -> str:
    return " / ".join(map(str, section)) if isinstance(section, list | tuple) else str(section or "")


def box_values(box: object) -> tuple[float, float, float, float] | None:
    """A box given as four numbers or as x0, top, x1, bottom."""
    if isinstance(box, dict):
        box = [box.get(k) for k in ("x0", "top", "x1", "bottom")]
    if not isinstance(box, list | tuple) or len(box) != 4 or any(n is None for n in box):
        return None
    x0, top, x1, bottom = (float(n) for n in box)
    return x0, top, x1, bottom


def box_query(box: object) -> str:
    values = box_values(box)
    return ",".join(f"{n:.1f}" for n in values) if values else ""


@router.get("/table/{id}")
def table_page(
    request: Request,
    id: str,
    assistant: Door,
    cell: CellPlaces = [],  # noqa: B006
    quote: Annotated[str, Query(max_length=5000)] = "",
) -> HTMLResponse:
    """The table as printed, the first ``cell`` (row,col) scrolled into view; or a paragraph with its ``quote``."""
    table = assistant.table(id)
    if table is None:
        raise ApiError(404, "没有这张表，文件可能已更新或移除。")
    document = assistant.document(table["document_id"]) or {}
    cited = cited_places(cell)
    place = next((c for c in table["cells"] if cited and (c["row"], c["col"]) == cited[0]), None)
    pdf = _pdf(assistant.original(table["document_id"]))
    page = place.get("page") if place else table.get("page")
    return pages.page(
        "source_table.html",
        request.scope.get("root_path", ""),
        table=table,
        section=section_text(table.get("section")),
        document=document,
        rows=shown_rows(table, cited),
        page=page if pdf else None,
        box=box_query(place.get("box")) if place else "",
        text=_split(table, quote) if table.get("text") else None,
        quote=quote,
    )


@router.get("/document/{id}")
def document_page(
    request: Request, id: str, assistant: Door, quote: Annotated[str, Query(max_length=5000)] = ""
) -> HTMLResponse:
    """What is known of a document, with the cited sentence in its paragraph."""
    document = assistant.document(id)
    if document is None:
        raise ApiError(404, "没有这份文件，可能已被移除。")
    tables = document.get("tables")
    return pages.page(
        "source_document.html",
        request.scope.get("root_path", ""),
        document=document,
        quote=quote,
        passages=[_split(passage, quote) for passage in document.get("passages") or []],
        tables=tables if isinstance(tables, list) else [],
    )


def _split(passage: dict[str, Any], quote: str) -> dict[str, str]:
    """A paragraph parted at the cited sentence."""
    text = str(passage.get("text") or "")
    before, found, after = text.partition(quote) if quote else (text, "", "")
    return {"before": before, "cited": found, "after": after, "section": section_text(passage.get("section"))}


def _pdf(path: Path | None) -> Path | None:
    return path if path is not None and path.suffix.lower() == ".pdf" and path.is_file() else None


def _original_pdf(assistant: Door, id: str) -> Path:
    path = _pdf(assistant.original(id))
    if path is None:
        raise ApiError(404, "这份文件没有可显示的原页。")
    return path


def _box_of_cell(table: dict[str, Any], cell: str) -> str:
    places = cited_places([cell])
    found = next((c for c in table.get("cells", []) if places and (c["row"], c["col"]) == places[0]), None)
    return box_query(found.get("box")) if found else ""


@router.get("/page/{id}/{number}.png")
def page_image(id: str, number: int, assistant: Door) -> Response:
    path = _original_pdf(assistant, id)
    image = page_image_of(str(path), path.stat().st_mtime, number)[0]
    return Response(image, media_type="image/png", headers={"Cache-Control": "private, max-age=600"})


@router.get("/page/{id}/{number}")
def page_view(
    request: Request,
    id: str,
    number: int,
    assistant: Door,
    box: Annotated[str, Query(max_length=80)] = "",
    table: Annotated[str, Query(max_length=200)] = "",
    cell: Annotated[str, Query(max_length=20)] = "",
    quote: Annotated[str, Query(max_length=200)] = "",
) -> HTMLResponse:
    """A PDF page as printed, the cited place framed: ``box`` (x0,top,x1,bottom in points), a cell, or a sentence."""
    path = _original_pdf(assistant, id)
    if not box and table:
        box = _box_of_cell(assistant.table(table) or {}, cell)
    if not box and quote:
        box = box_of_sentence(str(path), path.stat().st_mtime, number, quote)
    _, width, height, count = page_image_of(str(path), path.stat().st_mtime, number)
    match = re.fullmatch(r"(-?[\d.]{1,9}),(-?[\d.]{1,9}),(-?[\d.]{1,9}),(-?[\d.]{1,9})", box)
    try:
        frame = [float(n) for n in match.groups()] if match else None
    except ValueError:
        frame = None
    return pages.page(
        "source_page.html",
        request.scope.get("root_path", ""),
        document=assistant.document(id) or {},
        id=id,
        number=number,
        count=count,
        width=width,
        height=height,
        frame=frame,
    )
