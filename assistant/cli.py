"""`budgetqa`: parses the command line, calls the front door, prints.

Everything heavy is imported inside the command that needs it, so that a lookup answers within a second.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Context
from typer.core import TyperCommand

from assistant.cli_words import ChineseCommand, ChineseGroup, CommandError, examples, reason, say, usage_line

if TYPE_CHECKING:
    from assistant.answering import Assistant
    from index.build import Report

INTERRUPTED = 130
_GROUPS = {
    "eval": ("assistant.cli_eval", "app"),
    "user": ("assistant.cli_access", "users"),
    "key": ("assistant.cli_access", "keys"),
    "site": ("assistant.cli_access", "sites"),
}


class _Commands(ChineseGroup):
    """The top level; groups that need heavy modules are imported only when they are named or listed."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *_GROUPS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _GROUPS:
            return super().get_command(ctx, cmd_name)
        from importlib import import_module

        module, name = _GROUPS[cmd_name]
        command = typer.main.get_command(getattr(import_module(module), name))
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=_Commands, add_completion=False, rich_markup_mode=None,
    help="对预算公开文件提问，得到准确、带单位、可核对出处的数字。",
    epilog=examples("ingest 文件夹", "ask 玉田舆情管理预算多少", "serve"),
)  # fmt: skip
documents_app = typer.Typer(cls=ChineseGroup, help="查看和移除库中的文档", rich_markup_mode=None)
app.add_typer(documents_app, name="documents")

StoreOption = Annotated[
    str | None, typer.Option("--store", metavar="目录", help="库的文件夹或数据库地址；默认取 BUDGETQA_STORE，再取 var")
]
HistoryOption = Annotated[
    list[str] | None, typer.Option("--history", metavar="上一问", help="此前问过的问题，由早到晚，可多次")
]
DocumentOption = Annotated[
    list[str] | None, typer.Option("--document", metavar="文件", help="只在这些文档（文件名或编号）中查，可多次")
]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def _open(store: str | None) -> Assistant:
    from assistant.answering import default_store, open_assistant

    return open_assistant(store or default_store())


@app.command(cls=ChineseCommand, epilog=examples("ingest 预算公开/", "ingest 甲.docx 乙.pdf 丙.zip --store 库"))
def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="路径", help="文件、文件夹或 zip 压缩包，可写多个")],
    store: StoreOption = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, metavar="数", help="同时读取的进程数，默认为核数")
    ] = None,
    vectors: Annotated[bool, typer.Option("--vectors/--no-vectors", help="是否建立语义检索的向量")] = True,
) -> int:
    """读取文件入库；内容没有变化的跳过，变化的替换。全部读成功时退出码为 0，部分失败为 2。"""
    from assistant.answering import default_store
    from assistant.cli_progress import progress_shown
    from index.build import ingest as build

    try:
        with progress_shown() as show:
            report = build(paths, store or default_store(), progress=show, workers=workers, vectors=vectors)
    except KeyboardInterrupt:
        say("已中断：已读入的文档都保留在库中，再次运行同一命令即可接着读。")
        return INTERRUPTED
    _print_report(report)
    return 2 if report.count("failed") else 0


def _print_report(report: Report) -> None:
    from assistant.cli_table import print_rows

    states = {"read": "已读取", "unchanged": "未变化，跳过", "failed": "失败"}
    if report.outcomes:
        rows = [[states[o.state], o.file, o.facts or "", o.message] for o in report.outcomes]
        print_rows(["结果", "文件", "数据", "说明"], rows)
    read, unchanged, failed = (report.count(state) for state in ("read", "unchanged", "failed"))
    print(f"共 {len(report.outcomes)} 个文件：读取 {read}，未变化 {unchanged}，失败 {failed}。")
    for notice in report.notices:
        say(notice)


@app.command(
    cls=ChineseCommand,
    epilog=examples(
        "ask 玉田舆情管理预算多少",
        "ask 那2024年呢 --history 开平区委网信办2025年支出总计是多少",
        "ask --batch 题目.jsonl --out 答案.jsonl",
    ),
)
def ask(
    question: Annotated[str | None, typer.Argument(metavar="问题", help="要问的问题")] = None,
    history: HistoryOption = None,
    document: DocumentOption = None,
    batch: Annotated[
        Path | None, typer.Option("--batch", metavar="文件", help="题目文件，每行一个 JSON；- 为标准输入")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="文件", help="批量回答写到哪里；不写则输出到屏幕")
    ] = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> int:
    """回答一个问题，或逐行回答题目文件。"""
    if (question is None) == (batch is None):
        raise CommandError("请写出一个问题，或用 --batch 指定题目文件（二者选一）。")
    if batch is not None:
        from assistant.cli_batch import run_batch

        return run_batch(_open(store), batch, out)
    from assistant.records import Question

    answer = _open(store).ask(Question(question or "", tuple(history or ()), tuple(document or ())))
    if as_json:
        print(json.dumps(answer.as_json(), ensure_ascii=False))
    else:
        from assistant.cli_answer import answer_text

        print(answer_text(answer))
    return 0


@app.command(cls=ChineseCommand, epilog=examples("export 玉田县各项目预算一共多少 --out 结果.xlsx"))
def export(
    question: Annotated[str, typer.Argument(metavar="问题", help="要问的问题")],
    out: Annotated[Path, typer.Option("--out", metavar="文件.xlsx", help="写到哪个工作簿")],
    history: HistoryOption = None,
    document: DocumentOption = None,
    store: StoreOption = None,
) -> None:
    """把回答的数字、算式和出处写成 Excel 工作簿。"""
    from assistant.export import workbook
    from assistant.records import Question

    answer = _open(store).ask(Question(question, tuple(history or ()), tuple(document or ())))
    try:
        out.write_bytes(workbook(answer))
    except OSError as error:
        raise CommandError(f"无法写入 {out}：{reason(error)}。请换一个可写的位置。") from None
    print(answer.text)
    say(f"已写入 {out}")


@app.command(cls=ChineseCommand, epilog=examples("serve", "serve --host 0.0.0.0 --port 8080"))
def serve(
    host: Annotated[str, typer.Option("--host", metavar="地址", help="监听的地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="端口", min=0, max=65535, help="监听的端口")] = 7860,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="允许在本机以外的地址上不设登录地运行（不建议）")
    ] = False,
    vectors: Annotated[bool, typer.Option("--vectors/--no-vectors", help="是否在后台补上缺少的向量")] = True,
    store: StoreOption = None,
) -> None:
    """启动网页、HTTP 接口和搜索框（同一端口）。"""
    from assistant.answering import default_store
    from assistant.web.app import serve as run
    from assistant.web.settings import SettingsError
    from index.fact_store import FactStore

    place = store or default_store()
    _refuse_taken(host, port)
    FactStore(place).close()  # a service may start empty: documents can be uploaded
    ended = Event()
    Thread(target=_tell_when_up, args=(host, port, ended), daemon=True).start()
    try:
        run(place, host, port, insecure, vectors)
    except SettingsError as error:
        raise CommandError(str(error)) from None
    finally:
        ended.set()


def _tell_when_up(host: str, port: int, ended: Event) -> None:
    """Print the address once it answers."""
    import socket

    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- where the service listens on every address
    while not ended.wait(0.1):
        with suppress(OSError), socket.create_connection((name, port), timeout=1):
            say(f"预算问答：http://{f'[{name}]' if ':' in name else name}:{port}/ （按 Ctrl-C 停止）")
            return


def _refuse_taken(host: str, port: int) -> None:
    import socket

    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CommandError(f"无法监听 {host}:{port}：{reason(error)}。请换 --port 或检查 --host。") from None


@documents_app.callback(invoke_without_command=True)
def documents(ctx: Context, as_json: JsonOption = False, store: StoreOption = None) -> None:
    """查看和移除库中的文档；不写子命令时列出全部。"""
    if ctx.invoked_subcommand is None:
        documents_list(as_json, store)
    elif as_json or store:
        raise CommandError(f"选项请写在 {ctx.invoked_subcommand} 之后。用法见：budgetqa documents --help")


@documents_app.command("list", cls=ChineseCommand, epilog=examples("documents list --json"))
def documents_list(as_json: JsonOption = False, store: StoreOption = None) -> None:
    """列出库中的文档。"""
    from assistant.cli_documents import list_documents

    list_documents(_open(store), as_json)


@documents_app.command(
    "show",
    cls=ChineseCommand,
    epilog=examples("documents show 甲.docx", "documents show 甲.docx --table 表编号 --cell 3,2"),
)
def documents_show(
    document: Annotated[str, typer.Argument(metavar="编号", help="文档编号或文件名")],
    table: Annotated[str | None, typer.Option("--table", metavar="表编号", help="按原样显示这张表")] = None,
    cell: Annotated[
        str | None, typer.Option("--cell", metavar="行,列", help="标出这一格（从 0 数起，即 cell_row、cell_col）")
    ] = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """显示一份文档的情况和它的表，或显示其中一张表。"""
    from assistant.cli_documents import find_document, show_document, show_table

    assistant = _open(store)
    found = find_document(assistant, document)
    if table is not None:
        show_table(assistant, table, cell)
    elif as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        show_document(found)


@documents_app.command("remove", cls=ChineseCommand, epilog=examples("documents remove 甲.docx"))
def documents_remove(
    document: Annotated[str, typer.Argument(metavar="编号", help="文档编号或文件名")], store: StoreOption = None
) -> None:
    """从库中移除一份文档（原文件不动）。"""
    from assistant.cli_documents import find_document

    assistant = _open(store)
    found = find_document(assistant, document)
    assistant.remove(found["id"])
    print(f"已移除 {found['file']}（编号 {found['id']}）；原文件未动。")


@app.command(cls=ChineseCommand, epilog=examples("audit", "audit --json"))
def audit(as_json: JsonOption = False, store: StoreOption = None) -> None:
    """列出库中文档的勾稽检查结果，每条附所涉单元格。"""
    from assistant.cli_audit import findings_text

    assistant = _open(store)
    findings = assistant.findings()
    print(json.dumps(findings, ensure_ascii=False) if as_json else findings_text(findings, assistant.documents()))


@app.command(cls=ChineseCommand, epilog=examples("doctor"))
def doctor(store: StoreOption = None) -> int:
    """检查运行环境：库、向量模型、所需程序。有妨碍使用的问题时退出码为 1。"""
    from assistant.answering import default_store
    from assistant.cli_doctor import checks

    fit = True
    for state, line in checks(store or default_store()):
        print(f"{state} {line}")
        fit = fit and state != "✗"
    return 0 if fit else 1


@app.command(cls=ChineseCommand, epilog=examples("backup --out 备份.zip"))
def backup(
    out: Annotated[Path, typer.Option("--out", metavar="文件.zip", help="写到哪个文件")], store: StoreOption = None
) -> None:
    """把库（数据、全文和向量）和网页服务的用户、对话、上传的文件、审计备份成一个文件；备份时照常可以提问。"""
    from assistant.answering import default_store
    from index.backup import backup as write

    place = store or default_store()
    made = write(place, out, _kept_by_service(place))
    print(f"已备份 {made.documents} 份文档到 {out}{'' if made.vectors else '（不含向量）'}。")
    if made.service:
        print("其中有用户、密钥和对话记录，请妥善保管（文件只有属主可读）。")


@app.command(cls=ChineseCommand, epilog=examples("restore 备份.zip", "restore 备份.zip --store 库 --replace"))
def restore(
    source: Annotated[Path, typer.Argument(metavar="备份", help="budgetqa backup 写出的文件")],
    replace: Annotated[bool, typer.Option("--replace", help="库里已有文档时，用备份替换")] = False,
    store: StoreOption = None,
) -> None:
    """由备份恢复库和网页服务的用户、对话、上传的文件；备份不完整时都不会改动。"""
    from assistant.answering import default_store
    from index.backup import restore as read

    place = store or default_store()
    made = read(source, place, _kept_by_service(place), replace=replace)
    print(f"已恢复 {made.documents} 份文档（备份于 {made.made_at}）。正在运行的 budgetqa serve 请重新启动。")


def _kept_by_service(store: str) -> Path:
    """The folder where the web service keeps accounts, conversations and uploaded files."""
    from assistant.web.settings import SettingsError, settings_of

    try:
        return settings_of(store).state
    except SettingsError as error:
        raise CommandError(str(error)) from None


def main(arguments: list[str] | None = None) -> None:
    """The entry point: runs a command and exits with its code; an error is one Chinese line, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        # JSON for other programs is UTF-8 whatever the locale; a terminal keeps its own encoding.
        # Bytes of an argument that are no text come out as JSON escapes.
        stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code of the contract."""
    command: TyperCommand = typer.main.get_command(app)  # type: ignore[assignment]
    try:
        code = command.main(arguments or ["--help"], prog_name="budgetqa", standalone_mode=False)
        if code == INTERRUPTED and arguments[0] != "ingest":
            say("已中断。")
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except typer.TyperException as error:
        say(usage_line(error))
    except (typer.Abort, EOFError):
        say("已取消。")
    except BrokenPipeError:
        # The reader (head, less) has left: nothing to tell, and no second error at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except CommandError as error:
        say(str(error))
    except Exception as error:
        say(_unforeseen(error))
    return 1


def _unforeseen(error: Exception) -> str:
    """One line for what a command did not handle itself: the store's own words, or a request to report."""
    from index.fact_store import StoreError

    if isinstance(error, StoreError):
        return str(error)
    if os.environ.get("BUDGETQA_DEBUG"):
        traceback.print_exc()
    line = " ".join(f"{type(error).__name__}：{error}".split())
    return f"程序内部出错（{line}）。请设 BUDGETQA_DEBUG=1 重新运行，并把输出交给维护者。"


if __name__ == "__main__":
    main()
