"""Logging in through an identity provider: a small one of our own on a free port."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from assistant.web.app import create_app
from assistant.web.settings import WebSettings

KEY = RSAKey.generate_key(2048, {"kid": "k", "use": "sig", "alg": "RS256"})


class Provider(ThreadingHTTPServer):
    nonce = ""
    user = "zhang"
    audience = "budgetqa"

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def id_token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.audience, "sub": "1", "preferred_username": self.user,
                  "nonce": self.nonce, "iat": now, "exp": now + 60}  # fmt: skip
        return jwt.encode({"alg": "RS256", "kid": "k"}, claims, KEY)


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def _reply(self, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        issuer = self.server.issuer
        if self.path == "/jwks":
            self._reply({"keys": [KEY.as_dict(private=False)]})
        else:
            ends = {f"{name}_endpoint": f"{issuer}/{name}" for name in ("authorization", "token")}
            self._reply({"issuer": issuer, "jwks_uri": f"{issuer}/jwks", **ends})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._reply({"access_token": "a", "token_type": "Bearer", "id_token": self.server.id_token()})

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the test tells."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def client(fake: Any, tmp_path: Path, provider: Provider) -> TestClient:
    settings = WebSettings(
        state=tmp_path,
        oidc_issuer=provider.issuer,
        oidc_client_id="budgetqa",
        oidc_client_secret=SecretStr("s"),
        proxy_managers=("wang",),
    )
    return TestClient(create_app(fake, settings), base_url="http://127.0.0.1", follow_redirects=False)


def begin(client: TestClient, provider: Provider) -> str:
    """Start a login; gives the state that the provider would send back."""
    asked = parse_qs(urlsplit(client.get("/oidc/start?next=/docs").headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://127.0.0.1/oidc/callback"]
    provider.nonce = asked["nonce"][0]
    return asked["state"][0]


@pytest.mark.parametrize(("user", "removing"), [("zhang", 403), ("wang", 200)])
def test_the_provider_says_who_and_the_settings_say_what(
    client: TestClient, provider: Provider, user: str, removing: int
) -> None:
    assert client.post("/api/ask", json={"question": "舆情"}).status_code == 401
    assert "用单位账号登录" in client.get("/login").text
    provider.user = user
    reply = client.get("/oidc/callback", params={"code": "c", "state": begin(client, provider)})
    assert (reply.status_code, reply.headers["location"]) == (303, "/docs")
    assert client.post("/api/ask", json={"question": "舆情"}).status_code == 200
    assert client.delete("/api/documents/d1").status_code == removing


def test_a_wrong_state_nonce_or_audience_lets_nobody_in(client: TestClient, provider: Provider) -> None:
    begin(client, provider)
    assert client.get("/oidc/callback", params={"code": "c", "state": "other"}).status_code == 401
    state = begin(client, provider)
    provider.nonce = "replayed"
    assert client.get("/oidc/callback", params={"code": "c", "state": state}).status_code == 401
    state = begin(client, provider)
    provider.audience = "another-service"
    assert client.get("/oidc/callback", params={"code": "c", "state": state}).status_code == 401
    assert client.post("/api/ask", json={"question": "舆情"}).status_code == 401
