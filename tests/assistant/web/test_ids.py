"""Ids in paths are keys of the store and never names of files, over the real assistant."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from assistant.answering import open_assistant
from assistant.web.app import create_app
from assistant.web.settings import WebSettings

SAMPLES = Path(__file__).resolve().parents[3] / "samples"


def test_an_id_that_names_a_file_opens_nothing(
    samples_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "inside" / "secret.pdf"
    secret.parent.mkdir()
    shutil.copyfile(next(SAMPLES.glob("*.pdf")), secret)
    monkeypatch.chdir(secret.parent)
    assistant = open_assistant(samples_store)
    app = create_app(assistant, WebSettings(state=tmp_path / "state"))
    client = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1), raise_server_exceptions=False)
    known = next(d for d in assistant.documents() if d["file"].endswith(".pdf"))
    assert client.get(f"/source/page/{known['id']}/1.png").headers["content-type"] == "image/png"
    for id in ("secret.pdf", "..%2finside%2fsecret.pdf", quote(str(secret), safe=""), "..%5cinside%5csecret.pdf",
               "%00secret.pdf"):  # fmt: skip
        for path in (f"/source/page/{id}/1", f"/source/page/{id}/1.png", f"/source/document/{id}",
                     f"/source/table/{id}", f"/api/documents/{id}", f"/api/tables/{id}"):  # fmt: skip
            assert (path, client.get(path).status_code) == (path, 404)
        assert client.delete(f"/api/documents/{id}").status_code in (404, 405)
    assert secret.exists()
    for path in ("/ui/..%2fapp.py", "/ui/%2e%2e/app.py", "/ui/..%5capp.py", "/widget/..%2fapp.py"):
        assert (path, client.get(path).status_code) == (path, 404)
    assistant.close()
