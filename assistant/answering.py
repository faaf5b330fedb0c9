"""The one front door: ``Assistant.ask`` turns a question into an answer with its figures, steps and places."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from assistant.lookup import Lookup
from assistant.model_reach import layer_of, told
from assistant.part_questions import clauses, figures_of, part_questions, together
from assistant.prose import Prose
from assistant.records import Answer, Question
from assistant.shelf import Shelf
from assistant.solve import Solver
from assistant.turns import Turns
from assistant.understanding import Understanding, understand
from assistant.understanding.catalog import Catalog
from assistant.understanding.conversation import resolve
from assistant.understanding.wording import plain_question
from index.fact_store import FactStore, StoreError
from index.records import Table
from index.store_engine import on_read_only_disk

__all__ = ["Assistant", "StoreError", "default_store", "open_assistant"]

AT_ONCE = 2
"""How many questions are worked on at once: Python runs one thread at a time, and more would only take it from each other."""
RECHECK_SECONDS = 1.0
STOP_SECONDS = 1.0
MANY_DOCUMENTS = 1_000
GARBAGE = 20_000
"""How many objects more are made than let go of before Python looks for garbage, instead of 700: half of the facts of
one document on the shelf, of which none is garbage, so that every few questions one waited while all were looked through."""


class Assistant:
    """Answers questions over one store; safe to use from several threads.

    Every method raises StoreError, in Chinese, while the store cannot be read.
    """

    def __init__(self, place: str | Path) -> None:
        gc.set_threshold(GARBAGE)
        self.place = place
        self.store = FactStore(place, create=False)
        self.shelf = Shelf(self.store)
        self.lookup = Lookup(self.store, self.shelf)
        self.prose = Prose(self.store, place)
        self.model = layer_of(self._answer, self.lookup, self.prose, self.catalog)
        self._turns = Turns(AT_ONCE)
        self._lock = Lock()
        self._version: tuple[int, str] | None = None
        self._checked = 0.0
        self._catalog = Catalog.of((), self.store.projects_among)
        self._follower: Thread | None = None
        self._over, self._added = Event(), Event()

    def catalog(self) -> Catalog:
        """What the store holds now; a change made by another process is seen within RECHECK_SECONDS."""
        if self._version is not None and time.monotonic() - self._checked <= RECHECK_SECONDS:
            return self._catalog
        with self.store.snapshot():
            return self._catalog_now()

    def _catalog_now(self) -> Catalog:
        """What the state of the store that this thread reads holds."""
        version = self.store.version()
        with self._lock:
            if version == self._version:
                self._checked = time.monotonic()
                return self._catalog
            before = self._catalog
        marks, rows = self.store.marks(), before.rows
        fresh = [d for d, mark in marks.items() if (r := rows.get(d)) is None or (r.digest, r.ingested_at, r.vectors) != mark]
        read = self.store.documents(fresh if rows else None)
        catalog = before.changed(read, rows.keys() - marks.keys())
        with self._lock:
            self._catalog, self._version, self._checked = catalog, version, time.monotonic()
        if len(read) > MANY_DOCUMENTS:
            _set_aside()
        return catalog

    def ask(self, question: Question) -> Answer:
        """Answer one question. Any text gets an answer; "not found" is a result."""
        started = time.perf_counter()
        answer = self._first(question)
        if self.model is not None:
            answer = self.model.improve(question, answer)
        return _timed(question, answer, started)

    def stream(self, question: Question) -> Iterator[Answer | str]:
        """The answer of the rules at once; where a language model has more to say its sentences, then the last answer.

        Every sentence has been checked before it comes; an empty one says that the model is at work. Closing the
        iterator stops the model.
        """
        started = time.perf_counter()
        answer = self._first(question)
        yield _timed(question, answer, started)
        if self.model is not None and self.model.wants(question, answer):
            yield ""
            answer = yield from self.model.stream(question, answer)
            yield _timed(question, answer, started)

    def _first(self, question: Question) -> Answer:
        if not any(c.isalnum() for c in plain_question(question.text)):
            return Answer(question.text, "not_found", "请输入要查询的内容，例如：某部门 2025 年三公经费预算多少。")
        return self._answer(question)

    def _answer(self, question: Question) -> Answer:
        """Answer from one state of the store, whatever is written meanwhile."""
        with self._turns, self.store.snapshot():
            return self._answer_from(question, self._catalog_now())

    def _answer_from(self, question: Question, catalog: Catalog) -> Answer:
        if question.document:
            catalog, missing = _only(catalog, question.document)
            if missing:
                return Answer(
                    question.text, "not_found", f"库中没有文档“{missing}”。可用 budgetqa documents 查看已导入的文档。"
                )
        if not catalog.rows:
            return Answer(question.text, "not_found", "库里还没有文档。请先导入预算文件。")
        solver = Solver(self.lookup, self.prose, catalog)
        understanding = resolve(question, catalog, solver)
        return _weighed(_by_parts(question, understanding, catalog, solver))

    # -- what pages and tools need -----------------------------------------------

    def suggest(self, text: str, limit: int = 8) -> list[dict[str, Any]]:
        """Names that complete what was typed (characters, pinyin, initials), then documents whose title holds it."""
        text = text.strip()
        if not text:
            return []
        kinds = {
            "agency": "agency",
            "project": "project",
            "subject": "subject",
            "indicator": "indicator",
            "table": "table",
        }
        out = [
            {"kind": kinds.get(kind, "item"), "title": name, "snippet": "", "link": f"/?q={name}"}
            for name, kind in self.store.complete(text, limit)
        ]
        for row in self.catalog().rows.values():
            if len(out) >= limit:
                break
            if text in row.title:
                out.append(
                    {"kind": "document", "title": row.title, "snippet": row.file, "link": f"/?document={row.id}"}
                )
        return out[:limit]

    def documents(self) -> list[dict[str, Any]]:
        return [asdict(row) for row in self.store.documents()]

    def document(self, document_id: str) -> dict[str, Any] | None:
        row = next((r for r in self.store.documents() if document_id in (r.id, r.file)), None)
        if row is None:
            return None
        blocks = self.store.blocks(row.id)
        tables = [
            {
                "id": b.id,
                "title": b.title,
                "section": list(b.section),
                "unit": b.unit,
                "rows": b.rows,
                "cols": b.cols,
                "pages": list(b.pages),
            }
            for b in blocks
            if isinstance(b, Table)
        ]
        return asdict(row) | {
            "known": self.store.known(row.id),
            "tables": tables,
            "findings": self.store.findings(row.id),
        }

    def table(self, table_id: str) -> dict[str, Any] | None:
        """A table with its cells, for showing a cited cell in its place."""
        found = self.store.block(table_id)
        if found is None:
            return None
        document_id, block = found
        if not isinstance(block, Table):
            return {"id": block.id, "document_id": document_id, "title": "", "section": list(block.section), "text": block.text,
                    "unit": None, "rows": 0, "cols": 0, "cells": [], "notes": [], "captions": [], "page": block.page}  # fmt: skip
        raw = asdict(block)
        return {
            k: raw[k] for k in ("id", "title", "unit", "rows", "cols", "cells", "notes", "captions", "section", "pages")
        } | {"document_id": document_id}

    def examples(self) -> list[str]:
        """Questions that the store can answer, made from what it holds."""
        out = []
        for row in list(self.catalog().rows.values())[:6]:
            year = f"{row.fiscal_year}年" if row.fiscal_year else ""
            facts = [
                s.fact
                for s in self.shelf.document(row).facts
                if s.fact.kind == "amount" and s.fact.source.row is not None
            ]
            project = next((f.project for f in facts if f.project), None)
            if project:
                out.append(f"{row.agency or ''}{year}{project}预算多少")
            elif facts:
                out.append(f"{row.agency or ''}{year}{'决算' if row.phase == '决算' else ''}支出总计是多少")
        return list(dict.fromkeys(out))[:4]

    def findings(self) -> list[dict[str, Any]]:
        return self.store.findings()

    def health(self) -> dict[str, Any]:
        try:
            documents = len(self.catalog().rows)
            bare = self.store.without_vectors()
        except StoreError as error:
            return {"ready": False, "documents": 0, "model": None, "message": str(error)}
        message = "就绪" if documents else "库里还没有文档，请先导入"
        model = self.prose.model_name()
        if model and bare:
            message += f"；{bare} 份文档还没有向量，语义检索暂时查不到它们，查数和全文检索不受影响"
        return {
            "ready": documents > 0,
            "documents": documents,
            "without_vectors": bare,
            "model": model,
            "message": message,
            "sent": told(),
        }

    def add(self, path: Path, name: str, progress: Callable[[str], None] | None = None) -> dict[str, Any]:
        """Ingest a file that a user uploaded; its vectors follow behind where :meth:`follow` was called."""
        from index.build import ingest

        say = progress or (lambda _line: None)
        report = ingest(
            [path], self.place, progress=lambda line, _done, _total: say(line), workers=1, names={path: name},
            vectors=self._follower is None,
        )  # fmt: skip
        outcome = report.outcomes[0]
        self._checked = 0.0
        self._added.set()
        self.prose.look_again()
        return {"status": outcome.state, "document_id": outcome.document_id, "message": outcome.message}

    def remove(self, document_id: str) -> bool:
        from index.build import remove

        removed = remove(document_id, self.place)
        self._checked = 0.0
        return removed

    def follow(self, told: Callable[[str], None]) -> None:
        """From now on make the vectors that are missing in a thread behind the questions; ``told`` gets Chinese lines."""
        from index.vectors import embed_behind

        def tell(line: str) -> None:
            self.prose.look_again()
            told(line)

        self._follower = Thread(target=embed_behind, args=(self.place, self._over, self._added, tell), daemon=True)
        self._follower.start()

    def original(self, document_id: str) -> Path | None:
        """The file as ingested, while it still stands where it was."""
        row = self.catalog().rows.get(document_id)
        path = Path(row.path) if row else None
        return path if path is not None and path.is_file() else None

    def close(self) -> None:
        self._over.set()
        self._added.set()
        if self._follower is not None:
            self._follower.join(STOP_SECONDS)
        self.prose.close()
        self.store.close()


def _set_aside() -> None:
    """What a large catalog is made of is no garbage until the next one: questions need not wait while it is looked through."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _by_parts(question: Question, u: Understanding, catalog: Catalog, solver: Solver) -> Answer:
    """The answer to a question as a whole, or where it asks for several things out of the answers to each."""
    if (used := solver.on_subjects(u)) is not None:
        return used
    parts = part_questions(u, catalog)
    answers = [solver.solve(understand(part, catalog)) for part in parts]
    told = sum(a.status == "answered" for a in answers)
    if told > 1:
        return together(u.text, parts, answers)
    whole = solver.solve(u)
    if whole.status != "not_found":
        return whole if parts else _in_turn(question, whole, catalog, solver)
    if told:
        return together(u.text, parts, answers)
    # Figures of different kinds (减少了多少，接待了多少批次): only where every one of them is found.
    parts = [] if parts else part_questions(u, catalog, figures=True)
    answers = [solver.solve(understand(part, catalog)) for part in parts]
    if answers and all(a.status == "answered" for a in answers):
        return together(u.text, parts, answers)
    return whole if told or parts else _in_turn(question, whole, catalog, solver)


def _in_turn(question: Question, whole: Answer, catalog: Catalog, solver: Solver) -> Answer:
    """A question of several clauses answered clause by clause, as if one had been asked after the other.

    So where the answer as a whole lacks what the first clause alone is answered with, or what a later one adds.
    """
    asked = clauses(question.text)
    if len(asked) < 2:
        return whole
    turns = [replace(question, text=clause, history=(*question.history, *asked[:i])) for i, clause in enumerate(asked)]
    first_clause = resolve(turns[0], catalog, solver)
    if first_clause.operation.by is not None:  # 哪个科目比上年减少最多，减少了多少 asks for one thing
        return whole
    opening = solver.solve(first_clause)
    first, given = figures_of(opening), figures_of(whole)
    lacking = whole.status == "answered" and not first <= given
    if opening.status != "answered" or (whole.status == "answered" and not first) or (not lacking and len(given) >= len(asked)):
        return whole
    answers = [opening, *(solver.solve(resolve(turn, catalog, solver)) for turn in turns[1:])]
    unsaid = [i for i, a in enumerate(answers) if a.status != "answered"]
    if lacking and len(unsaid) == len(given) == 1:  # the one clause that needs the others' words
        answers[unsaid.pop()] = replace(whole, notes=())
    more = not unsaid and set[object]().union(*map(figures_of, answers)) > given
    return together(question.text, asked, answers) if more or lacking else whole


def _weighed(answer: Answer) -> Answer:
    """A reckoned answer is as sure as the least sure figure that it is made of."""
    scores = [c.evidence[0] for c in answer.citations if c.evidence]
    if answer.status != "answered" or answer.confidence is not None or not answer.values or not scores:
        return answer
    return replace(answer, confidence=round(min(scores), 3))


def _timed(question: Question, answer: Answer, started: float) -> Answer:
    elapsed = round((time.perf_counter() - started) * 1000, 1)
    return replace(answer, question=question.text, elapsed_ms=elapsed, id=question.id)


def _only(catalog: Catalog, documents: Sequence[str]) -> tuple[Catalog, str | None]:
    rows = []
    for wanted in documents:
        fitting = [r for r in catalog.rows.values() if wanted in (r.id, r.file)]
        if not fitting:
            return catalog, wanted
        rows += fitting
    return Catalog.of(rows, catalog.projects), None


def default_store() -> str:
    """The store that is used when none is named: ``BUDGETQA_STORE``, else ``var`` under the working folder."""
    return os.environ.get("BUDGETQA_STORE") or "var"


def state_folder(store: str | Path) -> Path | None:
    """Where a service keeps users and conversations beside its store; None where that cannot be."""
    place = Path(store)
    return None if "://" in str(store) or on_read_only_disk(place) else place


def open_assistant(place: str | Path) -> Assistant:
    """An assistant over the store at ``place``. Raises StoreError when there is none."""
    return Assistant(place)
