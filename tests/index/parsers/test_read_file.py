"""The registry, and files that are hostile, damaged or not what their names say."""

from __future__ import annotations

import http.server
import importlib
import os
import shutil
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pytest

from index.parsers import _READERS, SUFFIXES, UnreadableFile, legacy_office, read_file
from index.records import Grid, Paragraph

DATA = Path(__file__).resolve().parents[2] / "data" / "office"
TABLE = "<html><meta charset=gb2312><table><tr><td>项目<td>预算数<tr><td>舆情管理<td>73.05</table></html>"
ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
SECONDS = 10.0


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    for row in (["项目", "数"], ["甲", 8], ["合计", "=SUM(B2:B2)"]):
        book.active.append(row)
    book.save(path)
    return path


def document(path: Path) -> Path:
    made = docx.Document()
    made.add_paragraph("预算说明")
    made.save(path)
    return path


def changed(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """``path`` with one of its package's parts changed."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, change(data) if name == part else data)
    return path


def raw(name: str, data: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return make


def bomb(folder: Path) -> Path:
    return changed(workbook(folder / "a.xlsx"), "xl/worksheets/sheet1.xml", lambda xml: xml + b" " * 30_000_000)


def entities(folder: Path) -> Path:
    return changed(
        document(folder / "a.docx"),
        "word/document.xml",
        lambda xml: xml.replace(b"<w:document", ENTITIES + b"<w:document", 1),
    )


def entities_in_sheet(folder: Path) -> Path:
    return changed(workbook(folder / "a.xlsx"), "xl/worksheets/sheet1.xml", lambda xml: ENTITIES + xml)


def cut(make: Callable[[Path], Path], length: int) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        path = make(folder)
        path.write_bytes(path.read_bytes()[:length])
        return path

    return made


def encrypted_xls(folder: Path) -> Path:
    """The record after the first BOF turned into FILEPASS, which announces encryption (MS-XLS 2.4.117)."""
    data = (DATA / "book.xls").read_bytes()
    bof = data.index(b"\x09\x08\x10\x00\x00\x06\x05\x00")
    (folder / "a.xls").write_bytes(data[: bof + 20] + b"\x2f\x00" + data[bof + 22 :])
    return folder / "a.xls"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (raw("a.docx", b""), "空的"),
        (raw("a.docx", OLE + "EncryptedPackage".encode("utf-16-le")), "密码"),
        (encrypted_xls, "密码"),
        (bomb, "压缩炸弹"),
        (entities, "实体"),
        (entities_in_sheet, "实体"),
        (cut(lambda folder: document(folder / "a.docx"), 9000), "已损坏"),
        (cut(lambda folder: workbook(folder / "a.xlsx"), 3000), "已损坏"),
        (cut(lambda folder: Path(shutil.copy(DATA / "book.xls", folder)), 3000), "已损坏"),
        (lambda folder: changed(document(folder / "a.docx"), "word/document.xml", lambda xml: xml[:-200]), "已损坏"),
        (lambda folder: changed(workbook(folder / "a.xlsx"), "xl/workbook.xml", lambda xml: xml[:-99]), "已损坏"),
        (raw("a.xlsx", bytes(range(256)) * 40), "不支持"),
        (raw("a.xyz", b"\x00\x01\x02"), "不支持"),
        (raw("a.csv", bytes(range(256)) * 40), "不是文本"),
        (raw("a.csv", b"a" * 5_000_000), "无法解析"),
        (raw("a.rar", b"Rar!\x1a\x07\x00"), "zip"),
        (raw("a.zip", b"PK\x05\x06" + b"\0" * 18), "压缩包"),
        (raw("a.pdf", b"\x89PNG\r\n\x1a\n"), "图片"),
        (raw("a.html", b"<html><script>var a</script></html>"), "没有可读的文字"),
        (raw("a.html", b"<table>" + b"<tr><td rowspan=65000 colspan=1000>a<td>b</tr>" * 3000), "大得异常"),
        (raw("a.html", b"<div>" * 50_000 + b"x"), "网页"),
    ],
    ids=range(21),
)  # fmt: skip
def test_unreadable_with_a_clear_message(make: Callable[[Path], Path], message: str, tmp_path: Path) -> None:
    path = make(tmp_path)
    started = time.monotonic()
    with pytest.raises(UnreadableFile, match=message) as caught:
        read_file(path)
    assert time.monotonic() - started < SECONDS
    assert str(caught.value).endswith("。")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="检查路径"):
        read_file(tmp_path / "none.docx")


def test_sheet_of_a_million_blank_rows(tmp_path: Path) -> None:
    blank = b'<row r="%d"><c r="A%d" s="0"/><c r="B%d" s="0"/></row>'
    rows = b"".join(blank % (n, n, n) for n in range(4, 1_000_004))
    end = b'</sheetData><mergeCells><mergeCell ref="A2:A3"/></mergeCells>'
    path = changed(
        workbook(tmp_path / "a.xlsx"),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"</sheetData>", rows + end),
    )
    started = time.monotonic()
    (grid,) = read_file(path).blocks
    assert time.monotonic() - started < SECONDS
    assert isinstance(grid, Grid)
    assert [(c.text, c.row_span) for c in grid.cells if c.col == 0] == [("项目", 1), ("甲", 2)]


def test_cells_far_apart_cost_no_memory(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for cell in ("A1", "XFD1", "A2", "XFD1048576", "A1048576"):
        book.active[cell] = "值"
    book.save(tmp_path / "a.xlsx")
    grids = [b for b in read_file(tmp_path / "a.xlsx").blocks if isinstance(b, Grid)]
    assert [b.rows for b in grids] == [2, 1]
    assert sum(len(b.cells) for b in grids) < 100_000


@pytest.mark.parametrize(
    ("name", "make", "form"),
    [
        ("a.xls", workbook, "xlsx"),
        ("a.pdf", document, "docx"),
        ("a.txt", workbook, "xlsx"),
        ("a.xls", lambda path: path.write_bytes(TABLE.encode("gb18030")), "html"),
        ("a.docx", lambda path: path.write_text("某县预算说明\n", "utf-8"), "txt"),
        ("a.xlsx", lambda path: shutil.copy(DATA / "book.xls", path), "xls"),
    ],
)
def test_wrong_extension_is_told_and_read_by_content(
    name: str, make: Callable[[Path], object], form: str, tmp_path: Path
) -> None:
    made = tmp_path / ("made.docx" if form == "docx" else "made.xlsx")
    make(made)
    source = read_file(made.rename(tmp_path / name))
    assert source.format == form
    assert "扩展名" in source.warnings[0]


def test_macro_workbook_is_read_as_values(tmp_path: Path) -> None:
    path = workbook(tmp_path / "made.xlsx").rename(tmp_path / "a.xlsm")
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0")
    assert read_file(path).warnings[0].startswith("工作表")


def test_every_reader_exists() -> None:
    assert {".doc", ".docx", ".wps", ".xls", ".xlsx", ".pdf", ".html", ".csv", ".txt", ".zip"} <= SUFFIXES
    for module, function in set(_READERS.values()):
        assert callable(getattr(importlib.import_module(f"index.parsers.{module}"), function))


needs_office = pytest.mark.skipif(
    shutil.which("soffice") is None and shutil.which("libreoffice") is None, reason="LibreOffice is not installed"
)


@needs_office
@pytest.mark.parametrize("name", ["small.doc", "small.wps"])
def test_doc_and_wps_through_libreoffice(name: str, tmp_path: Path) -> None:
    path = Path(shutil.copy(DATA / "small.doc", tmp_path / name))
    source = read_file(path)
    heading, grid, prose = source.blocks
    assert source.format == path.suffix[1:]
    assert source.warnings == ()
    assert isinstance(heading, Paragraph)
    assert heading.heading_level == 1
    assert isinstance(grid, Grid)
    assert [c.text for c in grid.cells] == ["项目", "预算数", "基本支出", "193.61"]
    assert isinstance(prose, Paragraph)


ODT = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" office:version="1.2"><office:body><office:text>
 <text:p>预算说明<draw:frame text:anchor-type="as-char"><draw:image xlink:href="http://127.0.0.1:{port}/a.png"/>
 </draw:frame></text:p></office:text></office:body></office:document-content>"""
MANIFEST = """<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
 <manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/>
 <manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>"""


@needs_office
def test_converting_fetches_nothing(tmp_path: Path) -> None:
    asked: list[str] = []

    class Server(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            asked.append(self.client_address[0])

    with http.server.HTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with zipfile.ZipFile(tmp_path / "a.odt", "w") as package:
            package.writestr("mimetype", "application/vnd.oasis.opendocument.text")
            package.writestr("content.xml", ODT.format(port=server.server_address[1]))
            package.writestr("META-INF/manifest.xml", MANIFEST)
        source = read_file(tmp_path / "a.odt")
        server.shutdown()
        thread.join()
    assert [b.text for b in source.blocks if isinstance(b, Paragraph)] == ["预算说明"]
    assert asked == []


def test_missing_libreoffice_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legacy_office.shutil, "which", lambda _name: None)
    with pytest.raises(UnreadableFile, match="apt-get install libreoffice-writer libreoffice-calc"):
        read_file(DATA / "small.doc")


def test_slow_conversion_is_ended_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "soffice"
    program.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {tmp_path}/child\nwait\n")
    program.chmod(0o755)
    monkeypatch.setattr(legacy_office.shutil, "which", lambda _name: str(program))
    (tmp_path / "work").mkdir()
    with pytest.raises(UnreadableFile, match="已停止"):
        legacy_office.convert(DATA / "small.doc", "docx", tmp_path / "work", timeout=1.0)
    child = int((tmp_path / "child").read_text())
    for _ in range(50):
        try:
            state = Path(f"/proc/{child}/stat").read_text().split()[2] if Path("/proc/self").exists() else ""
            os.kill(child, 0)
        except (ProcessLookupError, FileNotFoundError):
            return
        if state == "Z":
            return
        time.sleep(0.1)
    pytest.fail("the child still runs")
