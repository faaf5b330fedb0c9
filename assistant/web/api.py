"""The HTTP API of the contract: ask, search, documents, tables, health."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile
from fastapi.responses import JSONResponse

from assistant.records import Answer
from assistant.web.errors import ApiError, documented
from assistant.web.front_door import Assistant
from assistant.web.models import (
    AddedDocument,
    AnswerModel,
    AskBody,
    DocumentModel,
    DocumentPage,
    Health,
    Removed,
    SuggestionList,
    TableModel,
)
from assistant.web.settings import WebSettings

router = APIRouter(prefix="/api")
READ_BYTES = 1 << 20


def the_assistant(request: Request) -> Assistant:
    assistant: Assistant = request.app.state.assistant
    return assistant


def the_settings(request: Request) -> WebSettings:
    settings: WebSettings = request.app.state.settings
    return settings


Door = Annotated[Assistant, Depends(the_assistant)]
Settings = Annotated[WebSettings, Depends(the_settings)]


def answer_json(answer: Answer) -> dict[str, Any]:
    """The contract's object; the trace stays inside."""
    data = answer.as_json()
    data.pop("trace", None)
    return data


def public(document: dict[str, Any]) -> dict[str, Any]:
    """A document without where it lies on this machine."""
    return {key: value for key, value in document.items() if key not in ("path", "digest")}


def safe_link(link: object) -> str:
    """A link inside this service, or none: a link from data never leads to another host or runs a script."""
    text = str(link or "").lstrip("/")
    scheme = text.split("/", 1)[0].split("?", 1)[0]
    if ":" in scheme or "\\" in text or not text.isprintable():
        return ""
    return text.replace(" ", "%20")


@router.post("/ask", response_model=AnswerModel, responses=documented(413), summary="提问")
def ask(body: AskBody, assistant: Door) -> JSONResponse:
    """One question, one answer with every figure's unit and source."""
    return JSONResponse(answer_json(assistant.ask(body.as_question())))


@router.get("/search", responses=documented(), summary="搜索建议")
def search(
    assistant: Door,
    q: Annotated[str, Query(max_length=200, description="查询文字，可用拼音", examples=["舆情"])],
    limit: Annotated[int, Query(ge=1, le=50)] = 8,
) -> SuggestionList:
    """Documents, projects, subjects and passages that fit what has been typed so far."""
    text = q.strip()
    rows = assistant.suggest(text, limit)[:limit] if text else []
    results = [
        {
            "kind": str(row.get("kind", "")),
            "title": str(row.get("title", "")),
            "snippet": str(row.get("snippet") or ""),
            "link": safe_link(row.get("link")),
        }
        for row in rows
    ]
    return SuggestionList.model_validate({"query": text, "results": results})


@router.get("/documents", responses=documented(), summary="文件列表")
def documents(
    assistant: Door,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    q: Annotated[str, Query(max_length=200, description="按文件名、标题、部门筛选")] = "",
) -> DocumentPage:
    """The documents of the store, a page at a time."""
    rows = assistant.documents()
    if q.strip():
        rows = [r for r in rows if any(q.strip() in str(r.get(k) or "") for k in ("file", "title", "agency"))]
    page = {
        "total": len(rows),
        "offset": offset,
        "limit": limit,
        "documents": [public(r) for r in rows[offset : offset + limit]],
    }
    return DocumentPage.model_validate(page)


@router.get("/documents/{id}", response_model=DocumentModel, responses=documented(404), summary="一份文件")
def document(id: str, assistant: Door) -> JSONResponse:
    found = assistant.document(id)
    if found is None:
        raise ApiError(404, "没有这份文件，可能已被移除。")
    return JSONResponse(public(found))


def clean_name(name: str | None) -> str:
    """The last part of an uploaded file's name without control characters; raises ApiError(422) if none is left."""
    last = PurePosixPath((name or "").replace("\\", "/")).name
    plain = "".join(c for c in last if c.isprintable()).strip().strip(".")
    if not plain:
        raise ApiError(422, "上传的文件没有名称。")
    suffix = Path(plain).suffix
    return plain[: 200 - len(suffix)] + suffix if len(plain) > 200 else plain


def save_upload(upload: UploadFile, folder: Path, limit_bytes: int) -> Path:
    """Copy an upload to ``folder``; raises ApiError(413) as soon as it grows over the limit."""
    # The name on disk is ours: the uploaded one is only ever a label.
    path = folder / ("upload" + Path(clean_name(upload.filename)).suffix.lower())
    size = 0
    with path.open("wb") as out:
        while block := upload.file.read(READ_BYTES):
            size += len(block)
            if size > limit_bytes:
                raise ApiError(413, f"文件超过了 {limit_bytes >> 20} MB 的上限。")
            out.write(block)
    if size == 0:
        raise ApiError(422, "上传的文件是空的。")
    return path


@router.post("/documents", response_model=AddedDocument, responses=documented(413), status_code=201, summary="上传文件")
def upload_document(file: Annotated[UploadFile, File()], assistant: Door, settings: Settings) -> JSONResponse:
    """Read a file into the store; an unchanged file is skipped."""
    name = clean_name(file.filename)
    if Path(name).suffix.lower() not in settings.upload_suffixes:
        raise ApiError(422, f"不支持这种文件；可上传：{' '.join(settings.upload_suffixes)}。")
    with tempfile.TemporaryDirectory(prefix="budgetqa-upload-") as folder:
        path = save_upload(file, Path(folder), settings.upload_mb << 20)
        result = assistant.add(path, name)
    if not result.get("document_id"):
        raise ApiError(422, f"文件未能读入：{result.get('message') or '原因不明'}", "unreadable")
    return JSONResponse(result, status_code=201)


@router.delete("/documents/{id}", responses=documented(404), summary="移除文件")
def remove_document(id: str, assistant: Door) -> Removed:
    if not assistant.remove(id):
        raise ApiError(404, "没有这份文件，可能已被移除。")
    return Removed(removed=True)


@router.get("/tables/{id}", response_model=TableModel, responses=documented(404), summary="一张表")
def table(id: str, assistant: Door) -> JSONResponse:
    """One table as printed, every cell with its place."""
    found = assistant.table(id)
    if found is None:
        raise ApiError(404, "没有这张表，文件可能已更新或移除。")
    return JSONResponse(found)


@router.get("/health", response_model=Health, responses=documented(), summary="就绪状态")
def health(assistant: Door, response: Response) -> dict[str, Any]:
    """Ready or not, and why; 503 while not ready."""
    state: dict[str, Any] = {"ready": False, "message": "状态未知"}
    with contextlib.suppress(OSError):
        state = assistant.health()
    if not state.get("ready"):
        response.status_code = 503
    return state
