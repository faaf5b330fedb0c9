"""An answer as people see it: figure, other unit, bars, steps, notes, sources; everything escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, urlencode

from assistant.web.pages import fragment
from assistant.web.source import box_query

OPERATIONS = {
    "sum": "求和",
    "difference": "相差",
    "ratio": "占比",
    "growth": "增长率",
    "rank": "排序",
    "count": "计数",
    "convert": "单位换算",
    "derive": "推算",
    "average": "平均",
}
MONEY = {"元": Decimal(1), "万元": Decimal(10_000), "亿元": Decimal(100_000_000)}
MARKED_CELLS = 40
BAR_LIMIT = 30
OPEN_STEPS = 12
SHOWN_LINES = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure with separators, its other unit, and its bar's share of the longest (0 to 100)."""

    label: str
    figure: str
    unit: str
    comparison: str
    other: str
    citations: tuple[int, ...]
    share: str
    negative: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A citation with its links; ``table`` and ``page`` are empty where there is none."""

    number: int
    place: str
    short: str
    printed: str
    file: str
    quote: str
    table: str
    page: str


def decimal_of(value: str | None) -> Decimal | None:
    try:
        number = Decimal(value) if value is not None else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def with_separators(value: str) -> str:
    """``730500.00`` to ``730,500.00``; the digits after the point stay as printed."""
    number = decimal_of(value)
    return f"{number:,f}" if number is not None else value


def in_other_unit(value: str | None, unit: str) -> str:
    """The same money in the unit that people also use, exactly; empty if there is none."""
    number = decimal_of(value)
    if number is None or unit not in MONEY or number == 0:
        return ""
    yuan = number * MONEY[unit]
    if unit != "元":
        other = "元"
    elif abs(yuan) >= MONEY["亿元"]:
        other = "亿元"
    elif abs(yuan) >= 1000:
        other = "万元"
    else:
        return ""
    converted = yuan / MONEY[other]
    if converted == converted.to_integral_value():
        converted = converted.quantize(Decimal(1))
    else:
        converted = converted.normalize()
    return f"{converted:,f} {other}"


def shown_values(values: list[dict[str, Any]]) -> list[Shown]:
    numbers = [decimal_of(v["value"]) for v in values]
    same_unit = len({v["unit"] for v in values}) == 1
    longest = max((abs(n) for n in numbers if n is not None), default=Decimal(0))
    shown = []
    for value, number in zip(values, numbers, strict=True):
        share = abs(number) / longest * 100 if number is not None and longest and same_unit else Decimal(0)
        shown.append(
            Shown(
                label=value["label"],
                figure=with_separators(value["value"]) if value["value"] is not None else "",
                unit=value["unit"],
                comparison=value.get("comparison") or "",
                other=in_other_unit(value["value"], value["unit"]),
                citations=tuple(dict.fromkeys(value["citations"])),
                share=f"{share:.2f}",
                negative=number is not None and number < 0,
            )
        )
    return shown


def common_beginning(labels: list[str]) -> str:
    """The words (parted by spaces) that every label of several words begins with, at least one left to each."""
    several = [label.split(" ") for label in labels if " " in label]
    words: list[str] = []
    for column in zip(*(parts[:-1] for parts in several), strict=False) if len(several) > 1 else ():
        if len(set(column)) > 1:
            break
        words.append(column[0])
    return " ".join(words)


def source_path(citations: list[dict[str, Any]], number: int) -> str:
    """Where a citation is shown, relative to the service's root; the answer's other cells there are marked too."""
    citation = citations[number]
    if citation.get("table_id") and citation.get("cell_row") is None:
        quoted = urlencode({"quote": (citation.get("quote") or "")[:5000]})
        return f"source/table/{quote(citation['table_id'], safe='')}?{quoted}"
    if not citation.get("table_id"):
        return f"source/document/{quote(citation['document_id'], safe='')}?" + urlencode(
            {"quote": (citation.get("quote") or "")[:5000]}
        )
    table = citation["table_id"]
    others = [c for c in citations if c.get("table_id") == table and c.get("cell_row") is not None and c != citation]
    cells = [f"{c['cell_row']},{c['cell_col']}" for c in [citation, *others][:MARKED_CELLS]]
    return f"source/table/{quote(table, safe='')}?" + urlencode([("cell", cell) for cell in cells])


def page_path(citation: dict[str, Any]) -> str:
    """The PDF page of a citation, its box framed; empty for formats without pages."""
    if not citation.get("page") or not citation["file"].lower().endswith(".pdf"):
        return ""
    path = f"source/page/{quote(citation['document_id'], safe='')}/{int(citation['page'])}"
    if box := box_query(citation.get("box")):
        return f"{path}?box={box}"
    if citation.get("table_id") and citation.get("cell_row") is not None:
        cell = f"{citation['cell_row']},{citation['cell_col']}"
        return f"{path}?" + urlencode({"table": citation["table_id"], "cell": cell})
    return f"{path}?" + urlencode({"quote": citation["quote"][:200]}) if citation.get("quote") else path


def place_of(citation: dict[str, Any]) -> str:
    """Document, section, table, row and column in one line."""
    parts = [citation["title"] or citation["file"], citation.get("section"), citation.get("table")]
    cell = " × ".join(part for part in (citation.get("row"), citation.get("column")) if part)
    page = f"第 {citation['page']} 页" if citation.get("page") else None
    return " › ".join(str(part) for part in [*parts, cell, page] if part)


def short_places(citations: list[dict[str, Any]]) -> list[str]:
    """Row and column of each; before them the table's title, or the document's, where that is what tells them apart."""
    places = []
    for citation in citations:
        cell = " × ".join(part for part in (citation.get("row"), citation.get("column")) if part)
        document = str(citation["title"] or citation["file"])
        table = str(citation.get("table") or document)
        places.append((cell or table, f"{table} › {cell}" if cell else table, f"{document} › {cell or table}"))
    return list(max(zip(*places, strict=True), key=lambda several: len(set(several)), default=()))


def sources(citations: list[dict[str, Any]]) -> list[Source]:
    shown = []
    for number, (citation, short) in enumerate(zip(citations, short_places(citations), strict=True)):
        cell = citation.get("cell") or ""
        unit = citation.get("unit") or ""
        shown.append(
            Source(
                number=number + 1,
                place=place_of(citation),
                short=short,
                printed=f"{cell}{'（单位：' + unit + '）' if cell and unit else ''}",
                file=citation["file"],
                quote="" if cell else citation.get("quote") or "",
                table=source_path(citations, number),
                page=page_path(citation),
            )
        )
    return shown


def plain_text(answer: dict[str, Any]) -> str:
    """The answer with its sources for pasting into a document."""
    lines = [answer["question"], "", answer["text"]]
    if calculation := answer["calculation"]:
        lines.append(f"计算：{calculation['expression']} = {calculation['result']} {calculation['unit']}")
    lines += [f"说明：{note}" for note in answer["notes"]]
    for source in sources(answer["citations"]):
        lines.append(f"出处[{source.number}]：{source.file}，{source.place}，{source.printed or source.quote}")
    return "\n".join(lines)


def answer_card(answer: dict[str, Any], root: str, scope: Sequence[str] = (), *, follows: bool = False) -> str:
    """The card of one answer (the contract's object).

    ``scope`` names the documents that it was asked of; ``follows`` says that other questions came before, which it
    may have been taken to go on from.
    """
    values = shown_values(answer["values"])
    calculation = answer["calculation"]
    citations = sources(answer["citations"])
    lines = [line for line in answer["text"].split("\n") if line.strip()]
    several = answer["status"] == "answered" and len(values) > 1
    # A table below, or the steps, say what the further lines say.
    listed = several or (calculation is not None and len(lines) > SHOWN_LINES)
    # Large stands what was asked for: of a list or a ranking no single figure is that.
    asked_for = not several or (calculation is not None and calculation["operation"] != "rank")
    # ... and a first line that is only the first row of it.
    intro = lines[:1] if not listed or (lines[:1] and not lines[0].endswith(("；", ";"))) else []
    return fragment(
        "answer.html",
        root=root,
        answer=answer,
        scope=list(scope) or None,
        follows=follows,
        first=values[0] if asked_for and values and values[0].figure else None,
        values=values[:BAR_LIMIT],
        shared=common_beginning([v.label for v in values]),
        hidden_values=max(0, len(values) - BAR_LIMIT),
        bars=len(values) > 1 and any(v.share != "0.00" for v in values),
        calculation=calculation,
        operation=OPERATIONS.get(calculation["operation"], "计算") if calculation else "",
        inputs=[citations[i] for i in calculation["inputs"] if i < len(citations)] if calculation else [],
        sources=citations,
        copied=plain_text(answer),
        paragraphs=intro if listed else lines,
        rest=lines[len(intro) :] if listed else [],
        steps_open=bool(calculation)
        and calculation["operation"] != "rank"
        and len(calculation["inputs"]) <= OPEN_STEPS,
    )
