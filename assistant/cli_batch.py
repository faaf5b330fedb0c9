"""`ask --batch`: one answer line for each question line, in order, written as soon as it is there."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from assistant.cli_words import CommandError, reason, say
from assistant.records import Answer, Question

if TYPE_CHECKING:
    from assistant.answering import Assistant

FAILED = 2


def read_question(raw: Any) -> Question:
    """The question of a batch line, without its id. Raises ValueError, in Chinese, where the line is no question."""
    if not isinstance(raw, dict) or not isinstance(raw.get("question"), str):
        raise ValueError("缺少文字内容的 question")
    history, document = raw.get("history") or [], raw.get("document") or []
    documents = [document] if isinstance(document, str) else document
    if not all(isinstance(part, list) and all(isinstance(x, str) for x in part) for part in (history, documents)):
        raise ValueError("history 须为文字列表，document 须为文件名或编号")
    return Question(raw["question"], tuple(history), tuple(documents))


def _answer(assistant: Assistant, line: str) -> tuple[dict[str, Any], str | None]:
    """The answer's object and, where none could be given, why: a bad line must not stop the batch."""
    raw: Any = None
    text, why = "", None
    try:
        raw = json.loads(line)
        question = read_question(raw)
        text = question.text
        answer = assistant.ask(question)
    except json.JSONDecodeError:
        why = "不是有效的 JSON"
    except ValueError as error:
        why = str(error)
    except Exception as error:
        why = f"回答时出错（{type(error).__name__}：{error}）"
    if why is not None:
        answer = Answer(text, "not_found", f"无法回答：{why}。")
    id = raw.get("id") if isinstance(raw, dict) else None
    return ({} if id is None else {"id": id}) | answer.as_json(), why


def _opened(path: Path | None, mode: str) -> AbstractContextManager[IO[str]]:
    if path is None or str(path) == "-":
        return nullcontext(sys.stdin if mode == "r" else sys.stdout)
    try:
        if mode == "r":
            return path.open(encoding="utf-8-sig")
        # Half a surrogate pair, which JSON escapes allow in a question, is written as it came: escaped.
        return path.open("w", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        what = "读不到题目文件" if mode == "r" else "无法写入"
        raise CommandError(f"{what} {path}：{reason(error)}。请检查路径和权限。") from None


def run_batch(assistant: Assistant, batch: Path, out: Path | None) -> int:
    """Answer the lines of ``batch`` (``-``: standard input) into ``out`` (None: standard output).

    Returns 0, or 2 where some lines could not be answered; those get a line that says why.
    Raises CommandError for files that cannot be read or written.
    """
    failed = False
    with _opened(batch, "r") as questions, _opened(out, "w") as answers:
        try:
            for number, line in enumerate(questions, start=1):
                if not line.strip():
                    continue
                answer, why = _answer(assistant, line)
                print(json.dumps(answer, ensure_ascii=False), file=answers, flush=True)
                if why:
                    failed = True
                    say(f"第 {number} 行无法回答：{why}。")
        except UnicodeDecodeError:
            raise CommandError(f"题目文件 {batch} 不是 UTF-8 编码。请另存为 UTF-8 后重试。") from None
    return FAILED if failed else 0
