"""The MCP server at /mcp: ask, look up figures, search passages, list documents; answers carry citations."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import Field
from starlette.applications import Starlette

from assistant.records import Question
from assistant.web.api import answer_json, public
from assistant.web.front_door import Assistant
from assistant.web.models import QUESTION_LENGTH

INSTRUCTIONS = (
    "回答关于中文预算、决算公开文件的问题。每个数字都带单位和出处（文件、页、表、行、列、单元格）。"
    "status 为 clarify 时请让用户在 options 中选择；为 not_found 时不要自行补充数字。"
)
Text = Annotated[str, Field(min_length=1, max_length=QUESTION_LENGTH)]
Files = Annotated[list[str] | None, Field(description="文件名或文件编号；不填则查全部文件")]
Few = Annotated[int, Field(ge=1, le=50)]


def build_server(assistant: Assistant) -> MCPServer[Any]:
    """The tools over ``assistant``; each is a thin call of the front door."""
    server: MCPServer[Any] = MCPServer("budgetqa", title="预算问答", instructions=INSTRUCTIONS, log_level="WARNING")

    @server.tool(title="提问")
    def ask(question: Text, history: list[str] | None = None, documents: Files = None) -> dict[str, Any]:
        """用中文提问预算或决算数字、指标、用途、职责；返回回答、数字、计算过程和出处。"""
        asked = Question(text=question, history=tuple(history or ()), document=tuple(documents or ()))
        return answer_json(assistant.ask(asked))

    @server.tool(title="查数字")
    def look_up_figures(query: Text, documents: Files = None) -> dict[str, Any]:
        """只取数字：返回与查询相符的数字、单位和出处单元格，不含行文。"""
        answer = answer_json(assistant.ask(Question(text=query, document=tuple(documents or ()))))
        kept = ("status", "values", "calculation", "citations", "options", "notes")
        return {key: answer[key] for key in kept}

    @server.tool(title="搜索")
    def search_passages(query: Text, limit: Few = 8) -> list[dict[str, Any]]:
        """搜索文件、项目、科目和原文段落，返回标题、摘要和链接。"""
        return assistant.suggest(query, limit)[:limit]

    @server.tool(title="文件列表")
    def list_documents(
        limit: Annotated[int, Field(ge=1, le=500)] = 100, offset: Annotated[int, Field(ge=0)] = 0
    ) -> dict[str, Any]:
        """列出已读入的文件：部门、地区、年度、阶段。"""
        rows = assistant.documents()
        return {"total": len(rows), "documents": [public(row) for row in rows[offset : offset + limit]]}

    return server


def mcp_app(assistant: Assistant) -> Starlette:
    """The server as an ASGI app at the path /mcp. Host and origin are checked by the guard in front of it."""
    return build_server(assistant).streamable_http_app(
        streamable_http_path="/mcp",
        stateless_http=True,
        json_response=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
