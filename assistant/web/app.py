"""The web service: chat page, API and search box in one process on one port."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.sessions import SessionMiddleware
from starlette.staticfiles import StaticFiles

from assistant.web import api, errors, feedback_api, source
from assistant.web.chat_mount import ChatMount
from assistant.web.front_door import Assistant
from assistant.web.guard import Guard
from assistant.web.identity import Gatekeeper, is_loopback
from assistant.web.login import login_router
from assistant.web.pages import FOLDER
from assistant.web.settings import SettingsError, WebSettings, read_settings
from assistant.web.state import State

DESCRIPTION = "对预算文件提问，得到准确、带单位、可核对出处的数字。"


def create_app(assistant: Assistant, settings: WebSettings) -> FastAPI:
    """The whole service around ``assistant``; the chat page is built after its lifespan starts."""
    state = State(settings.state)
    gatekeeper = Gatekeeper(settings, state)
    chat = ChatMount(assistant, settings, state)
    app = FastAPI(
        title="预算问答",
        description=DESCRIPTION,
        version="1",
        lifespan=chat.lifespan,
        docs_url=None,
        redoc_url=None,
        root_path=settings.root_path,
    )
    app.state.assistant = assistant
    app.state.settings = settings
    app.state.state = state
    app.state.gatekeeper = gatekeeper
    errors.install(app)
    for router in (api.router, feedback_api.router, source.router, login_router(settings, gatekeeper)):
        app.include_router(router)
    app.mount("/ui", StaticFiles(directory=FOLDER / "static"))
    chat.routes = list(app.router.routes)
    app.mount("/", chat)
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
    return app


def serve(store: str | Path, host: str = "127.0.0.1", port: int = 7860, insecure: bool = False) -> None:
    """Open the store and serve until interrupted.

    Raises SettingsError, in Chinese, for an unfit setting, or for an address that others
    can reach without any login set up.
    """
    given: dict[str, object] = {"insecure": True} if insecure else {}
    settings = read_settings(None, state=Path(store), **given)
    if not is_loopback(host) and not settings.insecure and not Gatekeeper(settings, State(settings.state)).required:
        raise SettingsError("在本机以外的地址上运行须先添加用户（见 docs/deploy.md）；确要开放运行，请加 --insecure。")
    import uvicorn

    from assistant.answering import open_assistant

    app = create_app(open_assistant(store), settings)
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False)
