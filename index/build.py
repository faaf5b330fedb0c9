"""The pipeline: parse, derive, store; one document after the other, each one atomically.

Files are parsed by a pool of processes while this process writes. A file whose
content was read before is skipped; a changed file replaces its earlier version in
both stores. Vectors follow at the end, so lookups and full text answer at once.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from index.chunk_store import ChunkStore, ChunkStoreUnavailable, ModelMismatch
from index.fact_store import FactStore, StoreError
from index.model_files import default_model
from index.names import WORD_KINDS, StoredName
from index.records import Chunk, Document, Fact

READER_VERSION = "2"
"""Raised when reading changes: documents that an older version read are read again."""
_PR_SET_PDEATHSIG = 1
_LOCK_PATIENCE = 2.0
"""Seconds; the readers of a writer that was killed inherit its lock and die a moment after it."""
State = Literal["read", "unchanged", "failed"]
Progress = Callable[[str, int, int], None]
Claim = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; ``message`` is Chinese."""

    file: str
    state: State
    message: str = ""
    document_id: str | None = None
    facts: int = 0


@dataclass(slots=True)
class Report:
    """All outcomes, in the order of the files, and notices for the user."""

    outcomes: list[Outcome] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def count(self, state: State) -> int:
        return sum(o.state == state for o in self.outcomes)


@dataclass(frozen=True, slots=True)
class _Item:
    path: Path
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class _Derived:
    document: Document
    facts: list[Fact]
    chunks: list[tuple[Chunk, list[str]]]
    names: list[StoredName]
    findings: list[dict[str, object]]


def digest_of(path: Path) -> str:
    """The content's sha256 together with the reader's version."""
    content = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            content.update(part)
    return f"{content.hexdigest()[:56]}-{READER_VERSION}"


def derive(path: Path, name: str, document_id: str) -> _Derived:
    """Read one file and derive all that the stores hold of it. Raises UnreadableFile for a file that no reader can read."""
    from index.assemble import assemble
    from index.checks import check
    from index.chunks import chunks_of
    from index.facts import facts_of
    from index.names import names_of
    from index.parsers import read_file
    from index.words import cut, load_names

    document = assemble(read_file(path), name, document_id)
    facts = facts_of(document)
    names = names_of(document, facts)
    load_names(n.text for n in names if n.kind in WORD_KINDS)
    chunks = [(chunk, cut(chunk.embedded)) for chunk in chunks_of(document)]
    return _Derived(document, facts, chunks, names, [dict(f.as_json()) for f in check(document, facts)])


def _work(item: _Item, document_id: str) -> _Derived | str:
    """In a worker: a derived document, or in words why there is none."""
    from index.parsers import UnreadableFile

    try:
        return derive(item.path, item.name, document_id)
    except UnreadableFile as error:
        return str(error)
    except MemoryError:
        return "内存不足，未能读取。请关闭其他程序或拆分文件后重试。"
    except Exception as error:  # one bad file must not stop the batch
        if os.environ.get("BUDGETQA_DEBUG"):
            traceback.print_exc()
        return f"读取时出错（{type(error).__name__}: {error}）。请确认文件能正常打开，或另存后再导入。"


@contextmanager
def writing(place: str | Path) -> Iterator[None]:
    """Hold the lock of a store in a folder: two writers must not meet. Raises StoreError when another one writes.

    On a database server workers share the work (:meth:`FactStore.claiming`) and take turns at each document.
    """
    if "://" in str(place):
        yield
        return
    import fcntl

    folder = Path(place)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / "write.lock").open("a")
    except OSError as error:
        raise StoreError(
            f"无法写入库 {folder}：{error.strerror}。请检查权限，或用 --store 指定可写的文件夹。"
        ) from error
    with handle:
        until = time.monotonic() + _LOCK_PATIENCE
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() > until:
                    raise StoreError(f"库 {folder} 正被另一个写入任务占用。请等它结束后重试。") from error
                time.sleep(0.05)
        yield


def ingest(
    paths: Sequence[Path], place: str | Path, *, progress: Progress | None = None, workers: int | None = None,
    vectors: bool = True, names: dict[Path, str] | None = None,
) -> Report:  # fmt: skip
    """Read files, folders and archives into the store at ``place``.

    Args:
        progress: called with a Chinese line, how many are done, and how many there are.
        workers: processes that parse; the number of cores by default.
        vectors: also embed what has no vectors yet, when a model is there.
        names: a file's name as users know it, where it differs from the path's.

    Raises:
        StoreError: the store cannot be opened or written; documents written before stay.
    """
    report = Report()
    say = progress or (lambda _line, _done, _total: None)
    with writing(place), tempfile.TemporaryDirectory(prefix="budgetqa-") as unpacked:
        items = list(_items(paths, Path(unpacked), report, names or {}))
        store = FactStore(place)
        try:
            with store.claiming() as claim:
                _read_all(items, store, report, say, workers, claim)
                if vectors:
                    embed_missing(store, place, report, say, claim)
        finally:
            store.close()
    return report


def _items(paths: Sequence[Path], unpacked: Path, report: Report, names: dict[Path, str]) -> Iterator[_Item]:
    from index.parsers import ARCHIVE_SUFFIXES, SUFFIXES, UnreadableFile
    from index.parsers.archive import expand

    for number, path in enumerate(paths):
        if not path.exists():
            report.outcomes.append(Outcome(str(path), "failed", "路径不存在。请检查路径是否写对。"))
            continue
        files = [path]
        if path.is_dir():
            found = sorted(f for f in path.rglob("*") if f.is_file() and not f.name.startswith((".", "~$")))
            files = [f for f in found if f.suffix.lower() in SUFFIXES]
            if not files:
                report.notices.append(f"文件夹 {path} 中没有可读的文件（支持 {' '.join(sorted(SUFFIXES))}）。")
        for at, file in enumerate(files):
            if file.suffix.lower() not in ARCHIVE_SUFFIXES:
                yield _Item(file, names.get(file, file.name), str(file.resolve()))
                continue
            try:
                target = unpacked / f"{number}-{at}"
                target.mkdir()
                expansion = expand(file, target)
            except UnreadableFile as error:
                report.outcomes.append(Outcome(file.name, "failed", str(error)))
                continue
            except OSError as error:
                told = f"解压时出错：{error.strerror}。请检查磁盘空间和权限。"
                report.outcomes.append(Outcome(file.name, "failed", told))
                continue
            report.outcomes += [Outcome(f"{file.name}!{member}", "failed", why) for member, why in expansion.failed]
            for member in expansion.files:
                yield _Item(member, member.name, f"{file.resolve()}!{member.relative_to(target)}")


def _read_all(
    items: list[_Item], store: FactStore, report: Report, say: Progress, workers: int | None, claim: Claim
) -> None:
    known = {row.path: row for row in store.documents()}
    by_digest = {row.digest: row for row in known.values()}
    todo: list[tuple[_Item, str]] = []
    done = 0
    for item in items:
        try:
            digest = digest_of(item.path)
        except OSError as error:
            report.outcomes.append(Outcome(item.name, "failed", f"无法打开：{error.strerror}。请检查文件权限。"))
            continue
        same = by_digest.get(digest)
        if same is not None and (same.path == item.key or not _gone(same.path)):
            alike = "" if same.path == item.key else f"内容与 {same.file} 相同"
            report.outcomes.append(Outcome(item.name, "unchanged", alike, same.id))
            done += 1
        elif any(digest == other for _, other in todo):
            report.outcomes.append(Outcome(item.name, "unchanged", "内容与本批另一文件相同"))
            done += 1
        elif not claim(digest):
            report.outcomes.append(Outcome(item.name, "unchanged", "另一个导入任务正在读取"))
            done += 1
        else:
            todo.append((item, digest))
    total = done + len(todo)
    for item, digest, result in _derived(todo, workers):
        done += 1
        if isinstance(result, str):
            report.outcomes.append(Outcome(item.name, "failed", result))
        else:
            try:
                _store(store, item, digest, result)
            except UnicodeEncodeError:
                told = "文件名或路径含有无法识别的字符。请改名后重试。"
                report.outcomes.append(Outcome(item.name, "failed", told))
                continue
            warnings = "；".join(result.document.warnings)
            report.outcomes.append(Outcome(item.name, "read", warnings, result.document.id, len(result.facts)))
        say(item.name, done, total)


def _gone(path: str) -> bool:
    return not Path(path.split("!", maxsplit=1)[0]).exists()


def _store(store: FactStore, item: _Item, digest: str, derived: _Derived) -> None:
    store.replace(
        derived.document, derived.facts, derived.chunks, derived.names, derived.findings,
        path=item.key, digest=digest, at=datetime.now(UTC).isoformat(),
    )  # fmt: skip


def _derived(todo: list[tuple[_Item, str]], workers: int | None) -> Iterator[tuple[_Item, str, _Derived | str]]:
    """Results in order; at most a few are under way at a time, so memory stays bounded."""
    count = min(workers or os.cpu_count() or 1, len(todo))
    if count <= 1:
        for item, digest in todo:
            yield item, digest, _work(item, digest[:16])
        return
    waiting: list[tuple[_Item, str, Future[_Derived | str]]] = []
    with ProcessPoolExecutor(count, initializer=_bind_to_parent, initargs=(os.getpid(),)) as pool:
        try:
            for item, digest in todo:
                waiting.append((item, digest, pool.submit(_work, item, digest[:16])))
                if len(waiting) >= 2 * count:
                    yield _settled(*waiting.pop(0))
            while waiting:
                yield _settled(*waiting.pop(0))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _bind_to_parent(parent: int) -> None:
    """In a worker: Ctrl-C is the parent's to handle (a worker that dies of it leaves the pool waiting for ever),
    and a parent that is killed takes its workers with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if multiprocessing.get_start_method() == "fork" and os.getppid() != parent:  # killed before the line above
            os._exit(1)


def _settled(item: _Item, digest: str, future: Future[_Derived | str]) -> tuple[_Item, str, _Derived | str]:
    try:
        return item, digest, future.result()
    except BrokenProcessPool:
        return item, digest, "读取进程意外结束（可能内存不足）。请单独重新导入此文件。"


def chunk_place(place: str | Path) -> str | Path:
    """Where the vectors of the store at ``place`` stand: ``BUDGETQA_CHROMA``, else a folder beside the facts."""
    configured = os.environ.get("BUDGETQA_CHROMA")
    if configured:
        return configured
    return Path("var/vectors") if "://" in str(place) else Path(place) / "vectors"


def open_chunks(place: str | Path) -> ChunkStore | None:
    """The chunk store with the default model, None without any model. Raises ModelMismatch for another model's vectors."""
    model = default_model(os.environ.get("BUDGETQA_MODELS"))
    if model is None:
        return None
    from index.embedding import load_embedder

    return ChunkStore(chunk_place(place), load_embedder(model))


def embed_missing(store: FactStore, place: str | Path, report: Report, say: Progress, claim: Claim) -> None:
    """Embed the chunks of documents that have no vectors yet and drop vectors of documents that are gone.

    Facts and full text are there already, so whatever keeps the vectors away is told in a notice.
    """
    try:
        with writing(chunk_place(place)) if "://" in str(place) else nullcontext():
            chunks = open_chunks(place)
            if chunks is None:
                report.notices.append(
                    "没有找到向量模型：查数与全文检索可用，语义检索未启用。可运行 make model 获取模型后重新导入。"
                )
                return
            try:
                _embed(store, chunks, say, claim)
            finally:
                chunks.close()
    except (ChunkStoreUnavailable, ModelMismatch, StoreError) as error:
        report.notices.append(f"文档已可查数和全文检索，但语义检索没有更新：{error}")


def _embed(store: FactStore, chunks: ChunkStore, say: Progress, claim: Claim) -> None:
    # In this order: a document that another worker adds in between is then no leftover.
    present = chunks.document_ids()
    rows = store.documents()
    for gone in present - {row.id for row in rows}:
        chunks.remove(gone)
    # Also those whose vectors were thrown away since, as after a change of the model.
    waiting = [r for r in rows if (not r.vectors or r.id not in present) and claim(f"vectors {r.id}")]
    for done, row in enumerate(waiting, 1):
        chunks.replace(row.id, store.chunks_of(row.id))
        store.mark_vectors([row.id])
        say(f"向量：{row.file}", done, len(waiting))


def remove(document_id: str, place: str | Path) -> bool:
    """Take a document out of both stores; False when there is none of that id."""
    with writing(place):
        store = FactStore(place, create=False)
        try:
            removed = store.remove(document_id)
            # Vectors that cannot be reached now find no text any more, and the next ingest drops them.
            with suppress(ChunkStoreUnavailable, ModelMismatch):
                if removed and (chunks := open_chunks(place)) is not None:
                    try:
                        chunks.remove(document_id)
                    finally:
                        chunks.close()
            return removed
        finally:
            store.close()
