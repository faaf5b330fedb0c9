"""Uploaded files: checked, kept beside the accounts so that their pages can be shown, dropped with their documents."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from assistant.web.errors import ApiError
from assistant.web.front_door import Assistant
from assistant.web.settings import WebSettings

READ_BYTES = 1 << 20
NAME_LENGTH = 200
DONE = {"unchanged": "与已有文件相同，没有重复读入"}


def clean_name(name: str | None) -> str:
    """The last part of an uploaded file's name without control characters; raises ApiError(422) if none is left."""
    last = PurePosixPath((name or "").replace("\\", "/")).name
    plain = "".join(c for c in last if c.isprintable()).strip().strip(".")
    if not plain:
        raise ApiError(422, "上传的文件没有名称。")
    suffix = Path(plain).suffix
    return plain[: NAME_LENGTH - len(suffix)] + suffix if len(plain) > NAME_LENGTH else plain


class Uploads:
    """The folder of uploaded originals; a file's name there is its content's digest, never the uploaded name."""

    def __init__(self, assistant: Assistant, settings: WebSettings) -> None:
        self._assistant = assistant
        self._settings = settings
        self._folder = settings.state.resolve() / "uploads"
        self._lock = threading.Lock()

    def add(self, name: str | None, content: BinaryIO) -> dict[str, Any]:
        """Read a file into the store. Raises ApiError: 413 too large, 422 of another kind, empty or unreadable."""
        shown = clean_name(name)
        suffix = Path(shown).suffix.lower()
        if suffix not in self._settings.upload_suffixes:
            raise ApiError(422, f"不支持这种文件；可上传：{' '.join(self._settings.upload_suffixes)}。")
        with tempfile.TemporaryDirectory(prefix="budgetqa-upload-") as folder:
            path = Path(folder) / "upload"
            kept = self._folder / (self._save(content, path) + suffix)
            with self._lock:
                self._folder.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, kept)
                try:
                    result = self._assistant.add(kept, shown)
                finally:
                    self._prune()
        if not result.get("document_id"):
            raise ApiError(422, f"文件未能读入：{result.get('message') or '原因不明'}", "unreadable")
        return {**result, "message": result.get("message") or DONE.get(result.get("status", ""), "已读入")}

    def remove(self, id: str) -> bool:
        with self._lock:
            removed = self._assistant.remove(id)
            self._prune()
        return removed

    def _save(self, content: BinaryIO, path: Path) -> str:
        """Copy to ``path``, stopping at the limit; gives the digest."""
        digest, size = hashlib.sha256(), 0
        with path.open("wb") as out:
            while block := content.read(READ_BYTES):
                size += len(block)
                if size > self._settings.upload_mb << 20:
                    raise ApiError(413, f"文件超过了 {self._settings.upload_mb} MB 的上限。")
                digest.update(block)
                out.write(block)
        if size == 0:
            raise ApiError(422, "上传的文件是空的。")
        return digest.hexdigest()[:32]

    def _prune(self) -> None:
        """Drop what no document stands on any more: a refused file, a former version, a removed document's."""
        if not self._folder.is_dir():
            return
        standing = (self._assistant.original(document["id"]) for document in self._assistant.documents())
        used = {path.resolve() for path in standing if path is not None}
        for path in self._folder.iterdir():
            if path not in used:
                path.unlink(missing_ok=True)
