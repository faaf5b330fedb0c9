"""Who may import whom, and that importing does nothing: docs/architecture.md says why."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("assistant", "eval", "index", "prompts", "samples")
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
}
COMMAND_LINE = re.compile(r"assistant\.cli(_\w+)?$")


def imports_of(module: str) -> Iterator[str]:
    """Every module that ``module`` imports anywhere in its code, late imports and those for types included."""
    for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                yield inner if inner in MODULES else str(node.module)


IMPORTS = {module: sorted(set(imports_of(module))) for module in MODULES}


def importers(of: str) -> set[str]:
    """The modules that import from one of the packages matched by ``of``."""
    return {m for m, names in IMPORTS.items() if any(re.match(rf"({of})(\.|$)", name) for name in names)}


def outside(modules: set[str], allowed: str) -> list[str]:
    return sorted(m for m in modules if not re.match(rf"({allowed})$", m))


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        # LangChain: embedding, vectors, retrieval, the chain, and what a language model plans, does and words.
        (
            r"langchain\w*|langgraph",
            r"index\.(embedding|chunk_store)|assistant\.(agent|chain|retrieval|llm|planning|wording)"
            r"|eval\.baselines\.plain_rag",
        ),
        ("chromadb|langchain_chroma", r"index\.chunk_store|eval\.baselines\.plain_rag"),
        (
            "sqlalchemy|alembic|sqlite3|psycopg",
            r"index\.(backup|fact_store|full_text|schema|store_engine|migrations.*)|assistant\.(web\.state|cli_doctor)",
        ),
        ("fastapi|gradio|starlette|uvicorn|mcp", r"assistant\.web\..*"),
        ("typer|click|rich", r"assistant\.cli.*"),
        ("docx|pdfplumber|xlrd|rapidocr|cv2", r"index\.parsers\..*|eval\.world\..*|samples\..*"),
        ("openpyxl", r"index\.parsers\..*|assistant\.export|eval\..*|samples\..*"),
        ("pypdfium2", r"index\.parsers\..*|assistant\.web\.page_images"),
        ("torch|sentence_transformers|onnxruntime", r"index\.(embedding|parsers\.ocr)|eval\.train_\w+"),
        ("huggingface_hub", r"index\.model_files"),
    ],
)  # fmt: skip
def test_a_library_stays_in_its_place(library: str, allowed: str) -> None:
    users = importers(library)
    assert outside(users, allowed) == []


def test_the_index_knows_nobody_above_it() -> None:
    above = {
        m: [n for n in IMPORTS[m] if n.split(".")[0] in {"assistant", "eval", "samples", "prompts"}] for m in MODULES
    }
    assert {m: names for m, names in above.items() if m.startswith("index") and names} == {}


def test_the_assistant_never_reads_files_itself() -> None:
    readers = {m for m in importers(r"index\.parsers|index\.assemble|index\.facts") if m.startswith("assistant")}
    assert readers == set()


def test_nothing_of_the_product_imports_the_evaluation_or_the_tests() -> None:
    assert (
        outside(
            {m for m in importers("eval") if m.startswith(("assistant", "index", "prompts"))}, r"assistant\.cli_eval"
        )
        == []
    )
    assert importers("tests") == set()


def test_lookup_and_retrieval_do_not_know_each_other() -> None:
    assert "assistant.retrieval" not in IMPORTS["assistant.lookup"]
    assert "assistant.lookup" not in IMPORTS["assistant.retrieval"]


def test_the_web_knows_the_front_door_only() -> None:
    allowed = re.compile(r"assistant\.(web|answering|observing|records|export)(\.|$)")
    known = {
        (m, n)
        for m in MODULES
        if m.startswith("assistant.web")
        for n in IMPORTS[m]
        if n.startswith(("assistant", "index"))
    }
    assert sorted((m, n) for m, n in known if not allowed.match(n)) == []


def test_the_command_line_is_imported_by_itself_only() -> None:
    assert [m for m in importers(r"assistant\.cli\w*") if not COMMAND_LINE.match(m)] == []


def test_every_library_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    named = [
        *project["project"]["dependencies"],
        *(d for group in project["dependency-groups"].values() for d in group),
    ]
    named += [d for extra in project["project"].get("optional-dependencies", {}).values() for d in extra]
    declared = {re.split(r"[^\w.-]", d)[0].lower().replace("_", "-") for d in named}
    providers = packages_distributions()
    missing = {}
    for module, names in IMPORTS.items():
        for name in names:
            top = name.split(".")[0]
            if top in sys.stdlib_module_names or top in PACKAGES:
                continue
            distributions = {d.lower().replace("_", "-") for d in providers.get(top, [top])}
            if not distributions & declared:
                missing.setdefault(top, []).append(module)
    assert missing == {}


def test_dependencies_are_in_order_and_tested_versions_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text("utf-8"), re.M)
    for group in (project["project"]["dependencies"], *project["dependency-groups"].values()):
        names = [re.split(r"[^\w.-]", d)[0] for d in group]
        assert names == sorted(names, key=str.lower)
        assert {n.lower().replace("_", "-") for n in names} <= {p.lower().replace("_", "-") for p in pinned}


IMPORT_ALL = """
import importlib, os, sys
from pathlib import Path

opened = []

def watch(event, args):
    if event in ("sqlite3.connect", "os.mkdir", "socket.connect", "socket.getaddrinfo", "subprocess.Popen"):
        opened.append((event, str(args[0])))
    elif event == "open" and isinstance(args[0], str):
        path = os.path.abspath(args[0])
        writes = isinstance(args[1], str) and set(args[1]) & set("wax+")
        if writes and "__pycache__" not in path and not path.startswith("/dev/"):
            opened.append((event, path))
        if path.endswith((".onnx", ".safetensors")):
            opened.append((event, path))

sys.dont_write_bytecode = True
sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
assert not opened, opened
"""


def test_importing_opens_no_database_loads_no_model_creates_no_folder(tmp_path: Path) -> None:
    # Gradio starts an event loop of its own when imported; the page that needs it is built late.
    modules = [
        m for m in MODULES if not m.endswith("__main__") and not m.startswith(("eval", "samples", "index.migrations"))
    ]
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "GRADIO_ANALYTICS_ENABLED": "False",
    }
    command = [sys.executable, "-c", IMPORT_ALL, *modules]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert list(tmp_path.iterdir()) == []
