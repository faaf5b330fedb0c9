"""What an administrator sees, and what never shows."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from assistant.observing import JsonLines, Observer, group_of
from assistant.records import Answer, Question
from assistant.web.app import create_app
from assistant.web.settings import WebSettings

SECRET = "舆情预算绝密"


def client_of(fake: Any, **settings: Any) -> TestClient:
    app = create_app(fake, WebSettings(**settings))
    return TestClient(app, raise_server_exceptions=False, base_url="http://127.0.0.1", client=("127.0.0.1", 50000))


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(JsonLines().format(r)) for r in caplog.records if r.name == "budgetqa.requests"]


@pytest.mark.parametrize("switched", [False, True])
def test_log_lines_name_request_and_answer_and_hold_questions_only_when_switched_on(
    switched: bool, fake: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "budgetqa.requests")
    client = client_of(fake, state=tmp_path, log_questions=switched)
    answered = client.post("/api/ask", json={"question": SECRET})
    client.get("/api/search", params={"q": SECRET})
    written = lines(caplog)
    answer = next(line for line in written if line["message"] == "answer")
    assert answer["status"] == "answered"
    assert answer["request_id"] == answered.headers["X-Request-ID"]
    assert [line["path"] for line in written if line["message"] == "request"] == ["/api/ask", "/api/search"]
    assert (SECRET in json.dumps(written, ensure_ascii=False)) is switched
    assert not (tmp_path / "audit.jsonl").exists()


@pytest.mark.parametrize("switched", [False, True])
def test_a_crash_is_logged_with_its_place_and_with_its_words_only_when_switched_on(
    switched: bool, fake: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(question: Question) -> Answer:
        try:
            raise KeyError(question.text)
        except KeyError as error:
            raise RuntimeError(f"no answer to {question.text}") from error

    fake.ask = fail
    assert client_of(fake, state=tmp_path).post("/api/ask", json={"question": SECRET}).status_code == 500
    formatter = JsonLines(questions=switched)
    crash = json.loads(formatter.format(next(r for r in caplog.records if r.exc_info)))
    assert "RuntimeError" in crash["exception"]
    assert "KeyError" in crash["exception"]
    assert "in fail" in crash["exception"]
    assert (SECRET in json.dumps(crash, ensure_ascii=False)) is switched


def test_nobodys_cookie_stands_in_the_log_or_the_audit(
    fake: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It opens the conversations of whoever holds it."""
    caplog.set_level(logging.INFO, "budgetqa.requests")
    client = client_of(fake, state=tmp_path, audit=True)
    client.cookies.set("budgetqa_visitor", "a-secret-of-mine")
    client.post("/api/ask", json={"question": SECRET})
    client.app.state.observer.close()  # type: ignore[attr-defined]
    audit = (tmp_path / "audit.jsonl").read_text("utf-8")
    assert "a-secret-of-mine" not in json.dumps(lines(caplog)) + audit
    assert json.loads(audit)["who"] == "127.0.0.1"


def test_the_audit_tells_who_asked_what_and_which_places_were_cited(fake: Any, tmp_path: Path) -> None:
    client = client_of(fake, state=tmp_path, audit=True)
    client.post("/api/ask", json={"question": SECRET})
    client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "第二问"}]})
    client.app.state.observer.close()  # type: ignore[attr-defined]
    first, second = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text("utf-8").splitlines()]
    assert (first["question"], second["question"]) == (SECRET, "第二问")
    assert first["who"]
    assert first["via"] == "open"
    assert first["values"][0][1:] == ["730500.00", "元"]
    assert first["sources"][0]["table"]


def test_an_answer_that_streams_is_noted_once_in_its_last_state_with_model_and_prompt(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "budgetqa.requests")
    step = {"step": "wording", "model": "qwen", "prompt": "wording@3:abc", "faults": []}
    first = Answer("q", "answered", "t", route="retrieval")
    last = Answer("q", "answered", "t2", route="llm", trace=(step,))

    def stream(_: Question) -> Iterator[Answer | str]:
        yield first
        yield "t2"
        yield last

    observer = Observer(audit=tmp_path / "audit.jsonl")
    assert list(observer.stream(stream, Question("q"))) == [first, "t2", last]
    left = observer.stream(stream, Question("q"))
    next(left)
    left.close()  # type: ignore[attr-defined]
    observer.close()
    noted = [(line["route"], line.get("model"), line.get("prompt")) for line in lines(caplog)]
    assert noted == [("llm", "qwen", "wording@3:abc"), ("retrieval", None, None)]
    assert len((tmp_path / "audit.jsonl").read_text("utf-8").splitlines()) == 2


def test_the_audit_is_rotated(tmp_path: Path) -> None:
    observer = Observer(audit=tmp_path / "audit.jsonl", audit_mb=1, audit_files=2)
    for _ in range(40):
        observer.ask(lambda q: Answer(q.text, "not_found", ""), Question("问" * 30_000))
    observer.close()
    assert sorted(f.name for f in tmp_path.iterdir()) == ["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"]
    assert all(f.stat().st_size <= 1.2 * (1 << 20) for f in tmp_path.iterdir())


def test_metrics_count_requests_and_answers_and_refusals(fake: Any, tmp_path: Path) -> None:
    client = client_of(fake, state=tmp_path)
    client.post("/api/ask", json={"question": SECRET})
    client.post("/api/ask", json={"question": "出错"})
    client.post("/api/ask", content=b"{", headers={"Content-Type": "application/json"})
    client.get("/api/documents/" + SECRET)
    text = client.get("/metrics").text
    assert 'budgetqa_requests_total{method="POST",path="/api/ask",status="200"} 1.0' in text
    assert 'budgetqa_requests_total{method="POST",path="/api/ask",status="400"} 1.0' in text
    assert 'budgetqa_answers_total{route="lookup",status="answered"} 1.0' in text
    assert "budgetqa_answer_failures_total 1.0" in text
    assert "budgetqa_ready 1.0" in text
    assert SECRET not in text


def test_metrics_need_a_login_where_there_is_one(fake: Any, tmp_path: Path) -> None:
    assert client_of(fake, state=tmp_path, auth="on").get("/metrics").status_code == 401


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/", "/"),
        ("/api/tables/t1", "/api/tables"),
        ("/source/page/d/3", "/source"),
        ("/wp-admin/x", "/other"),
        ("/metrics", "/metrics"),
        ("/api/绝密", "/api"),
    ],
)
def test_paths_are_grouped_so_that_labels_stay_few(path: str, group: str) -> None:
    assert group_of(path) == group


def test_traces_go_to_the_collector_named_and_hold_no_question(tmp_path: Path) -> None:
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    assert Observer()._tracer is None
    observer = Observer(collector="http://127.0.0.1:9")
    kept = InMemorySpanExporter()
    observer._provider._active_span_processor._span_processors = (SimpleSpanProcessor(kept),)
    observer.ask(lambda q: Answer(q.text, "answered", "", route="lookup"), Question(SECRET))
    (span,) = kept.get_finished_spans()
    assert span.name == "ask"
    assert span.attributes is not None
    assert span.attributes["budgetqa.status"] == "answered"
    assert SECRET not in str(span.to_json())
