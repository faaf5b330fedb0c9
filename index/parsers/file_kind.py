"""What kind of file this is: by its first bytes where they tell, else by its extension."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from index.parsers.errors import UnreadableFile
from index.parsers.office_package import DAMAGED

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b")
_IMAGES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"BM")
_HTML = re.compile(
    rb"^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|table|meta|div)\b", re.I | re.S
)
_OFFICE_XML = re.compile(rb"progid=[\"'](Word|Excel)\.", re.I)
_TEXT_KINDS = {".csv", ".txt", ".html", ".htm"}
_PROTECTED = "文件设有打开密码，无法读取。请用 Office、WPS 打开并取消密码后另存，再导入。"


def kind_of(path: Path) -> str:
    """The suffix of the format ``path`` is in, a key of the registry.

    Raises:
        UnreadableFile: empty, protected by a password, an archive, or of no supported format.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(8192)
    except OSError as error:
        raise UnreadableFile(f"文件无法打开（{error.strerror or '未知原因'}）。请检查路径和读取权限。") from error
    if not start:
        raise UnreadableFile("文件是空的（0 字节）。请重新下载或导出后再导入。")
    suffix = path.suffix.lower()
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(path, suffix)
    if start.startswith(_OLE):
        return _ole_kind(path, suffix)
    if b"%PDF-" in start[:1024]:
        return ".pdf"
    if start.startswith(b"{\\rtf"):
        return ".rtf"
    if start.startswith(_OTHER_ARCHIVES):
        raise UnreadableFile("只支持 zip 压缩包。请解压后导入其中的文件，或重新压缩为 zip。")
    if start.startswith(_IMAGES):
        raise UnreadableFile("这是图片文件。请将图片合并为 PDF 后再导入，以便识别其中的文字。")
    return _text_kind(start, suffix)


def _zip_kind(path: Path, suffix: str) -> str:
    try:
        with zipfile.ZipFile(path) as package:
            names = set(package.namelist())
            mimetype = package.read("mimetype")[:80] if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, ValueError, zlib.error) as error:
        raise UnreadableFile(DAMAGED) from error
    for name, kind in (
        ("word/document.xml", ".docx"),
        ("xl/workbook.xml", ".xlsx"),
        ("xl/workbook.bin", ".xlsb"),
    ):
        if name in names:
            return kind
    if b"opendocument.text" in mimetype:
        return ".odt"
    if b"opendocument.spreadsheet" in mimetype:
        return ".ods"
    if "[Content_Types].xml" in names and suffix in {".docx", ".docm", ".xlsx", ".xlsm"}:
        return suffix
    if "OFD.xml" in names:
        raise UnreadableFile("暂不支持 OFD 版式文件。请用阅读器另存为 PDF 后再导入。")
    raise UnreadableFile("这是压缩包。请以 .zip 为扩展名导入（将读取其中的文件），或解压后再导入。")


def _ole_kind(path: Path, suffix: str) -> str:
    data = path.read_bytes()
    if _utf16("EncryptedPackage") in data:
        raise UnreadableFile(_PROTECTED)
    if _utf16("WordDocument") in data:
        return ".doc"
    if _utf16("Workbook") in data or _utf16("Book") in data:
        return ".xls"
    if suffix in {".doc", ".wps"}:
        return ".doc"
    if suffix in {".xls", ".et"}:
        return ".xls"
    raise UnreadableFile("不支持这种 Office 文件。请用 Office、WPS 另存为 .docx、.xlsx 或 PDF 后再导入。")


def _text_kind(start: bytes, suffix: str) -> str:
    office = _OFFICE_XML.search(start)
    if office:
        return ".doc" if office[1].lower() == b"word" else ".xlsb"
    if _HTML.match(start.removeprefix(b"\xef\xbb\xbf")) or (
        start.startswith((b"\xff\xfe", b"\xfe\xff")) and b"<html" in start.replace(b"\x00", b"").lower()
    ):
        return ".html"
    if suffix in _TEXT_KINDS:
        return suffix
    if b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFile("不支持这种文件。请另存为 .docx、.xlsx、.pdf、.html 或 .txt 后再导入。")
    if suffix == ".pdf":
        raise UnreadableFile("不是有效的 PDF 文件（开头缺少 PDF 标记）。请重新下载后再导入。")
    return ".txt"


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-le")
