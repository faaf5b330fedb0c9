"""Servers that several folders of tests share: a PostgreSQL of our own, started when first asked for."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
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
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = Path(sys.executable).with_name("chroma")
    if not program.exists():
        pytest.skip("the chroma program is not installed beside this Python")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("chroma")
    command = [str(program), "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    quiet = {**os.environ, "ANONYMIZED_TELEMETRY": "False", "DO_NOT_TRACK": "1", "HOME": str(folder)}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=quiet, cwd=folder
    ) as process:
        until = time.monotonic() + 120
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < until, "the Chroma server did not start"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture(params=["embedded", "server"])
def vectors_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where vectors go: once a fresh folder, once a server that holds none."""
    if request.param == "embedded":
        return str(tmp_path / "vectors")
    from index.chunk_store import COLLECTION, _client, _sessions

    url: str = request.getfixturevalue("chroma_server")
    client = _client(url)
    if COLLECTION in {c.name for c in client.list_collections()}:
        client.delete_collection(COLLECTION)
    sessions = _sessions(client)
    client.close()
    for session in sessions:
        session.close()
    return url


@pytest.fixture(scope="session")
def samples_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the sample documents, without vectors."""
    from index.build import ingest

    place = tmp_path_factory.mktemp("samples")
    report = ingest([Path(__file__).parents[1] / "samples"], place, vectors=False, workers=1)
    assert {o.state for o in report.outcomes} == {"read"}
    return place
