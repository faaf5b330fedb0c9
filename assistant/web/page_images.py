"""Pages of a PDF as images, and where a sentence stands on one."""

from __future__ import annotations

import io
import threading
from functools import lru_cache

from assistant.web.errors import ApiError

PIXELS_WIDE = 1400
# A sentence may run over lines, which the search for text does not join: then its beginning is framed.
SEARCHED = (200, 40, 28, 20, 14, 10)
# PDFium must not be entered by two threads.
_pdfium = threading.Lock()


@lru_cache(maxsize=32)
def page_image_of(path: str, _changed: float, number: int) -> tuple[bytes, float, float, int]:
    """PNG, width and height in points as seen, and the number of pages; raises ApiError(404) outside of them."""
    import pypdfium2

    with _pdfium:
        pdf = pypdfium2.PdfDocument(path)
        try:
            count = len(pdf)
            if not 1 <= number <= count:
                raise ApiError(404, f"这份文件共 {count} 页。")
            page = pdf[number - 1]
            width, height = page.get_size()
            image = page.render(scale=min(3.0, PIXELS_WIDE / max(width, height / 3, 1))).to_pil()
        finally:
            pdf.close()
    out = io.BytesIO()
    image.save(out, "PNG", optimize=False)
    return out.getvalue(), width, height, count


@lru_cache(maxsize=256)
def box_of_sentence(path: str, _changed: float, number: int, quote: str) -> str:
    """Where a sentence begins on a page, found by its longest beginning; empty if it is not there."""
    import pypdfium2

    with _pdfium:
        pdf = pypdfium2.PdfDocument(path)
        try:
            if not 1 <= number <= len(pdf):
                return ""
            page = pdf[number - 1]
            text = page.get_textpage()
            found = next((hit for size in SEARCHED if (hit := text.search(quote[:size]).get_next())), None)
            if found is None:
                return ""
            seen = page.render(scale=1).get_posconv(page)
            corners = []
            for number_of_rect in range(text.count_rects(*found)):
                left, bottom, right, top = text.get_rect(number_of_rect)
                corners += [seen.to_bitmap(left, top), seen.to_bitmap(right, bottom)]
        finally:
            pdf.close()
    if not corners:
        return ""
    xs, ys = zip(*corners, strict=True)
    return f"{min(xs):.1f},{min(ys):.1f},{max(xs):.1f},{max(ys):.1f}"
