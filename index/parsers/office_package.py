"""Office Open XML packages (.docx, .xlsx) opened with care: hostile ones end in a clear message."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from index.parsers.errors import UnreadableFile

MAX_BYTES = 400 * 1024 * 1024
"""Unpacked size of a package's XML parts together."""
MAX_TREE_BYTES = 64 * 1024 * 1024
"""Of the parts that are held whole in memory: all but worksheets."""
MAX_RATIO = 200
"""Of unpacked to packed size; ordinary sheets reach about 30."""
_RATIO_FROM = 20 * 1024 * 1024
_SAVE_AGAIN = "请用 Office、WPS 打开后另存一份再导入。"
DAMAGED = "文件已损坏或不完整，无法打开。请重新下载，或用 Office、WPS 打开后另存一份再导入。"


def check_package(path: Path) -> None:
    """Refuse a damaged package, a zip bomb, and XML that declares entities (the format forbids them).

    Raises:
        UnreadableFile: with the reason.
    """
    try:
        with zipfile.ZipFile(path) as package:
            parts = [i for i in package.infolist() if i.filename.lower().endswith((".xml", ".rels", ".vml"))]
            size, packed = sum(i.file_size for i in parts), sum(i.compress_size for i in parts)
            held = sum(i.file_size for i in parts if not i.filename.startswith("xl/worksheets/"))
            if size > MAX_BYTES or held > MAX_TREE_BYTES:
                raise UnreadableFile(f"文件内容过大（超过 {MAX_TREE_BYTES // 1024**2} MB），未读取。请拆分后再导入。")
            if size > _RATIO_FROM and size > MAX_RATIO * max(packed, 1):
                raise UnreadableFile(f"文件解压后异常庞大（疑似压缩炸弹），未读取。{_SAVE_AGAIN}")
            for part in parts:
                with package.open(part) as stream:
                    if b"<!DOCTYPE" in stream.read(65536).replace(b"\x00", b"").upper():
                        raise UnreadableFile(f"文件的 XML 中含有不允许的实体声明，未读取。{_SAVE_AGAIN}")
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, ValueError, zlib.error) as error:
        raise UnreadableFile(DAMAGED) from error
