"""A small assistant with one document in memory, for tests of the web service."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.records import Answer, Calculation, Citation, Question, Value

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>{{value}}${window.hacked=1}'
ROWS = [
    ("项目名称", "预算数", "财政资金"),
    ("网络舆情管理", "730500.00", "730500.00"),
    ("网络安全检查", "80000.00", "80000.00"),
    *[(f"其他项目{i}", f"{i}0000.00", f"{i}0000.00") for i in range(1, 60)],
    (HOSTILE, "1.00", "1.00"),
    ("信息化运维", "300000.00", "300000.00"),
]
TABLE = {
    "id": "t1",
    "document_id": "d1",
    "title": "项目支出表",
    "section": ["第二部分 项目绩效"],
    "unit": "元",
    "rows": len(ROWS),
    "cols": 3,
    "cells": [
        {"row": r, "col": c, "row_span": 1, "col_span": 1, "text": text, "page": None, "box": None}
        for r, row in enumerate(ROWS)
        for c, text in enumerate(row)
    ],
    "notes": ["注：金额含税"],
    "captions": ["预算年度：2023"],
}


def cite(row: int, col: int, **more: Any) -> Citation:
    return Citation(
        document_id="d1", file="甲.txt", title="甲单位2023年预算", agency="甲单位", region="某县", fiscal_year=2023,
        section="第二部分 项目绩效", table="项目支出表", row=ROWS[row][0], column=ROWS[0][col], cell=ROWS[row][col],
        unit="元", table_id="t1", cell_row=row, cell_col=col, **more,
    )  # fmt: skip


class FakeAssistant:
    """Answers a few fixed questions, and holds documents in a dictionary."""

    model: object | None = None

    def __init__(self) -> None:
        self.store: dict[str, dict[str, Any]] = {
            "d1": {"id": "d1", "file": "甲.txt", "title": "甲单位2023年预算", "agency": "甲单位", "region": "某县",
                   "fiscal_year": 2023, "phase": "预算", "tables": 1, "facts": 190, "pages": None, "warnings": []}
        }  # fmt: skip
        self.asked: list[Question] = []
        self.closed = 0
        self.files: dict[str, Path] = {}
        self._lock = threading.Lock()

    def ask(self, question: Question) -> Answer:
        with self._lock:
            self.asked.append(question)
        text = question.text
        notes = (f"接上一问：{question.history[-1]}",) if question.history else ()
        if "慢" in text:
            time.sleep(1.5)
        if "出错" in text:
            raise RuntimeError("store is gone")
        if "哪个" in text:
            return Answer(
                text, "clarify", "请选择要查询的项目：", options=("网络舆情管理预算多少", "网络安全检查预算多少")
            )
        if "合计" in text:
            calc = Calculation("sum", "730500.00 + 80000.00", (0, 1), "810500.00", "元")
            values = (Value("两项合计", "810500.00", "元", (0, 1)),)
            return Answer(
                text, "answered", "两项合计810500.00元。", values, calc, (cite(1, 1), cite(2, 1)), notes=notes
            )
        if "排名" in text:
            values = tuple(Value(ROWS[r][0], ROWS[r][1], "元", (i,)) for i, r in enumerate((1, 63, 2)))
            return Answer(
                text, "answered", "按预算数从高到低排列。", values, citations=(cite(1, 1), cite(63, 1), cite(2, 1))
            )
        if "脚本" in text:
            source = Citation("d1", HOSTILE, HOSTILE, quote=HOSTILE)
            return Answer(
                text, "answered", HOSTILE, (Value(HOSTILE, "1.00", HOSTILE, (0,)),), None, (source,), notes=(HOSTILE,)
            )
        if "运维" in text:
            return Answer(
                text,
                "answered",
                "信息化运维预算300000.00元。",
                (Value("信息化运维 预算数", "300000.00", "元", (0,)),),
                None,
                (cite(63, 1),),
            )
        if "舆情" in text or "它" in text:
            value = Value("甲单位 2023年 网络舆情管理 预算数", "730500.00", "元", (0,))
            return Answer(
                text,
                "answered",
                "网络舆情管理预算730500.00元。",
                (value,),
                None,
                (cite(1, 1),),
                notes=("年度未指明，按2023年。", *notes),
                elapsed_ms=3.2,
            )
        if "全景" in text and "d2" in self.store:
            source = Citation("d2", self.store["d2"]["file"], "乙", quote="新上传的内容")
            return Answer(
                text,
                "answered",
                "新上传的内容：12人。",
                (Value("人数", "12", "人", (0,)),),
                None,
                (source,),
                route="retrieval",
            )
        return Answer(text, "not_found", "现有文件中没有这项内容。最接近的是：网络舆情管理。")

    def stream(self, question: Question) -> Iterator[Answer | str]:
        """As the real one: the answer, and for 为什么 the sentences of a model that never ends for 一直."""
        first = self.ask(question)
        yield first
        if "为什么" not in question.text:
            return
        try:
            yield ""
            yield "增加的主要原因是系统扩容[1]。"
            while "一直" in question.text:
                time.sleep(0.1)
                yield ""
            time.sleep(0.5)
            yield "预算730500.00元[1]。"
            text = "增加的主要原因是系统扩容[1]。预算730500.00元[1]。"
            yield replace(first, text=text, route="llm", notes=(*first.notes, "由大模型 m 组织语言，每句话都已核对"))
        finally:
            self.closed += 1

    def suggest(self, text: str, limit: int) -> list[dict[str, Any]]:
        names = ["网络舆情管理", "网络安全检查"]
        hits = [n for n in names if text in n or text in "wangluoyuqing"]
        rows = [
            {"kind": "project", "title": n, "snippet": "甲单位 2023年", "link": "/source/table/t1?cell=1,1"}
            for n in hits
        ]
        return rows[:limit]

    def documents(self) -> list[dict[str, Any]]:
        return list(self.store.values())

    def document(self, id: str, /) -> dict[str, Any] | None:
        return self.store.get(id)

    def table(self, id: str, /) -> dict[str, Any] | None:
        return TABLE if id == "t1" else None

    def examples(self) -> list[str]:
        return ["网络舆情管理预算多少", "两项合计多少"]

    def findings(self) -> list[dict[str, Any]]:
        cells = [{"table_id": "t1", "table": "项目支出表", "row": 1, "col": 1, "quote": None}]
        sides = {"rule": "合计", "severity": "error", "message": "合计与各项之和相差 0.01 元。"}
        return [{"id": "f1", "document_id": "d1", **sides, "cells": cells}]

    def health(self) -> dict[str, Any]:
        return {"ready": True, "documents": len(self.store), "model": "小模型", "message": "就绪", "sent": "未使用大模型"}

    def add(self, path: Path, name: str, progress: Callable[[str], None] | None = None) -> dict[str, Any]:
        if progress:
            progress("正在解析")
        if "坏" in name:
            return {"status": "failed", "document_id": None, "message": "文件已损坏"}
        self.files["d2"] = path
        self.store["d2"] = {"id": "d2", "file": name, "title": "乙", "agency": "乙单位", "region": None,
                            "fiscal_year": None, "phase": None, "tables": 0,
                            "facts": 1, "pages": None, "warnings": ["没有年度"]}  # fmt: skip
        return {"status": "added", "document_id": "d2", "message": "已读入"}

    def remove(self, id: str, /) -> bool:
        return self.store.pop(id, None) is not None

    def original(self, id: str, /) -> Path | None:
        return self.files.get(id)


def write_pdf(path: Path) -> None:
    """An empty page of 595 x 842 points as a PDF."""
    import pypdfium2

    pdf = pypdfium2.PdfDocument.new()
    pdf.new_page(595, 842)
    pdf.save(str(path))
    pdf.close()
