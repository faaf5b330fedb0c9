"""An OpenAI-compatible endpoint on a real socket that follows a script, one reply a request (the last one repeats)."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

Reply = Callable[[socket.socket, threading.Event], None]


class ScriptedEndpoint:
    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self.requests: list[dict[str, Any]] = []
        self._closing = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(5)
            try:
                self.requests.append(_read(connection))
                reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
                reply(connection, self._closing)
            except OSError:
                return

    def close(self) -> None:
        self._closing.set()
        self._socket.close()
        for thread in self._threads:
            thread.join(2)


def _read(connection: socket.socket) -> dict[str, Any]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length"))
    while len(body) < length:
        body += connection.recv(65536)
    request: dict[str, Any] = json.loads(body)
    return request


def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    data = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "scripted", "choices": [choice]}
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def says(text: str, *, size: int = 7) -> Reply:
    """The text in a stream of small pieces."""

    def reply(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(HEAD)
        for start in range(0, len(text), size):
            connection.sendall(event({"role": "assistant", "content": text[start : start + size]}))
        connection.sendall(event({}, "stop") + b"data: [DONE]\n\n")

    return reply


def calls(name: str, **arguments: Any) -> Reply:
    """A tool call in a stream."""

    def reply(connection: socket.socket, _: threading.Event) -> None:
        function = {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}
        call = {"index": 0, "id": f"call-{time.monotonic_ns()}", "type": "function", "function": function}
        connection.sendall(HEAD + event({"role": "assistant", "content": None, "tool_calls": [call]}))
        connection.sendall(event({}, "tool_calls") + b"data: [DONE]\n\n")

    return reply


def fails(status: int, *, headers: str = "", message: str = "no") -> Reply:
    def reply(connection: socket.socket, _: threading.Event) -> None:
        body = json.dumps({"error": {"message": message, "code": status}}).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        connection.sendall(head.encode() + body)

    return reply


def malformed(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(HEAD + b'data: {"id": "x", "choices": [{"delta": {"content": \n\ndata: [DONE]\n\n')


def hangs(_: socket.socket, closing: threading.Event) -> None:
    closing.wait(20)


def cut_off(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(HEAD.replace(b"Connection: close", b"Transfer-Encoding: chunked"))
    piece = event({"role": "assistant", "content": "办公费"})
    connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n40\r\ndata: {")


def enormous(connection: socket.socket, closing: threading.Event) -> None:
    connection.sendall(HEAD)
    piece = event({"role": "assistant", "content": "办公费12万元[1]。" * 50})
    while not closing.is_set():
        connection.sendall(piece)


def drips(connection: socket.socket, closing: threading.Event) -> None:
    """One byte now and then, so that no read ever waits long and no event ever ends."""
    connection.sendall(HEAD)
    while not closing.wait(0.05):
        connection.sendall(b" ")


def drips_words(connection: socket.socket, closing: threading.Event) -> None:
    """Whole events of a good answer now and then, without end."""
    connection.sendall(HEAD)
    while not closing.wait(0.1):
        connection.sendall(event({"role": "assistant", "content": "办"}))


def calls_badly(connection: socket.socket, _: threading.Event) -> None:
    """A tool call whose arguments are no JSON."""
    function = {"name": "look_up", "arguments": '{"question": '}
    call = {"index": 0, "id": "call-1", "type": "function", "function": function}
    connection.sendall(HEAD + event({"role": "assistant", "content": None, "tool_calls": [call]}))
    connection.sendall(event({}, "tool_calls") + b"data: [DONE]\n\n")


def no_protocol(connection: socket.socket, _: threading.Event) -> None:
    """A page of another service on this port."""
    body = "<html>欢迎使用本网关</html>".encode()
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
