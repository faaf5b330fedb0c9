"""The HTTP API of the contract: ask, search, documents, tables, health."""

from __future__ import annotations

from typing import Annotated, Any

from anyio import to_thread
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
from assistant.web.uploads import Uploads

router = APIRouter(prefix="/api")


# Asynchronous, for FastAPI would take a thread for each of them.
async def the_assistant(request: Request) -> Assistant:
    assistant: Assistant = request.app.state.assistant
    return assistant


async def the_uploads(request: Request) -> Uploads:
    uploads: Uploads = request.app.state.uploads
    return uploads


Door = Annotated[Assistant, Depends(the_assistant)]
Files = Annotated[Uploads, Depends(the_uploads)]


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
async def ask(body: AskBody, assistant: Door, request: Request) -> JSONResponse:
    """One question, one answer with every figure's unit and source."""

    def answered() -> JSONResponse:
        return JSONResponse(answer_json(assistant.ask(body.as_question())))

    # Questions wait here in the order in which they came; waiting threads would take the interpreter from the others.
    return await to_thread.run_sync(answered, limiter=request.app.state.askers)


@router.get("/search", responses=documented(), summary="搜索建议")
def search(
    assistant: Door,
    q: Annotated[str, Query(max_length=200, description="查询文字，可用拼音", examples=["舆情"])],
    limit: Annotated[int, Query(ge=1, le=50, description="最多几条")] = 8,
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
    offset: Annotated[int, Query(ge=0, le=1_000_000_000, description="从第几份起，从 0 数")] = 0,
    limit: Annotated[int, Query(ge=1, le=500, description="最多几份")] = 100,
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


@router.post("/documents", response_model=AddedDocument, responses=documented(413), status_code=201, summary="上传文件")
def upload_document(file: Annotated[UploadFile, File()], uploads: Files) -> JSONResponse:
    """Read a file into the store; an unchanged file is skipped."""
    return JSONResponse(uploads.add(file.filename, file.file), status_code=201)


@router.delete("/documents/{id}", responses=documented(404), summary="移除文件")
def remove_document(id: str, uploads: Files) -> Removed:
    if not uploads.remove(id):
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
    state = assistant.health()
    if not state.get("ready"):
        response.status_code = 503
    return state
