import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from eval import command
from eval.question_sets import BadSetError, load
from eval.report import write
from eval.runner import run_over_http, run_set

QUESTIONS: list[dict[str, Any]] = [
    {
        "id": "1",
        "kind": "lookup",
        "question": "收入总计",
        "values": [{"value": "5", "unit": "万元"}],
        "cite": [{"file": "a.txt", "cell": "5.00"}],
    },
    {"id": "2", "kind": "missing", "question": "<script>alert(1)</script>", "status": "not_found"},
    {
        "id": "3",
        "kind": "lookup",
        "question": "支出|总计",
        "values": [{"value": "6", "unit": "万元"}],
        "cite": [{"file": "a.txt", "cell": "6.00"}],
    },
]


def ask(question: dict[str, Any]) -> dict[str, Any]:
    if question["id"] == "3":
        raise RuntimeError("broken")
    if question["id"] == "2":
        return {"status": "answered", "text": "<b>9</b>", "values": [{"value": "9", "unit": "元"}], "confidence": 0.4}
    return {
        "status": "answered",
        "text": "5万元",
        "values": [{"value": "5.00", "unit": "万元"}],
        "citations": [{"file": "a.txt", "cell": "5.00"}],
        "confidence": 0.9,
        "elapsed_ms": 4.0,
    }


def test_a_run_judges_and_survives_a_failing_system() -> None:
    seen: list[dict[str, Any]] = []
    run = run_set(lambda q: (seen.append(q), ask(q))[1], QUESTIONS, cells_of=lambda _: ["5.00", "6.00"])
    assert all(set(q) <= {"id", "question", "history", "document"} for q in seen)  # expectations stay hidden
    summary = run.summary()
    assert (summary["questions"], summary["right"], summary["right_and_cited"]) == (3, 1, 1)
    assert summary["wrong_but_confident"] == 1
    assert summary["kinds"] == {"lookup": (2, 1, 1), "missing": (1, 0, 0)}
    assert run.stages is not None
    assert (run.stages.in_store, run.stages.among_candidates, run.stages.right) == (2, 1, 1)
    assert run.stages.lost_at == {"3": "finding"}
    assert [p.risk for p in run.risk_curve] == [0.0, 0.5]
    assert summary["labels"] == {"correct": 1, "incorrect": 1, "failed": 1}
    assert summary["places"] == {"document": (1, 2), "table": (0, 0), "cell": (1, 2)}
    assert summary["provenance"]["time"]


@pytest.mark.parametrize(
    ("cells", "answer", "stage"),
    [
        ([], {}, "parsing"),
        (["5.00"], {}, "finding"),
        (["5.00"], {"trace": [{"candidates": [{"cell": "5.00"}]}]}, "choosing"),
        (["5.00"], {"citations": [{"file": "a.txt", "cell": "5.00"}]}, "wording"),
    ],
)
def test_the_losing_stage_is_named(cells: list[str], answer: dict[str, Any], stage: str) -> None:
    run = run_set(lambda _: dict(answer), QUESTIONS[:1], cells_of=lambda _: cells)
    assert run.stages is not None
    assert run.stages.lost_at == {"1": stage}


def test_the_report_is_one_file_and_escapes(tmp_path: Path) -> None:
    ours = run_set(ask, QUESTIONS, set_name="demo", cells_of=lambda _: ["5.00"])
    other = run_set(lambda _: {"status": "not_found", "text": ""}, QUESTIONS, system="plain", set_name="demo")
    page = write([ours, other], tmp_path / "out")
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html
    assert not re.search(r'(src|href)="', html)
    charts = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(charts) == 2  # kinds, risk and coverage
    for chart in charts:
        etree.fromstring(chart.encode())
    assert "McNemar" in html
    rows = [re.sub("<[^>]+>", " ", row).split() for row in re.findall("<tr>.*?</tr>", html)]
    assert ["不限", "全部", "0.400", "66.7%", "50.0%", "0.2500"] in rows  # all that say how sure they are: two of three
    assert ["0%", "全部", "0.900", "33.3%", "0.0%", "0.2500"] in rows
    markdown = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "支出\\|总计" in markdown
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert [r["system"] for r in results] == ["ours", "plain"]
    lines = (tmp_path / "out" / "answers-demo-ours.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["1", "2", "3"]


@pytest.fixture
def question_file(tmp_path: Path) -> Path:
    path = tmp_path / "demo.jsonl"
    path.write_text("".join(json.dumps(q, ensure_ascii=False) + "\n" for q in QUESTIONS), encoding="utf-8")
    path.with_suffix(".json").write_text('{"version": "1"}', encoding="utf-8")
    return path


def test_the_command_prints_and_fails_under(question_file: Path, tmp_path: Path) -> None:
    said: list[str] = []
    assert command.run([question_file], tmp_path / "out", ask, fail_under=33.0, echo=said.append) == 0
    assert any("答对 1（33.3%）" in line for line in said)
    assert (tmp_path / "out" / "report.html").is_file()
    assert command.run([question_file], None, ask, fail_under=34.0, echo=said.append) == command.UNDER_WANTED
    said.clear()
    command.run(
        [question_file],
        None,
        ask,
        baselines={"none": lambda _: {"status": "not_found"}},
        as_json=True,
        echo=said.append,
    )
    printed = json.loads(said[0])
    assert (printed["questions"], printed["right"]) == (3, 1)
    assert [r["system"] for r in printed["runs"]] == ["ours", "none"]
    assert len(printed["runs"][0]["provenance"]["set_sha256"]) == 64
    assert printed["runs"][0]["provenance"]["set_version"] == "1"


def test_an_earlier_run_is_compared_and_kept(question_file: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for _ in range(2):
        command.run([question_file], first, lambda _: {"status": "not_found", "text": ""}, echo=lambda _: None)
    assert len((first / "history.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    command.run([question_file], second, ask, earlier=first, echo=lambda _: None)
    results = json.loads((second / "results.json").read_text(encoding="utf-8"))
    assert [(r["system"], r["right"]) for r in results] == [("ours", 1), ("earlier", 1)]
    assert "ours / earlier" in (second / "report.md").read_text(encoding="utf-8")
    assert command.run([question_file], None, ask, earlier=tmp_path / "nowhere", echo=lambda _: None) == 0


def test_a_set_keeps_its_card(question_file: Path) -> None:
    loaded = load(question_file)
    assert loaded.card == {"version": "1"}
    assert loaded.name == "demo"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "第 1 行"),
        ('{"id": "1", "kind": "k"}', "缺少"),
        ('{"id": "1", "kind": "k", "question": "?", "cite": "x"}', "cite"),
        ('{"id": "1", "kind": "k", "question": "?"}\n' * 2, "两次"),
        ("\n", "没有题目"),
    ],
)
def test_a_bad_set_is_refused_with_words(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadSetError, match=says):
        load(path)
    with pytest.raises(BadSetError, match="读不了"):
        load(tmp_path / "none.jsonl")


class Endpoint(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.reply({"ready": True})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.reply({"status": "answered", "text": body["question"], "values": [{"value": "5", "unit": "万元"}]})

    def reply(self, data: dict[str, Any]) -> None:
        payload = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def base_url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_over_http(base_url: str) -> None:
    run = run_over_http(base_url, QUESTIONS[:1], set_name="http")
    assert (run.right, run.cited) == (1, 0)
    with pytest.raises(ConnectionError, match="budgetqa serve"):
        run_over_http("http://127.0.0.1:9", QUESTIONS)
    with pytest.raises(ValueError, match="http"):
        run_over_http("file:///etc/hosts", QUESTIONS)
