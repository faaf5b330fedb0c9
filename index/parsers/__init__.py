"""Readers, one module a format, chosen by what the file holds first and by its extension second."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from index.parsers.errors import UnreadableFile
from index.parsers.file_kind import kind_of
from index.records import Source

__all__ = ["SUFFIXES", "UnreadableFile", "read_file"]

_READERS: dict[str, tuple[str, str]] = {
    ".csv": ("csv", "read_csv"),
    ".doc": ("legacy_office", "read_legacy_text"),
    ".docm": ("docx", "read_docx"),
    ".docx": ("docx", "read_docx"),
    ".et": ("xls", "read_xls"),
    ".htm": ("html", "read_html"),
    ".html": ("html", "read_html"),
    ".ods": ("legacy_office", "read_legacy_sheet"),
    ".odt": ("legacy_office", "read_legacy_text"),
    ".pdf": ("pdf", "read_pdf"),
    ".rtf": ("legacy_office", "read_legacy_text"),
    ".txt": ("converter_text", "read_converter_text"),
    ".wps": ("legacy_office", "read_legacy_text"),
    ".xls": ("xls", "read_xls"),
    ".xlsb": ("legacy_office", "read_legacy_sheet"),
    ".xlsm": ("xlsx", "read_xlsx"),
    ".xlsx": ("xlsx", "read_xlsx"),
}
"""Suffix -> module in this package and its function from a path to a Source."""

ARCHIVE_SUFFIXES = frozenset({".zip"})
"""Opened by :func:`index.parsers.archive.expand`, not by :func:`read_file`."""

SUFFIXES: frozenset[str] = frozenset(_READERS) | ARCHIVE_SUFFIXES


def read_file(path: Path) -> Source:
    """Read ``path`` with the reader that fits its content; a misleading extension becomes a warning.

    Raises:
        UnreadableFile: no reader fits, or the file is damaged, protected or empty; the message
            is a Chinese sentence with a next step.
    """
    kind = kind_of(path)
    module, function = _READERS[kind]
    reader: Callable[[Path], Source] = getattr(importlib.import_module(f"{__name__}.{module}"), function)
    source = reader(path)
    suffix = path.suffix.lower()
    if _READERS.get(suffix) != _READERS[kind]:
        shown = suffix or "（无）"
        warning = f"扩展名 {shown} 与内容不符，已按 {kind} 格式读取。"
        source = replace(source, warnings=(warning, *source.warnings))
    return source
