"""No request leaves the machine unless an endpoint is configured: every connection that is tried is seen.

Python's own sockets are watched from inside, those of compiled libraries (Chroma, ONNX Runtime) by a small library that
is loaded before them, where a C compiler is there to make it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WATCH = """
import socket, sys, time
from pathlib import Path
tried = []
def refused(self, address):
    tried.append(address)
    raise OSError("no network here")
def unresolved(host, *args, **kwargs):
    tried.append(host)
    raise socket.gaierror("no network here")
socket.socket.connect = socket.socket.connect_ex = refused
socket.getaddrinfo = unresolved

from index.build import ingest
from assistant.answering import open_assistant
from assistant.records import Question
place, sample = Path(sys.argv[1]), Path(sys.argv[2])
ingest([sample], place, progress=lambda *_: None, workers=1)
assistant = open_assistant(place)
for question in ("项目支出预算多少", "主要职责是什么", "为什么增加"):
    assert assistant.ask(Question("迁西县委网信办2025年" + question)).text
"""
SERVE = """
from fastapi.testclient import TestClient
from assistant.web.app import create_app
from assistant.web.settings import read_settings
app = create_app(assistant, read_settings({}, state=place / "state", auth="off"))
with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50000)) as client:
    reply = client.post("/api/ask", json={"question": "迁西县委网信办2025年项目支出预算多少"})
    assert reply.status_code == 200, reply.text
    page = client.get("/")  # the chat page is built after the start
    for _ in range(60):
        if page.status_code == 200:
            break
        time.sleep(0.5)
        page = client.get("/")
    assert page.status_code == 200, page.text[:500]
"""
END = """
assistant.close()
time.sleep(1)
print("tried", tried)
"""


WATCHER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
static void note(const char *what) {
  FILE *log = fopen(getenv("WATCHER_LOG"), "a");
  if (log) { fprintf(log, "%s\n", what); fclose(log); }
}
int connect(int fd, const struct sockaddr *to, socklen_t size) {
  if (to && (to->sa_family == AF_INET || to->sa_family == AF_INET6)) note("connect");
  return ((int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect"))(fd, to, size);
}
ssize_t sendto(int fd, const void *data, size_t n, int flags, const struct sockaddr *to, socklen_t size) {
  if (to && (to->sa_family == AF_INET || to->sa_family == AF_INET6)) note("sendto");
  return ((ssize_t (*)(int, const void *, size_t, int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "sendto"))(
      fd, data, n, flags, to, size);
}
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
  note(host ? host : "-");
  return ((int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(RTLD_NEXT, "getaddrinfo"))(
      host, service, hints, out);
}
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which every connection of a process and its children is written down; empty without a compiler."""
    compiler, folder = shutil.which("cc") or shutil.which("gcc"), tmp_path_factory.mktemp("watcher")
    if compiler is None or sys.platform != "linux":
        return {}
    (folder / "watcher.c").write_text(WATCHER)
    made = [compiler, "-shared", "-fPIC", "-o", str(folder / "watcher.so"), str(folder / "watcher.c"), "-ldl"]
    subprocess.run(made, check=True, capture_output=True)
    return {"LD_PRELOAD": str(folder / "watcher.so"), "WATCHER_LOG": str(folder / "log")}


def seen(watched: dict[str, str]) -> list[str]:
    log = Path(watched.get("WATCHER_LOG", "nowhere"))
    return log.read_text().split() if log.is_file() else []


def test_the_watcher_sees_what_no_python_sees(watched: dict[str, str]) -> None:
    if not watched:
        pytest.skip("no C compiler")
    native = "import ctypes, socket; s = socket.socket(); a = (ctypes.c_char * 16)(2, 0, 0, 9, 127, 0, 0, 1); "
    native += "ctypes.CDLL(None).connect(s.fileno(), a, 16)"
    subprocess.run([sys.executable, "-c", native], env=os.environ | watched, check=True)
    assert seen(watched) == ["connect"]
    Path(watched["WATCHER_LOG"]).unlink()


@pytest.mark.parametrize("steps", [WATCH + END, WATCH + SERVE + END], ids=["ingest and ask", "serve"])
def test_no_host_is_reached_even_with_tracing_switched_on_around_us(
    steps: str, tmp_path: Path, watched: dict[str, str]
) -> None:
    sample = next((ROOT / "samples").glob("*.txt"))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BUDGETQA_LLM_")}
    environment |= {"LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "x", "PYTHONPATH": str(ROOT)} | watched
    done = subprocess.run(
        [sys.executable, "-c", steps, str(tmp_path), str(sample)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().endswith("tried []")
    assert seen(watched) == []
