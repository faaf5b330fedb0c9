"""The search box for other pages: its script, its token, an iframe page and a plain form."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.responses import FileResponse, HTMLResponse

from assistant.records import Question
from assistant.web import pages
from assistant.web.api import Door, answer_json
from assistant.web.cards import in_other_unit, sources, with_separators
from assistant.web.errors import ApiError, documented
from assistant.web.guard import STRICT_POLICY
from assistant.web.identity import SITE_TOKEN_SECONDS, Gatekeeper, Refused

router = APIRouter(prefix="/widget")
ANYWHERE = {"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=3600"}


class SiteBody(BaseModel):
    site: str


class SiteToken(BaseModel):
    token: str
    expires_in: int


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""


@router.get("/budgetqa.js", include_in_schema=False)
def script() -> FileResponse:
    return FileResponse(pages.FOLDER / "widget" / "budgetqa.js", media_type="text/javascript", headers=ANYWHERE)


@router.post("/token", response_model=SiteToken, responses=documented(413), summary="换取搜索框令牌")
def token(body: SiteBody, request: Request) -> JSONResponse:
    """A token for a quarter of an hour, for a page of the site key's own origins."""
    gatekeeper: Gatekeeper = request.app.state.gatekeeper
    try:
        text = gatekeeper.site_token(body.site, request.headers.get("origin", ""))
    except Refused:
        raise ApiError(403, "站点密钥不适用于此页面所在的网站。") from None
    return JSONResponse({"token": text, "expires_in": SITE_TOKEN_SECONDS})


@router.get("/frame", include_in_schema=False)
def frame(request: Request, site: Annotated[str, Query(max_length=64)] = "", lang: str = "zh-CN") -> HTMLResponse:
    """The search box as a page for an iframe; only the site's own origins may frame it."""
    gatekeeper: Gatekeeper = request.app.state.gatekeeper
    known = gatekeeper.state.site(site) if site else None
    text = ""
    parent = _origin(request.headers.get("referer", ""))
    if known and request.headers.get("sec-fetch-dest") == "iframe" and parent in known.origins:
        text = gatekeeper.site_token(site, parent)
    response = pages.page(
        "frame.html", request.scope.get("root_path", ""), token=text, lang="en" if lang.startswith("en") else "zh-CN"
    )
    ancestors = " ".join(["'self'", *known.origins]) if known else "'self'"
    response.headers["Content-Security-Policy"] = STRICT_POLICY.replace(
        "frame-ancestors 'self'", f"frame-ancestors {ancestors}"
    )
    return response


@router.get("/plain", include_in_schema=False)
def plain(request: Request, assistant: Door, q: Annotated[str, Query(max_length=2000)] = "") -> HTMLResponse:
    """Question and answer without any script, for old browsers."""
    text = q.strip()
    answer = answer_json(assistant.ask(Question(text=text))) if text else None
    values = [
        {
            "label": v["label"],
            "figure": (v.get("comparison") or "") + with_separators(v["value"]),
            "unit": v["unit"],
            "other": in_other_unit(v["value"], v["unit"]),
        }
        for v in (answer["values"] if answer else [])
        if v["value"] is not None
    ]
    return pages.page(
        "plain.html",
        request.scope.get("root_path", ""),
        q=text,
        answer=answer,
        values=values,
        sources=sources(answer["citations"]) if answer else [],
    )
