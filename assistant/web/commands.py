"""`budgetqa user|key|site`: who may come in, managed at the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.table import Table

from assistant.web.identity import Gatekeeper
from assistant.web.settings import SettingsError, read_settings
from assistant.web.state import State

Store = Annotated[Path, typer.Option("--store", envvar="BUDGETQA_STORE", help="数据所在的文件夹")]
DEFAULT_STORE = Path("var")
users = typer.Typer(help="管理用户", no_args_is_help=True)
keys = typer.Typer(help="管理 API 密钥", no_args_is_help=True)
sites = typer.Typer(help="管理搜索框的站点密钥", no_args_is_help=True)


def _fail(message: str) -> typer.Exit:
    print(message, file=sys.stderr)
    return typer.Exit(1)


def _gatekeeper(store: Path) -> Gatekeeper:
    try:
        settings = read_settings(None, state=store)
    except SettingsError as error:
        raise _fail(str(error)) from None
    return Gatekeeper(settings, State(settings.state))


def _show(heads: list[str], rows: list[list[str]]) -> None:
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


@users.command("add")
def add_user(
    name: str,
    role: Annotated[str, typer.Option(help="reader（读者）或 manager（管理员）")] = "reader",
    password_file: Annotated[Path | None, typer.Option(help="从文件读密码；不填则在终端输入")] = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """添加用户或更改其密码和角色。"""
    if password_file is not None:
        try:
            password = password_file.read_text("utf-8").strip("\r\n")
        except OSError:
            raise _fail(f"读不到密码文件 {password_file}，请检查路径。") from None
    else:
        password = typer.prompt("密码", hide_input=True, confirmation_prompt="再输入一次")
    try:
        _gatekeeper(store).add_user(name, password, role)  # type: ignore[arg-type]
    except ValueError as error:
        raise _fail(str(error)) from None
    print(f"用户 {name}（{role}）已保存；服务重启后生效。")


@users.command("list")
def list_users(store: Store = DEFAULT_STORE) -> None:
    """列出用户。"""
    _show(["用户", "角色"], [[u.name, u.role] for u in _gatekeeper(store).state.users()])


@users.command("remove")
def remove_user(name: str, store: Store = DEFAULT_STORE) -> None:
    """删除用户并使其立即退出。"""
    if not _gatekeeper(store).state.remove_user(name):
        raise _fail(f"没有用户 {name}；用 budgetqa user list 查看。")
    print(f"用户 {name} 已删除。")


@keys.command("add")
def add_key(
    label: str,
    scope: Annotated[str, typer.Option(help="ask（提问）或 manage（还可上传、移除文件）")] = "ask",
    store: Store = DEFAULT_STORE,
) -> None:
    """生成 API 密钥；只显示这一次。"""
    if scope not in ("ask", "manage"):
        raise _fail("范围只能是 ask 或 manage。")
    id, token = _gatekeeper(store).state.add_key(label, scope)
    print(f"编号 {id}\n密钥 {token}\n请现在保存，以后无法再查看。")


@keys.command("list")
def list_keys(store: Store = DEFAULT_STORE) -> None:
    """列出 API 密钥。"""
    rows = [[k.id, k.label, k.scope, "已撤销" if k.revoked else ""] for k in _gatekeeper(store).state.api_keys()]
    _show(["编号", "名称", "范围", "状态"], rows)


@keys.command("revoke")
def revoke_key(id: str, store: Store = DEFAULT_STORE) -> None:
    """撤销 API 密钥，立即生效。"""
    if not _gatekeeper(store).state.revoke_key(id):
        raise _fail(f"没有编号为 {id} 的有效密钥；用 budgetqa key list 查看。")
    print("密钥已撤销。")


@sites.command("add")
def add_site(label: str, origins: list[str], store: Store = DEFAULT_STORE) -> None:
    """为嵌入搜索框的网站生成站点密钥；来源形如 https://portal.example。"""
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
            raise _fail(f"来源 {origin} 不对：须为 http(s)://主机[:端口]，末尾不带斜线。")
        if any(c in origin for c in " ;,'\"*"):
            raise _fail(f"来源 {origin} 含有不允许的字符。")
    print(f"站点密钥 {_gatekeeper(store).state.add_site(label, origins)}")


@sites.command("list")
def list_sites(store: Store = DEFAULT_STORE) -> None:
    """列出站点密钥。"""
    rows = [[s.key, s.label, " ".join(s.origins)] for s in _gatekeeper(store).state.sites()]
    _show(["站点密钥", "名称", "来源"], rows)


@sites.command("revoke")
def revoke_site(key: str, store: Store = DEFAULT_STORE) -> None:
    """撤销站点密钥，立即生效。"""
    if not _gatekeeper(store).state.revoke_site(key):
        raise _fail("没有这个有效的站点密钥；用 budgetqa site list 查看。")
    print("站点密钥已撤销。")
