"""`budgetqa doctor`: what a fresh installation has and lacks, each with a next step."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

State = Literal["✓", "!", "✗"]


def checks(place: str) -> Iterator[tuple[State, str]]:
    """(state, line) pairs: ✓ fine, ! something optional is missing, ✗ the assistant cannot work."""
    yield from _store(place)
    yield from _model()
    yield _language_model()
    if "://" not in place:
        fts5 = sqlite3.connect(":memory:").execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')").fetchone()[0]
        yield ("✓", "SQLite 支持全文检索") if fts5 else ("✗", "SQLite 不支持 FTS5 全文检索。请换用官方发行的 Python。")
    if shutil.which("soffice") or shutil.which("libreoffice"):
        yield "✓", "LibreOffice 可用（读取 .doc、.wps、.rtf、.odt 等旧格式）"
    else:
        yield "!", "没有 LibreOffice：读不了 .doc、.wps、.rtf、.odt 等旧格式，其余格式不受影响。需要时请安装。"


def _store(place: str) -> Iterator[tuple[State, str]]:
    from index.backup import defects
    from index.build import READER_VERSION
    from index.fact_store import FactStore, StoreError
    from index.store_engine import shown_place

    where = shown_place(place)
    for line in defects(place):
        yield "✗", line
    try:
        store = FactStore(place, create=False)
        documents = store.documents()
        store.close()
    except StoreError as error:
        yield "!" if "还没有文档" in str(error) else "✗", f"库 {where}：{error}"
        return
    bare = sum(not d.vectors for d in documents)
    yield "✓", f"库 {where}：{len(documents)} 份文档，{sum(d.facts for d in documents)} 条数据"
    if bare:
        yield "!", f"{bare} 份文档还没有向量，语义检索查不到它们。取得模型后重新运行 ingest 即可补上。"
    if old := sum(not d.digest.endswith(f"-{READER_VERSION}") for d in documents):
        yield "!", f"{old} 份文档由旧版程序读入。请对原文件重新运行 ingest，以得到新版的读法。"
    if "://" not in place and not os.access(Path(place), os.W_OK):
        yield "!", f"库 {place} 只读：可以提问，不能导入或移除文档。"


def _language_model() -> tuple[State, str]:
    from assistant.model_reach import told

    try:
        return "✓", f"大语言模型：{told()}"
    except ValueError as error:
        return "✗", f"大语言模型：{error}"


def _model() -> Iterator[tuple[State, str]]:
    from index.model_files import default_model, models_folder

    model = default_model()
    if model is None:
        yield "!", f"没有向量模型（{models_folder()}）：查数和全文检索照常可用。可运行 make model 获取。"
    else:
        yield "✓", f"向量模型：{model}"
