"""No request leaves the machine unless an endpoint is configured: every connection that is tried is seen."""

from __future__ import annotations

import os
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


@pytest.mark.parametrize("steps", [WATCH + END, WATCH + SERVE + END], ids=["ingest and ask", "serve"])
def test_no_host_is_reached_even_with_tracing_switched_on_around_us(steps: str, tmp_path: Path) -> None:
    sample = next((ROOT / "samples").glob("*.txt"))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BUDGETQA_LLM_")}
    environment |= {"LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "x", "PYTHONPATH": str(ROOT)}
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
