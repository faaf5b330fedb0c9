"""What the service itself remembers: users, sessions, keys, sites, conversations, feedback.

Kept in one SQLite file beside the store and apart from it, so that rebuilding the
store never logs anyone out. Passwords are argon2 hashes; session and API keys are
kept as SHA-256 only, so that a copy of the file lets nobody in.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, password TEXT NOT NULL, role TEXT NOT NULL, created REAL);
CREATE TABLE IF NOT EXISTS sessions (token TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, expires REAL);
CREATE TABLE IF NOT EXISTS api_keys (id TEXT PRIMARY KEY, token TEXT UNIQUE NOT NULL, label TEXT NOT NULL,
    scope TEXT NOT NULL, created REAL, revoked REAL);
CREATE TABLE IF NOT EXISTS sites (key TEXT PRIMARY KEY, label TEXT NOT NULL, origins TEXT NOT NULL, revoked REAL);
CREATE TABLE IF NOT EXISTS conversations (id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL,
    updated REAL NOT NULL, turns TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS conversations_owner ON conversations (owner, updated);
CREATE TABLE IF NOT EXISTS feedback (id TEXT PRIMARY KEY, at REAL NOT NULL, who TEXT NOT NULL, question TEXT NOT NULL,
    text TEXT NOT NULL, vote TEXT NOT NULL, comment TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
KEPT_CONVERSATIONS = 200


@dataclass(frozen=True, slots=True)
class User:
    name: str
    password: str
    role: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    id: str
    label: str
    scope: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class Site:
    """A page that may show the search box; ``key`` is public and worth nothing without one of ``origins``."""

    key: str
    label: str
    origins: tuple[str, ...]


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def writable(folder: Path) -> bool:
    """Whether the service can keep its file in ``folder``, made where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


class StateError(Exception):
    """The file cannot be read or written just now; the message is for the administrator."""


class State:
    """The file behind users and conversations; opened on first use, safe in several threads.

    Every method raises StateError while the file cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "web.sqlite3"
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._connection is None:
                    self.path.parent.mkdir(parents=True, exist_ok=True)
                    connection = sqlite3.connect(self.path, check_same_thread=False, timeout=10)
                    connection.executescript("PRAGMA journal_mode=WAL;" + SCHEMA)
                    self.path.chmod(0o600)
                    self._connection = connection
                with self._connection:
                    yield self._connection
            except (sqlite3.Error, OSError) as error:
                raise StateError(f"{self.path} 读写失败：{error}") from error

    def _run(self, sql: str, values: Sequence[Any] = ()) -> int:
        with self._open() as connection:
            return connection.execute(sql, values).rowcount

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._open() as connection:
            return connection.execute(sql, values).fetchall()

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    # Users and their sessions

    def put_user(self, name: str, password_hash: str, role: str) -> None:
        sql = "INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?)"
        self._run(sql, (name, password_hash, role, time.time()))
        self._run("DELETE FROM sessions WHERE name = ?", (name,))

    def user(self, name: str) -> User | None:
        rows = self._rows("SELECT name, password, role FROM users WHERE name = ?", (name,))
        return User(*rows[0]) if rows else None

    def users(self) -> list[User]:
        return [User(*row) for row in self._rows("SELECT name, password, role FROM users ORDER BY name")]

    def remove_user(self, name: str) -> bool:
        self._run("DELETE FROM sessions WHERE name = ?", (name,))
        return self._run("DELETE FROM users WHERE name = ?", (name,)) > 0

    def start_session(self, name: str, role: str, hours: float) -> str:
        """A new token for the cookie; the file keeps only its digest."""
        token = secrets.token_urlsafe(32)
        self._run("DELETE FROM sessions WHERE expires < ?", (time.time(),))
        self._run("INSERT INTO sessions VALUES (?, ?, ?, ?)", (digest(token), name, role, time.time() + hours * 3600))
        return token

    def session(self, token: str) -> tuple[str, str] | None:
        """Name and role of a session that has not ended."""
        sql = "SELECT name, role FROM sessions WHERE token = ? AND expires > ?"
        rows = self._rows(sql, (digest(token), time.time()))
        return (rows[0][0], rows[0][1]) if rows else None

    def end_session(self, token: str) -> None:
        self._run("DELETE FROM sessions WHERE token = ?", (digest(token),))

    # Keys of programs and of pages that embed the search box

    def add_key(self, label: str, scope: str) -> tuple[str, str]:
        """Id and token of a new key; the token is shown this once."""
        id, token = uuid.uuid4().hex[:8], "bq_" + secrets.token_urlsafe(32)
        self._run("INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, NULL)", (id, digest(token), label, scope, time.time()))
        return id, token

    def key(self, token: str) -> ApiKey | None:
        sql = "SELECT id, label, scope, revoked IS NOT NULL FROM api_keys WHERE token = ? AND revoked IS NULL"
        rows = self._rows(sql, (digest(token),))
        return ApiKey(*rows[0]) if rows else None

    def api_keys(self) -> list[ApiKey]:
        rows = self._rows("SELECT id, label, scope, revoked IS NOT NULL FROM api_keys ORDER BY created")
        return [ApiKey(id, label, scope, bool(revoked)) for id, label, scope, revoked in rows]

    def revoke_key(self, id: str) -> bool:
        return self._run("UPDATE api_keys SET revoked = ? WHERE id = ? AND revoked IS NULL", (time.time(), id)) > 0

    def add_site(self, label: str, origins: Iterable[str]) -> str:
        key = "site_" + secrets.token_urlsafe(12)
        self._run("INSERT INTO sites VALUES (?, ?, ?, NULL)", (key, label, json.dumps(list(origins))))
        return key

    def sites(self) -> list[Site]:
        rows = self._rows("SELECT key, label, origins FROM sites WHERE revoked IS NULL ORDER BY label")
        return [Site(key, label, tuple(json.loads(origins))) for key, label, origins in rows]

    def site(self, key: str) -> Site | None:
        return next((site for site in self.sites() if site.key == key), None)

    def revoke_site(self, key: str) -> bool:
        return self._run("UPDATE sites SET revoked = ? WHERE key = ? AND revoked IS NULL", (time.time(), key)) > 0

    def secret(self, name: str) -> str:
        """A random secret that outlives a restart."""
        self._run("INSERT OR IGNORE INTO secrets VALUES (?, ?)", (name, secrets.token_urlsafe(32)))
        return str(self._rows("SELECT value FROM secrets WHERE name = ?", (name,))[0][0])

    # What readers did

    def save_conversation(self, id: str, owner: str, title: str, turns: list[dict[str, Any]]) -> None:
        """Keep a conversation; one of another owner is left alone."""
        sql = """INSERT INTO conversations VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
            SET updated = excluded.updated, turns = excluded.turns WHERE owner = excluded.owner"""
        self._run(sql, (id, owner, title[:80], time.time(), json.dumps(turns, ensure_ascii=False)))
        sql = """DELETE FROM conversations WHERE owner = ? AND id NOT IN
            (SELECT id FROM conversations WHERE owner = ? ORDER BY updated DESC LIMIT ?)"""
        self._run(sql, (owner, owner, KEPT_CONVERSATIONS))

    def conversations(self, owner: str) -> list[tuple[str, str, float]]:
        """Id, title and time of the owner's conversations, newest first."""
        sql = "SELECT id, title, updated FROM conversations WHERE owner = ? ORDER BY updated DESC"
        return [(id, title, updated) for id, title, updated in self._rows(sql, (owner,))]

    def conversation(self, id: str, owner: str) -> list[dict[str, Any]] | None:
        rows = self._rows("SELECT turns FROM conversations WHERE id = ? AND owner = ?", (id, owner))
        return list(json.loads(rows[0][0])) if rows else None

    def remove_conversation(self, id: str, owner: str) -> bool:
        return self._run("DELETE FROM conversations WHERE id = ? AND owner = ?", (id, owner)) > 0

    def add_feedback(self, who: str, question: str, text: str, vote: str, comment: str) -> str:
        id = uuid.uuid4().hex
        sql = "INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?)"
        self._run(sql, (id, time.time(), who, question, text, vote, comment))
        return id

    def feedback(self) -> list[dict[str, Any]]:
        rows = self._rows("SELECT id, at, who, question, text, vote, comment FROM feedback ORDER BY at DESC")
        names = ("id", "at", "who", "question", "text", "vote", "comment")
        return [dict(zip(names, row, strict=True)) for row in rows]
