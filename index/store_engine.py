"""How a fact store is reached: its URL, the engines that read and write it, and what went wrong in Chinese.

Reading and writing differ in how a transaction begins. A reader sees one state of
the store for as long as its transaction lasts, however many statements it takes
(SQLite: a snapshot of the WAL; PostgreSQL: REPEATABLE READ). A writer takes its turn
at the beginning, so that it never works on what another one is changing.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

POSTGRESQL_DRIVER = "postgresql+psycopg"
WRITING_TURN = 0x62756467
"""The advisory lock that PostgreSQL writers hold while a document is written."""
WRITER_CACHE = 64_000
"""KiB of the store that a writer keeps at hand (readers: SQLite's own 2,000)."""
WRITER_LOG = 16_000
"""Pages of 4 KiB in the log before they are carried over into the file, so that a page changed often is carried once."""
FAILURES = (SQLAlchemyError, sqlite3.Error)
"""What a store that cannot be used raises: a connection is set up before SQLAlchemy wraps the driver's errors."""
_LOST = ("connection", "server closed", "terminating", "could not translate host", "timeout expired")


class StoreError(Exception):
    """The store cannot be opened, read or written; the message is Chinese with a next step."""


def place_url(place: str | Path) -> str:
    """The SQLAlchemy URL of a store's place: a folder holds ``facts.sqlite``."""
    url = str(place)
    if "://" not in url:
        return f"sqlite:///{Path(place) / 'facts.sqlite'}"
    scheme, rest = url.split("://", 1)
    return f"{POSTGRESQL_DRIVER}://{rest}" if scheme in ("postgres", "postgresql") else url


def sqlite_file(place: str | Path) -> Path | None:
    """The file of a store in SQLite, None for one in a database server."""
    url = place_url(place)
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def shown_place(place: str | Path) -> str:
    """A store's place as messages show it: without the password of a database."""
    if "://" not in str(place):
        return str(place)
    try:
        return make_url(place_url(place)).set(query={}).render_as_string(hide_password=True)
    except (SQLAlchemyError, ValueError):
        return str(place).split("://", 1)[0] + "://…"


def on_read_only_disk(path: Path) -> bool:
    """Whether nobody can write there, whatever the permissions say."""
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def read_only_uri(file: Path) -> str:
    """How SQLite opens a file that it must not change.

    On a read-only disk it could not make the files that a WAL needs, and does not need them: nothing changes there.
    """
    still = on_read_only_disk(file) and not _has_wal(file)
    return f"{file.resolve().as_uri()}?mode=ro{'&immutable=1' if still else ''}"


def _has_wal(file: Path) -> bool:
    wal = file.with_name(f"{file.name}-wal")
    return wal.exists() and wal.stat().st_size > 0


def engines_of(place: str | Path) -> tuple[Engine, Engine]:
    """One pool of connections as a reader and as a writer. Raises StoreError for a place that cannot be."""
    url = place_url(place)
    file = sqlite_file(place)
    try:
        if file is None:
            if not url.startswith(POSTGRESQL_DRIVER):
                raise StoreError(
                    f"不支持这样的库地址 {shown_place(place)}。请用文件夹，或 postgresql://用户@主机/库名。"
                )
            engine = create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=30)
            return engine.execution_options(isolation_level="REPEATABLE READ"), _in_turn(engine)
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"无法在 {file.parent if file else ''} 建立库：{error.strerror}。请用 --store 指定可写的文件夹。"
        ) from error
    except ModuleNotFoundError as error:
        raise StoreError("缺少 PostgreSQL 驱动。请先运行：pip install 'budgetqa[postgresql]'") from error
    except (SQLAlchemyError, ValueError) as error:
        raise StoreError(f"库地址 {shown_place(place)} 写错了。正确的写法如 postgresql://用户@主机/库名。") from error
    if on_read_only_disk(file):
        uri = read_only_uri(file)
        engine = create_engine(
            url, creator=lambda: sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
        )
    else:
        engine = create_engine(url, connect_args={"timeout": 30}, pool_size=10, max_overflow=30)
        event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine, engine.execution_options(writes=True)


def _in_turn(engine: Engine) -> Engine:
    writer = engine.execution_options(isolation_level="READ COMMITTED", writes=True)

    @event.listens_for(writer, "begin")
    def _wait(connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": WRITING_TURN})

    return writer


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin a transaction only at the first change, and a reader would see every commit in between.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    if writes:  # names stand in the order of their characters: each document touches pages all over their indexes
        connection.exec_driver_sql(f"PRAGMA cache_size=-{WRITER_CACHE}")
        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={WRITER_LOG}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def explained(error: Exception, place: str | Path) -> str:
    """What happened to the store at ``place``, in Chinese with a next step."""
    reason = str(getattr(error, "orig", None) or error)
    where = sqlite_file(place) or shown_place(place)
    low = reason.lower()
    if "readonly" in low or "read-only" in low or "unable to open" in low or "permission" in low:
        return f"无法写入库 {where}。请检查文件夹权限，或用 --store 指定可写的文件夹。"
    if "malformed" in low or "not a database" in low or "disk i/o error" in low:
        return (
            f"库文件 {where} 已损坏。请用 budgetqa doctor 查看，再用 budgetqa restore 由备份恢复，"
            "或删除后用 budgetqa ingest 由原文件重建。"
        )
    if "is full" in low or "no space left" in low:
        return f"磁盘已满，未能写入库 {where}。请清理磁盘后重试，已写入的文档不受影响。"
    if "locked" in low:
        return f"库 {where} 正被另一个写入任务占用。请等它结束后重试。"
    if "password" in low or "authentication" in low:
        return f"数据库 {where} 拒绝登录。请检查用户名和密码。"
    if "does not exist" in low and "database" in low:
        return f"没有数据库 {where}。请先建立（编码 UTF8），或检查库地址。"
    if any(sign in low for sign in _LOST):
        return f"连不上数据库 {where}，或连接中断。请检查地址和数据库是否在运行，然后重试；已写入的文档不受影响。"
    return f"库 {where} 读写失败：{' '.join(reason.split())}"
