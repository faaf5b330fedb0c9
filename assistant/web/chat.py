"""The chat page: Gradio components, Chinese throughout, nothing from outside."""

from __future__ import annotations

from typing import Any

import gradio as gr
from fastapi import FastAPI

from assistant.records import Question
from assistant.web.front_door import Assistant
from assistant.web.settings import WebSettings

SANS = ["system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
MONO = ["ui-monospace", "Consolas", "monospace"]


def page_theme() -> gr.themes.Base:
    """A theme of fonts that are already on the reader's machine."""
    return gr.themes.Default(primary_hue="blue", font=SANS, font_mono=MONO)


def _build(assistant: Assistant) -> gr.Blocks:
    def answer(message: str, history: list[dict[str, Any]]) -> str:
        earlier = tuple(_plain(turn["content"]) for turn in history if turn["role"] == "user")
        return assistant.ask(Question(text=message, history=earlier)).text

    with gr.Blocks(title="预算问答") as page:
        gr.ChatInterface(
            answer,
            title="预算问答",
            chatbot=gr.Chatbot(label="对话"),
            textbox=gr.Textbox(placeholder="输入问题，例如：某项目预算多少", label="问题", container=False),
            examples=assistant.examples() or None,
            api_visibility="private",
        )
    return page


def _plain(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return str(content)


def mount_chat(app: FastAPI, assistant: Assistant, settings: WebSettings) -> None:
    """Put the chat page at the root of ``app``."""
    gr.mount_gradio_app(
        app,
        _build(assistant),
        path="/",
        theme=page_theme(),
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        max_file_size=f"{settings.upload_mb}mb",
        root_path=settings.root_path or None,
        show_error=False,
    )
