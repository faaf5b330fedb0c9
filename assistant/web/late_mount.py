"""Parts of the service that are slow to import, built behind it while it already answers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.web.errors import ApiError, error_response

log = logging.getLogger(__name__)
# Importing Gradio takes some seconds; a question asked meanwhile need not wait for it.
STARTING = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta http-equiv="refresh" content="1">
<title>预算问答</title><p role="status">页面正在启动，请稍候……</p></html>"""


class LateMount:
    """An ASGI app that is built in a thread; until then it answers 503."""

    def __init__(self, build: Callable[[], Starlette]) -> None:
        self._build = build
        self._inner: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._inner is not None:
            await self._inner(scope, receive, send)
        elif scope["type"] == "http":
            await HTMLResponse(STARTING, status_code=503, headers={"Retry-After": "1"})(scope, receive, send)

    async def _run(self, stop: asyncio.Event, turn: asyncio.Lock) -> None:
        async with turn:
            inner = await asyncio.to_thread(self._build)
        async with inner.router.lifespan_context(inner):
            self._inner = inner
            await stop.wait()
            self._inner = None

    @contextlib.asynccontextmanager
    async def running(self, turn: asyncio.Lock) -> AsyncIterator[None]:
        """Start building in the background when it is its turn; stop with the service."""
        stop = asyncio.Event()
        task = asyncio.create_task(self._run(stop, turn))
        task.add_done_callback(_report)
        try:
            yield
        finally:
            stop.set()
            with contextlib.suppress(Exception):
                await task


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("a part of the service could not start", exc_info=error)


class RootMount:
    """What answers at the root: the chat page, but never for a path of ours."""

    OURS = ("/api/", "/v1/", "/source/", "/widget/", "/ui/", "/mcp")

    def __init__(self, page: ASGIApp, root_path: str, routes: list[BaseRoute]) -> None:
        self._page = page
        self._root_path = root_path
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].removeprefix(self._root_path).startswith(self.OURS):
            # The root matches everything, so a wrong method or path of ours ends here.
            partial = any(route.matches(scope)[0] == Match.PARTIAL for route in self._routes)
            await error_response(ApiError(405 if partial else 404))(scope, receive, send)
        else:
            await self._page(scope, receive, send)


def lifespan_of(
    *mounts: LateMount, built: Callable[[], None]
) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    """A lifespan that runs all ``mounts``, built one after the other: imports would else crowd out early questions.

    ``built`` is called when the last of them has been built, or could not be.
    """

    async def tell(turn: asyncio.Lock) -> None:
        # The lock is given in the order in which it was asked for, so this turn is the last.
        async with turn:
            built()

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        turn = asyncio.Lock()
        async with contextlib.AsyncExitStack() as stack:
            for mount in mounts:
                await stack.enter_async_context(mount.running(turn))
            telling = asyncio.create_task(tell(turn))
            yield
            telling.cancel()

    return lifespan
