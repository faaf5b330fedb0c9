"""Whether an answer's citations stand where the expected figure stands: file, table or section, page, cell."""

from __future__ import annotations

from typing import Any

from eval.metrics.figures import number, plain


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
    place = plain(f"{citation.get('section')} {citation.get('table')}")
    if gold.get("where") and plain(gold["where"]) not in place:
        return False
    if gold.get("page") and citation.get("page") != gold["page"]:
        return False
    return not gold.get("cell") or same_cell(gold["cell"], citation)


def unmet(question: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """What of the expected places no citation meets, in words."""
    given = answer.get("citations") or []
    return [
        " ".join(filter(None, ["缺出处", gold["file"], gold.get("where"), gold.get("cell")]))
        for gold in question.get("cite") or []
        if not any(meets(gold, c) for c in given)
    ]
