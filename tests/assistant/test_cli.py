"""The command line of the contract: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from openpyxl import load_workbook

from assistant.cli import run

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
QUESTION = "玉田舆情管理预算多少"
COMMANDS = [
    ("ingest",),
    ("ask",),
    ("serve",),
    ("documents",),
    ("documents", "list"),
    ("documents", "show"),
    ("documents", "remove"),
    ("audit",),
    ("export",),
    ("doctor",),
    ("backup",),
    ("restore",),
    ("eval",),
    ("eval", "run"),
    ("eval", "im-tqa"),
    ("eval", "sstqa"),
    ("user", "add"),
    ("user", "list"),
    ("user", "remove"),
    ("key", "add"),
    ("key", "list"),
    ("key", "revoke"),
    ("site", "add"),
    ("site", "list"),
    ("site", "revoke"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store of the sample documents, without vectors."""
    place = str(tmp_path_factory.mktemp("store"))
    files = [str(f) for f in sorted(SAMPLES.iterdir()) if f.suffix in {".docx", ".xlsx", ".html", ".txt"}]
    assert run(["ingest", *files, "--store", place, "--no-vectors", "--workers", "1"]) == 0
    return place


def budgetqa(*arguments: str | bytes, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from assistant.cli import main; main()", *arguments]
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        command, cwd=ROOT, text=True, encoding="utf-8", start_new_session=True, **options
    )


def test_a_person_reads_the_answer_and_can_check_its_cell(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", QUESTION, "--store", store]) == 0
    shown = capsys.readouterr().out
    assert "730500.00元" in shown
    assert "单元格“730500.00”（单位：元）" in shown
    check = re.search(r"核对：budgetqa (.*)", shown)
    assert check is not None
    assert run([*check[1].split(), "--store", store]) == 0
    assert "【730500.00】" in capsys.readouterr().out


def test_json_is_the_contracts_object(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", QUESTION, "--json", "--store", store]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["status"], answer["values"][0]["value"], answer["values"][0]["unit"]) == (
        "answered",
        "730500.00",
        "元",
    )
    assert {"question", "text", "calculation", "citations", "options", "notes", "route", "elapsed_ms"} <= answer.keys()
    cited = answer["citations"][answer["values"][0]["citations"][0]]
    assert (cited["file"], cited["cell"]) == ("玉田县委网信办2023年绩效文本.docx", "730500.00")


def test_document_and_history_narrow_the_question(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    other = "开平区委网信办2025年部门预算.docx"
    assert run(["ask", QUESTION, "--json", "--document", other, "--store", store]) == 0
    assert all(c["file"] == other for c in json.loads(capsys.readouterr().out)["citations"])
    follow_up = ["ask", "那2024年呢", "--history", "开平区委网信办2025年支出总计是多少", "--json", "--store", store]
    assert run(follow_up) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {c["fiscal_year"] for c in answer["citations"]} == {2024}


def test_a_batch_answers_line_by_line_in_order(store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [
        json.dumps({"id": "b", "question": QUESTION, "other": 1}, ensure_ascii=False),
        "",
        "{broken",
        json.dumps({"id": 7, "question": 5}),
        json.dumps(
            {"id": "a", "question": "预算多少", "document": "没有的文件.docx", "history": None}, ensure_ascii=False
        ),
    ]
    questions, answers = tmp_path / "q.jsonl", tmp_path / "a.jsonl"
    questions.write_text("\n".join(asked), "utf-8-sig")
    assert run(["ask", "--batch", str(questions), "--out", str(answers), "--store", store]) == 2
    lines = [json.loads(line) for line in answers.read_text("utf-8").splitlines()]
    assert [line.get("id") for line in lines] == ["b", None, 7, "a"]
    assert [line["status"] for line in lines] == ["answered", "not_found", "not_found", "not_found"]
    told = capsys.readouterr().err.splitlines()
    assert [line[:5] for line in told] == ["第 3 行", "第 4 行"]


def test_a_batch_streams(store: str) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with budgetqa("ask", "--batch", "-", "--store", store, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for name in ("1", "2"):
            process.stdin.write(json.dumps({"id": name, "question": QUESTION}) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == name
        process.stdin.close()
        assert process.wait(30) == 0


def test_an_unreadable_batch_leaves_earlier_answers(store: str, tmp_path: Path) -> None:
    answers = tmp_path / "a.jsonl"
    answers.write_text("earlier")
    assert run(["ask", "--batch", str(tmp_path / "none"), "--out", str(answers), "--store", store]) == 1
    assert answers.read_text() == "earlier"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["ask"],
        ["ask", "甲", "乙"],
        ["ask", "甲", "--batch", "q.jsonl"],
        ["ask", "甲", "--nonsense"],
        ["ask", "甲", "--store"],
        ["ask", "甲", "--store", "STORE/none"],
        ["ask", "--batch", "STORE"],
        ["ask", "--batch", "pyproject.toml", "--out", "STORE"],
        ["ingest"],
        ["ingest", "samples", "--workers", "0"],
        ["ingest", "samples", "--store", "pyproject.toml"],
        ["documents", "nonsense"],
        ["documents", "--json", "list"],
        ["documents", "show", "无此文件"],
        ["documents", "show", "迁西县委网信办2025年绩效文本.txt", "--table", "none"],
        ["documents", "show", "迁西县委网信办2025年绩效文本.txt", "--table", "FIRST", "--cell", "x"],
        ["documents", "show", "迁西县委网信办2025年绩效文本.txt", "--table", "FIRST", "--cell", "999,0"],
        ["documents", "remove", "无此文件"],
        ["export", "甲"],
        ["export", "甲", "--out", "STORE"],
        ["serve", "--port", "x"],
        ["serve", "--port", "70000"],
        ["serve", "--host", "256.0.0.1"],
        ["serve", "--host", "0.0.0.0", "--port", "0"],
        ["eval"],
        ["eval", "run"],
        ["eval", "run", "--set", "none.jsonl"],
        ["eval", "im-tqa", "--data", "STORE"],
        ["eval", "sstqa", "--data", "STORE"],
        ["user", "remove", "无此人"],
        ["key", "add", "甲", "--scope", "none"],
        ["site", "add", "甲", "portal.example"],
    ],
    ids=" ".join,
)
def test_an_error_is_one_chinese_line(
    arguments: list[str], store: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("BUDGETQA_STORE", store)
    run(["documents", "show", "迁西县委网信办2025年绩效文本.txt", "--json"])
    first = json.loads(capsys.readouterr().out)["tables"][0]["id"]
    assert run([a.replace("STORE", store).replace("FIRST", first) for a in arguments]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1
    assert len(re.findall(r"[\u4e00-\u9fff]", told.err)) >= 6
    assert not re.search(r"Error|Invalid|Missing|Got |No such|Traceback", told.err)


@pytest.mark.parametrize("command", [(), *COMMANDS], ids=" ".join)
def test_help_is_chinese_and_shows_examples(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert not re.search(r"Usage|Options|Arguments|Commands|Show this|required|default", shown)
    assert "例：" in shown or command in {("documents",), ("eval",)}


def test_every_command_is_in_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--help"])
    listed = set(re.findall(r"^  ([a-z]+)  ", capsys.readouterr().out, re.M))
    assert listed == {command[0] for command in COMMANDS}
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [c for c in COMMANDS if f"budgetqa {' '.join(c)}" not in readme and len(c) == 1] == []


def test_documents_are_listed_shown_and_removed(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "store"
    shutil.copytree(store, mine)
    monkeypatch.setenv("BUDGETQA_STORE", str(mine))
    name = "迁西县委网信办2025年绩效文本.txt"
    assert run(["documents"]) == 0
    assert name in capsys.readouterr().out
    assert run(["documents", "show", name]) == 0
    assert "部门：中共迁西县委网络安全和信息化委员会办公室（读自：" in capsys.readouterr().out
    assert run(["documents", "remove", name]) == 0
    capsys.readouterr()
    assert run(["documents", "list", "--json"]) == 0
    left = json.loads(capsys.readouterr().out)
    assert name not in {d["file"] for d in left}
    assert left


def test_export_writes_figure_formula_and_sources(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "结果.xlsx"
    assert run(["export", QUESTION, "--out", str(out), "--store", store]) == 0
    assert "730500.00" in capsys.readouterr().out
    book = load_workbook(out)
    assert float(book["数字"]["C2"].value) == 730500
    assert book["出处"]["B2"].value == "玉田县委网信办2023年绩效文本.docx"


def test_eval_scores_a_set_and_fails_under(store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        {"id": "1", "kind": "lookup", "question": QUESTION, "values": [{"value": "730500", "unit": "元"}]},
        {"id": "2", "kind": "lookup", "question": QUESTION, "values": [{"value": "1", "unit": "元"}]},
    ]
    questions = tmp_path / "set.jsonl"
    questions.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    assert run(["eval", "run", "--set", str(questions), "--json", "--store", store]) == 0
    scored = json.loads(capsys.readouterr().out)
    assert (scored["questions"], scored["right"]) == (2, 1)
    report = tmp_path / "report"
    command = ["eval", "run", "--set", str(questions), "--out", str(report), "--fail-under", "90", "--store", store]
    assert run(command) == 3
    assert (report / "report.html").is_file()


def test_audit_tells_when_nothing_is_wrong(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "--json", "--store", store]) == 0
    findings = json.loads(capsys.readouterr().out)
    assert run(["audit", "--store", store]) == 0
    shown = capsys.readouterr().out
    assert all(finding["message"] in shown for finding in findings)
    assert shown.strip()


def test_doctor_knows_a_good_a_missing_and_a_broken_store(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", "--store", store]) == 0
    assert f"✓ 库 {store}" in capsys.readouterr().out
    assert run(["doctor", "--store", str(tmp_path / "none")]) == 0
    assert "budgetqa ingest" in capsys.readouterr().out
    (tmp_path / "facts.sqlite").write_text("no database " * 99)
    assert run(["doctor", "--store", str(tmp_path)]) == 1
    assert "已损坏" in capsys.readouterr().out


def test_doctor_says_what_leaves_this_machine(
    store: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BUDGETQA_LLM_BASE_URL", raising=False)
    assert run(["doctor", "--store", store]) == 0
    assert "不会发送到任何地方" in capsys.readouterr().out
    monkeypatch.setenv("BUDGETQA_LLM_BASE_URL", "http://model.intern/v1")
    assert run(["doctor", "--store", store]) == 0
    assert "发送到 http://model.intern/v1" in capsys.readouterr().out
    monkeypatch.setenv("BUDGETQA_LLM_TIMEOUT", "soon")
    assert run(["doctor", "--store", store]) == 1
    assert "BUDGETQA_LLM_TIMEOUT" in capsys.readouterr().out


@pytest.mark.parametrize("question", ["", "？？", "预算" * 5000, "' OR 1=1 --"])
def test_any_question_gets_an_answer(question: str, store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", question, "--json", "--store", store]) == 0
    assert json.loads(capsys.readouterr().out)["status"] in {"clarify", "not_found"}


def test_half_characters_do_not_break_the_json(store: str, tmp_path: Path) -> None:
    questions, answers = tmp_path / "q.jsonl", tmp_path / "a.jsonl"
    questions.write_text('{"id": "1", "question": "\\ud800预算"}', "utf-8")
    assert run(["ask", "--batch", str(questions), "--out", str(answers), "--store", store]) == 0
    assert json.loads(answers.read_text("utf-8"))["question"] == "\ud800预算"
    with budgetqa("ask", b"\xff\xfe", "--json", "--store", store, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.read())["status"] == "not_found"


def test_a_lookup_loads_nothing_heavy(store: str) -> None:
    code = (
        "import sys; from assistant.cli import run; assert run(sys.argv[1:]) == 0; "
        "print(sorted({m.partition('.')[0] for m in sys.modules}), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "ask", QUESTION, "--store", store]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"torch", "chromadb", "onnxruntime", "langchain", "langchain_core", "fastapi", "gradio", "pandas", "rich"}
    assert "730500.00" in done.stdout
    assert heavy & set(re.findall(r"'(\w+)'", done.stderr)) == set()


def test_a_reader_who_leaves_is_no_error(store: str) -> None:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with budgetqa("documents", "list", "--json", "--store", store, **pipes) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(30) in (0, 1)
        assert process.stderr.read() == ""


def test_serve_answers_until_interrupted(store: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with budgetqa("serve", "--port", str(port), "--store", store, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        try:
            assert url in process.stderr.readline()
            _wait(opener, f"{url}/api/health")
            assert run(["serve", "--port", str(port), "--store", store]) == 1
            body = json.dumps({"question": QUESTION}).encode()
            request = urllib.request.Request(f"{url}/api/ask", body, {"Content-Type": "application/json"})
            with opener.open(request, timeout=30) as reply:
                assert json.load(reply)["values"][0]["value"] == "730500.00"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
        assert process.returncode in (0, 130)
        assert "Traceback" not in process.stderr.read()


def _wait(opener: urllib.request.OpenerDirector, url: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with opener.open(url, timeout=5):
                return
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.1)
