"""Whether an audit found what was planted in a world, and only that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Alarms:
    """Planted defects that were found or missed, and messages that name none of them."""

    found: list[dict[str, Any]] = field(default_factory=list)
    missed: list[dict[str, Any]] = field(default_factory=list)
    false_alarms: list[tuple[str, str]] = field(default_factory=list)


def _plain(text: str) -> str:
    return "".join(text.replace(",", "").replace("，", "").split())


def compare_alarms(defects: Iterable[dict[str, Any]], messages: Mapping[str, Sequence[str]]) -> Alarms:
    """Match planted defects with an audit's messages by document.

    A message finds a defect when it names the table at fault, or prints what stands there or what should
    (figures without separators): a total that is off shows in the sums of its row and of its column alike.
    """
    result = Alarms()
    matched: set[tuple[str, int]] = set()
    for defect in defects:
        signs = {_plain(sign) for sign in (defect["printed"], defect["should_be"], defect.get("table")) if sign}
        of_document = messages.get(defect["document"], ())
        hits = {(defect["document"], i) for i, m in enumerate(of_document) if any(s in _plain(m) for s in signs)}
        matched |= hits
        (result.found if hits else result.missed).append(defect)
    for document, of_document in messages.items():
        result.false_alarms += [(document, m) for i, m in enumerate(of_document) if (document, i) not in matched]
    return result
