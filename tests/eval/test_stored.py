"""A store of generated documents: questions written from its facts, and what the stage scores see of it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.paraphrase.__main__ import main
from eval.question_sets import load
from eval.stored import cells_of, counts_of
from eval.world.build import Plan, build
from index.build import ingest
from index.fact_store import FactStore


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("world")
    build(Plan(3, 1, seed=5, formats=("html",), kinds=("budget", "performance")), out)
    ingest([out / "documents"], out / "store", vectors=False, workers=1)
    return out


@pytest.fixture
def store(world: Path) -> Iterator[FactStore]:
    opened = FactStore(world / "store", create=False)
    yield opened
    opened.close()


def test_questions_are_written_from_a_store(world: Path, tmp_path: Path) -> None:
    out = tmp_path / "q.jsonl"
    assert main(["--store", str(world / "store"), "--count", "60", "--out", str(out)]) == 0
    truths = [json.loads(line) for line in (world / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    printed = {(t["document"], t["cell"]) for t in truths}
    cites = [(c["file"], c["cell"]) for q in load(out).questions for c in q.get("cite", [])]
    assert len(cites) > 20
    known = sum(c in printed for c in cites)
    assert known / len(cites) > 0.9  # a wrongly read cell may be asked for, most are those of the truth


def test_no_store_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--store", str(tmp_path / "none"), "--out", str(tmp_path / "q.jsonl")]) == 1
    assert "budgetqa ingest" in capsys.readouterr().err


def test_counts_and_cells(store: FactStore) -> None:
    counts = counts_of(store)
    assert (counts["documents"], counts["formats"]) == (6, ["html"])
    assert counts["facts"] > 500
    file = next(d.file for d in store.documents() if "绩效" in d.file)
    assert "100%" in cells_of(store)(file)
    assert list(cells_of(store)("unknown.html")) == []
