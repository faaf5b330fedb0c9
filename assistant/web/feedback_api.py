"""Export and feedback: what a reader does with an answer."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from assistant.export import workbook
from assistant.web.api import Door
from assistant.web.errors import documented
from assistant.web.models import AskBody, FeedbackBody, Stored
from assistant.web.state import State

router = APIRouter(prefix="/api")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.post(
    "/export",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}, "description": "工作簿"}, **documented(413)},
    summary="导出 Excel",
)
def export(body: AskBody, assistant: Door) -> Response:
    """The question asked again and its answer as a workbook: nothing in it comes from the caller but the question."""
    content = workbook(assistant.ask(body.as_question()))
    disposition = f"attachment; filename=\"answer.xlsx\"; filename*=UTF-8''{quote('预算问答.xlsx')}"
    return Response(content, media_type=XLSX, headers={"Content-Disposition": disposition})


@router.post("/feedback", status_code=201, responses=documented(413), summary="评价回答")
def feedback(body: FeedbackBody, request: Request) -> Stored:
    """Keep a reader's judgement for those who look after the answers."""
    state: State = request.app.state.state
    who = request.state.principal.name
    return Stored(id=state.add_feedback(who, body.question, body.text, body.vote, body.comment))
