"""Pages of a PDF as images, sentences framed where they stand, also on a turned page."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from assistant.web.errors import ApiError
from assistant.web.page_images import box_of_sentence, page_image_of


@pytest.fixture
def pdf(tmp_path: Path) -> str:
    """Two pages of 400 x 300 points, the second turned by 90 degrees; text from (50, 200) up."""
    path = tmp_path / "a.pdf"
    canvas = Canvas(str(path), pagesize=(400, 300))
    for turned in (0, 90):
        canvas.setPageRotation(turned)
        canvas.setFont("Helvetica", 12)
        canvas.drawString(50, 200, "Total of the table is 37.91 in all")
        canvas.showPage()
    canvas.save()
    return str(path)


def test_a_page_is_an_image_of_its_seen_size(pdf: str) -> None:
    image, width, height, pages = page_image_of(pdf, 0.0, 1)
    assert image.startswith(b"\x89PNG")
    assert (width, height, pages) == (400, 300, 2)
    with pytest.raises(ApiError):
        page_image_of(pdf, 0.0, 3)


def test_a_sentence_is_framed_where_it_stands(pdf: str) -> None:
    x0, top, x1, bottom = (float(n) for n in box_of_sentence(pdf, 0.0, 1, "table is 37.91").split(","))
    assert 90 < x0 < 130 < x1 < 220
    assert 85 < top <= 100 <= bottom < 105
    x0, top, x1, bottom = (float(n) for n in box_of_sentence(pdf, 0.0, 2, "table is 37.91").split(","))
    assert bottom - top > x1 - x0
    broken = "Total of the table is 37.91 in all\nand the next line"
    assert box_of_sentence(pdf, 0.0, 1, broken).startswith(box_of_sentence(pdf, 0.0, 1, "Total")[:4])
    assert box_of_sentence(pdf, 0.0, 1, "nothing of the kind") == ""
    assert box_of_sentence(pdf, 0.0, 9, "Total") == ""
