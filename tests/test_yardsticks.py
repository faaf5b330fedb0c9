"""The question sets, answered and scored as a stranger would: real documents, samples, and many ways of asking."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.answering import Assistant, open_assistant
from assistant.records import Question
from eval.paraphrase.knowns import knowns
from eval.paraphrase.questions import write_questions
from eval.paraphrase.stored import records_of_store
from index.build import ingest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
CORPUS = SHARED / "corpus"
needs_shared = pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not at hand")


def score(questions: Path, assistant: Assistant, folder: Path) -> dict[str, Any]:
    """What the scorer says of the answers, with the lines at fault for a failing test."""
    answers = folder / f"answers-{questions.name}"
    with answers.open("w", encoding="utf-8") as out:
        for line in questions.read_text(encoding="utf-8").splitlines():
            asked = json.loads(line)
            history = tuple(asked.get("history", ()))
            answer = assistant.ask(Question(asked["question"], history, id=asked["id"]))
            out.write(json.dumps(answer.as_json(), ensure_ascii=False) + "\n")
    command = [sys.executable, str(SHARED / "tools" / "score.py"), str(questions), str(answers)]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True, timeout=60)
    shown = subprocess.run([*command, "--show"], capture_output=True, text=True, check=True, timeout=60)
    result: dict[str, Any] = json.loads(done.stdout)
    print(shown.stdout)
    return result


def store_of(paths: Iterable[Path], place: Path) -> Path:
    report = ingest(list(paths), place, vectors=False, workers=1)
    assert {o.state for o in report.outcomes} == {"read"}
    return place


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """The five documents of one province, as converted text."""
    opened = open_assistant(store_of([CORPUS / "hebei"], tmp_path_factory.mktemp("five")))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """All documents of the corpus, the PDFs among them."""
    files = [p for p in sorted(CORPUS.rglob("*")) if p.suffix in (".txt", ".pdf")]
    opened = open_assistant(store_of(files, tmp_path_factory.mktemp("eighteen")))
    yield opened
    opened.close()


@needs_shared
def test_five_documents(county: Assistant, tmp_path: Path) -> None:
    result = score(SHARED / "questions" / "hebei-dev.jsonl", county, tmp_path)
    assert result["right_and_cited"] >= 0.95 * result["questions"]
    assert result["wrong_but_confident"] == 0


@needs_shared
def test_all_documents(everything: Assistant, tmp_path: Path) -> None:
    result = score(SHARED / "questions" / "east-dev.jsonl", everything, tmp_path)
    assert result["right_and_cited"] >= 0.92 * result["questions"]
    assert result["wrong_but_confident"] <= 2


@needs_shared
def test_questions_written_apart(everything: Assistant, tmp_path: Path) -> None:
    """Written by others than the program was; prose is found by words alone here."""
    result = score(ROOT / "eval" / "sets" / "corpus.jsonl", everything, tmp_path)
    assert result["right"] >= 0.82 * result["questions"]
    assert result["wrong_but_confident"] <= 0.04 * result["questions"]


@needs_shared
def test_the_public_set(samples_store: Path, tmp_path: Path) -> None:
    opened = open_assistant(samples_store)
    result = score(ROOT / "eval" / "sets" / "public.jsonl", opened, tmp_path)
    opened.close()
    assert result["right"] >= 0.95 * result["questions"]
    assert result["wrong_but_confident"] == 0


@needs_shared
@pytest.mark.parametrize("seed", [11, 23])
def test_many_ways_of_asking(everything: Assistant, tmp_path: Path, seed: int) -> None:
    questions = tmp_path / "paraphrases.jsonl"
    lines = write_questions(knowns(records_of_store(everything.place)), 150, seed)
    questions.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    result = score(questions, everything, tmp_path)
    assert result["questions"] == 150
    assert result["right"] >= 0.97 * result["questions"]
    assert result["wrong_but_confident"] == 0
