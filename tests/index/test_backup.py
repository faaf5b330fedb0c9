"""Backup, restore, and damage that is told."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from pathlib import Path

import pytest

from assistant.cli import run
from assistant.web.state import State
from index.backup import MANIFEST, backup, defects, restore
from index.build import ingest
from index.fact_store import FactStore, StoreError
from index.locks import writing

ROOT = Path(__file__).resolve().parents[2]
TEXT = ROOT / "samples" / "迁西县委网信办2025年绩效文本.txt"
QUESTION = "迁西县委网信办2025年网络安全保障经费预算数是多少"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    ingest([TEXT], folder, workers=1, vectors=False)
    (folder / "vectors" / "segment").mkdir(parents=True)
    (folder / "vectors" / "segment" / "data_level0.bin").write_bytes(b"\0" * 5000)
    sqlite3.connect(folder / "vectors" / "chroma.sqlite3").close()
    return folder


def contents(place: Path) -> list[object]:
    store = FactStore(place, create=False)
    try:
        rows = store.documents()
        return [rows, *(store.facts(r.id) for r in rows), *(store.chunks_of(r.id) for r in rows)]
    finally:
        store.close()


def damage(file: Path) -> None:
    """Overwrite pages in the middle, as a failing disk does."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with file.open("r+b") as raw:
        for page in range(2, file.stat().st_size // 4096, 3):
            raw.seek(page * 4096)
            raw.write(b"\xa5" * 4096)


def test_a_backup_brings_everything_back(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(place)
    out = tmp_path / "备份.zip"
    assert run(["backup", "--out", str(out), "--store", str(place)]) == 0
    assert "已备份 1 份文档" in capsys.readouterr().out
    assert [f.name for f in tmp_path.iterdir() if "backup" in f.name or f.suffix == ".part"] == []
    shutil.rmtree(place)
    assert run(["restore", str(out), "--store", str(place)]) == 0
    assert "已恢复 1 份文档" in capsys.readouterr().out
    assert contents(place) == before
    assert (place / "vectors" / "segment" / "data_level0.bin").stat().st_size == 5000
    assert run(["ask", QUESTION, "--store", str(place)]) == 0
    assert "42.60" in capsys.readouterr().out


def test_a_backup_holds_what_the_service_keeps_and_brings_it_to_another_folder(place: Path, tmp_path: Path) -> None:
    state = State(place)
    state.save_conversation("c1", "user:张三", "舆情预算", [{"question": "舆情预算"}])
    (place / "uploads").mkdir()
    uploaded = place / "uploads" / "0123.txt"
    uploaded.write_text(TEXT.read_text("utf-8").replace("2025", "2024"), "utf-8")
    ingest([uploaded], place, workers=1, vectors=False)
    (place / "audit.jsonl").write_text("旧\n", "utf-8")
    out, other = tmp_path / "备份.zip", tmp_path / "别处"
    assert run(["backup", "--out", str(out), "--store", str(place)]) == 0
    assert out.stat().st_mode & 0o077 == 0
    state.close()
    shutil.rmtree(place)
    other.mkdir()
    (other / "audit.jsonl").write_text("新\n", "utf-8")
    assert run(["restore", str(out), "--store", str(other)]) == 0
    again = State(other)
    assert again.conversation("c1", "user:张三") == [{"question": "舆情预算"}]
    again.close()
    store = FactStore(other, create=False)
    paths = {row.file: Path(row.path) for row in store.documents()}
    store.close()
    assert paths["0123.txt"] == other / "uploads" / "0123.txt"
    assert paths["0123.txt"].is_file()
    assert paths[TEXT.name] == TEXT
    assert (other / "audit.jsonl").read_text("utf-8") == "新\n"


def test_accounts_are_replaced_only_when_told(place: Path, tmp_path: Path) -> None:
    State(place).secret("x")
    out, other = tmp_path / "b.zip", tmp_path / "other"
    assert backup(place, out, place).service
    kept = State(other).secret("x")
    with pytest.raises(StoreError, match="--replace"):
        restore(out, other, other)
    assert State(other).secret("x") == kept
    restore(out, other, other, replace=True)
    assert State(other).secret("x") == State(place).secret("x") != kept


def test_a_store_with_documents_is_replaced_only_when_told(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "b.zip"
    backup(place, out)
    before = contents(place)
    with pytest.raises(StoreError, match="--replace"):
        restore(out, place)
    assert contents(place) == before
    assert restore(out, place, replace=True).documents == 1
    assert contents(place) == before


@pytest.mark.parametrize("how", ["cut", "changed", "no manifest", "newer", "foreign", "absent"])
def test_a_backup_that_is_not_whole_changes_nothing(how: str, place: Path, tmp_path: Path) -> None:
    out, bad = tmp_path / "b.zip", tmp_path / "bad.zip"
    backup(place, out)
    with zipfile.ZipFile(out) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    manifest = json.loads(files[MANIFEST])
    if how == "changed":
        files["facts.sqlite"] = files["facts.sqlite"][:-1] + b"x"
    elif how == "no manifest":
        del files[MANIFEST]
    elif how == "newer":
        files[MANIFEST] = json.dumps(manifest | {"schema": "9999"}).encode()
    elif how == "foreign":
        files[MANIFEST] = json.dumps(manifest | {"sha256": {**manifest["sha256"], "vectors/../../evil": "0"}}).encode()
    if how == "cut":
        bad.write_bytes(out.read_bytes()[:-3000])
    elif how != "absent":
        with zipfile.ZipFile(bad, "w") as packed:
            for name, data in files.items():
                packed.writestr(name, data)
    before = contents(place)
    with pytest.raises(StoreError, match=r"[\u4e00-\u9fff].*。"):
        restore(bad, place, replace=True)
    assert contents(place) == before


def test_a_damaged_store_is_named_refused_and_restored(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "b.zip"
    backup(place, out)
    before = contents(place)
    assert defects(place) == []
    damage(place / "facts.sqlite")
    assert "facts.sqlite 已损坏" in defects(place)[0]
    with pytest.raises(StoreError, match="已损坏，没有备份"):
        backup(place, tmp_path / "second.zip")
    assert run(["doctor", "--store", str(place)]) == 1
    assert "budgetqa restore" in capsys.readouterr().out
    assert run(["ask", QUESTION, "--store", str(place)]) == 1
    told = capsys.readouterr().err
    assert "已损坏" in told
    assert "Traceback" not in told
    restore(out, place, replace=True)
    assert contents(place) == before


def test_a_document_that_lost_rows_is_found(place: Path) -> None:
    with sqlite3.connect(place / "facts.sqlite") as connection:
        connection.execute("DELETE FROM facts WHERE position = 3")
        connection.execute("DELETE FROM chunk_words WHERE rowid = 1")
    connection.close()
    assert [line.split("：")[1].split("。")[0] for line in defects(place)] == ["1 份文档的数据不全", "全文索引与段落不符"]


def test_backup_waits_outside_while_a_writer_works_and_tells_where_it_cannot_write(place: Path, tmp_path: Path) -> None:
    with writing(place), pytest.raises(StoreError, match="另一个写入任务"):
        backup(place, tmp_path / "b.zip")
    with pytest.raises(StoreError, match="无法写入备份"):
        backup(place, tmp_path / "none" / "b.zip")
    with pytest.raises(StoreError, match="没有可备份"):
        backup(tmp_path / "empty", tmp_path / "b.zip")
    with pytest.raises(StoreError, match="pg_dump"):
        backup("postgresql://u:secret@h/d", tmp_path / "b.zip")


def test_a_full_disk_is_told_and_what_was_written_stays(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A limit on pages fails as a full disk does."""
    before = contents(place)
    store = FactStore(place)
    pages = sqlite3.connect(place / "facts.sqlite").execute("PRAGMA page_count").fetchone()[0]
    from sqlalchemy import event

    event.listen(store.engine, "connect", lambda c, _r: c.execute(f"PRAGMA max_page_count={pages}"))
    store.engine.dispose()
    from index.build import _Item, _store, derive

    other = tmp_path / "乙.txt"
    other.write_text(TEXT.read_text("utf-8") * 20, "utf-8")
    with pytest.raises(StoreError, match="磁盘已满"):
        _store(store, _Item(other, "乙.txt", "乙"), "x", derive(other, "乙.txt", "x" * 16))
    store.close()
    assert contents(place) == before
