"""Locks that keep two writers of one store in a folder apart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.store_engine import StoreError

PATIENCE = 2.0
"""Seconds; the readers of a writer that was killed inherit its lock and die a moment after it."""


@contextmanager
def writing(place: str | Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock of a store in a folder: two writers must not meet. Raises StoreError when another one writes.

    On a database server workers share the work (:meth:`FactStore.claiming`) and take turns at each document.
    """
    if "://" in str(place):
        yield
        return
    with locked(Path(place) / "write.lock", patience):
        yield


@contextmanager
def locked(file: Path, patience: float) -> Iterator[None]:
    """Hold the lock of ``file``, made where it is missing; waits ``patience`` seconds for another holder."""
    import fcntl

    folder = file.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = file.open("a")
    except OSError as error:
        raise StoreError(
            f"无法写入库 {folder}：{error.strerror}。请检查权限，或用 --store 指定可写的文件夹。"
        ) from error
    with handle:
        until = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() > until:
                    raise StoreError(f"库 {folder} 正被另一个写入任务占用。请等它结束后重试。") from error
                time.sleep(0.05)
        yield
