"""Audit findings as the page shows them: one line of what, one of why, links to the cells."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

LEVELS = {"error": "error", "failed": "error", "warning": "warning", "不符": "error"}
STATUSES = {"failed": "不符", "error": "不符", "warning": "请留意", "info": "提示"}


def _links(cells: list[dict[str, Any]]) -> list[dict[str, str]]:
    """A link for each table that the finding touches, its cells marked."""
    tables: dict[str, list[str]] = {}
    for cell in cells:
        table = cell.get("table_id") or cell.get("block_id")
        row, col = cell.get("row", cell.get("cell_row")), cell.get("col", cell.get("cell_col"))
        if table and isinstance(row, int) and isinstance(col, int):
            tables.setdefault(str(table), []).append(f"{row},{col}")
    return [
        {
            "path": f"source/table/{quote(table, safe='')}?" + urlencode([("cell", p) for p in places[:40]]),
            "label": "查看单元格" if len(tables) == 1 else f"查看单元格（表 {number}）",
        }
        for number, (table, places) in enumerate(tables.items(), start=1)
    ]


def shown_findings(findings: list[dict[str, Any]], documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the audit page needs of each finding, the failed checks first."""
    files = {d["id"]: d.get("title") or d.get("file") for d in documents}
    shown = []
    for finding in findings:
        status = str(finding.get("level") or finding.get("severity") or finding.get("status") or "")
        shown.append(
            {
                "check": finding.get("check") or finding.get("rule") or "核对",
                "message": finding.get("message") or finding.get("text") or "",
                "status": STATUSES.get(status, status),
                "level": LEVELS.get(status, "info"),
                "file": files.get(finding.get("document_id"), finding.get("file") or ""),
                "links": _links(finding.get("cells") or finding.get("citations") or finding.get("sources") or []),
            }
        )
    order = {"error": 0, "warning": 1, "info": 2}
    return sorted(shown, key=lambda f: order[f["level"]])
