"""A catalog brought up to date is the one that would be made of all documents anew."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answering import Assistant
from assistant.understanding.catalog import Catalog
from benchmarks.synthetic import build, document
from index.fact_store import DocumentRow, FactStore

REGIONS = [
    ("河北省唐山市玉田县", "130229"), ("河北省唐山市", "130200"), ("河北省", "130000"), ("上海市静安区", "310106"), (None, None),
]  # fmt: skip
OFFICES = ["中共{}委网络安全和信息化委员会办公室", "{}财政局", "{}彭浦镇人民政府", "{}万里街道办事处", None]


def row(number: int, draw: random.Random) -> DocumentRow:
    region, code = draw.choice(REGIONS)
    office = draw.choice(OFFICES)
    agency = office.format(region or "") if office else None
    file = f"{draw.randrange(100)}.txt"
    return DocumentRow(
        f"d{number}", file, file, f"{draw.random()}", "txt", "标题", agency, region, code, draw.choice([2024, 2025, None]), "预算",
        draw.choice(["部门", "单位", None]), None, 1, 1, (), False, "", draw.random() < 0.5,
    )  # fmt: skip


def anew(rows: dict[str, DocumentRow]) -> Catalog:
    return Catalog.of(list(rows.values()), projects=nothing)


def nothing(_texts: object) -> dict[str, frozenset[str]]:
    return {}


@pytest.mark.parametrize("seed", range(20))
def test_equals_one_made_anew(seed: int) -> None:
    draw = random.Random(seed)
    held: dict[str, DocumentRow] = {}
    catalog = anew(held)
    for _ in range(12):
        gone = draw.sample(sorted(held), min(len(held), draw.randrange(4)))
        fresh = [row(number, draw) for number in draw.sample(range(30), draw.randrange(8))]
        held = {d: r for d, r in held.items() if d not in gone} | {r.id: r for r in fresh}
        catalog = catalog.changed(fresh, [d for d in gone if d not in held])
        made = anew(held)
        assert catalog == made
        assert list(catalog.rows) == list(made.rows)


def test_one_in_use_stays_as_it_is() -> None:
    rows = {r.id: r for r in (row(n, random.Random(n)) for n in range(9))}
    catalog, before = anew(rows), anew(rows)
    catalog.changed([replace(rows["d3"], agency="河北省唐山市玉田县火星局", fiscal_year=2031)], ["d5"])
    assert catalog == before


def test_only_what_changed_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Added, replaced, embedded and removed documents, one after the other and all at once."""
    build(tmp_path, 6)
    assistant, writer = Assistant(tmp_path), FactStore(tmp_path)
    monkeypatch.setattr("assistant.answering.RECHECK_SECONDS", -1.0)
    read: list[Sequence[str] | None] = []
    documents = assistant.store.documents
    monkeypatch.setattr(assistant.store, "documents", lambda ids=None: read.append(ids) or documents(ids))

    def put(number: int, title: str) -> None:
        made = document(number)
        paper = replace(made.document, title=title)
        writer.replace(paper, made.facts(), made.chunks, made.names(), [], path=paper.file, digest=title, at=title)

    def up_to_date() -> bool:
        return assistant.catalog() == Catalog.of(documents(), assistant.store.projects_among)

    assert up_to_date()
    put(7, "新")
    put(2, "换")
    assert up_to_date()
    assert writer.remove(document(4).document.id)
    assert up_to_date()
    put(7, "又换")
    put(4, "又来")
    embedded = next(r for r in documents() if r.id == document(1).document.id)
    assert writer.mark_vectors(embedded.id, embedded.digest)
    writer.remove(document(0).document.id)
    assert up_to_date()
    ids = [sorted(i) if i is not None else None for i in read]
    assert ids == [None, *([document(n).document.id for n in some] for some in ([2, 7], [], [1, 4, 7]))]
    writer.close()
    assistant.close()
