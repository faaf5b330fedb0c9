"""Question sets: one JSON object a line, with a card beside the file.

A line is the contract's batch line with what is expected added: ``kind``, ``status`` (one or several that
count, default answered), ``values``, ``contains``, ``absent``, ``cite``. The card (``NAME.json`` beside
``NAME.jsonl``) says where the set comes from, its version, licence and how it was checked.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Line = dict[str, Any]
LIST_KEYS = ("values", "contains", "absent", "cite", "history")


class BadSetError(ValueError):
    """A question set that cannot be scored; the message is for the person who runs it."""


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """The questions of one file; ``digest`` is the SHA-256 of the file, so that results name what they measured."""

    name: str
    questions: tuple[Line, ...]
    digest: str
    card: dict[str, Any] = field(default_factory=dict)


def _checked(text: str, where: str) -> Line:
    try:
        line = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadSetError(f"{where}：不是 JSON（{error.msg}），请检查这一行") from None
    if not isinstance(line, dict) or not all(isinstance(line.get(k), str) for k in ("id", "kind", "question")):
        raise BadSetError(f"{where}：缺少 id、kind 或 question，请补上")
    for key in LIST_KEYS:
        if not isinstance(line.get(key) or [], list):
            raise BadSetError(f"{where}：{key} 应是列表")
    return line


def load(path: Path) -> QuestionSet:
    """Read and check a set; raises :class:`BadSetError` naming the line at fault."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise BadSetError(f"读不了题集 {path}：{error.strerror}，请检查路径") from None
    except UnicodeDecodeError:
        raise BadSetError(f"题集 {path} 不是 UTF-8 编码，请另存为 UTF-8") from None
    questions = tuple(
        _checked(line, f"{path.name} 第 {number} 行") for number, line in enumerate(text.split("\n"), 1) if line.strip()
    )
    ids = [q["id"] for q in questions]
    if len(set(ids)) != len(ids):
        twice = next(i for i in ids if ids.count(i) > 1)
        raise BadSetError(f"题集 {path.name} 中编号 {twice} 出现了两次，请改为不同的编号")
    if not questions:
        raise BadSetError(f"题集 {path.name} 中没有题目")
    card_path = path.with_suffix(".json")
    card = json.loads(card_path.read_text(encoding="utf-8")) if card_path.is_file() else {}
    return QuestionSet(path.stem, questions, hashlib.sha256(raw).hexdigest(), card)
