"""The OpenAI chat protocol, so that existing chat clients can ask; the whole answer rides along as ``budgetqa``."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncIterator, Generator, Iterator
from itertools import chain
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import iterate_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse

from assistant.records import Answer, Question
from assistant.web.api import Door, answer_json
from assistant.web.cards import in_other_unit, sources
from assistant.web.errors import ApiError, documented
from assistant.web.models import QUESTION_LENGTH

router = APIRouter(prefix="/v1")
MODEL = "budgetqa"
EARLIER = 20
WORDED = "\n\n大模型的表述（每句话都已由程序核对）：\n"


class Part(BaseModel):
    model_config = ConfigDict(extra="allow")
    type: str
    text: str | None = None


class Message(BaseModel):
    model_config = ConfigDict(extra="allow")
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text or "" for part in self.content if part.type == "text").strip()
        return (self.content or "").strip()


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="allow")
    include_usage: bool = False


class ChatBody(BaseModel):
    """A chat request; sampling settings are taken and have no effect, for a figure is looked up."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [{"model": MODEL, "messages": [{"role": "user", "content": "玉田舆情管理预算多少"}]}]
        },
    )
    model: str = MODEL
    messages: list[Message] = Field(min_length=1, max_length=500)
    stream: bool = False
    stream_options: StreamOptions | None = None


def question_of(messages: list[Message]) -> Question:
    """The last user message with the earlier ones as history; raises ApiError(422) where there is none."""
    asked = [m.text() for m in messages if m.role == "user" and m.text()]
    if not asked:
        raise ApiError(422, "messages 里没有用户的问题。")
    if any(len(text) > QUESTION_LENGTH for text in asked):
        raise ApiError(422, f"问题太长，请缩短到 {QUESTION_LENGTH} 字以内。")
    return Question(text=asked[-1], history=tuple(asked[:-1][-EARLIER:]))


def answer_text(answer: dict[str, Any]) -> str:
    """The answer with calculation, notes, options and numbered sources as plain text."""
    lines = [answer["text"]]
    first = answer["values"][0] if answer["status"] == "answered" and answer["values"] else None
    if first and (other := in_other_unit(first["value"], first["unit"])):
        lines.append(f"（{first['value']} {first['unit']}，即 {other}）")
    if calculation := answer["calculation"]:
        lines.append(f"计算：{calculation['expression']} = {calculation['result']} {calculation['unit']}")
    lines += [f"说明：{note}" for note in answer["notes"]]
    lines += [f"- {option}" for option in answer["options"]]
    if answer["citations"]:
        lines += ["", "出处："]
        lines += [f"[{s.number}] {s.place}：{s.printed or s.quote}（{s.file}）" for s in sources(answer["citations"])]
    return "\n".join(lines)


def _pieces(steps: Iterator[Answer | str]) -> Generator[str, None, Answer]:
    """The answer line by line, then what a model says of it as it passes its check; returns the last answer.

    Empty pieces come while the model is at work.
    """
    first, answer = next(steps), None
    assert isinstance(first, Answer)
    worded = False
    yield from answer_text(answer_json(first)).splitlines(keepends=True)
    for step in steps:
        if isinstance(step, Answer):
            answer = step
        else:
            yield WORDED + step if step and not worded else step
            worded = worded or bool(step)
    if answer is None:
        return first
    last = answer_json(answer)
    said = [f"说明：{note}" for note in last["notes"] if note not in first.notes]
    new = sources(last["citations"])[len(first.citations) :]
    said += [f"[{s.number}] {s.place}：{s.printed or s.quote}（{s.file}）" for s in new]
    if answer.route == "llm" and not worded:  # mended as a whole, so that nothing was shown before
        said.insert(0, f"{WORDED.strip()}\n{answer.text}")
    yield "".join(f"\n{line}" for line in said)
    return answer


def _stream(head: dict[str, Any], steps: Iterator[Answer | str], asked: int | None) -> Generator[str, None, None]:
    """Server-sent events; ``asked`` counts the question's characters where the client wants usage."""

    def event(delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        body = {**head, "object": "chat.completion.chunk", "choices": [choice], **more}
        return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"

    yield event({"role": "assistant", "content": ""})
    pieces, length = _pieces(steps), 0
    try:
        while True:
            piece = next(pieces)
            length += len(piece)
            # A comment keeps the connection, and shows whether the client is still there.
            yield event({"content": piece}) if piece else ": \n\n"
    except StopIteration as end:
        answer: Answer = end.value
    yield event({}, "stop", budgetqa=answer_json(answer))
    if asked is not None:
        body = {**head, "object": "chat.completion.chunk", "choices": [], "usage": _usage(asked, length)}
        yield f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
    yield "data: [DONE]\n\n"


async def _until_left(events: Generator[str, None, None]) -> AsyncIterator[str]:
    """The events for as long as the client reads them; one that leaves stops the model."""
    try:
        async for event in iterate_in_threadpool(events):
            yield event
    finally:
        events.close()


def _usage(asked: int, said: int) -> dict[str, int]:
    """No tokens are spent on looking up; characters are counted so that clients find the field."""
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


@router.post(
    "/chat/completions",
    response_class=JSONResponse,
    responses={
        200: {"description": "回答；stream 为真时是事件流", "content": {"text/event-stream": {}}},
        **documented(413),
    },
    summary="OpenAI 对话协议",
)
def chat(body: ChatBody, assistant: Door) -> Response:
    """Answers the last user message; ``budgetqa`` in the reply is the contract's answer with its citations."""
    question = question_of(body.messages)
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": MODEL}
    asked = sum(len(m.text()) for m in body.messages)
    if body.stream:
        counted = asked if body.stream_options and body.stream_options.include_usage else None
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        steps = assistant.stream(question)
        # The first step is made before the reply begins, so that what fails is told as an error.
        events = _until_left(_stream(head, chain([next(steps)], steps), counted))
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)
    answer = answer_json(assistant.ask(question))
    text = answer_text(answer)
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return JSONResponse(
        {
            **head,
            "object": "chat.completion",
            "choices": [choice],
            "usage": _usage(asked, len(text)),
            "budgetqa": answer,
        }
    )


class Model(BaseModel):
    id: str
    object: str
    created: int
    owned_by: str


class ModelList(BaseModel):
    object: str
    data: list[Model]


@router.get("/models", responses=documented(), summary="OpenAI 模型列表")
def models() -> ModelList:
    return ModelList(object="list", data=[Model(id=MODEL, object="model", created=0, owned_by=MODEL)])
