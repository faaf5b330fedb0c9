"""Whether an answer's citations stand where the expected figure stands: file, table or section, page, cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from eval.metrics.figures import number, plain

LEVELS = ("document", "table", "cell")


def same_cell(gold: str, citation: dict[str, Any]) -> bool:
    """Whether a citation shows the gold cell: the same text, the same number, or a quote that holds it."""
    wanted, shown = plain(gold), plain(citation.get("cell"))
    if wanted == shown or wanted in plain(citation.get("quote")):
        return True
    read = number(shown)
    return read is not None and read == number(wanted)


def meets(gold: dict[str, Any], citation: dict[str, Any]) -> bool:
    """Whether one citation meets one expected place; keys that the expectation leaves out are not asked for."""
    if citation.get("file") != gold["file"]:
        return False
    return _in_table(gold, citation) and (not gold.get("cell") or same_cell(gold["cell"], citation))


def _in_table(gold: dict[str, Any], citation: dict[str, Any]) -> bool:
    place = plain(f"{citation.get('section')} {citation.get('table')}")
    if gold.get("where") and plain(gold["where"]) not in place:
        return False
    return not gold.get("page") or citation.get("page") == gold["page"]


def unmet(question: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """What of the expected places no citation meets, in words."""
    given = answer.get("citations") or []
    return [
        " ".join(filter(None, ["缺出处", gold["file"], gold.get("where"), gold.get("cell")]))
        for gold in question.get("cite") or []
        if not any(meets(gold, c) for c in given)
    ]


def places(pairs: Iterable[tuple[dict[str, Any], dict[str, Any] | None]]) -> dict[str, tuple[int, int]]:
    """How many of the expected documents, tables (or pages) and cells are cited: level -> (cited, expected).

    A table counts only in its document, a cell only in its table; a level that an expectation leaves out is not asked.
    """
    cited, expected = Counter[str](), Counter[str]()
    for question, answer in pairs:
        given = (answer or {}).get("citations") or []
        for gold in question.get("cite") or []:
            of_file = [c for c in given if c.get("file") == gold["file"]]
            of_table = [c for c in of_file if _in_table(gold, c)]
            reached = {
                "document": of_file,
                "table": of_table,
                "cell": [c for c in of_table if same_cell(gold.get("cell") or "", c)],
            }
            asked = {"document": True, "table": gold.get("where") or gold.get("page"), "cell": gold.get("cell")}
            expected.update(level for level in LEVELS if asked[level])
            cited.update(level for level in LEVELS if asked[level] and reached[level])
    return {level: (cited[level], expected[level]) for level in LEVELS}
