"""Audit findings as the page shows them: which rule, what does not fit, links to its cells and sentences."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

STATUSES = {"error": "不符", "warning": "请留意", "info": "提示"}
MARKED_CELLS = 40


def _links(cells: list[dict[str, Any]]) -> list[dict[str, str]]:
    """One link for each table or paragraph that a finding touches, its cells or its sentence marked."""
    marks: dict[str, list[tuple[str, str]]] = {}
    labels: dict[str, str] = {}
    for cell in cells:
        block = cell.get("table_id")
        if not block:
            continue
        in_table = cell.get("row") is not None
        mark = ("cell", f"{cell['row']},{cell['col']}") if in_table else ("quote", cell.get("quote") or "")
        marks.setdefault(block, []).append(mark)
        labels.setdefault(block, f"查看{cell.get('table') or '表格'}" if in_table else "查看正文")
    return [
        {"path": f"source/table/{quote(block, safe='')}?" + urlencode(found[:MARKED_CELLS]), "label": labels[block]}
        for block, found in marks.items()
    ]


def shown_findings(findings: list[dict[str, Any]], documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the audit page needs of each finding, failed checks first."""
    files = {d["id"]: d.get("title") or d.get("file") for d in documents}
    order = {severity: place for place, severity in enumerate(STATUSES)}
    ordered = sorted(findings, key=lambda f: order.get(str(f.get("severity")), len(order)))
    return [
        {
            "check": finding.get("rule") or "核对",
            "message": finding.get("message") or "",
            "status": STATUSES.get(str(finding.get("severity")), ""),
            "level": finding.get("severity") or "info",
            "file": files.get(finding.get("document_id"), ""),
            "links": _links(finding.get("cells") or []),
        }
        for finding in ordered
    ]
