"""`budgetqa documents`: what is in the store, a document's tables, a table with a cited cell marked."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from assistant.cli_table import print_rows
from assistant.cli_words import CommandError

if TYPE_CHECKING:
    from assistant.answering import Assistant

_COLUMNS = {
    "id": "编号", "file": "文件", "agency": "部门", "region": "地区", "fiscal_year": "年度", "phase": "阶段",
    "pages": "页", "tables": "表", "facts": "数据",
}  # fmt: skip


def list_documents(assistant: Assistant, as_json: bool) -> None:
    """Print every document with what is known of it."""
    documents = assistant.documents()
    if as_json:
        print(json.dumps(documents, ensure_ascii=False))
    elif not documents:
        print("库里还没有文档。请先运行：budgetqa ingest 文件或文件夹")
    else:
        rows = [[d[key] for key in _COLUMNS] for d in documents]
        print_rows(list(_COLUMNS.values()), rows)


def find_document(assistant: Assistant, name: str) -> dict[str, Any]:
    """The document of an id or a file name; raises CommandError when there is none."""
    found = assistant.document(name)
    if found is None:
        raise CommandError(f"库中没有文档“{name}”。可用 budgetqa documents 查看编号和文件名。")
    return found


def show_document(document: dict[str, Any]) -> None:
    """Print what is known of a document, where it was read, and its tables."""
    print(f"{document['title']}\n文件：{document['file']}（编号 {document['id']}）")
    for key, head in (("agency", "部门"), ("region", "地区"), ("fiscal_year", "年度"), ("phase", "阶段")):
        known = document["known"].get(key)
        print(f"{head}：{known['value']}（读自：{known['where']}）" if known else f"{head}：文中未写明")
    for warning in document["warnings"]:
        print(f"注意：{warning}")
    if document["tables"]:
        print()
    rows = [
        [t["id"], t["title"], t["unit"], f"{t['rows']} × {t['cols']}", "、".join(map(str, t["pages"]))]
        for t in document["tables"]
    ]
    print_rows(["表编号", "标题", "单位", "行 × 列", "页"], rows)


def show_table(assistant: Assistant, table_id: str, cell: str | None) -> None:
    """Print a table as it stands, the cell at ``cell`` ("row,column" from 0, as in a citation) marked with 【】."""
    table = assistant.table(table_id)
    if table is None:
        raise CommandError(f"没有编号为 {table_id} 的表。可用 budgetqa documents show 文档编号 查看表编号。")
    marked = _place(cell, table)
    print(" / ".join([*table["section"], table["title"]]).strip(" /"))
    for caption in table.get("captions", ()):
        print(caption)
    if table["unit"]:
        print(f"单位：{table['unit']}")
    if table.get("text"):
        print(table["text"])
    grid = [[""] * table["cols"] for _ in range(table["rows"])]
    for one in table["cells"]:
        text = one["text"]
        grid[one["row"]][one["col"]] = f"【{text}】" if (one["row"], one["col"]) == marked else text
    _print_grid(grid)
    for note in table.get("notes", ()):
        print(note)


def _place(cell: str | None, table: dict[str, Any]) -> tuple[int, int] | None:
    """The row and column of the cell that covers the place asked for."""
    if cell is None:
        return None
    row, _, col = cell.partition(",")
    if not (row.strip().isdecimal() and col.strip().isdecimal()):
        raise CommandError(f"--cell {cell} 写法不对：应为“行,列”，从 0 数起，如 --cell 3,2。")
    r, c = int(row), int(col)
    for one in table["cells"]:
        if one["row"] <= r < one["row"] + one["row_span"] and one["col"] <= c < one["col"] + one["col_span"]:
            return one["row"], one["col"]
    raise CommandError(f"表中没有第 {cell} 格：该表 {table['rows']} 行 {table['cols']} 列，从 0 数起。")


def _print_grid(grid: list[list[str]]) -> None:
    if not sys.stdout.isatty():
        for line in grid:
            print("\t".join(line))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=False, show_lines=True)
    for line in grid:
        table.add_row(*(Text(t, style="reverse" if t.startswith("【") else "") for t in line))
    Console().print(table)
