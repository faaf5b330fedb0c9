"""Who is asking: session cookie, API key, proxy header, widget token, or nobody on an open service."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import HTTPConnection

from assistant.web.settings import WebSettings
from assistant.web.state import State

Role = Literal["reader", "manager", "site"]
SESSION_COOKIE = "budgetqa_session"
VISITOR_COOKIE = "budgetqa_visitor"
SITE_TOKEN_SECONDS = 900
MIN_PASSWORD = 10


@dataclass(frozen=True, slots=True)
class Principal:
    """``name`` is for logs and people (an address where nobody logs in), ``owner`` keys conversations and limits.

    ``site`` may only ask and search, from ``origin``.
    """

    name: str
    role: Role
    owner: str
    via: Literal["open", "session", "key", "proxy", "site"]
    origin: str | None = None


@lru_cache(maxsize=1024)
def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Refused(Exception):
    """A credential was shown and is not good."""


def _within(address: str, networks: tuple[str, ...]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in ipaddress.ip_network(network, strict=False) for network in networks)


class Gatekeeper:
    """Turns a request into a principal and checks passwords; holds no session itself."""

    def __init__(self, settings: WebSettings, state: State) -> None:
        self.settings = settings
        self.state = state
        self._hasher = PasswordHasher()

    @cached_property
    def required(self) -> bool:
        """Whether a visitor without credentials is turned away."""
        if self.settings.auth != "auto":
            return self.settings.auth == "on"
        single = self.settings.oidc_issuer or self.settings.proxy_header
        # Opening an empty state file only to find no user in it would litter the folder.
        return bool(single) or (self.state.path.exists() and bool(self.state.users()))

    @cached_property
    def _tokens(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.state.secret("site-tokens"), salt="budgetqa.site")

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe(16))

    def add_user(self, name: str, password: str, role: Role) -> None:
        """Create or replace a user; raises ValueError, in Chinese, for an unfit name, password or role."""
        if not name or len(name) > 64 or not name.isprintable():
            raise ValueError("用户名须为 1 到 64 个可见字符。")
        if len(password) < MIN_PASSWORD:
            raise ValueError(f"密码至少 {MIN_PASSWORD} 个字符。")
        if role not in ("reader", "manager"):
            raise ValueError("角色只能是 reader（读者）或 manager（管理员）。")
        self.state.put_user(name, self._hasher.hash(password), role)

    def check_password(self, name: str, password: str) -> Role | None:
        """The role if the password is right. An unknown name takes as long as a wrong password."""
        user = self.state.user(name)
        try:
            self._hasher.verify(user.password if user else self._nobody, password)
        except (VerificationError, InvalidHashError):
            return None
        if user is None:
            return None
        return "manager" if user.role == "manager" else "reader"

    def role_of_named(self, name: str) -> Role:
        """The role of someone whom a proxy or an identity provider vouches for."""
        return "manager" if name in self.settings.proxy_managers else "reader"

    def site_token(self, site_key: str, origin: str) -> str:
        """A token for 15 minutes of asking from ``origin``; raises Refused for an unknown key or origin."""
        site = self.state.site(site_key)
        if site is None or origin not in site.origins:
            raise Refused
        return self._tokens.dumps({"site": site_key, "origin": origin})

    def identify(self, request: HTTPConnection) -> Principal | None:
        """The principal, or None for a visitor without credentials; raises Refused for bad ones."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            return self._bearer(token.strip(), request)
        header = self.settings.proxy_header
        address = request.client.host if request.client else ""
        if header and (name := request.headers.get(header)) and _within(address, self.settings.proxy_addresses):
            return Principal(name, self.role_of_named(name), f"user:{name}", "proxy")
        if cookie := request.cookies.get(SESSION_COOKIE):
            found = self.state.session(cookie)
            if found:
                name, role = found
                return Principal(name, "manager" if role == "manager" else "reader", f"user:{name}", "session")
        if self.required or not self._reachable_openly(request, address):
            return None
        visitor = request.cookies.get(VISITOR_COOKIE) or address
        local: Role = "manager" if is_loopback(address) else "reader"
        # The cookie opens his conversations, so logs and the audit name the address instead.
        return Principal(address, local, f"visitor:{visitor[:64]}", "open")

    def _reachable_openly(self, request: HTTPConnection, address: str) -> bool:
        """Without login only this machine may ask, and only by its own name (against DNS rebinding)."""
        host = urlsplit("//" + request.headers.get("host", "")).hostname or ""
        return self.settings.insecure or (is_loopback(address) and is_loopback(host))

    def _bearer(self, token: str, request: HTTPConnection) -> Principal | None:
        if token.startswith("bq_"):
            key = self.state.key(token)
            if key is None:
                raise Refused
            return Principal(key.label, "manager" if key.scope == "manage" else "reader", f"key:{key.id}", "key")
        try:
            claims = self._tokens.loads(token, max_age=SITE_TOKEN_SECONDS)
            site = self.state.site(claims["site"])
        except (BadData, KeyError, TypeError):
            if self.required:
                raise Refused from None
            # Chat clients of the OpenAI protocol always send some key, also to an open service.
            address = request.client.host if request.client else ""
            if not self._reachable_openly(request, address):
                raise Refused from None
            return Principal(address, "reader", f"visitor:{address}", "open")
        origin = claims["origin"]
        shown = request.headers.get("origin")
        # Our own iframe page calls from our own origin.
        ours = shown is None or urlsplit(shown).netloc == request.headers.get("host")
        if site is None or origin not in site.origins or not (ours or shown == origin):
            raise Refused
        return Principal(site.label, "site", f"site:{site.key}", "site", origin)
