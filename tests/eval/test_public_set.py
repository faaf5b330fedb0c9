"""The public set is sound: every gold cell is printed in the sample that it names, read with plain libraries."""

from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pypdfium2
import pytest
from lxml import html

from eval.metrics import number, plain
from eval.question_sets import load

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = load(ROOT / "eval" / "sets" / "public.jsonl")
SAMPLES = ROOT / "samples"


@cache
def printed(name: str) -> list[str]:
    """Cells and paragraphs of a sample."""
    path = SAMPLES / name
    match path.suffix:
        case ".txt":
            return path.read_text(encoding="utf-8").splitlines()
        case ".html":
            return [e.text_content() for e in html.fromstring(path.read_bytes()).iter("td", "th", "p", "h2", "h3")]
        case ".docx":
            read = docx.Document(str(path))
            return [*(c.text for t in read.tables for c in t._cells), *(p.text for p in read.paragraphs)]
        case ".xlsx":
            book = openpyxl.load_workbook(path)
            return [str(v) for s in book for row in s.iter_rows(values_only=True) for v in row if v is not None]
    document = pypdfium2.PdfDocument(path)
    try:
        return [line for page in document for line in page.get_textpage().get_text_bounded().splitlines()]
    finally:
        document.close()


def shows(name: str, cell: str) -> bool:
    wanted, figure = plain(cell), number(cell)
    texts = [plain(t) for t in printed(name)]
    return any(wanted in t or (figure is not None and number(t) == figure) for t in texts) or wanted in "".join(texts)


def test_the_set_is_large_and_varied() -> None:
    kinds = Counter(q["kind"] for q in PUBLIC.questions)
    assert len(PUBLIC.questions) == PUBLIC.card["questions"] >= 150
    assert set(kinds) == set(PUBLIC.card["kinds"])
    assert min(kinds.values()) >= 4
    assert len({(q["question"], *q.get("history", [])) for q in PUBLIC.questions}) == len(PUBLIC.questions)


@pytest.mark.parametrize("question", PUBLIC.questions, ids=lambda q: q["id"])
def test_every_gold_stands_in_its_sample(question: dict[str, Any]) -> None:
    for cite in question.get("cite", []):
        assert (SAMPLES / cite["file"]).is_file()
        assert shows(cite["file"], cite.get("cell", ""))
        if "where" in cite:
            assert any(plain(cite["where"]) in plain(t) for t in printed(cite["file"]))
    for value in question.get("values", []):
        assert isinstance(number(value["value"]), Decimal)
