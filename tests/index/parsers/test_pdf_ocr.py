"""Pages that are pictures, on small generated files; the words are Latin, since no Chinese font is at hand to draw."""

from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from index.parsers import ocr
from index.parsers.pdf import read_pdf
from index.records import Grid, Paragraph, Source

PAGE = (420, 300)
ROWS = [["Subject", "Budget 2024", "Budget 2025"], ["Education", "1,234.50", "98.06"], ["Total", "1,234.50", "98.06"]]
XS = [40, 160, 270, 380]


def table(canvas: Canvas) -> None:
    canvas.setFont("Helvetica", 12)
    canvas.grid(XS, [100, 130, 160, 190])
    for number, row in enumerate(ROWS):
        for col, words in enumerate(row):
            canvas.drawString(XS[col] + 8, 171 - 30 * number, words)


def picture_of(folder: Path, turn: float = 0) -> Image.Image:
    path = folder / "text.pdf"
    canvas = Canvas(str(path), pagesize=PAGE)
    canvas.setFont("Helvetica", 18)
    canvas.drawString(150, 240, "Spending table")
    table(canvas)
    canvas.save()
    document = pdfium.PdfDocument(path)
    image: Image.Image = document[0].render(scale=150 / 72).to_pil().convert("L")
    document.close()
    return image.rotate(-turn, expand=True, fillcolor="white")


def scan_of(folder: Path, turn: float = 0) -> Path:
    path = folder / "scan.pdf"
    picture_of(folder, turn).save(path, resolution=150)
    return path


def rows_of(source: Source) -> list[list[str]]:
    (grid,) = [b for b in source.blocks if isinstance(b, Grid)]
    return [[c.text for c in grid.cells if c.row == row] for row in range(grid.rows)]


def bare(rows: list[list[str]]) -> list[list[str]]:
    """Spaces between recognised Latin words are the engine's guess."""
    return [[text.replace(" ", "") for text in row] for row in rows]


@pytest.mark.parametrize("turn", [0, 90, 1.5])
def test_scanned_table_is_rebuilt_from_its_picture(tmp_path: Path, turn: float) -> None:
    source = read_pdf(scan_of(tmp_path, turn))
    assert bare(rows_of(source)) == bare(ROWS)
    assert source.warnings == ("第1页由图片识别（OCR），数字请与原件核对。",)
    (grid,) = [b for b in source.blocks if isinstance(b, Grid)]
    sure = [c.confidence for c in grid.cells]
    assert all(s is not None and 0.5 <= s <= 1 for s in sure)
    title = source.blocks[0]
    assert isinstance(title, Paragraph)
    assert title.confidence is not None
    box = grid.cells[0].box
    assert box is not None
    across, down = ((160, 190), (40, 160)) if turn == 90 else ((40, 160), (110, 140))
    assert (box.x0, box.x1) == pytest.approx(across, abs=8)
    assert (box.top, box.bottom) == pytest.approx(down, abs=8)


def test_picture_pasted_into_a_page_of_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mixed.pdf"
    canvas = Canvas(str(path), pagesize=(420, 500))
    canvas.setFont("Helvetica", 12)
    canvas.drawString(40, 460, "The table below is a picture that was pasted into this page.")
    canvas.drawImage(ImageReader(picture_of(tmp_path)), 0, 100, 420, 300)
    canvas.save()
    source = read_pdf(path)
    first = source.blocks[0]
    assert isinstance(first, Paragraph)
    assert first.text == "The table below is a picture that was pasted into this page."
    assert first.confidence is None
    assert bare(rows_of(source)) == bare(ROWS)


def test_font_without_unicode_map_is_recognised_from_its_looks(tmp_path: Path) -> None:
    pdfmetrics.registerFont(TTFont("Unmapped", "Vera.ttf", asciiReadable=0))
    path = tmp_path / "unmapped.pdf"
    canvas = Canvas(str(path), pagesize=PAGE, pageCompression=0)
    canvas.setFont("Unmapped", 14)
    canvas.drawString(40, 200, "Total budget 1,234.50")
    canvas.save()
    path.write_bytes(path.read_bytes().replace(b"/ToUnicode", b"/NoUnicode"))
    source = read_pdf(path)
    (line,) = source.blocks
    assert isinstance(line, Paragraph)
    assert line.text.replace(" ", "") == "Totalbudget1,234.50"
    assert line.confidence is not None


def test_invisible_text_under_a_scan_serves_where_the_engine_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise ocr.OcrMissing(ocr.INSTALL_HINT)

    monkeypatch.setattr(ocr, "_engine", missing)
    path = tmp_path / "layered.pdf"
    canvas = Canvas(str(path), pagesize=PAGE)
    canvas.drawImage(ImageReader(picture_of(tmp_path)), 0, 0, *PAGE)
    layer = canvas.beginText(40, 240)
    layer.setTextRenderMode(3)
    layer.textLine("Spending table")
    canvas.drawText(layer)
    canvas.save()
    source = read_pdf(path)
    assert [b.text for b in source.blocks if isinstance(b, Paragraph)] == ["Spending table"]
    assert source.warnings[0].endswith(ocr.INSTALL_HINT)
