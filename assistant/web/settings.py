"""What the web service can be told, field by field; read once by the app factory and passed down."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "BUDGETQA_WEB_"


class SettingsError(ValueError):
    """A setting that does not exist or does not fit; the message is for the administrator."""


class WebSettings(BaseSettings):
    """Each field is the environment variable BUDGETQA_WEB_ + its name in capitals; lists are JSON."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    state: Path = Field(
        default=Path("var"),
        description="用户、密钥、会话、对话记录、评价、上传的文件所在的文件夹；不设时就是库的文件夹",
    )
    auth: Literal["auto", "off", "on"] = Field(
        default="auto", description="是否要求登录；auto：已有用户、单点登录或代理登录时要求"
    )
    insecure: bool = Field(default=False, description="允许在非本机地址上不设登录地运行（不建议）")
    secure_cookies: bool = Field(default=False, description="在 HTTPS 之后运行时打开：Cookie 只经加密连接发送")
    root_path: str = Field(default="", description="反向代理下的子路径，如 /budgetqa")
    session_hours: int = Field(default=12, ge=1, le=720, description="登录保持的小时数")
    ask_per_minute: int = Field(default=600, ge=1, description="每个用户、密钥或地址每分钟可提问的次数")
    login_per_minute: int = Field(default=10, ge=1, description="每个地址每分钟可尝试登录的次数")
    upload_mb: int = Field(default=50, ge=1, le=2048, description="单个上传文件的大小上限（MB）")
    upload_suffixes: tuple[str, ...] = Field(
        default=(
            *(".txt", ".docx", ".doc", ".wps", ".rtf", ".odt", ".pdf"),
            *(".xlsx", ".xls", ".et", ".ods", ".html", ".htm"),
        ),
        description="允许上传的文件类型",
    )
    log_questions: bool = Field(default=False, description="在日志和追踪中写出问题原文")
    audit: bool = Field(default=False, description="把谁问了什么、引用了哪些出处记入 STATE 下的 audit.jsonl")
    audit_mb: int = Field(default=20, ge=1, description="audit.jsonl 到多大（MB）时换新文件")
    audit_files: int = Field(default=10, ge=1, description="保留多少个换下的 audit.jsonl.N，更早的删除")
    otlp_endpoint: str = Field(
        default="", description="OpenTelemetry 收集器（gRPC），如 http://127.0.0.1:4317；空为不用"
    )
    proxy_header: str = Field(default="", description="反向代理写入用户名的请求头，如 X-Remote-User；空为不用")
    proxy_addresses: tuple[str, ...] = Field(default=(), description="可以写上述请求头的代理地址（可用网段）")
    proxy_managers: tuple[str, ...] = Field(default=(), description="经代理或单点登录进入时具有管理权限的用户名")
    oidc_issuer: str = Field(default="", description="OIDC 单点登录的发行者地址；空为不用")
    oidc_client_id: str = Field(default="", description="OIDC 客户端编号")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="OIDC 客户端密钥")
    oidc_user_claim: str = Field(default="preferred_username", description="OIDC 中作为用户名的字段")

    @field_validator("root_path")
    @classmethod
    def _plain_root(cls, value: str) -> str:
        if value and (not value.startswith("/") or value.endswith("/")):
            raise ValueError("子路径须以 / 开头且不以 / 结尾")
        return value


def read_settings(environment: Mapping[str, str] | None = None, **given: object) -> WebSettings:
    """Settings from the environment, ``given`` first.

    Raises SettingsError, in Chinese, for an unknown variable of our prefix or a value that does not fit.
    """
    names = os.environ if environment is None else environment
    known = {PREFIX + name.upper() for name in WebSettings.model_fields}
    for name in names:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            raise SettingsError(f"没有名为 {name} 的设置；全部设置见 docs/deploy.md。")
    try:
        return WebSettings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"设置 {PREFIX}{field.upper()} 的值不合要求：{first['msg']}") from None


def settings_of(store: str | Path, **given: object) -> WebSettings:
    """The settings beside a store: what the service keeps is in the store's folder unless STATE names another."""
    from assistant.answering import state_folder

    # A store in a database or on a read-only disk has no folder for it.
    if f"{PREFIX}STATE" not in os.environ and (beside := state_folder(store)) is not None:
        given["state"] = beside
    return read_settings(None, **given)


def settings_table() -> str:
    """The settings as a Markdown table; docs/deploy.md holds it and a test compares."""
    lines = ["| 变量 | 默认 | 说明 |", "| --- | --- | --- |"]
    for name, field in WebSettings.model_fields.items():
        default = field.default
        if isinstance(default, SecretStr):
            default = ""
        shown = " ".join(default) if isinstance(default, tuple) else str(default)
        lines.append(f"| `{PREFIX}{name.upper()}` | {f'`{shown}`' if shown else '空'} | {field.description} |")
    return "\n".join(lines)
