"""The vectors of a store: made behind its documents, and read while they are made.

Facts and full text of a document stand at once; its vectors follow, by the ``ingest`` that read it or behind a
running service. Whoever holds the lock of an embedded Chroma makes them, all others leave it to that one: two
processes that write into one folder by turns, each with its own index in memory, would lose vectors, and a reader
sees what others wrote only after opening it anew (both tried with Chroma 1.5).
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock

from index.chunk_store import ChunkStore, ChunkStoreUnavailable, ModelMismatch
from index.fact_store import DocumentRow, FactStore
from index.locks import PATIENCE, locked
from index.model_files import default_model
from index.store_engine import StoreError

REOPEN_SECONDS = 30.0
"""A reader looks for vectors that others made at most this often: opening reads the whole index again."""
REOPEN_SHARE = 20
"""And at most every so many times as long as opening took, while searches wait: a large index takes seconds."""
SESSION_SECONDS = 60.0
"""A service gives the lock back this often, so that a backup or an ingest has its turn."""
START_SECONDS = 2.0
"""A service that has just started answers first."""
Progress = Callable[[str, int, int], None]
Claim = Callable[[str], bool]
NO_MODEL = "没有找到向量模型：查数与全文检索可用，语义检索未启用。可运行 make model 获取模型后重新导入。"
UNREACHED = (ChunkStoreUnavailable, ModelMismatch, StoreError)


def chunk_place(place: str | Path) -> str | Path:
    """Where the vectors of the store at ``place`` stand: ``BUDGETQA_CHROMA``, else a folder beside the facts."""
    configured = os.environ.get("BUDGETQA_CHROMA")
    if configured:
        return configured
    return Path("var/vectors") if "://" in str(place) else Path(place) / "vectors"


def open_chunks(place: str | Path, *, threads: int = 1) -> ChunkStore | None:
    """The chunk store with the default model, None without any model. Raises ModelMismatch for another model's vectors."""
    model = default_model(os.environ.get("BUDGETQA_MODELS"))
    if model is None:
        return None
    from index.embedding import load_embedder

    return ChunkStore(chunk_place(place), load_embedder(model, threads=threads))


@contextmanager
def writing_vectors(place: str | Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock of an embedded Chroma (beside its folder). Raises StoreError while another one writes."""
    folder = chunk_place(place)
    if "://" in str(folder):
        yield
        return
    with locked(Path(f"{folder}.lock"), patience):
        yield


def embed_missing(
    store: FactStore, place: str | Path, claim: Claim, say: Progress, *, threads: int = 1,
    going_on: Callable[[], bool] = lambda: True,
) -> list[str]:  # fmt: skip
    """Embed the chunks of documents that have no vectors yet and drop vectors of documents that are gone.

    Facts and full text are there already, so whatever keeps the vectors away is told in the notices returned (Chinese).
    Stops after a document when ``going_on`` says so.
    """
    notices: list[str] = []
    try:
        with writing_vectors(place):
            try:
                chunks = open_chunks(place, threads=threads)
            except ChunkStoreUnavailable as error:
                notices.append(_set_aside(place, error))
                chunks = open_chunks(place, threads=threads)
            if chunks is None:
                return [NO_MODEL]
            try:
                _embed(store, chunks, claim, say, going_on)
            finally:
                chunks.close()
    except UNREACHED as error:
        return [f"文档已可查数和全文检索，但语义检索没有更新：{error}"]
    return notices


def _set_aside(place: str | Path, error: ChunkStoreUnavailable) -> str:
    """Move a damaged folder of vectors away, since all of it can be made again; raises ``error`` where it is none."""
    folder = chunk_place(place)
    if not error.damaged or "://" in str(folder):
        raise error
    old = Path(f"{folder}.damaged")
    try:
        if old.exists():
            shutil.rmtree(old)
        Path(folder).rename(old)
    except OSError:
        raise error from None
    return f"向量库 {folder} 已损坏，移到了 {old}（可删除）；向量已由库中的文档重新建立。"


def _embed(store: FactStore, chunks: ChunkStore, claim: Claim, say: Progress, going_on: Callable[[], bool]) -> None:
    # In this order: what another worker adds in between is then no leftover.
    held = chunks.ids()
    known = store.chunk_ids()
    chunks.drop(held - known)
    # Also those whose vectors were thrown away since, as after a change of the model.
    lost = store.documents_of_chunks(known - held)
    waiting = [r for r in store.documents() if not r.vectors or r.id in lost]
    for done, row in enumerate(waiting, 1):
        if not going_on():
            return
        if claim(f"vectors {row.id}"):
            _embed_document(store, chunks, row)
        say(f"向量：{row.file}", done, len(waiting))


def _embed_document(store: FactStore, chunks: ChunkStore, row: DocumentRow) -> None:
    # What a killed worker left of it has the same ids, so nothing is removed before: Chroma looks for that long.
    chunks.add(row.id, store.chunks_of(row.id))
    if not store.mark_vectors(row.id, row.digest):  # removed or read anew meanwhile
        chunks.remove(row.id)


def forget(document_id: str, place: str | Path) -> None:
    """Drop a document's vectors; what cannot be reached now finds no text any more, and the next ingest drops it."""
    with suppress(*UNREACHED), writing_vectors(place, patience=0):
        chunks = open_chunks(place)
        if chunks is not None:
            try:
                chunks.remove(document_id)
            finally:
                chunks.close()


def embed_behind(place: str | Path, stop: Event, wake: Event, told: Callable[[str], None], every: float = 30.0) -> None:
    """Make the vectors that are missing, again and again until ``stop``; for a thread of a service.

    ``wake`` makes it look at once. ``told`` gets a Chinese line when vectors were made or cannot be.
    """
    _give_way()
    stop.wait(START_SECONDS)
    last = ""
    while not stop.is_set():
        wake.clear()
        try:
            made, left, notice = _session(place, stop)
        except StoreError as error:
            made, left, notice = 0, 0, str(error)
        if made:
            told(f"已为 {made} 份文档建立向量，还差 {left} 份")
        if notice and notice != last:
            told(notice)
        last = notice
        if made and left:
            stop.wait(1)  # another one's turn
        else:
            wake.wait(every)


def _session(place: str | Path, stop: Event) -> tuple[int, int, str]:
    """Documents that got vectors, documents that still have none, and what kept them away."""
    store = FactStore(place, create=False)
    try:
        missing = store.without_vectors()
        if not missing:
            return 0, 0, ""
        until = time.monotonic() + SESSION_SECONDS
        with store.claiming() as claim:
            notices = embed_missing(
                store, place, claim, lambda *_: None, going_on=lambda: not stop.is_set() and time.monotonic() < until
            )
        left = store.without_vectors()
        return missing - left, left, "".join(notices)
    finally:
        store.close()


def _give_way() -> None:
    """On Linux the niceness belongs to the thread: questions come before vectors."""
    if sys.platform == "linux":
        os.nice(10)


class VectorReader:
    """Searches by meaning in the vectors of a store; opened when first used, and anew when others made more.

    ``mark`` tells a change of the vectors. Safe in several threads. A search that cannot be done finds nothing, and
    :attr:`notice` says why (Chinese): lookups and full text go on.
    """

    def __init__(self, place: str | Path, mark: Callable[[], str | None]) -> None:
        self._place, self._mark = place, mark
        self._lock = Lock()
        self._current: ChunkStore | None = None
        self._users: dict[ChunkStore, int] = {}
        self._seen: str | None = None
        self._looked = float("-inf")
        self._pause = REOPEN_SECONDS
        self.notice: str | None = None

    def search(self, query: str, k: int, document_ids: Sequence[str] | None = None) -> list[tuple[str, float]]:
        """As :meth:`ChunkStore.search`."""
        try:
            with self._opened() as chunks:
                if chunks is None:
                    return []
                found = chunks.search(query, k, document_ids)
        except Exception as error:  # a server gone, a damaged file: Chroma has no common error for them
            self.notice = f"语义检索不可用：{error}"
            with self._lock:
                self._let_go()
            return []
        self.notice = None
        return found

    @contextmanager
    def _opened(self) -> Iterator[ChunkStore | None]:
        with self._lock:
            self._refresh()
            chunks = self._current
            if chunks is not None:
                self._users[chunks] += 1
        try:
            yield chunks
        finally:
            if chunks is not None:
                with self._lock:
                    self._users[chunks] -= 1
                    self._drop_unused()

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._looked < self._pause:
            return
        self._looked = now
        mark = self._mark()
        if self._current is not None and (mark == self._seen or "://" in str(chunk_place(self._place))):
            return
        self._let_go()
        opened = open_chunks(self._place)
        self._current, self._seen = opened, mark
        if opened is not None:
            self._users[opened] = 0
            opened.search("预算", 1)  # Chroma reads its index when it is first asked
        self._pause = max(REOPEN_SECONDS, REOPEN_SHARE * (time.monotonic() - now))

    def _let_go(self) -> None:
        self._current = None
        self._drop_unused()

    def _drop_unused(self) -> None:
        for chunks in [c for c, users in self._users.items() if users == 0 and c is not self._current]:
            del self._users[chunks]
            chunks.close()

    def look_again(self) -> None:
        """Look for new vectors at the next search."""
        self._looked = float("-inf")

    def close(self) -> None:
        with self._lock:
            self._let_go()
