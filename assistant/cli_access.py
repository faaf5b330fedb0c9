"""`budgetqa user|key|site`: who may come in, managed at the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from assistant.cli_table import print_rows
from assistant.cli_words import ChineseCommand, ChineseGroup, CommandError, examples
from assistant.web.identity import Gatekeeper
from assistant.web.settings import SettingsError, settings_of
from assistant.web.state import State

Store = Annotated[str, typer.Option("--store", metavar="目录", envvar="BUDGETQA_STORE", help="库的文件夹或数据库地址")]
Name = Annotated[str, typer.Argument(metavar="用户名", help="用户名")]
Label = Annotated[str, typer.Argument(metavar="名称", help="给自己看的名称")]
Origins = Annotated[list[str], typer.Argument(metavar="来源", help="网站地址，形如 https://portal.example，可写多个")]
Id = Annotated[str, typer.Argument(metavar="编号", help="密钥编号")]
Key = Annotated[str, typer.Argument(metavar="站点密钥", help="要撤销的站点密钥")]
DEFAULT_STORE = "var"
users = typer.Typer(cls=ChineseGroup, help="管理用户", rich_markup_mode=None, add_completion=False)
keys = typer.Typer(cls=ChineseGroup, help="管理 API 密钥", rich_markup_mode=None, add_completion=False)
sites = typer.Typer(cls=ChineseGroup, help="管理搜索框的站点密钥", rich_markup_mode=None, add_completion=False)


def _gatekeeper(store: str) -> Gatekeeper:
    try:
        settings = settings_of(store)
    except SettingsError as error:
        raise CommandError(str(error)) from None
    return Gatekeeper(settings, State(settings.state))


@users.command("add", cls=ChineseCommand, epilog=examples("user add 张三 --role manager"))
def add_user(
    name: Name,
    role: Annotated[str, typer.Option(help="reader（读者）或 manager（管理员）")] = "reader",
    password_file: Annotated[Path | None, typer.Option(help="从文件读密码；不填则在终端输入")] = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """添加用户或更改其密码和角色。"""
    if password_file is not None:
        try:
            password = password_file.read_text("utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError):
            raise CommandError(f"读不到密码文件 {password_file}，请检查路径。") from None
    else:
        password = typer.prompt("密码", hide_input=True, confirmation_prompt="再输入一次")
    try:
        _gatekeeper(store).add_user(name, password, role)  # type: ignore[arg-type]
    except ValueError as error:
        raise CommandError(str(error)) from None
    print(f"用户 {name}（{role}）已保存；服务重启后生效。")


@users.command("list", cls=ChineseCommand, epilog=examples("user list"))
def list_users(store: Store = DEFAULT_STORE) -> None:
    """列出用户。"""
    print_rows(["用户", "角色"], [[u.name, u.role] for u in _gatekeeper(store).state.users()])


@users.command("remove", cls=ChineseCommand, epilog=examples("user remove 张三"))
def remove_user(name: Name, store: Store = DEFAULT_STORE) -> None:
    """删除用户并使其立即退出。"""
    if not _gatekeeper(store).state.remove_user(name):
        raise CommandError(f"没有用户 {name}；用 budgetqa user list 查看。")
    print(f"用户 {name} 已删除。")


@keys.command("add", cls=ChineseCommand, epilog=examples("key add 报表系统 --scope ask"))
def add_key(
    label: Label,
    scope: Annotated[str, typer.Option(help="ask（提问）或 manage（还可上传、移除文件）")] = "ask",
    store: Store = DEFAULT_STORE,
) -> None:
    """生成 API 密钥；只显示这一次。"""
    if scope not in ("ask", "manage"):
        raise CommandError("范围只能是 ask 或 manage。")
    id, token = _gatekeeper(store).state.add_key(label, scope)
    print(f"编号 {id}\n密钥 {token}\n请现在保存，以后无法再查看。")


@keys.command("list", cls=ChineseCommand, epilog=examples("key list"))
def list_keys(store: Store = DEFAULT_STORE) -> None:
    """列出 API 密钥。"""
    rows = [[k.id, k.label, k.scope, "已撤销" if k.revoked else ""] for k in _gatekeeper(store).state.api_keys()]
    print_rows(["编号", "名称", "范围", "状态"], rows)


@keys.command("revoke", cls=ChineseCommand, epilog=examples("key revoke 编号"))
def revoke_key(id: Id, store: Store = DEFAULT_STORE) -> None:
    """撤销 API 密钥，立即生效。"""
    if not _gatekeeper(store).state.revoke_key(id):
        raise CommandError(f"没有编号为 {id} 的有效密钥；用 budgetqa key list 查看。")
    print("密钥已撤销。")


@sites.command("add", cls=ChineseCommand, epilog=examples("site add 内网门户 https://portal.example"))
def add_site(label: Label, origins: Origins, store: Store = DEFAULT_STORE) -> None:
    """为嵌入搜索框的网站生成站点密钥；来源形如 https://portal.example。"""
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
            raise CommandError(f"来源 {origin} 不对：须为 http(s)://主机[:端口]，末尾不带斜线。")
        if any(c in origin for c in " ;,'\"*"):
            raise CommandError(f"来源 {origin} 含有不允许的字符。")
    print(f"站点密钥 {_gatekeeper(store).state.add_site(label, origins)}")


@sites.command("list", cls=ChineseCommand, epilog=examples("site list"))
def list_sites(store: Store = DEFAULT_STORE) -> None:
    """列出站点密钥。"""
    rows = [[s.key, s.label, " ".join(s.origins)] for s in _gatekeeper(store).state.sites()]
    print_rows(["站点密钥", "名称", "来源"], rows)


@sites.command("revoke", cls=ChineseCommand, epilog=examples("site revoke 站点密钥"))
def revoke_site(key: Key, store: Store = DEFAULT_STORE) -> None:
    """撤销站点密钥，立即生效。"""
    if not _gatekeeper(store).state.revoke_site(key):
        raise CommandError("没有这个有效的站点密钥；用 budgetqa site list 查看。")
    print("站点密钥已撤销。")
