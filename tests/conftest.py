"""Servers that several folders of tests share: a PostgreSQL of our own, started when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.own_postgresql import PostgreSQL, own_postgresql, programs


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    if programs() is None:
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    with own_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a fresh fact store goes: once a folder, once a database."""
    if request.param == "sqlite":
        return str(tmp_path / "store")
    new_store: Callable[[], str] = request.getfixturevalue("postgresql").new_store
    return new_store()


@pytest.fixture(scope="session")
def samples_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the sample documents, without vectors."""
    from index.build import ingest

    place = tmp_path_factory.mktemp("samples")
    report = ingest([Path(__file__).parents[1] / "samples"], place, vectors=False, workers=1)
    assert {o.state for o in report.outcomes} == {"read"}
    return place
