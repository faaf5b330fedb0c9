from __future__ import annotations

from collections.abc import Sequence

from assistant.retrieval import HybridRetriever
from index.records import Chunk
from tests.assistant.chunk_texts import MemoryTexts


class Vectors:
    """Gives fixed hits, and remembers what it was asked."""

    def __init__(self, *hits: tuple[str, float]) -> None:
        self.hits = list(hits)
        self.asked: list[tuple[str, Sequence[str] | None]] = []

    def search(self, query: str, k: int, document_ids: Sequence[str] | None = None) -> list[tuple[str, float]]:
        self.asked.append((query, document_ids))
        return self.hits[:k]


def chunk(name: str, text: str, document_id: str = "d", *section: str) -> Chunk:
    return Chunk(name, document_id, (name,), section, text, text, metadata={"number": ord(name[0])})


TEXTS = MemoryTexts(
    [
        chunk("a", "网络舆情管理的资金用途"),
        chunk("b", "公务接待费"),
        chunk("c", "舆情监测软件", "e"),
    ]
)


def test_what_both_legs_find_comes_before_what_one_finds() -> None:
    found = HybridRetriever(TEXTS, Vectors(("b", 0.9), ("a", 0.8))).find("网络舆情管理")
    assert [f.chunk.id for f in found] == ["a", "b", "c"]
    assert found[0].legs == ("全文", "向量")
    assert found[0].similarity == 0.8
    assert found[1].legs == ("向量",)
    assert found[2].similarity is None


def test_without_a_model_the_words_alone_find_and_the_reader_is_told() -> None:
    retriever = HybridRetriever(TEXTS)
    assert [f.chunk.id for f in retriever.find("公务接待")] == ["b"]
    assert "全文检索" in retriever.notices[0]
    assert HybridRetriever(TEXTS, Vectors()).notices == ()


def test_both_legs_keep_to_the_documents_given() -> None:
    vectors = Vectors()
    found = HybridRetriever(TEXTS, vectors).find("舆情", 5, ["e"])
    assert [f.chunk.id for f in found] == ["c"]
    assert vectors.asked == [("舆情", ["e"])]


def test_a_vector_without_its_text_is_left_out() -> None:
    assert HybridRetriever(TEXTS, Vectors(("gone", 0.99))).find("不存在的词语") == []


def test_a_question_that_only_asks_is_left_to_the_vectors() -> None:
    assert [f.chunk.id for f in HybridRetriever(TEXTS, Vectors(("b", 0.5))).find("什么")] == ["b"]


def test_a_section_holds_what_stands_below_its_headings() -> None:
    texts = MemoryTexts([
        chunk("1", "x", "d", "一", "（一）"), chunk("2", "x", "d", "一", "（二）"), chunk("3", "x", "d", "二"),
    ])  # fmt: skip
    retriever = HybridRetriever(texts)
    first = texts.chunks(["1"])[0]
    assert [c.id for c in retriever.section_of(first, 1)] == ["1", "2"]
    assert [c.id for c in retriever.section_of(first, 2)] == ["1"]
