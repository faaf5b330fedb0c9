"""What an administrator sees of the service: log lines, an audit of questions, metrics, traces.

Log lines and traces hold no text of a question unless that is switched on. The audit,
switched on by itself, is there to hold it: who asked what, and which places the answer
cites. Nothing leaves the machine unless a collector for traces is named.
"""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from assistant.records import Answer, Question

REQUESTS = "budgetqa.requests"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
GROUPS: dict[str, tuple[str, ...]] = {
    "api": ("ask", "search", "documents", "tables", "health", "export", "feedback"),
    "v1": ("chat", "models"),
    "widget": ("budgetqa.js", "token", "frame", "plain"),
} | dict.fromkeys(
    ("docs", "gradio_api", "login", "logout", "mcp", "metrics", "oidc", "openapi.json", "source", "ui"), ()
)
log = logging.getLogger(REQUESTS)
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(slots=True)
class Caller:
    """Who is asking, in the request that is being answered; the guard names them after it has begun."""

    request_id: str = ""
    name: str = ""
    via: str = ""


CALLER: ContextVar[Callable[[], Caller]] = ContextVar("caller", default=Caller)


class JsonLines(logging.Formatter):
    """A log record as one line of JSON: time, level, logger, message, and what the record carries in ``data``.

    An exception is written with its kind and its places in the code; its words, which can repeat a question,
    only where ``questions`` may be written.
    """

    def __init__(self, *, questions: bool = False) -> None:
        super().__init__()
        self._questions = questions

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": _now(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "data", {})
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["exception"] = "".join(traceback.format_exception(error)) if self._questions else _places(error)
        return json.dumps(line, ensure_ascii=False)


def _places(error: BaseException | None) -> str:
    """Where an exception and those behind it were raised, without their words."""
    parts = []
    while error is not None:
        parts.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(parts)


def _now(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


class Observer:
    """Notes requests and answers of one service; safe in several threads.

    Args:
        questions: also write the text of questions into log lines and traces.
        audit: the file of the audit, None for none; ``audit_mb`` and ``audit_files`` bound its size.
        collector: the address of an OpenTelemetry collector (gRPC, ``http://host:4317``), empty for no traces.
    """

    def __init__(
        self, *, questions: bool = False, audit: Path | None = None, audit_mb: int = 20, audit_files: int = 10,
        collector: str = "",
    ) -> None:  # fmt: skip
        self._questions = questions
        self._audit = _audit_handler(audit, audit_mb, audit_files) if audit else None
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "budgetqa_requests", "HTTP 请求数", ["method", "path", "status"], registry=self.registry
        )
        self._request_seconds = Histogram(
            "budgetqa_request_seconds", "HTTP 请求用时", ["path"], buckets=SECONDS, registry=self.registry
        )
        self._answers = Counter("budgetqa_answers", "回答数", ["status", "route"], registry=self.registry)
        self._answer_seconds = Histogram(
            "budgetqa_answer_seconds", "回答用时", ["route"], buckets=SECONDS, registry=self.registry
        )
        self._failures = Counter("budgetqa_answer_failures", "出错的提问数", registry=self.registry)
        self._documents = Gauge("budgetqa_documents", "库中文档数", registry=self.registry)
        self._ready = Gauge("budgetqa_ready", "就绪为 1", registry=self.registry)
        self._provider: Any = _tracing(collector) if collector else None
        self._tracer: Any = self._provider.get_tracer("budgetqa") if self._provider else None

    def request(self, method: str, path: str, status: int, seconds: float, caller: Caller) -> None:
        """Note a finished HTTP request; ``path`` without its query, which can hold a question."""
        group, method = group_of(path), method if method in METHODS else "OTHER"
        self._requests.labels(method, group, status).inc()
        self._request_seconds.labels(group).observe(seconds)
        data = {"request_id": caller.request_id, "method": method, "path": group, "status": status, "who": caller.name}
        log.info("request", extra={"data": data | {"ms": round(seconds * 1000, 1)}})

    def ask(self, ask: Callable[[Question], Answer], question: Question) -> Answer:
        """Answer by ``ask`` and note who asked, what became of it and how long it took."""
        began = time.perf_counter()
        with self.span("ask") as span:
            try:
                answer = ask(question)
            except Exception:
                self._failures.inc()
                raise
            for key, value in self._seen(question, answer).items():
                if span is not None:
                    span.set_attribute(f"budgetqa.{key}", value)
        self._note(question, answer, time.perf_counter() - began)
        return answer

    def stream(
        self, stream: Callable[[Question], Iterator[Answer | str]], question: Question
    ) -> Iterator[Answer | str]:
        """The same for an answer that comes in steps: its last state is noted, also where the reader stops it."""
        began = time.perf_counter()
        last: Answer | None = None
        steps = stream(question)
        try:
            with self.span("ask"):  # the model's part goes on in other threads, where no span could be closed
                first = next(steps)
            for step in chain([first], steps):
                last = step if isinstance(step, Answer) else last
                yield step
        except Exception:
            self._failures.inc()
            raise
        finally:
            if last is not None:
                self._note(question, last, time.perf_counter() - began)

    def _note(self, question: Question, answer: Answer, seconds: float) -> None:
        self._answers.labels(answer.status, answer.route).inc()
        self._answer_seconds.labels(answer.route).observe(seconds)
        caller = CALLER.get()()
        seen = self._seen(question, answer) | {"request_id": caller.request_id, "ms": round(seconds * 1000, 1)}
        log.info("answer", extra={"data": seen})
        if self._audit is not None:
            self._audit.handle(logging.makeLogRecord({"msg": _audit_line(caller, question, answer)}))

    def _seen(self, question: Question, answer: Answer) -> dict[str, str | int]:
        seen: dict[str, str | int] = {
            "status": answer.status, "route": answer.route, "values": len(answer.values), "citations": len(answer.citations),
            "length": len(question.text),
        }  # fmt: skip
        # Which model and which prompt had a part in the answer, by the steps that are kept with it.
        for step in answer.trace:
            seen |= {key: str(step[key]) for key in ("model", "prompt") if step.get(key)}
        return seen | ({"question": question.text} if self._questions else {})

    def span(self, name: str) -> AbstractContextManager[Any]:
        """A span of the trace, None inside where there are no traces."""
        # An exception's words can repeat the question.
        if self._tracer is None:
            return nullcontext()
        span: AbstractContextManager[Any] = self._tracer.start_as_current_span(name, record_exception=False)
        return span

    def metrics(self, health: dict[str, Any]) -> bytes:
        """The metrics in Prometheus' text format, with the store's state as it is now."""
        self._documents.set(health.get("documents", 0))
        self._ready.set(bool(health.get("ready")))
        return generate_latest(self.registry)

    def close(self) -> None:
        if self._audit is not None:
            self._audit.close()
        if self._provider is not None:
            self._provider.shutdown()


@contextmanager
def asking_as(name: str, via: str) -> Iterator[None]:
    """Name who asks where a question is not answered inside its own HTTP request, as in the chat page's queue."""
    before = CALLER.set(lambda: Caller(name=name, via=via))
    try:
        yield
    finally:
        CALLER.reset(before)


def group_of(path: str) -> str:
    """A path for labels and log lines: ids and what strangers try left out, so that neither grows without bound."""
    first, second = [*[p for p in path.split("/") if p][:2], "", ""][:2]
    if first in GROUPS:
        return f"/{first}/{second}" if second in GROUPS[first] else f"/{first}"
    return "/other" if first else "/"


def _audit_handler(file: Path, megabytes: int, files: int) -> RotatingFileHandler:
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(file, maxBytes=megabytes << 20, backupCount=files, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(message)s"))
    return handler


def _audit_line(caller: Caller, question: Question, answer: Answer) -> str:
    places = [
        {
            "document_id": c.document_id,
            "file": c.file,
            "table": c.table,
            "row": c.row,
            "column": c.column,
            "page": c.page,
        }
        for c in answer.citations
    ]
    line = {
        "at": _now(time.time()), "request_id": caller.request_id, "who": caller.name, "via": caller.via,
        "question": question.text, "history": list(question.history), "documents": list(question.document),
        "status": answer.status, "values": [[v.label, v.value, v.unit] for v in answer.values], "sources": places,
    }  # fmt: skip
    return json.dumps(line, ensure_ascii=False)


def _tracing(collector: str) -> Any:
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "budgetqa"}))
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(collector, insecure=collector.startswith("http://")))
    )
    return provider
