"""Serves the fake assistant in a process of its own: port, state folder, record file, settings as JSON.

Every connection that this process opens to another host is written to the record
file, so that a test can show that there is none.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import uvicorn

HERE = Path(__file__).resolve().parent
LOCAL = ("127.0.0.1", "::1", "localhost")


def record_outside(file: Path) -> None:
    def hook(event: str, args: tuple[Any, ...]) -> None:
        target = args[1] if event == "socket.connect" else args[0] if event == "socket.getaddrinfo" else None
        host = target[0] if isinstance(target, tuple) else target
        if isinstance(host, str) and host not in LOCAL and not host.startswith("/"):
            with file.open("a") as out:
                out.write(f"{event} {host}\n")

    sys.addaudithook(hook)


def main(port: int, state: Path, record: Path, given: dict[str, Any]) -> None:
    record_outside(record)
    sys.path.insert(0, str(HERE.parents[2]))
    spec = importlib.util.spec_from_file_location("web_fake", HERE / "fake_assistant.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["web_fake"] = module
    spec.loader.exec_module(module)
    from assistant.web.app import create_app
    from assistant.web.settings import WebSettings

    fake = module.FakeAssistant()
    pdf = state / "丙.pdf"
    module.write_pdf(pdf)
    fake.files["d4"] = pdf
    app = create_app(fake, WebSettings(state=state, **given))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", timeout_graceful_shutdown=1)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), json.loads(sys.argv[4]))
