"""The web service: chat page, API and search box in one process on one port."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from assistant.answering import StoreError, open_assistant
from assistant.web import api, errors, feedback_api, openai_protocol, reference, source, watching, widget_api
from assistant.web.front_door import Assistant
from assistant.web.guard import Guard
from assistant.web.identity import Gatekeeper, is_loopback
from assistant.web.late_mount import LateMount, RootMount, lifespan_of
from assistant.web.login import login_router
from assistant.web.page_head import PlainHead
from assistant.web.pages import FOLDER
from assistant.web.settings import SettingsError, WebSettings, settings_of
from assistant.web.state import State, writable
from assistant.web.uploads import Uploads

DESCRIPTION = "对预算文件提问，得到准确、带单位、可核对出处的数字。"
ASKERS = 4
"""How many threads answer questions of programs; where a language model takes part, which is waited for, as many as ask."""
# Traces go where our own settings say and nowhere else, whatever provider a library has set up.
NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False}


def _chat_page(assistant: Assistant, settings: WebSettings, state: State) -> Starlette:
    # The first page shows them; and the first question finds its documents read, before Gradio's import is in its way.
    with contextlib.suppress(StoreError):
        assistant.examples()
    # Read by Gradio at import: it would report its use to its makers otherwise.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from assistant.web.chat import mount_chat

    inner = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, telemetry=NO_TELEMETRY)
    mount_chat(inner, assistant, settings, state)
    inner.add_middleware(PlainHead)
    return inner


def _mcp(assistant: Assistant) -> Starlette:
    from assistant.web.mcp_server import mcp_app

    return mcp_app(assistant)


def create_app(assistant: Assistant, settings: WebSettings, built: Callable[[], None] = lambda: None) -> FastAPI:
    """The whole service around ``assistant``; the chat page is built after its lifespan starts, then comes ``built``."""
    observer = watching.observer_of(settings)
    assistant = watching.watched(assistant, observer)
    state = State(settings.state)
    gatekeeper = Gatekeeper(settings, state)
    chat = LateMount(lambda: _chat_page(assistant, settings, state))
    mcp = LateMount(lambda: _mcp(assistant))
    app = FastAPI(
        title="预算问答",
        description=DESCRIPTION,
        version="1",
        lifespan=lifespan_of(chat, mcp, built=built),
        docs_url=None,
        redoc_url=None,
        root_path=settings.root_path,
        telemetry=NO_TELEMETRY,
    )
    app.state.assistant = assistant
    app.state.askers = None if assistant.model is not None else CapacityLimiter(ASKERS)
    app.state.observer = observer
    app.state.uploads = Uploads(assistant, settings)
    app.state.state = state
    app.state.gatekeeper = gatekeeper
    errors.install(app)
    for part in (api, feedback_api, openai_protocol, source, widget_api, reference, watching):
        app.include_router(part.router)
    app.include_router(login_router(settings, gatekeeper))
    app.router.routes += [Route("/mcp", mcp, include_in_schema=False), Route("/mcp/", mcp, include_in_schema=False)]
    app.mount("/ui", StaticFiles(directory=FOLDER / "static"))
    app.mount("/", RootMount(chat, settings.root_path, list(app.router.routes)))
    if settings.oidc_issuer:
        # Holds the state of a login under way, for some minutes.
        app.add_middleware(
            SessionMiddleware,
            secret_key=state.secret("oidc"),
            session_cookie="budgetqa_oidc",
            max_age=600,
            https_only=settings.secure_cookies,
        )
    app.add_middleware(Guard, settings=settings, gatekeeper=gatekeeper)
    app.add_middleware(watching.Watch, observer=observer, root_path=settings.root_path)
    return app


def _settle() -> None:
    """Collect once, and never look again at what stays for good: each full collection held up all answers for 0.3 s."""
    gc.collect()
    gc.freeze()
    gc.enable()


def serve(
    store: str | Path, host: str = "127.0.0.1", port: int = 7860, insecure: bool = False, vectors: bool = True
) -> None:
    """Open the store and serve until interrupted; ``vectors`` are made behind where documents have none.

    Raises SettingsError, in Chinese, for an unfit setting, or for an address that others
    can reach without any login set up.
    """
    settings = settings_of(store, insecure=True) if insecure else settings_of(store)
    if not writable(settings.state):
        raise SettingsError(f"无法写入 {settings.state}（用户、会话、评价所在）。请用 BUDGETQA_WEB_STATE 指定可写的文件夹。")
    if not is_loopback(host) and not settings.insecure and not Gatekeeper(settings, State(settings.state)).required:
        raise SettingsError("在本机以外的地址上运行须先添加用户（见 docs/deploy.md）；确要开放运行，请加 --insecure。")
    import uvicorn

    watching.log_as_json(settings)
    # Imports leave next to nothing to collect, and looking for it took a third of the start.
    gc.disable()
    assistant = open_assistant(store)
    app = create_app(assistant, settings, built=_settle)
    if vectors:
        assistant.follow(logging.getLogger(watching.VECTORS).info)
    try:
        uvicorn.run(
            app,
            host=host,
            port=port,
            # Our own handler writes uvicorn's lines too: its own would write an exception's words.
            log_config=None,
            access_log=False,
            server_header=False,
            # A login by the proxy's header needs the proxy's own address, not the one that it forwards.
            proxy_headers=not settings.proxy_header,
            # Longer than a browser or proxy keeps an idle connection, so that none is cut as it is used again.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
        )
    finally:
        app.state.observer.close()
        assistant.close()
