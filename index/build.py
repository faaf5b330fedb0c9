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
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from index.fact_store import FactStore
from index.locks import writing
from index.names import WORD_KINDS, StoredName
from index.records import Chunk, Document, Fact
from index.vectors import Claim, Progress, embed_missing, forget

READER_VERSION = "3"
"""Raised when reading changes: documents that an older version read are read again."""
_PR_SET_PDEATHSIG = 1
State = Literal["read", "unchanged", "failed"]


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
                    report.notices += embed_missing(store, place, claim, say, threads=workers or os.cpu_count() or 1)
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
    queued: set[str] = set()
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
        elif digest in queued:
            report.outcomes.append(Outcome(item.name, "unchanged", "内容与本批另一文件相同"))
            done += 1
        elif not claim(digest):
            report.outcomes.append(Outcome(item.name, "unchanged", "另一个导入任务正在读取"))
            done += 1
        else:
            todo.append((item, digest))
            queued.add(digest)
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


def remove(document_id: str, place: str | Path) -> bool:
    """Take a document out of both stores; False when there is none of that id."""
    with writing(place):
        store = FactStore(place, create=False)
        try:
            removed = store.remove(document_id)
            if removed:
                forget(document_id, place)
            return removed
        finally:
            store.close()
