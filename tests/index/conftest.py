"""Real documents, read once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from index.assemble import assemble
from index.facts import facts_of
from index.parsers import read_file
from index.records import Document, Fact

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
RealDocument = Callable[[str], tuple[Document, list[Fact]]]


@cache
def _read(name: str) -> tuple[Document, list[Fact]]:
    path = next(CORPUS.glob(f"*/{name}"))
    document = assemble(read_file(path), path.name, path.stem)
    return document, facts_of(document)


@pytest.fixture(scope="session")
def real() -> RealDocument:
    """A document of the shared corpus by file name, with its facts; skips where the corpus is not at hand."""
    if not CORPUS.is_dir():
        pytest.skip("the shared corpus is not at hand")
    return _read
