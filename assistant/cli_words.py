"""The command line's Chinese: help pages, usage errors in one line, and the error that commands raise."""

from __future__ import annotations

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
    (re.compile(r"\[default:\s*"), "[默认："),
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
    (r"Got unexpected extra arguments? \((.*)\)", r"多出的参数：\1（问题含空格时请加引号）"),
    (r"Invalid value for '?(.*?)'?: '(.*?)' is not a valid int.*", r"\1 应为整数，而不是“\2”"),
    (r"Invalid value for '?(.*?)'?: '(.*?)' is not a valid float.*", r"\1 应为数字，而不是“\2”"),
    (r"Invalid value for '?(.*?)'?: (\S+) is not in the range (.*?)\.?", r"\1 的值 \2 超出范围 \3"),
)


def examples(*lines: str) -> str:
    """The end of a help page, kept line by line."""
    return "\b\n例：\n" + "\n".join(f"  budgetqa {line}" for line in lines)


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
