"""Zip archives: what is unpacked, under which names, and what is refused."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from index.parsers import archive
from index.parsers.archive import Expansion, expand
from index.parsers.errors import UnreadableFile


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in members.items():
            target.writestr(name, data)
    return path


def names(expansion: Expansion, into: Path) -> list[str]:
    return [str(path.relative_to(into)) for path in expansion.files]


def test_documents_keep_folders_and_names(tmp_path: Path) -> None:
    members = {
        "部门/预算.txt": b"a",
        "部门/图.jpg": b"b",
        "__MACOSX/部门/._预算.txt": b"c",
        "~$表.xlsx": b"d",
        "空/": b"",
    }
    into = tmp_path / "out"
    expansion = expand(zipped(tmp_path / "a.zip", members), into)
    assert names(expansion, into) == ["部门/预算.txt"]
    assert expansion.failed == ()
    assert expansion.files[0].read_bytes() == b"a"


def test_names_written_by_chinese_windows(tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", {"XXXXXXXX.txt": b"a"})
    data = (tmp_path / "a.zip").read_bytes().replace(b"XXXXXXXX", "部门预算".encode("gb18030"))
    (tmp_path / "a.zip").write_bytes(data)
    assert names(expand(tmp_path / "a.zip", tmp_path / "out"), tmp_path / "out") == ["部门预算.txt"]


def test_unicode_path_field_wins(tmp_path: Path) -> None:
    member = zipfile.ZipInfo("plain.txt")
    name = "预算.txt".encode()
    member.extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, 0) + name
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
        target.writestr(member, b"a")
    assert names(expand(tmp_path / "a.zip", tmp_path / "out"), tmp_path / "out") == ["预算.txt"]


@pytest.mark.parametrize("name", ["../b.txt", "/etc/b.txt", "a/../../b.txt", "C:/b.txt", "..\\b.txt"])
def test_paths_that_point_outside_are_left_out(name: str, tmp_path: Path) -> None:
    into = tmp_path / "deep" / "out"
    expansion = expand(zipped(tmp_path / "a.zip", {name: b"x", "c.txt": b"y"}), into)
    assert names(expansion, into) == ["c.txt"]
    assert [reason for _, reason in expansion.failed] == ["文件路径指向压缩包之外，未解压。"]
    assert list(tmp_path.rglob("b.txt")) == []


def test_links_and_locked_members_are_left_out(tmp_path: Path) -> None:
    link, locked = zipfile.ZipInfo("link.txt"), zipfile.ZipInfo("locked.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
        target.writestr(link, "/etc/passwd")
        target.writestr(locked, b"x")
    data = bytearray((tmp_path / "a.zip").read_bytes())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.rfind(mark) + offset] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    expansion = expand(tmp_path / "a.zip", tmp_path / "out")
    assert expansion.files == ()
    assert [name for name, _ in expansion.failed] == ["link.txt", "locked.txt"]
    assert "密码" in expansion.failed[1][1]


def test_one_archive_inside_is_opened_a_second_is_not(tmp_path: Path) -> None:
    innermost = zipped(tmp_path / "3.zip", {"c.txt": b"c"}).read_bytes()
    inner = zipped(tmp_path / "2.zip", {"b.txt": b"b", "3.zip": innermost}).read_bytes()
    into = tmp_path / "out"
    expansion = expand(zipped(tmp_path / "1.zip", {"a.txt": b"a", "附件.zip": inner}), into)
    assert names(expansion, into) == ["a.txt", "附件/b.txt"]
    assert [name for name, _ in expansion.failed] == ["附件/3.zip"]
    assert sorted(p.name for p in into.rglob("*.zip")) == []


def test_same_names_do_not_overwrite(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
        target.writestr("a.txt", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            target.writestr("a.txt", b"2")
    expansion = expand(tmp_path / "a.zip", tmp_path / "out")
    assert [path.read_bytes() for path in expansion.files] == [b"1", b"2"]


def test_bomb_is_left_out_and_the_rest_is_read(tmp_path: Path) -> None:
    members = {"bomb.txt": b"\0" * (archive._RATIO_FROM + 1), "a.txt": b"a"}
    expansion = expand(zipped(tmp_path / "a.zip", members), tmp_path / "out")
    assert names(expansion, tmp_path / "out") == ["a.txt"]
    assert "压缩炸弹" in expansion.failed[0][1]


def test_limits_on_count_and_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.zip", {f"{n}.txt": b"12345" for n in range(5)})
    monkeypatch.setattr(archive._Unpacking, "__init__", limited(archive._Unpacking.__init__, files_left=4))
    with pytest.raises(UnreadableFile, match="文件超过"):
        expand(path, tmp_path / "out")
    monkeypatch.setattr(
        archive._Unpacking, "__init__", limited(archive._Unpacking.__init__, files_left=9, bytes_left=20)
    )
    with pytest.raises(UnreadableFile, match="GB"):
        expand(path, tmp_path / "out2")


def limited(init: object, **limits: int) -> object:
    def changed(self: archive._Unpacking, into: Path) -> None:
        assert callable(init)
        init(self, into)
        for name, value in limits.items():
            setattr(self, name, value)

    return changed


def test_damaged_archive_and_member(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.txt": b"abc" * 100, "b.txt": b"b"})
    data = bytearray(path.read_bytes())
    data[40] ^= 0xFF
    path.write_bytes(data)
    expansion = expand(path, tmp_path / "out")
    assert names(expansion, tmp_path / "out") == ["b.txt"]
    assert "已损坏" in expansion.failed[0][1]
    assert not (tmp_path / "out" / "a.txt").exists()
    path.write_bytes(data[:60])
    with pytest.raises(UnreadableFile, match="压缩包已损坏"):
        expand(path, tmp_path / "out3")
