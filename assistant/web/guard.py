"""The middleware before every request: identity, permission, limits, CSRF, security headers, request ids."""

from __future__ import annotations

import logging
import math
import re
import secrets
from urllib.parse import quote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.answering import StoreError
from assistant.observing import group_of
from assistant.web.errors import UNREADABLE, ApiError, error_response
from assistant.web.identity import SESSION_COOKIE, VISITOR_COOKIE, Gatekeeper, Principal, Refused
from assistant.web.limits import RateLimit
from assistant.web.settings import WebSettings
from assistant.web.state import StateError

log = logging.getLogger(__name__)
# Whole paths, not beginnings: the chat page answers at any other path of the root.
OPEN = frozenset(
    ("/login", "/logout", "/api/health", "/favicon.ico", "/widget/budgetqa.js", "/widget/token", "/widget/frame")
)
OPEN_FOLDERS = ("/ui/", "/oidc/")
# Counted against the limit: what takes time or room.
ASKING = (
    *("/api/ask", "/api/search", "/api/export", "/api/feedback", "/v1/chat/", "/mcp", "/source/page/"),
    *("/gradio_api/queue/join", "/widget/plain", "/widget/token"),
)
FOR_SITES = {("POST", "/api/ask"), ("GET", "/api/search")}
CROSS_ORIGIN = ("/api/ask", "/api/search", "/widget/token")
READING = {"GET", "HEAD", "OPTIONS"}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}
BODY_LIMIT = 1 << 20
FORM_OVERHEAD = 1 << 20

STRICT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
# Gradio's own page needs inline scripts and eval; nothing in it comes from outside.
CHAT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
STRICT_PATHS = ("/api/", "/v1/", "/source/", "/login", "/widget/", "/ui/", "/docs", "/openapi.json", "/oidc/")


def is_open(path: str) -> bool:
    """Whether a visitor without credentials may come here."""
    return path in OPEN or path.startswith(OPEN_FOLDERS)


def needs_manager(method: str, path: str) -> bool:
    """Whether the path changes the store. Gradio's own upload is closed: documents come in by the API."""
    return path.startswith("/api/documents") and method not in READING


class Guard:
    """Wraps the whole service; puts the principal into ``request.state.principal``."""

    def __init__(self, app: ASGIApp, settings: WebSettings, gatekeeper: Gatekeeper) -> None:
        self.app = app
        self.settings = settings
        self.gatekeeper = gatekeeper
        self._asking = RateLimit(settings.ask_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            # Nothing here speaks it, so nothing may slip past the checks below.
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        path = scope["path"].removeprefix(self.settings.root_path) or "/"
        scope.setdefault("state", {})["request_id"] = request_id = secrets.token_hex(8)
        started = False
        allowed_origin = self._site_origin(request, path)
        visitor = secrets.token_urlsafe(18) if path == "/" and not request.cookies.get(VISITOR_COOKIE) else ""

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                self._protect(headers, path)
                if allowed_origin:
                    headers["Access-Control-Allow-Origin"] = allowed_origin
                    headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-ID"
                    headers.add_vary_header("Origin")
                if visitor:
                    secure = "; Secure" if self.settings.secure_cookies or scope["scheme"] == "https" else ""
                    cookie = f"{VISITOR_COOKIE}={visitor}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}"
                    headers.append("Set-Cookie", cookie)
            await send(message)

        try:
            refusal = self._check(request, scope, path)
            await (refusal or self.app)(scope, self._bounded(receive, path), send_guarded)
        except ApiError as error:
            await error_response(error)(scope, receive, send_guarded)
        except (StoreError, StateError) as error:
            log.error("request %s to %s: %s", request_id, group_of(path), error)
            if started:
                raise
            unreadable = ApiError(503, UNREADABLE, headers={"Retry-After": "5"})
            await error_response(unreadable)(scope, receive, send_guarded)
        except Exception:
            log.exception("request %s to %s failed", request_id, group_of(path))
            if started:
                raise
            await error_response(ApiError(500))(scope, receive, send_guarded)

    def _check(self, request: HTTPConnection, scope: Scope, path: str) -> Response | None:
        method = scope["method"]
        if method == "OPTIONS" and path in CROSS_ORIGIN and self._site_origin(request, path):
            return Response(status_code=204, headers=PREFLIGHT)
        self._check_size(request, path)
        try:
            principal = self.gatekeeper.identify(request)
        except Refused:
            raise ApiError(401, "密钥无效、已撤销或已过期。") from None
        if method not in READING:
            self._check_origin(request, principal)
        if principal is None and not is_open(path):
            if method == "GET" and "text/html" in request.headers.get("accept", ""):
                here = path + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
                return RedirectResponse(f"{self.settings.root_path}/login?next={quote(here)}", 303)
            raise ApiError(401, headers={"WWW-Authenticate": "Bearer"})
        if principal is not None:
            self._check_permission(principal, method, path)
        if path.startswith(ASKING):
            address = request.client.host if request.client else "?"
            # A visitor's cookie is his own choice, so an open service counts addresses.
            named = principal is not None and principal.via != "open"
            self._check_rate(principal.owner if principal and named else f"address:{address}")
        scope["state"]["principal"] = principal
        return None

    def _site_origin(self, request: HTTPConnection, path: str) -> str:
        """The calling page's origin where a site key lists it; its scripts may then read our answers."""
        origin = request.headers.get("origin", "")
        if path not in CROSS_ORIGIN or not origin or not self.gatekeeper.state.path.exists():
            return ""
        return origin if any(origin in site.origins for site in self.gatekeeper.state.sites()) else ""

    def _check_permission(self, principal: Principal, method: str, path: str) -> None:
        if principal.role == "site" and (method, path) not in FOR_SITES and not is_open(path):
            raise ApiError(403, "站点密钥只能用于提问和搜索。")
        if needs_manager(method, path) and principal.role != "manager":
            raise ApiError(403, "只有管理员可以上传或移除文件。")
        if path.startswith("/gradio_api/upload"):
            raise ApiError(403, "请在“文件”页上传。")

    def _check_rate(self, name: str) -> None:
        if wait := self._asking.wait(name):
            raise ApiError(429, headers={"Retry-After": str(math.ceil(wait))})

    def _check_origin(self, request: HTTPConnection, principal: Principal | None) -> None:
        """Cross-site request forgery: a browser's cookie counts only for a request from our own pages."""
        if principal is not None and principal.via in ("key", "site"):
            return
        origin = request.headers.get("origin")
        if origin is None:
            cookies = SESSION_COOKIE in request.cookies
            if cookies and request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                raise ApiError(403, "跨站请求已被拒绝。")
            return
        hosts = {request.headers.get("host", ""), request.headers.get("x-forwarded-host", "")} - {""}
        if urlsplit(origin).netloc not in hosts and not request.url.path.endswith("/widget/token"):
            raise ApiError(403, "跨站请求已被拒绝。")

    def _limit(self, path: str) -> int:
        return (self.settings.upload_mb << 20) + FORM_OVERHEAD if path == "/api/documents" else BODY_LIMIT

    def _check_size(self, request: HTTPConnection, path: str) -> None:
        length = request.headers.get("content-length", "0")
        if not re.fullmatch(r"\d{1,15}", length):
            raise ApiError(400)
        if int(length) > self._limit(path):
            raise ApiError(413)

    def _bounded(self, receive: Receive, path: str) -> Receive:
        """A body without a declared length is counted as it comes."""
        limit, seen = self._limit(path), 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                # FastAPI passes an HTTPException on as it is, others become 400.
                raise HTTPException(413)
            return message

        return counted

    def _protect(self, headers: MutableHeaders, path: str) -> None:
        policy = STRICT_POLICY if path.startswith(STRICT_PATHS) else CHAT_POLICY
        headers.setdefault("Content-Security-Policy", policy)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if headers["Content-Security-Policy"].endswith("frame-ancestors 'self'"):
            headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        if self.settings.secure_cookies:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if path.startswith(("/api/", "/source/", "/v1/", "/login")):
            headers.setdefault("Cache-Control", "no-store")
