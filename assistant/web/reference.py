"""The API's own description at /docs, drawn from the OpenAPI document without any outside script."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from assistant.web import pages

router = APIRouter(include_in_schema=False)
FRAMEWORK_SAYS = {"Successful Response": "成功"}


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    summary: str
    parameters: list[dict[str, Any]]
    example: str
    responses: dict[str, str]


def _example(operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
    examples = schemas.get(name, {}).get("examples") or []
    return json.dumps(examples[0], ensure_ascii=False, indent=2) if examples else ""


def operations(description: dict[str, Any]) -> list[Operation]:
    """Every path and method of an OpenAPI document in its order."""
    schemas = description.get("components", {}).get("schemas", {})
    return [
        Operation(
            method=method.upper(),
            path=path,
            summary=operation.get("summary", ""),
            parameters=operation.get("parameters", []),
            example=_example(operation, schemas),
            responses={
                code: FRAMEWORK_SAYS.get(reply.get("description", ""), reply.get("description", ""))
                for code, reply in operation["responses"].items()
            },
        )
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    described = operations(request.app.openapi())
    return pages.page("docs.html", request.scope.get("root_path", ""), operations=described)
