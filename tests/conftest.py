"""Servers that several folders of tests share: a PostgreSQL of our own, started when first asked for."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

UNPRIVILEGED = "nobody"


class PostgreSQL:
    """A server in a folder of its own, reached by a socket in it; sorts as Chinese readers do, not by codes."""

    def __init__(self, programs: Path, folder: Path, user: str | None) -> None:
        self.programs, self.folder, self.user = programs, folder, user
        self._numbers = count()
        self._process: subprocess.Popen[bytes] | None = None
        order = ["--locale-provider=icu", "--icu-locale=zh", "--locale=C"]
        self._run("initdb", "-D", str(folder / "data"), "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync", *order)
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, user=self.user, cwd=self.folder)

    def start(self) -> None:
        settings = ["listen_addresses=", "fsync=off", "max_connections=100", "shared_buffers=64MB"]
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder)]
        for setting in settings:
            command += ["-c", setting]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, user=self.user, cwd=self.folder)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            ready = [str(self.programs / "pg_isready"), "-q", "-h", str(self.folder)]
            if subprocess.run(ready, check=False, capture_output=True).returncode == 0:
                return
            time.sleep(0.05)
        raise TimeoutError((self.folder / "log").read_text())

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends it in order, SIGQUIT at once as a crash would: the next start recovers."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(30)

    def new_store(self) -> str:
        """The address of a fresh, empty database."""
        name = f"store{next(self._numbers)}"
        self._run("createdb", "-h", str(self.folder), "-U", "tests", "-T", "template0", name)
        return f"postgresql://tests@/{name}?host={self.folder}"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    program = str(found[-1]) if found else shutil.which("initdb")
    if program is None:
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = UNPRIVILEGED if os.geteuid() == 0 else None  # the server refuses to run as root
    if user:
        shutil.chown(folder, user)
    server = PostgreSQL(Path(program).resolve().parent, folder, user)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


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
