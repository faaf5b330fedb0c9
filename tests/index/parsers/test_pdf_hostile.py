"""Files that are damaged, locked, enormous or unreadable end in a result or a clear message."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from index.parsers import ocr, pdf, pdf_content
from index.parsers.errors import UnreadableFile
from index.parsers.pdf import read_pdf
from index.records import Paragraph


def small_pdf(path: Path, encrypt: StandardEncryption | None = None) -> Path:
    canvas = Canvas(str(path), pagesize=A4, encrypt=encrypt)
    canvas.drawString(72, 700, "Total budget 1,234.50")
    canvas.save()
    return path


def locked(folder: Path) -> Path:
    return small_pdf(folder / "locked.pdf", StandardEncryption("secret", "owner"))


def empty(folder: Path) -> Path:
    path = folder / "empty.pdf"
    path.write_bytes(b"")
    return path


def truncated(folder: Path) -> Path:
    path = small_pdf(folder / "short.pdf")
    path.write_bytes(path.read_bytes()[:300])
    return path


def another_format(folder: Path) -> Path:
    path = folder / "workbook.pdf"
    path.write_bytes(b"PK\x03\x04" + b"\x00" * 2000)
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [(locked, "密码"), (empty, "为空"), (truncated, "无法作为 PDF 打开"), (another_format, "扩展名")],
)
def test_unreadable_file_is_named_in_chinese(tmp_path: Path, make: Callable[[Path], Path], words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        read_pdf(make(tmp_path))


def test_file_readable_without_its_owner_password_is_read(tmp_path: Path) -> None:
    source = read_pdf(small_pdf(tmp_path / "owner.pdf", StandardEncryption("", "owner")))
    assert [b.text for b in source.blocks if isinstance(b, Paragraph)] == ["Total budget 1,234.50"]


def test_wrong_cross_references_are_mended(tmp_path: Path) -> None:
    path = small_pdf(tmp_path / "moved.pdf")
    path.write_bytes(path.read_bytes().replace(b"startxref\n", b"startxref\n9"))
    assert read_pdf(path).blocks


def test_five_thousand_pages_are_read_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    document = pdfium.PdfDocument.new()
    for _ in range(5_000):
        document.new_page(200, 200)
    document.save(str(path))
    document.close()
    begun = time.monotonic()
    source = read_pdf(path)
    assert source.pages == 5_000
    assert source.truncated
    assert source.warnings == (f"文件共5000页，只读取前{pdf.MAX_PAGES}页。",)
    assert time.monotonic() - begun < 20


def test_reading_stops_when_the_time_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_SECONDS", 0.0)
    source = read_pdf(small_pdf(tmp_path / "slow.pdf"))
    assert source.truncated
    assert source.warnings == ("文件共1页，只读取前0页。",)


def test_page_of_countless_characters_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_content, "MAX_CHARS_PER_PAGE", 500)
    path = tmp_path / "crowded.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    for line in range(60):
        canvas.drawString(40, 800 - 12 * line, "budget " * 10)
    canvas.save()
    source = read_pdf(path)
    assert source.warnings == ("第1页内容过多，只读取了一部分。",)
    assert source.blocks


def test_page_of_countless_rules_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "ruled.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    canvas.grid([i * 0.01 for i in range(3_000)], [i * 0.01 for i in range(3_000)])
    canvas.grid([100 + 3 * i for i in range(130)], [100 + 3 * i for i in range(200)])
    canvas.save()
    begun = time.monotonic()
    read_pdf(path)
    assert time.monotonic() - begun < 20


def test_compressed_bomb_ends_in_bounded_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_content, "MAX_OBJECTS_PER_PAGE", 5_000)
    path = tmp_path / "bomb.pdf"
    canvas = Canvas(str(path), pagesize=A4, pageCompression=1)
    for _ in range(20_000):
        canvas.rect(10, 10, 20, 20)
    canvas.save()
    begun = time.monotonic()
    source = read_pdf(path)
    assert source.warnings == ("第1页内容过多，只读取了一部分。",)
    assert time.monotonic() - begun < 20


def test_picture_page_without_the_engine_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ocr.OcrMissing(ocr.INSTALL_HINT)

    monkeypatch.setattr(ocr, "_engine", missing)
    path = tmp_path / "scan.pdf"
    document = pdfium.PdfDocument(small_pdf(tmp_path / "text.pdf"))
    document[0].render(scale=1).to_pil().save(path)
    document.close()
    source = read_pdf(path)
    assert source.blocks == ()
    assert source.warnings == (f"第1页是图片，未能读取。{ocr.INSTALL_HINT}",)
