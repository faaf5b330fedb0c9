"""Logging in by password or by OIDC, and out."""

from __future__ import annotations

import secrets
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from assistant.web import pages
from assistant.web.errors import ApiError
from assistant.web.identity import SESSION_COOKIE, Gatekeeper, Role
from assistant.web.limits import RateLimit
from assistant.web.settings import WebSettings


def local_path(target: str) -> str:
    """``target`` if it is a path of this service, else the front page: no open redirect, no header injection."""
    parts = urlsplit(target)
    plain = all(32 < ord(c) < 127 for c in target) and "\\" not in target
    inside = target.startswith("/") and not target.startswith("//") and not parts.scheme and not parts.netloc
    return target if plain and inside else "/"


def login_router(settings: WebSettings, gatekeeper: Gatekeeper) -> APIRouter:
    """The paths /login, /logout and, where an issuer is set, /oidc/start and /oidc/callback."""
    router = APIRouter(include_in_schema=False)
    attempts = RateLimit(settings.login_per_minute)
    root = settings.root_path

    def enter(request: Request, name: str, role: Role, target: str) -> Response:
        # A new token at every login: a cookie planted before it is worth nothing after it.
        if old := request.cookies.get(SESSION_COOKIE):
            gatekeeper.state.end_session(old)
        token = gatekeeper.state.start_session(name, role, settings.session_hours)
        response = RedirectResponse(root + local_path(target), 303)
        response.set_cookie(
            SESSION_COOKIE,
            token,
            max_age=settings.session_hours * 3600,
            path="/",
            httponly=True,
            samesite="lax",
            secure=settings.secure_cookies or request.url.scheme == "https",
        )
        return response

    def form(target: str, message: str = "", status: int = 200) -> Response:
        single = bool(settings.oidc_issuer)
        return pages.page("login.html", root, status, next=local_path(target), message=message, single=single)

    @router.get("/login")
    def show(next: str = "/") -> Response:
        return form(next)

    @router.post("/login")
    def log_in(
        request: Request,
        name: Annotated[str, Form(max_length=64)] = "",
        password: Annotated[str, Form(max_length=1024)] = "",
        next: Annotated[str, Form(max_length=2000)] = "/",
    ) -> Response:
        address = request.client.host if request.client else "?"
        if attempts.wait(address):
            return form(next, "尝试次数过多，请一分钟后再试。", 429)
        role = gatekeeper.check_password(name, password)
        if role is None:
            return form(next, "用户名或密码不正确。", 401)
        return enter(request, name, role, next)

    @router.post("/logout")
    def log_out(request: Request) -> Response:
        if token := request.cookies.get(SESSION_COOKIE):
            gatekeeper.state.end_session(token)
        response = RedirectResponse(root + ("/login" if gatekeeper.required else "/"), 303)
        response.delete_cookie(SESSION_COOKIE, path="/")
        return response

    if settings.oidc_issuer:
        client = _oidc_client(settings)

        @router.get("/oidc/start")
        async def start(request: Request, next: str = "/") -> Response:
            request.session["next"] = local_path(next)
            back = str(request.url_for("oidc_callback"))
            response: Response = await client.authorize_redirect(request, back, nonce=secrets.token_urlsafe(16))
            return response

        @router.get("/oidc/callback", name="oidc_callback")
        async def oidc_callback(request: Request) -> Response:
            from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
            from joserfc.errors import JoseError

            try:
                claims = (await client.authorize_access_token(request)).get("userinfo") or {}
            except (OAuthError, JoseError) as error:
                raise ApiError(401, "单点登录没有成功，请重新登录。") from error
            name = str(claims.get(settings.oidc_user_claim) or claims.get("sub") or "")[:64]
            if not name:
                raise ApiError(401, "单点登录没有给出用户名，请联系管理员。")
            target = str(request.session.pop("next", "/"))
            return enter(request, name, gatekeeper.role_of_named(name), target)

    return router


def _oidc_client(settings: WebSettings) -> Any:
    from authlib.integrations.starlette_client import OAuth  # type: ignore[import-untyped]

    return OAuth().register(
        "sso",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        server_metadata_url=settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
    )
