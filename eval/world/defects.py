"""Defects planted in a disclosure, one of a kind at most, each recorded with what should stand there."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from eval.world.blocks import Block, Cell, Sheet, Text, reprinted
from eval.world.ledgers import names

SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Defect:
    """``table`` is None in prose; ``printed`` is what stands there, ``should_be`` what would be right."""

    kind: str
    table: str | None
    row: str
    column: str
    printed: str
    should_be: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


Found = tuple[Sheet, int, int, Cell]


def _marked(blocks: Sequence[Block]) -> Iterator[Found]:
    for block in blocks:
        if isinstance(block, Sheet):
            for r, row in enumerate(block.rows):
                yield from ((block, r, c, cell) for c, cell in enumerate(row) if cell and cell.mark)


def _print_instead(found: Found, text: str, kind: str) -> Defect:
    sheet, r, c, cell = found
    assert cell.mark is not None
    sheet.rows[r][c] = reprinted(cell, text)
    return Defect(kind, sheet.title, cell.mark.row, " / ".join(cell.mark.column), text, cell.text)


def _shifted(text: str) -> str:
    """A figure that is far more than rounding away: its leading digit changed."""
    at = next(i for i, c in enumerate(text) if c in "123456789")
    return text[:at] + str(int(text[at]) % 9 + 1) + text[at + 1 :]


def _total_off(blocks: Sequence[Block], draw: random.Random) -> Defect | None:
    """The 合计 row of a table does not add up."""
    places = [
        f for f in _marked(blocks)
        if f[3].mark and f[3].mark.row == "合计" and f[3].mark.kind == "amount" and "“三公”" not in f[0].title
        and re.search("[1-9]", f[3].text)
    ]  # fmt: skip
    if not places:
        return None
    found = draw.choice(places)
    return _print_instead(found, _shifted(found[3].text), "total_off")


def _schedule_short(blocks: Sequence[Block], draw: random.Random) -> Defect | None:
    """The last step of a 资金支出计划 is not 100 %."""
    places = [f for f in _marked(blocks) if f[3].mark and f[3].mark.column == ("12月底",)]
    return _print_instead(draw.choice(places), "90%", "schedule_short") if places else None


def _backwards_target(blocks: Sequence[Block], draw: random.Random) -> Defect | None:
    """A rate that should be low is allowed to be nearly everything."""
    places = [f for f in _marked(blocks) if f[3].mark and f[3].mark.row == "系统故障率"]
    return _print_instead(draw.choice(places), "≤98%", "backwards_target") if places else None


def _prose_differs(blocks: Sequence[Block], draw: random.Random) -> Defect | None:  # noqa: ARG001
    """The total in the prose is another than in the tables."""
    text = next((b for b in blocks if isinstance(b, Text) and b.tag == "spending"), None)
    if text is None:
        return None
    mark = text.marks[0]
    assert mark.printed is not None
    wrong = _shifted(mark.printed)
    text.text = text.text.replace(mark.printed, wrong, 1)
    text.marks[0] = replace(mark, printed=wrong, value=wrong.replace(",", ""))
    return Defect("prose_differs", None, mark.row, "", wrong, mark.printed)


def _name_differs(blocks: Sequence[Block], draw: random.Random) -> Defect | None:
    """The prose calls a project by another name than its table."""
    texts = [b for b in blocks if isinstance(b, Text) and (b.tag or "").startswith("project:")]
    draw.shuffle(texts)
    for text in texts:
        name = (text.tag or "").removeprefix("project:")
        for one, other in names()["near_words"]:
            for old, new in ((one, other), (other, one)):
                if old in name:
                    wrong = name.replace(old, new, 1)
                    text.text = text.text.replace(f"“{name}”", f"“{wrong}”", 1)
                    text.marks = [replace(m, row=m.row.replace(name, wrong)) for m in text.marks]
                    return Defect("name_differs", None, "项目名称", "", wrong, name)
    return None


def _stray_year(blocks: Sequence[Block], draw: random.Random) -> Defect | None:
    """A sentence left over from an earlier disclosure."""
    texts = [b for b in blocks if isinstance(b, Text) and b.tag == "year"]
    if not texts:
        return None
    text = draw.choice(texts)
    match = re.search(r"20\d\d", text.text)
    assert match is not None
    wrong = str(int(match.group()) - draw.randint(2, 5))
    text.text = text.text.replace(match.group(), wrong, 1)
    return Defect("stray_year", None, "年度", "", wrong, match.group())


PLANTERS: dict[str, Callable[[Sequence[Block], random.Random], Defect | None]] = {
    "total_off": _total_off,
    "prose_differs": _prose_differs,
    "name_differs": _name_differs,
    "stray_year": _stray_year,
    "schedule_short": _schedule_short,
    "backwards_target": _backwards_target,
}


def plant(
    blocks: Sequence[Block], draw: random.Random, kinds: Sequence[str] = tuple(PLANTERS), share: float = SHARE
) -> list[Defect]:
    """Plant each kind with this chance where the disclosure has a place for it; the blocks are changed."""
    return [d for kind in kinds if draw.random() < share for d in [PLANTERS[kind](blocks, draw)] if d]
