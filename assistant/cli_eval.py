"""`budgetqa eval`: question sets through the front door, and the two public table benchmarks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli_words import ChineseCommand, ChineseGroup, CommandError, examples, reason

if TYPE_CHECKING:
    from assistant.answering import Assistant
    from eval.runner import Ask

app = typer.Typer(cls=ChineseGroup, help="在题集和公开数据集上评分", rich_markup_mode=None)
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON")]
DataOption = Annotated[Path, typer.Option("--data", metavar="目录", help="数据集所在的文件夹")]


@app.command(
    "run",
    cls=ChineseCommand,
    epilog=examples("eval run --set 题集.jsonl --out 报告/", "eval run --set 甲.jsonl 乙.jsonl --json"),
)
def run_sets(
    sets: Annotated[list[Path], typer.Option("--set", metavar="文件", help="题集（JSONL），可写多个")],
    more: Annotated[list[Path] | None, typer.Argument(metavar="文件", help="更多题集")] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="目录", help="写入报告的文件夹")] = None,
    fail_under: Annotated[
        float | None, typer.Option("--fail-under", metavar="百分数", help="答对且出处正确低于此数则退出码为 3")
    ] = None,
    baselines: Annotated[
        bool, typer.Option("--baselines", help="同时评测三个基线：分段检索（常见的 RAG）、只用全文检索、只用向量")
    ] = False,
    server: Annotated[
        str | None, typer.Option("--server", metavar="地址", help="向正在运行的服务提问，如 http://127.0.0.1:7860")
    ] = None,
    earlier: Annotated[
        Path | None, typer.Option("--earlier", metavar="目录", help="与以前的报告逐题对比（McNemar 检验）")
    ] = None,
    as_json: JsonOption = False,
    store: Annotated[str | None, typer.Option("--store", metavar="目录", help="库的位置")] = None,
) -> int:
    """向库提出题集中的每个问题，统计答对率和出处正确率，并写出报告。"""
    from assistant.answering import default_store, open_assistant
    from assistant.records import Question
    from eval.command import run
    from eval.question_sets import BadSetError
    from eval.stored import cells_of, counts_of
    from index.store_engine import shown_place

    files = [*sets, *(more or [])]
    if missing := [path for path in files if not path.is_file()]:
        raise CommandError(f"没有题集文件 {missing[0]}。请检查路径。")
    if earlier is not None and not earlier.is_dir():
        raise CommandError(f"没有以前的报告 {earlier}。请检查 --earlier 的路径。")
    if server is not None:
        return _over_http(server, files, out, fail_under, earlier, as_json)
    place = store or default_store()
    assistant = open_assistant(place)

    def ask(raw: dict[str, Any]) -> dict[str, Any]:
        document = raw.get("document") or ()
        documents = (document,) if isinstance(document, str) else tuple(document)
        return assistant.ask(Question(raw["question"], tuple(raw.get("history") or ()), documents)).as_json()

    state = assistant.health()
    try:
        return run(
            files,
            out,
            ask,
            baselines=_baselines(assistant, place) if baselines else None,
            as_json=as_json,
            fail_under=fail_under,
            settings={"store": shown_place(place), "vectors": state["model"], "sent": state.get("sent")},
            corpus=counts_of(assistant.store),
            cells_of=cells_of(assistant.store),
            earlier=earlier,
        )
    except BadSetError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"读写 {error.filename} 失败：{reason(error)}。请检查路径和权限。") from None
    finally:
        assistant.close()


def _over_http(
    server: str, files: list[Path], out: Path | None, fail_under: float | None, earlier: Path | None, as_json: bool
) -> int:
    from eval.command import run
    from eval.question_sets import BadSetError
    from eval.runner import http_ask, reached

    try:
        told = reached(server)
        return run(
            files,
            out,
            http_ask(server),
            as_json=as_json,
            fail_under=fail_under,
            settings={"server": server, "vectors": told.get("model"), "sent": told.get("sent")},
            corpus={"documents": told.get("documents")},
            earlier=earlier,
        )
    except (BadSetError, ConnectionError, ValueError) as error:
        raise CommandError(str(error)) from None


def _baselines(assistant: Assistant, place: str) -> dict[str, Ask]:
    from eval.baselines.legs import full_text, vectors_only
    from eval.stored import texts_of
    from index.vectors import open_chunks

    files = {d["id"]: d["file"] for d in assistant.documents()}
    systems = {"full_text": full_text(assistant.store, files.__getitem__)}
    chunks = open_chunks(place)
    if chunks is not None:
        from eval.baselines.plain_rag import plain_rag

        systems["vectors"] = vectors_only(assistant.store, chunks, files.__getitem__)
        systems["plain_rag"] = plain_rag(texts_of(assistant.store), chunks.embedder)[0]
    return systems


@app.command("im-tqa", cls=ChineseCommand, epilog=examples("eval im-tqa --data bench/im-tqa --split dev"))
def im_tqa(
    data: DataOption,
    split: Annotated[str, typer.Option("--split", metavar="名称", help="数据划分：train、dev 或 test")] = "dev",
    as_json: JsonOption = False,
) -> None:
    """在 IM-TQA 上评测：由问题选出表中的单元格，按整组完全一致计分。"""
    from eval.im_tqa import run

    _print(lambda: run(data, split), as_json)


@app.command("sstqa", cls=ChineseCommand, epilog=examples("eval sstqa --data bench/sstqa"))
def sstqa(data: DataOption, as_json: JsonOption = False) -> None:
    """在 SSTQA（中文）上评测：对整份工作簿提问。"""
    from eval.sstqa import run

    _print(lambda: run(data), as_json)


def _print(score: Callable[[], Any], as_json: bool) -> None:
    try:
        report = score()
    except OSError as error:
        raise CommandError(f"读不到数据集文件 {error.filename}：{reason(error)}。请检查 --data 和 --split。") from None
    except (KeyError, ValueError) as error:
        raise CommandError(f"数据集的内容不合格式（{type(error).__name__}：{error}）。请检查 --data。") from None
    print(json.dumps(report.as_json(), ensure_ascii=False) if as_json else report.as_text())
