"""A PostgreSQL server of our own, for tests and benchmarks: in a temporary folder, reached by a socket in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

UNPRIVILEGED = "nobody"


class PostgreSQL:
    """A server in a folder of its own, reached by a socket in it; sorts as Chinese readers do, not by codes."""

    def __init__(self, programs: Path, folder: Path, user: str | None, buffers: str) -> None:
        self.programs, self.folder, self.user, self.buffers = programs, folder, user, buffers
        self._numbers = count()
        self._process: subprocess.Popen[bytes] | None = None
        order = ["--locale-provider=icu", "--icu-locale=zh", "--locale=C"]
        self._run("initdb", "-D", str(folder / "data"), "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync", *order)
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, user=self.user, cwd=self.folder)  # noqa: S603

    def start(self) -> None:
        settings = ["listen_addresses=", "fsync=off", "max_connections=100", f"shared_buffers={self.buffers}"]
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder)]
        for setting in settings:
            command += ["-c", setting]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                command, stdout=log, stderr=log, user=self.user, cwd=self.folder
            )
        until = time.monotonic() + 30
        while time.monotonic() < until:
            ready = [str(self.programs / "pg_isready"), "-q", "-h", str(self.folder)]
            if subprocess.run(ready, check=False, capture_output=True).returncode == 0:  # noqa: S603
                return
            time.sleep(0.05)
        raise TimeoutError((self.folder / "log").read_text())

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends it in order, SIGQUIT at once as a crash would: the next start recovers."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(30)

    def cpu(self) -> float:
        """CPU seconds of the server, without connections that are still open."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def new_store(self) -> str:
        """The address of a fresh, empty database."""
        name = f"store{next(self._numbers)}"
        self._run("createdb", "-h", str(self.folder), "-U", "tests", "-T", "template0", name)
        return f"postgresql://tests@/{name}?host={self.folder}"

    def drop(self, place: str) -> None:
        """Take a database of :meth:`new_store` away."""
        self._run("dropdb", "-h", str(self.folder), "-U", "tests", place.split("/")[3].split("?", maxsplit=1)[0])


def programs() -> Path | None:
    """The folder of the newest PostgreSQL's programs, None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    program = str(found[-1]) if found else shutil.which("initdb")
    return Path(program).resolve().parent if program else None


@contextmanager
def own_postgresql(buffers: str = "64MB") -> Iterator[PostgreSQL]:
    """A running server with so much memory for pages; FileNotFoundError where PostgreSQL is not installed."""
    where = programs()
    if where is None:
        raise FileNotFoundError("PostgreSQL is not installed (apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = UNPRIVILEGED if os.geteuid() == 0 else None  # the server refuses to run as root
    if user:
        shutil.chown(folder, user)
    server = PostgreSQL(where, folder, user, buffers)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
