"""Where the service is watched: a middleware around every request, the assistant with its answers noted, /metrics."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any, cast

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.observing import CALLER, REQUESTS, Caller, JsonLines, Observer
from assistant.records import Answer, Question
from assistant.web.errors import ApiError, documented
from assistant.web.front_door import Assistant
from assistant.web.settings import WebSettings

VECTORS = "budgetqa.vectors"
router = APIRouter()


class _Watched:
    def __init__(self, assistant: Assistant, observer: Observer) -> None:
        self._assistant, self._observer = assistant, observer

    def ask(self, question: Question) -> Answer:
        return self._observer.ask(self._assistant.ask, question)

    def stream(self, question: Question) -> Iterator[Answer | str]:
        return self._observer.stream(self._assistant.stream, question)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._assistant, name)


def watched(assistant: Assistant, observer: Observer) -> Assistant:
    """The same assistant; its answers are noted, whichever surface asks."""
    return cast("Assistant", _Watched(assistant, observer))


def observer_of(settings: WebSettings) -> Observer:
    return Observer(
        questions=settings.log_questions,
        audit=settings.state / "audit.jsonl" if settings.audit else None,
        audit_mb=settings.audit_mb,
        audit_files=settings.audit_files,
        collector=settings.otlp_endpoint,
    )


def log_as_json(settings: WebSettings) -> None:
    """Write the log as lines of JSON on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines(questions=settings.log_questions))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    for name in (REQUESTS, VECTORS):
        logging.getLogger(name).setLevel(logging.INFO)


class Watch:
    """Outermost: sees refusals of the guard too."""

    def __init__(self, app: ASGIApp, observer: Observer, root_path: str) -> None:
        self.app, self.observer, self.root_path = app, observer, root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        began, status = time.perf_counter(), 500

        def caller() -> Caller:
            found = state.get("principal")
            return Caller(state.get("request_id", ""), getattr(found, "name", ""), getattr(found, "via", ""))

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        before = CALLER.set(caller)
        try:
            with self.observer.span("request"):
                await self.app(scope, receive, noted)
        finally:
            CALLER.reset(before)
            path = scope["path"].removeprefix(self.root_path) or "/"
            self.observer.request(scope["method"], path, status, time.perf_counter() - began, caller())


@router.get("/metrics", response_class=Response, responses=documented(404), summary="Prometheus 指标")
def metrics(request: Request) -> Response:
    """Counts and times of requests and answers; no question's text."""
    principal = getattr(request.state, "principal", None)
    if principal is not None and principal.role == "site":
        raise ApiError(403)
    observer: Observer = request.app.state.observer
    return Response(observer.metrics(request.app.state.assistant.health()), media_type=CONTENT_TYPE_LATEST)
