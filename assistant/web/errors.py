"""The one form of every HTTP error: ``{"error": {"code", "message"}}``, the message in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

MESSAGES = {
    400: ("bad_request", "请求的格式不对，请检查后重试。"),
    401: ("unauthorized", "请先登录，或在请求头中带上 API 密钥。"),
    403: ("forbidden", "没有权限进行这项操作。"),
    404: ("not_found", "没有找到所请求的内容。"),
    405: ("method_not_allowed", "此地址不支持这种请求方法。"),
    413: ("too_large", "上传的内容超过了大小限制。"),
    422: ("invalid", "请求的内容不符合要求。"),
    429: ("too_many_requests", "请求过于频繁，请稍候再试。"),
    500: ("internal", "服务内部出错，已记录；请稍后重试，并告知管理员请求编号。"),
    503: ("unavailable", "服务尚未就绪，请稍后重试。"),
}
# For readers; what went wrong in which file stands in the log.
UNREADABLE = "暂时读不到数据，请稍后重试；一直如此时请管理员运行 budgetqa doctor 查看原因。"


class ErrorDetail(BaseModel):
    code: str
    message: str


class ErrorBody(BaseModel):
    """What every failed request returns."""

    error: ErrorDetail


class ApiError(Exception):
    """A refusal with its status; ``message`` is shown to people."""

    def __init__(
        self, status: int, message: str | None = None, code: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        default_code, default_message = MESSAGES.get(status, MESSAGES[500])
        self.status = status
        self.code = code or default_code
        self.message = message or default_message
        self.headers = dict(headers or {})
        super().__init__(self.message)


def error_response(error: ApiError) -> JSONResponse:
    body = {"error": {"code": error.code, "message": error.message}}
    return JSONResponse(body, status_code=error.status, headers=error.headers)


def _describe(error: RequestValidationError) -> str:
    """Name the first wrong field, so that the caller knows where to look."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    if first["type"] == "json_invalid":
        return "请求正文不是有效的 JSON。"
    if first["type"] in ("missing", "string_too_short") and place in ("question", "q"):
        return "问题不能为空，请输入要查询的内容。"
    return f"参数“{place[:80] or '请求正文'}”不符合要求。"


def install(app: FastAPI) -> None:
    """Answer every refusal of ``app`` in the contract's form; the guard does so for crashes."""

    async def api_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ApiError)
        return error_response(error)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        status = 400 if error.errors()[0]["type"] == "json_invalid" else 422
        return error_response(ApiError(status, _describe(error)))

    async def http_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return error_response(ApiError(error.status_code, headers=error.headers))

    app.add_exception_handler(ApiError, api_error)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http_error)


def documented(*statuses: int) -> dict[int | str, dict[str, object]]:
    """OpenAPI ``responses`` for the named statuses and those that any path may give."""
    return {
        status: {"model": ErrorBody, "description": MESSAGES[status][1]}
        for status in sorted({*statuses, 400, 401, 403, 422, 429, 503})
    }
