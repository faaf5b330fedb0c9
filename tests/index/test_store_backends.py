"""The stores' promises, held by SQLite and a real PostgreSQL, embedded Chroma and a real Chroma server alike."""

from __future__ import annotations

import gc
import hashlib
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from index.build import derive, ingest
from index.chunk_store import ChunkStore, ModelMismatch
from index.embedding import Embedder
from index.fact_store import FactStore, StoreError
from index.full_text import MOST_WORDS
from index.names import names_of, stored_name
from index.records import Cell, Chunk, Document, Fact, Known, SourceRef, Table

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
TEXT = SAMPLES / "迁西县委网信办2025年绩效文本.txt"
FORM = SAMPLES / "玉田县委网信办2023年绩效文本.docx"


@pytest.fixture
def store(store_place: str) -> Iterator[FactStore]:
    opened = FactStore(store_place)
    yield opened
    opened.close()


def made(
    document_id: str, figures: list[str], *, name: str = "网络舆情管理", unit: str = "万元"
) -> tuple[Document, list[Fact]]:
    """A document of one table with a row of figures."""
    block = f"{document_id}-t{figures[0]}"
    cells = tuple(Cell(0, col, text) for col, text in enumerate(figures))
    table = Table(block, "支出总表", ("第一部分",), cells, 1, len(figures), unit=unit)
    facts = [
        Fact(
            f"{block}-r0c{col}", "amount", SourceRef(document_id, block, 0, col), (name,), ("合计",), text, Decimal(text),
            unit, project=name,
        )
        for col, text in enumerate(figures)
    ]  # fmt: skip
    return Document(
        document_id, f"{document_id}.txt", "txt", "标题", (table,), agency=Known("玉田县委网信办", "", 1.0)
    ), facts


def put(store: FactStore, document_id: str, figures: list[str], path: str = "甲.txt", **more: str) -> None:
    document, facts = made(document_id, figures, **more)
    chunk = Chunk(f"{document_id}-c0", document_id, ("b",), (), "文", "文")
    words = ["预算", *figures]
    store.replace(
        document, facts, [(chunk, words)], names_of(document, facts), [], path=path, digest=document_id, at="2025-01-01"
    )


def test_what_is_written_is_read_again(store: FactStore) -> None:
    derived = derive(FORM, FORM.name, "d" * 16)
    findings = [dict(f) for f in derived.findings]
    store.replace(
        derived.document, derived.facts, derived.chunks, names_of(derived.document, derived.facts), findings,
        path="p", digest="x", at="2025-01-01",
    )  # fmt: skip
    assert store.blocks("d" * 16) == list(derived.document.blocks)
    facts = store.facts("d" * 16)
    assert [(f.id, f.value, f.unit, f.row_path, f.column_path, f.source) for f in facts] == [
        (f.id, f.value, f.unit, f.row_path, f.column_path, f.source) for f in derived.facts
    ]
    assert store.chunks_of("d" * 16) == [chunk for chunk, _ in derived.chunks]
    assert sorted(f["id"] for f in store.findings()) == sorted(str(f["id"]) for f in findings)
    assert store.documents()[0].agency == "中共玉田县委网络安全和信息化委员会办公室"


def test_a_replaced_document_is_wholly_new_and_a_removed_one_wholly_gone(store: FactStore) -> None:
    put(store, "old", ["1.00"])
    change = store.version()
    put(store, "new", ["2.00", "3.00"])
    assert [d.id for d in store.documents()] == ["new"]
    assert store.facts("old") == []
    assert [f.printed for f in store.facts("new")] == ["2.00", "3.00"]
    assert store.search_text(["1.00"], 5) == []
    assert store.version() != change
    change = store.version()
    assert store.remove("new")
    assert not store.remove("new")
    assert store.documents() == store.facts("new") == store.blocks("new") == store.search_text(["预算"], 5) == []
    assert store.version() != change


def test_the_version_changes_though_clock_and_count_do_not(store: FactStore) -> None:
    """A clock set back writes a time that was there before."""
    put(store, "one", ["1.00"])
    seen = {store.version()}
    for n in range(3):
        put(store, f"again{n}", ["1.00"])
        assert store.version() not in seen
        seen.add(store.version())


def test_text_of_any_length_and_kind_is_kept(store: FactStore) -> None:
    """A badly printed cell can make a unit or a code of any length."""
    odd = "万元（" + "很长的单位" * 40 + "'\"\\%_😀"
    put(store, "odd", ["1.00"], name=odd[:60], unit=odd)
    assert store.facts("odd")[0].unit == odd
    assert store.complete(odd[:5]) == [(odd[:60], "project")]


def test_names_of_removed_documents_complete_nothing(store: FactStore) -> None:
    put(store, "stays", ["1.00"], name="舆情管理")
    put(store, "goes", ["1.00"], "乙.txt", name="舆情处置")
    assert [name for name, _ in store.complete("舆情")] == ["舆情处置", "舆情管理"]
    store.remove("goes")
    assert [name for name, _ in store.complete("舆情")] == [name for name, _ in store.complete("yuqing")] == ["舆情管理"]


def test_completion_goes_by_the_beginning_in_the_order_of_codes(store: FactStore) -> None:
    names = [
        "安全检查",
        "安全生产",
        "按揭补贴",
        "啊",
        "B类",
        "a类",
        "A类",
        "Á类",
        "舆情管理",
        "yuqing",
        "100%达标",
        "_下划线",
        "1_2",
    ]
    document, facts = made("d", ["1.00"])
    store.replace(document, facts, [], [stored_name(n, "project") for n in names], [], path="p", digest="d", at="")
    for prefix in ("安", "安全", "a", "按", "啊", "b", "1", "100%", "_", "yuq", "yq", "aqjc", "\\", "'"):
        by_text = sorted(n for n in names if n.startswith(prefix))
        found = [name for name, _ in store.complete(prefix)]
        assert found[: len(by_text)] == by_text, prefix
        spelled = {
            n
            for n in names
            if stored_name(n, "").pinyin.startswith(prefix) or stored_name(n, "").initials.startswith(prefix)
        }
        assert set(found) == {*by_text, *spelled}, prefix


def test_names_by_pairs_and_their_documents(store: FactStore) -> None:
    for n in range(3):
        put(store, f"d{n}", ["1.00"], path=f"{n}.txt", name=f"项目{n}舆情管理")
    assert store.find_names(["舆情", "情管"])[0] == ("项目0舆情管理", "project", 2)
    assert store.rarity(["舆情", "没有"] + [f"对{n}" for n in range(250)])["舆情"] == 3
    assert store.rarity(["舆情"], cap=2) == {"舆情": 2}
    assert store.documents_of_names(["项目1舆情管理"]) == [("项目1舆情管理", "d1")]
    many = [f"没有的名{n}" for n in range(40_000)]
    assert store.documents_of_names([*many, "项目2舆情管理"]) == [("项目2舆情管理", "d2")]


@pytest.fixture(scope="module")
def corpus() -> list[tuple[str, list[tuple[Chunk, list[str]]], Document]]:
    files = [f for f in sorted(SAMPLES.iterdir()) if f.suffix in {".docx", ".txt", ".html"}]
    derived = [derive(f, f.name, f"doc{i}") for i, f in enumerate(files)]
    return [(d.document.id, d.chunks, d.document) for d in derived]


def test_full_text_finds_the_same_in_the_same_order(
    store: FactStore, corpus: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """PostgreSQL ranks as SQLite does: by BM25 over the same words."""
    reference = FactStore(tmp_path_factory.mktemp("reference"))
    for into in (store, reference):
        for document_id, chunks, document in corpus:
            into.replace(document, [], chunks, [], [], path=document_id, digest=document_id, at="")
    for query in (
        "舆情 管理 资金 用途",
        "三公 经费",
        "职责",
        "保障 措施 加强 制度",
        "预算 2025",
        "it's \\ 'x' & | ! ( )",
    ):
        tokens = query.split()
        ours, theirs = store.search_text(tokens, 10), reference.search_text(tokens, 10)
        assert [round(score, 2) for _, score in ours] == pytest.approx([round(s, 2) for _, s in theirs], rel=0.15)
        assert ours[:1] == [] or ours[0][0] == theirs[0][0]
        assert len({i for i, _ in ours} & {i for i, _ in theirs}) >= 0.8 * len(theirs), query
    only = corpus[0][0]
    hits = store.search_text(["预算"], 50, [only])
    assert hits
    assert all(i in {c.id for c, _ in corpus[0][1]} for i, _ in hits)
    reference.close()


def test_a_search_among_many_documents_leaves_none_out(store: FactStore) -> None:
    put(store, "last", ["7.00"])
    assert store.search_text(["7.00"], 5, [*(f"no{n}" for n in range(40_000)), "last"])[0][0] == "last-c0"
    assert store.search_text(["7.00"], 5, []) == []
    assert store.search_text([f"词{n}" for n in range(MOST_WORDS)] + ["7.00"], 5) == []


def test_a_reader_sees_one_version_while_a_document_is_replaced(store: FactStore) -> None:
    """The figures of a version are all the same; a mixture would show two, and a row without its table none."""
    put(store, "same", ["0.00"] * 40)
    over = threading.Event()
    seen: list[set[str]] = []

    def read() -> None:
        while not over.is_set():
            figures = [f.printed for f in store.facts("same")]
            assert len(figures) == 40
            seen.append(set(figures))
            table = store.blocks("same")[0]
            assert isinstance(table, Table)
            seen.append({c.text for c in table.cells})

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for n in range(25):
            put(store, "same", [f"{n}.00"] * 40)
        over.set()
        for reader in readers:
            reader.result()
    assert len(seen) > 20
    assert [s for s in seen if len(s) != 1] == []


def test_a_document_replaced_in_the_middle_of_being_read_is_read_in_the_old_version(
    store: FactStore, store_place: str
) -> None:
    put(store, "same", ["1.00", "1.00"])
    other = FactStore(store_place)
    statements: list[str] = []

    def replace_after_the_first(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.extend([statement] if statement.startswith("SELECT") else [])
        if len(statements) == 1 and statement.startswith("SELECT"):
            put(other, "same", ["2.00", "2.00", "2.00"])

    event.listen(store.engine, "after_cursor_execute", replace_after_the_first)
    assert [f.printed for f in store.facts("same")] == ["1.00", "1.00"]
    event.remove(store.engine, "after_cursor_execute", replace_after_the_first)
    assert len(statements) > 1
    assert [f.printed for f in store.facts("same")] == ["2.00"] * 3
    other.close()


def test_several_writers_take_turns(store: FactStore, store_place: str) -> None:
    """Workers on other machines write the same names and the same documents."""
    others = [FactStore(store_place) for _ in range(3)]
    draw = random.Random(7)

    def write(worker: FactStore) -> None:
        for n in range(8):
            put(worker, f"d{draw.randrange(6)}", [f"{n}.00"], path=f"{draw.randrange(4)}.txt", name=f"同名项目{n % 3}")

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(write, other) for other in others]:
            done.result()
    rows = store.documents()
    assert len({r.path for r in rows}) == len(rows)
    assert all(len(store.facts(r.id)) == r.facts == 1 for r in rows)
    for other in others:
        other.close()


def test_workers_on_one_database_share_the_files(postgresql: Any, tmp_path: Path) -> None:
    for n in range(6):
        (tmp_path / f"{n}.txt").write_text(f"{TEXT.read_text('utf-8')}\n附注{n}。", "utf-8")
    place = postgresql.new_store()
    FactStore(place).close()
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: ingest([tmp_path], place, workers=1, vectors=False), range(2)))
    assert sum(r.count("read") for r in reports) == 6
    assert sum(r.count("unchanged") for r in reports) == 6
    store = FactStore(place)
    assert len(store.documents()) == 6
    with store.claiming() as ours, store.claiming() as theirs:
        assert ours("一份文件")
        assert not theirs("一份文件")
        assert theirs("另一份")
    with store.claiming() as claim:
        assert claim("一份文件")
    store.close()


def test_ingest_and_ask_answer_alike(store_place: str) -> None:
    from assistant.answering import Assistant
    from assistant.records import Question

    report = ingest([TEXT, FORM], store_place, workers=1, vectors=False)
    assert [o.state for o in report.outcomes] == ["read", "read"]
    assert [o.state for o in ingest([TEXT, FORM], store_place, workers=1, vectors=False).outcomes] == ["unchanged"] * 2
    assistant = Assistant(store_place)
    answer = assistant.ask(Question("玉田舆情管理预算多少"))
    assert [(v.value, v.unit) for v in answer.values] == [("730500.00", "元")]
    assert answer.citations[0].cell == "730500.00"
    assert assistant.suggest("yuqing")
    assistant.close()


def test_a_store_of_a_newer_program_is_refused_with_words(store: FactStore, store_place: str) -> None:
    from sqlalchemy import text

    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"更新版本.*升级程序"):
        FactStore(store_place, create=False)


def test_an_older_store_is_brought_up(store_place: str) -> None:
    from alembic import command
    from alembic.config import Config

    import index.migrations as migrations
    from index.store_engine import engines_of

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    writer = engines_of(store_place)[1]
    with writer.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    writer.dispose()
    store = FactStore(store_place)
    put(store, "d", ["1.00"])
    assert store.search_text(["1.00"], 3)[0][0] == "d-c0"
    store.close()


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("postgresql://someone:secret@127.0.0.1:9/none", "连不上数据库"),
        ("postgresql://someone:secret@host:port/none", "写错了"),
        ("mysql://someone:secret@127.0.0.1/none", "不支持"),
    ],
)
def test_a_place_that_cannot_be_is_told_without_its_password(place: str, told: str) -> None:
    with pytest.raises(StoreError, match=told) as caught:
        FactStore(place)
    assert "secret" not in str(caught.value)


def test_a_database_that_is_not_there_is_told(postgresql: Any) -> None:
    place = postgresql.new_store().replace("/store", "/nostore")
    with pytest.raises(StoreError, match="没有数据库"):
        FactStore(place)


# -- vectors ------------------------------------------------------------------


class Letters(Embedder):
    """Texts that share letters are near each other."""

    name = "字母"

    def __init__(self, fingerprint: str = "letters") -> None:
        self.fingerprint = fingerprint

    def embed_query(self, text: str) -> list[float]:
        vector = [0.001] * 64
        for letter in text:
            vector[hashlib.sha256(letter.encode()).digest()[0] % 64] += 1
        return vector

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


@pytest.fixture
def open_vectors(vectors_place: str) -> Iterator[Callable[..., ChunkStore]]:
    yield lambda embedder=None: ChunkStore(vectors_place, embedder or Letters())
    gc.collect()  # a connection left open is a warning, and so an error, of this test


def piece(document_id: str, number: int, text: str) -> Chunk:
    return Chunk(f"{document_id}-{number}", document_id, ("b",), (), text, text, metadata={"number": number})


def test_vectors_are_found_replaced_and_forgotten(open_vectors: Callable[..., ChunkStore]) -> None:
    store = open_vectors()
    store.add("a", [piece("a", n, f"旧的内容{n}") for n in range(100)])
    store.add("b", [piece("b", 0, "网络舆情管理")])
    store.remove("a")
    store.add("a", [piece("a", 0, "公务接待费")])
    (first, near), (second, far) = store.search("网络舆情", 5)
    assert (first, second) == ("b-0", "a-0")
    assert 1 >= near > far
    assert store.search("网络舆情", 5, ["a"]) == [(second, pytest.approx(far))]
    other = open_vectors()
    assert other.ids() == {"a-0", "b-0"}
    store.remove("b")
    assert other.ids() == {"a-0"}
    with pytest.raises(ModelMismatch, match="字母"):
        open_vectors(Letters("other"))
    store.close()
    other.close()
