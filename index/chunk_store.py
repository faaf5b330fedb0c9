"""Chunks by meaning: their vectors in Chroma, embedded in this process or on a server.

Chroma holds what is embedded, with the chunk's id and metadata; the texts shown
to a reader come from the fact store. Nothing is sent anywhere but to the server named.

Measured (230,000 vectors of 512): a search takes 5 ms. One filtered by Chroma walks
through its index until it has met enough chunks that pass: 540 ms for one document,
150 ms for 400. So the chunks of a few documents are compared here one by one (22 ms
for one document, 47 for 24); with more, the search is wide and filtered afterwards,
and left to Chroma only where that brings too few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from index.embedding import Embedder
from index.records import Chunk
from index.watcher import ended_if_stuck

COLLECTION = "budgetqa-chunks"
_BATCH = 64
_FEW = 100
_MOST_COMPARED = 2000
_WIDE = 300
_PAGE = 20_000
"""Chunks asked for at once; beyond 32,766 Chroma's SQLite has too many variables."""
_SERVER_PATIENCE = 60.0
"""Seconds; Chroma's own client would wait for a server that hangs for ever."""
_CLOSING_PATIENCE = 30.0
"""Seconds; closing takes a fraction of one. Once in thousands one of Chroma's threads did not end."""
_STUCK = (
    "关闭向量库时没有响应（Chroma 的一个线程没有停下），本程序已自行结束。此前读入的文档和建好的向量都已写入，没有丢失；"
    "再次运行同一命令会接着做。服务须重新启动。如反复出现，可改用 Chroma 服务（BUDGETQA_CHROMA）。"
)
_DAMAGED = ("malformed", "not a database")
_NAMES: set[str] = set()
_NAMES_LOCK = Lock()


class ModelMismatch(Exception):
    """The index was made by another embedding model; the message is Chinese and names both."""


class ChunkStoreUnavailable(Exception):
    """Chroma could not be opened or reached; the message is Chinese and says what to check."""

    @property
    def damaged(self) -> bool:
        """Whether the file itself is at fault, and not a full disk, a permission or a server."""
        return any(sign in str(self) for sign in _DAMAGED)


def _client(place: Path | str) -> Any:
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if isinstance(place, str) and "://" in place:
        url = urlsplit(place)
        secure = url.scheme == "https"
        port = url.port or (443 if secure else 8000)
        client = chromadb.HttpClient(host=url.hostname or "", port=port, ssl=secure, settings=settings)
        for session in _sessions(client):
            session.timeout = _SERVER_PATIENCE
        return client
    Path(place).mkdir(parents=True, exist_ok=True)
    # Chroma shares all that is opened by one name in a process, its view of what other processes wrote included.
    with _NAMES_LOCK:
        name = next(n for times in count() if (n := f"{place}{'/.' * times}") not in _NAMES)
        _NAMES.add(name)
    try:
        return chromadb.PersistentClient(path=name, settings=settings)
    except BaseException:
        # Chroma keeps what it failed to open half made and would hand it out again.
        SharedSystemClient._identifier_to_system.pop(name, None)
        SharedSystemClient._identifier_to_refcount.pop(name, None)
        _NAMES.discard(name)
        raise


def _sessions(client: Any) -> list[Any]:
    """The connections to a server, which Chroma's client leaves open when it is closed; none for an embedded one."""
    servers = [getattr(part, "_server", None) for part in (client, getattr(client, "_admin_client", None))]
    return [session for server in servers if (session := getattr(server, "_session", None)) is not None]


class ChunkStore:
    """Vectors of all chunks; opened by its path or a server's address (``http://host:port``).

    Raises :class:`ModelMismatch` if the vectors there were made by another model and
    :class:`ChunkStoreUnavailable` if the place cannot be opened.
    """

    def __init__(self, place: Path | str, embedder: Embedder) -> None:
        from langchain_chroma import Chroma

        self.embedder = embedder
        self._client: Any = None
        try:
            self._client = _client(place)
            self._chroma = Chroma(
                collection_name=COLLECTION,
                embedding_function=embedder,
                client=self._client,
                collection_metadata={"model": embedder.name, "fingerprint": embedder.fingerprint},
                collection_configuration={"hnsw": {"space": "cosine"}},
            )
            made_by = self._client.get_collection(COLLECTION, embedding_function=None).metadata or {}
        except Exception as error:  # Chroma raises ValueError, its own errors and httpx's alike
            self.close()
            raise ChunkStoreUnavailable(f"打不开向量库 {place}：{error}。请检查路径、权限或服务器地址。") from error
        if made_by.get("fingerprint") != embedder.fingerprint:
            self.close()
            raise ModelMismatch(
                f"向量索引是用模型“{made_by.get('model')}”建立的，现在的模型是“{embedder.name}”，两者的向量不能混用。"
                "请改回原来的模型，或删除向量库后重新导入文档。"
            )

    def add(self, document_id: str, chunks: Sequence[Chunk]) -> None:
        """Add a document's chunks; those with ids that are there are made anew. Embeds, so it is the slow step of reading in."""
        for start in range(0, len(chunks), _BATCH):
            batch = chunks[start : start + _BATCH]
            with self._writing():
                self._chroma.add_texts(
                    [c.embedded for c in batch],
                    metadatas=[{**c.metadata, "document_id": document_id} for c in batch],
                    ids=[c.id for c in batch],
                )

    def remove(self, document_id: str) -> None:
        """Forget a document; nothing happens if it is not there."""
        with self._writing():
            self._chroma.delete(where={"document_id": document_id})

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # a full disk, a server gone: Chroma has no common error for them
            raise ChunkStoreUnavailable(
                f"写入向量库时出错：{error}。请检查磁盘空间、权限或服务器，然后重试。"
            ) from error

    def search(self, query: str, k: int, document_ids: Sequence[str] | None = None) -> list[tuple[str, float]]:
        """The ``k`` chunks nearest in meaning as (chunk id, cosine similarity), best first.

        ``document_ids`` keeps to those documents; an empty list finds nothing.
        """
        vector = self._chroma.embeddings.embed_query(query)
        if document_ids is None:
            return self._nearest(vector, k, None)
        wanted = set(document_ids)
        if not wanted:
            return []
        inside = {"document_id": {"$in": sorted(wanted)}}
        if len(wanted) <= _FEW and (found := self._compared(vector, k, inside)) is not None:
            return found
        wide = self._chroma.similarity_search_by_vector_with_relevance_scores(vector, max(_WIDE, 5 * k))
        kept = [(str(d.id), 1 - float(far)) for d, far in wide if d.metadata["document_id"] in wanted]
        return kept[:k] if len(kept) >= k else self._nearest(vector, k, inside)

    def _nearest(self, vector: list[float], k: int, where: dict[str, Any] | None) -> list[tuple[str, float]]:
        found = self._chroma.similarity_search_by_vector_with_relevance_scores(vector, k, filter=where)
        return [(str(document.id), 1 - float(distance)) for document, distance in found]

    def _compared(self, vector: list[float], k: int, where: dict[str, Any]) -> list[tuple[str, float]] | None:
        """As :meth:`_nearest`, every chunk looked at; None where these are too many."""
        import numpy

        among = self._chroma.get(where=where, include=[], limit=_MOST_COMPARED + 1)["ids"]
        if len(among) > _MOST_COMPARED:
            return None
        held = self._chroma.get(ids=among, include=["embeddings"]) if among else {"ids": []}
        if not (ids := held["ids"]):
            return []
        vectors, asked = numpy.asarray(held["embeddings"]), numpy.asarray(vector)
        near = vectors @ asked / (numpy.linalg.norm(vectors, axis=1) * numpy.linalg.norm(asked))
        return [(ids[at], float(near[at])) for at in numpy.argsort(-near, kind="stable")[:k]]

    def ids(self) -> set[str]:
        """Every chunk that has a vector."""
        found: set[str] = set()
        while page := self._chroma.get(include=[], limit=_PAGE, offset=len(found))["ids"]:
            found.update(page)
        return found

    def drop(self, ids: Iterable[str]) -> None:
        """Forget these chunks."""
        gone = list(ids)
        for start in range(0, len(gone), _PAGE):
            with self._writing():
                self._chroma.delete(ids=gone[start : start + _PAGE])

    def close(self) -> None:
        if self._client is None:
            return
        client, self._client = self._client, None
        sessions = _sessions(client)
        # What was written is committed already, so nothing is lost with the process.
        with nullcontext() if sessions else ended_if_stuck(_CLOSING_PATIENCE, _STUCK):
            client.close()
        _NAMES.discard(client.get_settings().persist_directory)
        for session in sessions:
            session.close()
