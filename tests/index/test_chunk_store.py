from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import chunk_store
from index.chunk_store import ChunkStore, ChunkStoreUnavailable, ModelMismatch
from index.embedding import Embedder
from index.records import Chunk


class LetterEmbedder(Embedder):
    """Texts that share letters are near each other."""

    def __init__(self, fingerprint: str = "letters") -> None:
        self.name, self.fingerprint = "字母", fingerprint

    def embed_query(self, text: str) -> list[float]:
        vector = [0.001] * 64
        for letter in text:
            vector[hashlib.sha256(letter.encode()).digest()[0] % 64] += 1
        return vector

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


def chunk(document_id: str, number: int, text: str) -> Chunk:
    return Chunk(
        f"{document_id}-{number}",
        document_id,
        ("b",),
        ("一",),
        text,
        text,
        metadata={"kind": "prose", "number": number},
    )


@pytest.fixture
def store(vectors_place: str) -> Iterator[ChunkStore]:
    opened = ChunkStore(vectors_place, LetterEmbedder())
    yield opened
    opened.close()


def test_the_nearest_chunk_comes_first_with_its_similarity(store: ChunkStore) -> None:
    store.add("a", [chunk("a", 0, "网络舆情管理"), chunk("a", 1, "公务接待费")])
    (first, near), (_, far) = store.search("网络舆情", 2)
    assert first == "a-0"
    assert 1 >= near > far


def test_a_replaced_document_leaves_no_old_chunk_and_a_removed_one_none(store: ChunkStore) -> None:
    store.add("a", [chunk("a", n, "旧的内容") for n in range(3)])
    store.add("b", [chunk("b", 0, "另一份")])
    store.remove("a")
    store.add("a", [chunk("a", 0, "新的内容")])
    assert {i for i, _ in store.search("内容", 10)} == {"a-0", "b-0"}
    assert store.ids() == {"a-0", "b-0"}
    store.remove("a")
    store.remove("never there")
    assert store.ids() == {"b-0"}
    store.drop(["b-0", "never there"])
    assert store.ids() == set()


@pytest.mark.parametrize(("few", "most"), [(100, 100), (100, 4), (2, 100)], ids=["compared", "too many", "wide"])
def test_search_keeps_to_the_documents_asked_for(
    store: ChunkStore, few: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunk_store, "_FEW", few)
    monkeypatch.setattr(chunk_store, "_MOST_COMPARED", most)
    for n in range(12):
        store.add(f"d{n}", [chunk(f"d{n}", 0, "网络舆情管理" if n == 11 else f"内容{n}")])
    wanted = [f"d{n}" for n in range(5)]
    found = store.search("网络舆情管理", 3, wanted)
    assert len(found) == 3
    assert all(i.removesuffix("-0") in wanted for i, _ in found)
    assert store.search("网络舆情管理", 3, []) == []
    assert store.search("网络舆情管理", 1)[0][0] == "d11-0"


def test_a_few_documents_are_compared_as_chroma_does(store: ChunkStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its search through the index walks past all chunks of a large store to find those of one document."""
    for n in range(8):
        store.add(f"d{n}", [chunk(f"d{n}", i, "网络舆情管理"[: 1 + (n + i) % 6] + f"内容{n}") for i in range(4)])
    within = [f"d{n}" for n in (1, 4, 6)]
    vector = store.embedder.embed_query("舆情管理")
    theirs = store._nearest(vector, 12, {"document_id": {"$in": within}})
    assert len(theirs) == 12
    monkeypatch.setattr(ChunkStore, "_nearest", None)
    ours = dict(store.search("舆情管理", 12, within))
    assert ours == pytest.approx(dict(theirs), abs=1e-5)
    best = store.search("舆情管理", 5, within)
    assert [near for _, near in best] == sorted(ours.values(), reverse=True)[:5]
    assert store.search("舆情管理", 5, ["never there"]) == []


def test_vectors_of_another_model_are_refused_by_name(vectors_place: str) -> None:
    ChunkStore(vectors_place, LetterEmbedder()).close()
    with pytest.raises(ModelMismatch, match="字母"):
        ChunkStore(vectors_place, LetterEmbedder("other"))
    reopened = ChunkStore(vectors_place, LetterEmbedder())
    assert reopened.ids() == set()
    reopened.close()


def test_a_place_that_cannot_be_opened_is_told_in_chinese(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(ChunkStoreUnavailable, match="打不开向量库"):
        ChunkStore(blocked, LetterEmbedder())
    with pytest.raises(ChunkStoreUnavailable, match="打不开向量库"):
        ChunkStore("http://127.0.0.1:9", LetterEmbedder())
