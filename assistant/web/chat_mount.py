"""Mounts the Gradio chat page behind the API, so that the API answers before Gradio is imported."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.web.errors import ApiError, error_response
from assistant.web.front_door import Assistant
from assistant.web.settings import WebSettings
from assistant.web.state import State

# Paths of ours that must never be answered by the page mounted at the root.
OURS = ("/api/", "/v1/", "/source/", "/widget/", "/ui/", "/mcp")

# Importing Gradio takes some seconds; a question asked meanwhile need not wait for it.
STARTING = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta http-equiv="refresh" content="1">
<title>预算问答</title><p role="status">页面正在启动，请稍候……</p></html>"""


def _build(assistant: Assistant, settings: WebSettings, state: State) -> FastAPI:
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from assistant.web.chat import mount_chat

    inner = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    mount_chat(inner, assistant, settings, state)
    return inner


class ChatMount:
    """An ASGI app that answers with a waiting page until the chat page is built."""

    def __init__(self, assistant: Assistant, settings: WebSettings, state: State) -> None:
        self._assistant = assistant
        self._settings = settings
        self._state = state
        self._inner: ASGIApp | None = None
        self.routes: list[BaseRoute] = []
        self.failure: BaseException | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].removeprefix(self._settings.root_path).startswith(OURS):
            # The root mount matches everything, so a wrong method or path of ours ends here.
            partial = any(r.matches(scope)[0] == Match.PARTIAL for r in self.routes)
            await error_response(ApiError(405 if partial else 404))(scope, receive, send)
        elif self._inner is not None:
            await self._inner(scope, receive, send)
        elif scope["type"] == "http":
            await HTMLResponse(STARTING, status_code=503, headers={"Retry-After": "1"})(scope, receive, send)

    async def _run(self, stop: asyncio.Event) -> None:
        inner = await asyncio.to_thread(_build, self._assistant, self._settings, self._state)
        async with inner.router.lifespan_context(inner):
            self._inner = inner
            await stop.wait()
            self._inner = None

    @contextlib.asynccontextmanager
    async def lifespan(self, _: Any) -> AsyncIterator[None]:
        """Start building in the background; stop the page with the service."""
        stop = asyncio.Event()
        task = asyncio.create_task(self._run(stop))
        try:
            yield
        finally:
            stop.set()
            await task
