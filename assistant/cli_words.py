"""The command line's Chinese: help pages, usage errors and the system's reasons in one line."""

from __future__ import annotations

import errno
import re
import sys
from typing import Any

from typer import TyperException
from typer.core import TyperCommand, TyperGroup


class CommandError(Exception):
    """A command cannot go on; the message is one Chinese line with a next step."""


# What the command-line library prints in English, on help pages.
_HELP = (
    (re.compile(r"^Usage:", re.M), "用法："),
    (re.compile(r"^Options:", re.M), "选项："),
    (re.compile(r"^Arguments:", re.M), "参数："),
    (re.compile(r"^Commands:", re.M), "命令："),
    (re.compile(r"\[OPTIONS\]"), "[选项]"),
    (re.compile(r"COMMAND \[ARGS\]\.\.\."), "命令 …"),
    (re.compile(r"Show this message and exit\."), "显示此帮助。"),
    (re.compile(r"\bdefault:\s*"), "默认："),
    (re.compile(r"\benv var:\s*"), "环境变量："),
    (re.compile(r"\[required\]"), "[必填]"),
)
_ERRORS = (
    (r"No such option: (\S+).*", r"没有选项 \1"),
    (r"No such command '(.*?)'\..*", r"没有命令 \1"),
    (r"Missing command\.", "没有写明子命令"),
    (r"Missing (?:option|parameter) '?(.*?)'?(?: / .*)?\.(?: .*)?", r"缺少选项 \1"),
    (r"Missing argument '?(.*?)'?\.(?: .*)?", r"缺少参数 \1"),
    (r"Option '(.*?)' requires an argument\.", r"选项 \1 后面缺少内容"),
    (r"Option '(.*?)' does not take a value\.", r"选项 \1 后面不能带内容"),
    (r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)", r"多出的参数：\1（问题含空格时请加引号）"),
    (r"Invalid value for '?(.*?)'?: .*valid integer.*", r"\1 应为整数"),
    (r"Invalid value for '?(.*?)'?: .*valid number.*", r"\1 应为数字"),
    (r"Invalid value for '?(.*?)'?: .*less than or equal to (\S+?)\.?", r"\1 最大为 \2"),
    (r"Invalid value for '?(.*?)'?: .*greater than or equal to (\S+?)\.?", r"\1 最小为 \2"),
)


def examples(*lines: str) -> str:
    """The end of a help page, kept line by line."""
    return "\b\n例：\n" + "\n".join(f"  budgetqa {line}" for line in lines)


_REASONS = {
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "磁盘只读",
    errno.ENOSPC: "磁盘已满",
    errno.EISDIR: "这是文件夹",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EEXIST: "已有同名文件",
    errno.ENAMETOOLONG: "名称太长",
    errno.EADDRINUSE: "端口已被占用",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
}


def reason(error: OSError) -> str:
    """Why the operating system refused, in Chinese where it is a common reason."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


class ChineseCommand(TyperCommand):
    """A command whose help page is Chinese throughout."""

    def get_help(self, ctx: Any) -> str:
        return _chinese(super().get_help(ctx))


class ChineseGroup(TyperGroup):
    """A group whose help page is Chinese throughout."""

    def get_help(self, ctx: Any) -> str:
        return _chinese(super().get_help(ctx))


def _chinese(page: str) -> str:
    for pattern, words in _HELP:
        page = pattern.sub(words, page)
    return page


def usage_line(error: TyperException) -> str:
    """One Chinese line that says what is wrong with the arguments and where help is."""
    message = " ".join(error.format_message().split())
    for pattern, words in _ERRORS:
        if found := re.fullmatch(pattern, message):
            message = found.expand(words)
            break
    context: Any = getattr(error, "ctx", None)
    command = context.command_path if context else "budgetqa"
    return f"{message}。用法见：{command} --help"


def say(line: str) -> None:
    """One line for the person at the terminal, apart from the command's result."""
    print(line, file=sys.stderr, flush=True)
