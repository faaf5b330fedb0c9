"""A store in a folder as one file and back, and what is damaged in it.

The file is a zip of the fact store, copied with SQLite's own online backup so that
a reader or a crashed writer leaves nothing half in it, the folder of vectors, what the
web service keeps (accounts and conversations, uploaded files, the audit), and
``manifest.json`` with the sha256 of each. Readers go on while a backup is made;
writers wait outside. Vectors on a server and facts in a database are backed up there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from index import schema
from index.build import READER_VERSION
from index.locks import writing
from index.store_engine import StoreError, read_only_uri, shown_place, sqlite_file
from index.vectors import SESSION_SECONDS, chunk_place, writing_vectors

FORMAT = 2
MANIFEST = "manifest.json"
_FACTS, _VECTORS, _SERVICE = "facts.sqlite", "vectors", "service"
_ACCOUNTS, _UPLOADS, _AUDIT = "web.sqlite3", "uploads", "audit.jsonl"
_PART = 1 << 20
_SHOWN_DEFECTS = 5
_VECTORS_PATIENCE = 2 * SESSION_SECONDS


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup file holds; ``vectors`` is False where they are on a server, ``service`` where nobody used it."""

    documents: int
    bytes: int
    vectors: bool
    service: bool
    made_at: str


def backup(place: str | Path, out: Path, service: Path | None = None) -> Backup:
    """Write the store at ``place``, and what the web service keeps in the folder ``service``, to the zip file ``out``.

    Only its owner may read the file: it holds accounts. Raises StoreError when the store is in a database, is damaged
    or being written, or ``out`` cannot be written.
    """
    file = _file_of(place)
    if not file.exists():
        raise StoreError("库里还没有文档，没有可备份的内容。")
    if found := defects(place):
        raise StoreError(f"库已损坏，没有备份：{found[0]}")
    part = out.with_name(f"{out.name}.part")
    try:
        with _still(place), tempfile.TemporaryDirectory(dir=out.parent, prefix=".backup-") as temporary:
            copies = {_FACTS: _copied(file, Path(temporary) / _FACTS)}
            vectors = chunk_place(place)
            if isinstance(vectors, Path):
                for path in sorted(p for p in vectors.rglob("*") if p.is_file()):
                    if path.suffix == ".lock" or path.name.endswith(("-wal", "-shm", "-journal")):
                        continue
                    name = str(PurePosixPath(_VECTORS, *path.relative_to(vectors).parts))
                    database = path.suffix == ".sqlite3"
                    copies[name] = _copied(path, Path(temporary) / "vectors.sqlite3") if database else path
            if service is not None:
                copies |= _kept_by_service(service, Path(temporary))
            part.touch(mode=0o600)
            made = _pack(copies, part, str(service.resolve() / _UPLOADS) if service is not None else "")
        os.replace(part, out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"无法写入备份 {out}：{error.strerror}。请检查文件夹、权限和磁盘空间。") from error
    except sqlite3.Error as error:
        raise StoreError(f"备份时读不出库 {file}：{error}。请用 budgetqa doctor 检查。") from error
    return made


def restore(source: Path, place: str | Path, service: Path | None = None, *, replace: bool = False) -> Backup:
    """Put a backup's content in place of the store at ``place`` and of what the web service keeps in ``service``.

    Nothing there changes unless the file is whole; what the backup does not hold of the service stays as it is.
    Raises StoreError for a file that is no whole backup or comes from a newer program, and where documents or
    accounts are already there unless ``replace`` says that they may go.
    """
    file = _file_of(place)
    with _still(place), tempfile.TemporaryDirectory(dir=file.parent, prefix=".restore-") as temporary:
        fresh = Path(temporary)
        made = _unpack(source, fresh)
        if found := _file_defects(fresh / _FACTS):
            raise StoreError(f"备份 {source} 中的库已损坏：{found[0]}")
        if file.exists() and not replace and _documents_in(file):
            raise StoreError(f"库 {file.parent} 里已有文档。确要用备份替换，请加 --replace。")
        if service is not None and made.service and not replace and (service / _ACCOUNTS).exists():
            raise StoreError(f"{service} 里已有用户和对话记录。确要用备份替换，请加 --replace。")
        vectors = chunk_place(place)
        old = fresh / "old"
        old.mkdir()
        try:
            for gone in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
                if gone.exists():
                    gone.rename(old / gone.name)
            if isinstance(vectors, Path) and vectors.exists():
                shutil.move(vectors, old / _VECTORS)
            if isinstance(vectors, Path) and (fresh / _VECTORS).exists():
                shutil.move(fresh / _VECTORS, vectors)
            if service is not None and made.service:
                _put_back(fresh / _SERVICE, service, old)
                _move_paths(fresh / _FACTS, fresh / MANIFEST, service)
            (fresh / _FACTS).rename(file)
        except OSError as error:
            raise StoreError(f"恢复未完成：{error.strerror}。请检查权限和磁盘空间后再次运行 restore。") from error
    return made


def defects(place: str | Path) -> list[str]:
    """What is damaged in a store, in Chinese, a file a line; empty when it is sound or not in a folder."""
    file = sqlite_file(place)
    if file is None or not file.exists():
        return []
    vectors = chunk_place(place)
    lines = [
        f"{line}。请用 budgetqa restore 由备份恢复，或删除该库后用 budgetqa ingest 由原文件重建。"
        for line in _file_defects(file)
    ]
    if isinstance(vectors, Path) and (found := vectors / "chroma.sqlite3").exists():
        lines += [f"{line}。只影响语义检索，再运行 budgetqa ingest 即会重建。" for line in _file_defects(found)]
    return lines


def _file_defects(file: Path) -> list[str]:
    told = f"{file} 已损坏"
    try:
        with closing(sqlite3.connect(read_only_uri(file), uri=True)) as connection:
            lines = [str(row[0]) for row in connection.execute(f"PRAGMA quick_check({_SHOWN_DEFECTS})")]
            if lines != ["ok"]:
                return [f"{told}：{'；'.join(' '.join(line.split()) for line in lines)}"]
            if file.name == _FACTS:
                return [f"{told}：{line}" for line in _row_defects(connection)]
    except sqlite3.Error as error:
        return [f"{told}：{error}"]
    return []


def _row_defects(connection: sqlite3.Connection) -> list[str]:
    sql = "SELECT count(*) FROM documents d WHERE facts <> (SELECT count(*) FROM facts f WHERE f.document_id = d.id)"
    short = connection.execute(sql).fetchone()[0]
    # A row of chunk_rows that leads to another document's words would be found with them.
    sql = (
        "SELECT (SELECT count(*) FROM chunks), (SELECT count(*) FROM chunk_words), "
        "(SELECT count(*) FROM chunk_words w JOIN chunk_rows r ON r.number = w.rowid AND r.document_id = w.document_id)"
    )
    counts = connection.execute(sql).fetchone()
    lines = [f"{short} 份文档的数据不全"] if short else []
    return [*lines, "全文索引与段落不符"] if len(set(counts)) > 1 else lines


@contextmanager
def _still(place: str | Path) -> Iterator[None]:
    """Nobody writes documents, nor vectors behind a service, which gives way now and then."""
    with writing(place), writing_vectors(place, _VECTORS_PATIENCE):
        yield


def _kept_by_service(folder: Path, temporary: Path) -> dict[str, Path]:
    """The files of the web service by their names in the zip, its database as a copy."""
    copies = {}
    if (accounts := folder / _ACCOUNTS).exists():
        copies[f"{_SERVICE}/{_ACCOUNTS}"] = _copied(accounts, temporary / _ACCOUNTS)
    for path in sorted([*folder.glob(f"{_UPLOADS}/*"), *folder.glob(f"{_AUDIT}*")]):
        if path.is_file():
            copies[f"{_SERVICE}/{path.relative_to(folder).as_posix()}"] = path
    return copies


def _put_back(fresh: Path, folder: Path, old: Path) -> None:
    """Move restored files of the web service to ``folder`` and those they replace to ``old``; an audit is never replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for ending in ("-wal", "-shm"):
        (folder / (_ACCOUNTS + ending)).unlink(missing_ok=True)
    for path in sorted(fresh.iterdir()):
        there = folder / path.name
        if there.exists() and path.name.startswith(_AUDIT):
            continue
        if there.exists():
            shutil.move(there, old / path.name)
        shutil.move(path, there)
    if (accounts := folder / _ACCOUNTS).exists():
        accounts.chmod(0o600)


def _move_paths(facts: Path, manifest: Path, service: Path) -> None:
    """Let documents that were uploaded stand on their files where these are now."""
    was = json.loads(manifest.read_text("utf-8")).get("uploads")
    if not was:
        return
    sql = "UPDATE documents SET path = ? || substr(path, ?) WHERE substr(path, 1, ?) = ?"
    prefix = f"{was}{os.sep}"
    with closing(sqlite3.connect(facts)) as connection, connection:
        now = f"{service.resolve() / _UPLOADS}{os.sep}"
        connection.execute(sql, (now, len(prefix) + 1, len(prefix), prefix))


def _file_of(place: str | Path) -> Path:
    file = sqlite_file(place)
    if file is None:
        raise StoreError(
            f"库 {shown_place(place)} 在数据库服务器上：请用 pg_dump、pg_restore 备份和恢复，向量库同样在其服务器上备份。"
        )
    return file


def _copied(source: Path, target: Path) -> Path:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")
    return target


def _documents_in(file: Path) -> int:
    try:
        with closing(sqlite3.connect(file)) as connection:
            return int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])
    except sqlite3.Error:
        return 0  # a damaged store is what a backup is for


def _pack(copies: dict[str, Path], out: Path, uploads: str) -> Backup:
    sums, size = {}, 0
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    documents = _documents_in(copies[_FACTS])
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, path in copies.items():
            content = hashlib.sha256()
            with path.open("rb") as source, packed.open(name, "w", force_zip64=True) as target:
                while part := source.read(_PART):
                    content.update(part)
                    target.write(part)
                    size += len(part)
            sums[name] = content.hexdigest()
        manifest = {
            "format": FORMAT, "schema": schema.HEAD, "reader": READER_VERSION, "made_at": made_at, "documents": documents,
            "uploads": uploads, "sha256": sums,
        }  # fmt: skip
        packed.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return Backup(documents, size, _any(sums, _VECTORS), _any(sums, _SERVICE), made_at)


def _any(names: Iterable[str], folder: str) -> bool:
    return any(name.startswith(f"{folder}/") for name in names)


def _unpack(source: Path, folder: Path) -> Backup:
    """Every file that the manifest names, checked by its sha256; nothing else of the zip is written."""
    try:
        with zipfile.ZipFile(source) as packed:
            manifest = json.loads(packed.read(MANIFEST))
            if manifest["format"] > FORMAT or manifest["schema"] > schema.HEAD:
                raise StoreError(f"备份 {source} 由更新版本的程序建立。请升级程序后再恢复。")
            size = 0
            for name, wanted in manifest["sha256"].items():
                parts = PurePosixPath(name).parts
                if name != _FACTS and (parts[0] not in (_VECTORS, _SERVICE) or ".." in parts):
                    raise StoreError(f"备份 {source} 中有不该有的文件名 {name}，没有恢复。")
                size += _extract(packed, name, folder.joinpath(*parts), wanted)
            (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
            names = manifest["sha256"]
            return Backup(
                manifest["documents"], size, _any(names, _VECTORS), _any(names, _SERVICE), manifest["made_at"]
            )
    except FileNotFoundError as error:
        raise StoreError(f"找不到备份 {source}。请检查路径。") from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise StoreError(f"{source} 不是完整的备份文件，库没有改动。请换一份备份。") from error
    except OSError as error:
        raise StoreError(f"读不出备份 {source}，或写不下：{error.strerror}。请检查权限和磁盘空间。") from error


def _extract(packed: zipfile.ZipFile, name: str, target: Path, wanted: str) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    content = hashlib.sha256()
    with packed.open(name) as inside, target.open("wb") as out:
        while part := inside.read(_PART):
            content.update(part)
            out.write(part)
    if content.hexdigest() != wanted:
        raise ValueError(name)
    return target.stat().st_size
