"""The documents inside a .zip, unpacked without trusting it."""

from __future__ import annotations

import shutil
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from index.parsers import ARCHIVE_SUFFIXES, SUFFIXES
from index.parsers.errors import UnreadableFile

MAX_FILES = 2_000
MAX_BYTES = 1024**3
"""Unpacked, all members together."""
MAX_MEMBER = 256 * 1024**2
MAX_RATIO = 200
_RATIO_FROM = 16 * 1024**2
_DEPTH = 1
"""Archives inside the archive that are opened: one level."""
_UNICODE_PATH = 0x7075
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1


@dataclass(frozen=True, slots=True)
class Expansion:
    """``files`` are the unpacked documents; ``failed`` names members that were left out, each with why."""

    files: tuple[Path, ...]
    failed: tuple[tuple[str, str], ...] = ()


def expand(path: Path, into: Path) -> Expansion:
    """Unpack the members of supported formats under ``into``, keeping their folders and names.

    Members that point outside, links, protected or damaged ones are left out and named in
    ``failed``; other formats and the droppings of operating systems are passed over.

    Raises:
        UnreadableFile: not a zip file, or more files or bytes than the limits allow.
    """
    unpacking = _Unpacking(into)
    unpacking.run(path, "", _DEPTH)
    return Expansion(tuple(unpacking.files), tuple(unpacking.failed))


@dataclass
class _Unpacking:
    """One call's state; the limits hold over nested archives too."""

    into: Path
    files: list[Path] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    files_left: int = MAX_FILES
    bytes_left: int = MAX_BYTES

    def run(self, path: Path, prefix: str, depth: int) -> None:
        try:
            archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, struct.error) as error:
            raise UnreadableFile("压缩包已损坏或不完整。请重新下载或重新压缩后再导入。") from error
        with archive:
            for member in archive.infolist():
                name = prefix + member_name(member)
                if not member.is_dir() and not _is_dropping(name) and _suffix(name) in SUFFIXES:
                    self._member(archive, member, name, depth)

    def _member(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, depth: int) -> None:
        nested = _suffix(name) in ARCHIVE_SUFFIXES
        reason = _refusal(member, name)
        if nested and depth == 0:
            reason = "压缩包嵌套过深，未打开。请解压后再导入。"
        if reason:
            self.failed.append((name, reason))
            return
        self._take(member.file_size)
        try:
            target = _unpack(archive, member, self.into, name)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError):
            self.failed.append((name, "压缩包中的此文件已损坏，无法解压。请重新压缩后再导入。"))
            return
        if not nested:
            self.files.append(target)
            return
        try:
            self.run(target, f"{name[: -len(_suffix(name))]}/", depth - 1)
        except UnreadableFile as error:
            if self.files_left < 0 or self.bytes_left < 0:
                raise
            self.failed.append((name, str(error)))
        finally:
            target.unlink(missing_ok=True)

    def _take(self, size: int) -> None:
        self.files_left -= 1
        self.bytes_left -= size
        if self.files_left < 0:
            raise UnreadableFile(f"压缩包中的文件超过 {MAX_FILES} 个，未读取。请分成几个压缩包再导入。")
        if self.bytes_left < 0:
            raise UnreadableFile(f"压缩包解压后超过 {MAX_BYTES // 1024**3} GB，未读取。请分成几个压缩包再导入。")


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def member_name(member: zipfile.ZipInfo) -> str:
    """The member's name; Chinese Windows writes GB18030 without saying so, which zipfile takes for cp437."""
    if member.flag_bits & _UTF8_FLAG:
        return member.filename
    unicode_path = _unicode_path(member.extra)
    if unicode_path:
        return unicode_path
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding).replace("\\", "/")
        except UnicodeDecodeError:
            continue
    return member.filename


def _unicode_path(extra: bytes) -> str | None:
    """The name in Info-ZIP's Unicode Path field (APPNOTE 4.6.9)."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == _UNICODE_PATH and size > 5:
            return extra[9 : 4 + size].decode("utf-8", errors="replace")
        extra = extra[4 + size :]
    return None


def _refusal(member: zipfile.ZipInfo, name: str) -> str | None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or any(":" in part for part in parts) or "\x00" in name:
        return "文件路径指向压缩包之外，未解压。"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "压缩包中的链接，未解压。"
    if member.flag_bits & _ENCRYPTED_FLAG:
        return "压缩包设有密码，无法解压。请解压后再导入。"
    if member.file_size > MAX_MEMBER:
        return f"文件解压后超过 {MAX_MEMBER // 1024**2} MB，未解压。"
    if member.file_size > _RATIO_FROM and member.file_size > MAX_RATIO * max(member.compress_size, 1):
        return "压缩比异常（疑似压缩炸弹），未解压。"
    return None


def _is_dropping(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or parts[-1].startswith(("._", "~$", "."))


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, into: Path, name: str) -> Path:
    parts = [_safe(part) for part in PurePosixPath(name.replace("\\", "/")).parts]
    target = into.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while target.exists():
        number += 1
        target = target.with_name(f"{PurePosixPath(parts[-1]).stem}({number}){target.suffix}")
    try:
        with archive.open(member) as source, target.open("xb") as sink:
            shutil.copyfileobj(source, sink)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target


def _safe(part: str) -> str:
    """A name that every file system takes: no control or reserved characters, at most 200 bytes."""
    cleaned = "".join("_" if ord(c) < 32 or c in '<>:"|?*' else c for c in part).strip(" .") or "_"
    stem, suffix = PurePosixPath(cleaned).stem, PurePosixPath(cleaned).suffix
    while len((stem + suffix).encode()) > 200:
        stem = stem[:-1]
    return stem + suffix
