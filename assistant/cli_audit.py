"""Findings of the checks as a person reads them, each with the cells it touches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_LEVELS = {"error": "不符", "failed": "不符", "warning": "请留意", "info": "提示"}


def findings_text(findings: list[dict[str, Any]], documents: list[dict[str, Any]]) -> str:
    """Findings by document; a line that says so where there are none."""
    if not findings:
        return f"已检查 {len(documents)} 份文档，没有发现不符之处。"
    return "\n".join([*_lines(findings, {d["id"]: d["file"] for d in documents}), f"共 {len(findings)} 条。"])


def _lines(findings: list[dict[str, Any]], files: dict[str, str]) -> Iterator[str]:
    shown = None
    for finding in findings:
        if finding["document_id"] != shown:
            shown = finding["document_id"]
            yield f"{files.get(shown, shown)}（编号 {shown}）"
        level = _LEVELS.get(finding["severity"], finding["severity"])
        yield f"  [{level}] {finding['rule']}：{finding['message']}"
        for cell in finding.get("cells", ()):
            yield "      " + _place(cell, shown or "")


def _place(cell: dict[str, Any], document_id: str) -> str:
    keys = ("file", "table", "row_label", "column_label", "printed", "cell")
    place = " · ".join(str(cell[key]) for key in keys if cell.get(key))
    table, row, col = cell.get("table_id") or cell.get("block_id"), cell.get("row"), cell.get("col")
    if table and row is not None and col is not None:
        document = cell.get("document_id", document_id)
        place += f"  核对：budgetqa documents show {document} --table {table} --cell {row},{col}"
    return place
