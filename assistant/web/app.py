"""The web service: chat page, API and search box in one process on one port."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from fastapi import FastAPI

from assistant.web import api, errors
from assistant.web.chat_mount import ChatMount
from assistant.web.front_door import Assistant
from assistant.web.settings import WebSettings, SettingsError, read_settings

DESCRIPTION = "对预算文件提问，得到准确、带单位、可核对出处的数字。"


def create_app(assistant: Assistant, settings: WebSettings) -> FastAPI:
    """The whole service around ``assistant``; opens nothing before its lifespan starts."""
    chat = ChatMount(assistant, settings)
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
    errors.install(app)
    app.include_router(api.router)
    chat.routes = list(app.router.routes)
    app.mount("/", chat)
    return app


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(store: str | Path, host: str = "127.0.0.1", port: int = 7860, insecure: bool = False) -> None:
    """Open the store and serve until interrupted."""
    import uvicorn

    from assistant.answering import open_assistant

    settings = read_settings(state=Path(store), insecure=insecure)
    if not is_loopback(host) and not settings.insecure:
        raise SettingsError("在本机以外的地址上运行须先设置登录；确要开放运行，请加 --insecure。")
    app = create_app(open_assistant(store), settings)
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False)
