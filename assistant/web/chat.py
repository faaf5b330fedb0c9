"""The chat page: Gradio components, Chinese throughout, nothing from outside."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Generator, Iterator
from datetime import datetime
from typing import Any

import gradio as gr
from fastapi import FastAPI
from markupsafe import Markup

from assistant.answering import StoreError
from assistant.observing import asking_as
from assistant.records import Answer, Question
from assistant.web.api import answer_json
from assistant.web.cards import answer_card
from assistant.web.errors import UNREADABLE
from assistant.web.findings import shown_findings
from assistant.web.front_door import Assistant
from assistant.web.identity import Principal
from assistant.web.models import QUESTION_LENGTH
from assistant.web.pages import FOLDER, fragment
from assistant.web.settings import WebSettings
from assistant.web.state import State, StateError

log = logging.getLogger(__name__)
SANS = ["system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
MONO = ["ui-monospace", "Consolas", "monospace"]
ANY = "全部"
SCOPES = ("region", "agency", "fiscal_year")
NO_MODEL = "没有装载向量模型：查数字不受影响，文字类问题按全文检索回答。"
STOPPED = "已按要求停止大模型，以上为程序生成的回答"
SHOWN_EXAMPLES = 6
LISTED_DOCUMENTS = 2000
LISTED_FINDINGS = 300
EARLIER_TURNS = 20
Turns = list[dict[str, Any]]

# Buttons inside our HTML call Python through the component's own click event.
CLICKS_TO_PYTHON = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-ask], [data-open], [data-drop], [data-refresh], [data-stop]');
  if (button && element.contains(button)) { event.preventDefault(); trigger('click', {...button.dataset}); }
});
"""


def page_theme() -> gr.themes.Base:
    """A theme of fonts that are already on the reader's machine."""
    return gr.themes.Default(primary_hue="blue", neutral_hue="slate", font=SANS, font_mono=MONO)


def principal_of(request: gr.Request) -> Principal:
    """Whom the guard found behind this event; raises PermissionError where it found nobody."""
    found = getattr(request.request.state, "principal", None) if request.request else None
    if found is None:
        raise PermissionError
    principal: Principal = found
    return principal


def unreadable(error: StoreError | StateError) -> str:
    """What a part of the page shows while its data cannot be read; the log tells why."""
    log.error("the page cannot show: %s", error)
    return fragment("unreadable.html", message=UNREADABLE)


class ChatPage:
    """The page's events; the conversation lives in the browser session's state and in the state file."""

    def __init__(self, assistant: Assistant, settings: WebSettings, state: State) -> None:
        self.assistant = assistant
        self.settings = settings
        self.state = state
        self.root = settings.root_path + "/"
        self.stopped: set[str] = set()

    # What is shown

    def conversation(self, turns: Turns, only: str = "") -> str:
        """All turns, or a welcome; ``only`` is the title of the one document that is asked."""
        if not turns:
            return self.welcome(only)
        shown = []
        for number, turn in enumerate(turns):
            card, scope = "", turn.get("document") or ()
            if turn.get("answer"):
                card = answer_card(turn["answer"], self.root, scope, follows=number > 0)
            shown.append({**turn, "card": Markup(card)})  # noqa: S704 - the card's template escapes
        return fragment("conversation.html", turns=shown)

    def welcome(self, only: str) -> str:
        health = self.assistant.health()
        documents = health.get("documents", 0)
        message = NO_MODEL if health.get("model") is None else ""
        return fragment(
            "welcome.html",
            documents=documents,
            examples=self.assistant.examples()[:SHOWN_EXAMPLES] if documents else [],
            message=message if health.get("ready") else health.get("message", ""),
            only=only,
            sent=health.get("sent", ""),
        )

    def history(self, owner: str) -> str:
        try:
            kept = self.state.conversations(owner)
        except StateError as error:
            return unreadable(error)
        rows = [
            {"id": id, "title": title, "time": datetime.fromtimestamp(updated).strftime("%m-%d %H:%M")}
            for id, title, updated in kept
        ]
        return fragment("history.html", conversations=rows)

    def header(self, principal: Principal) -> str:
        return fragment("header.html", root=self.root, principal=principal)

    def documents(self, request: gr.Request) -> str:
        principal = principal_of(request)
        try:
            documents = self.assistant.documents()
        except StoreError as error:
            return unreadable(error)
        return fragment(
            "documents.html",
            root=self.root,
            documents=documents[:LISTED_DOCUMENTS],
            manager=principal.role == "manager",
            suffixes=self.settings.upload_suffixes,
            limit_mb=self.settings.upload_mb,
        )

    def audit(self, request: gr.Request) -> str:
        principal_of(request)
        try:
            findings = shown_findings(self.assistant.findings(), self.assistant.documents())
        except StoreError as error:
            return unreadable(error)
        counts = Counter(f["status"] for f in findings if f["status"]).items()
        return fragment("audit.html", root=self.root, findings=findings, counts=list(counts), limit=LISTED_FINDINGS)

    def scopes(self) -> list[Any]:
        """The three filters with what the store holds; nothing to choose while it cannot be read."""
        try:
            documents = self.assistant.documents()
        except StoreError:
            documents = []
        updates = []
        for name in SCOPES:
            held = sorted({str(d[name]) for d in documents if d.get(name)})
            updates.append(gr.update(choices=[ANY, *held]))
        return updates

    # What happens

    def start(self, request: gr.Request) -> list[Any]:
        """Fill the page; a question in the address (from the search box) is put into the field."""
        principal = principal_of(request)
        address = dict(request.query_params)
        asked = str(address.get("q", ""))[:QUESTION_LENGTH]
        document = self.assistant.document(str(address["document"])) if address.get("document") else None
        only = str(document["id"]) if document else ""
        shown = self.conversation([], self.title(only))
        return [self.header(principal), shown, self.history(principal.owner), asked, only, *self.scopes()]

    def title(self, only: str) -> str:
        """The title of the one document that is asked, or its id where it is gone; empty for none."""
        document = self.assistant.document(only) if only else None
        return str(document.get("title") or document["file"]) if document else only

    def within(self, region: str, agency: str, year: str) -> tuple[str, ...]:
        """The documents that the filters leave; none chosen is no restriction."""
        wanted = {k: v for k, v in zip(SCOPES, (region, agency, year), strict=True) if v and v != ANY}
        if not wanted:
            return ()
        rows = self.assistant.documents()
        return tuple(d["id"] for d in rows if all(str(d.get(k) or "") == v for k, v in wanted.items()))

    def ask(
        self, text: str, turns: Turns, id: str, only: str, region: str, agency: str, year: str, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """Show the question at once, then its answer. Yields conversation, field, turns, id, history."""
        principal = principal_of(request)
        text = (text or "").strip()
        if not text:
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip(), gr.skip()
            return
        id = id or uuid.uuid4().hex
        turn: dict[str, Any] = {"question": text}
        yield self.conversation([*turns, turn]), "", gr.skip(), id, gr.skip()
        earlier = tuple(t["question"] for t in turns[-EARLIER_TURNS:])
        scope = (only,) if only else self.within(region, agency, year)
        chosen = [choice for choice in (region, agency, year) if choice and choice != ANY]
        filtered = bool(chosen) and not only
        if len(text) > QUESTION_LENGTH:
            turn["error"] = f"问题太长，请缩短到 {QUESTION_LENGTH} 字以内。"
        elif filtered and not scope:
            turn["error"] = "没有同时符合所选地区、部门和年度的文件，请放宽查找范围。"
        else:
            try:
                turn["document"] = list(scope)
                turn["within"] = f"《{self.title(only)}》" if only else "、".join(chosen)
                with asking_as(principal.name, principal.via):
                    steps = self.assistant.stream(Question(text=text, history=earlier, document=scope))
                    for _ in self.worded(turn, steps, f"{principal.owner}/{id}"):
                        yield self.conversation([*turns, turn]), gr.skip(), gr.skip(), gr.skip(), gr.skip()
            except StoreError as error:
                log.error("a question found no store: %s", error)
                turn.pop("answer", None)
                turn["error"] = UNREADABLE
            except Exception:
                log.exception("a question failed")
                turn["error"] = "服务内部出错，已记录。请稍后再试。"
        turns = [*turns, turn]
        if "answer" in turn:
            self.keep(id, principal, turns)
        yield self.conversation(turns), gr.skip(), turns, id, self.history(principal.owner)

    def keep(self, id: str, principal: Principal, turns: Turns) -> None:
        """Save the conversation; an answer is shown even where it cannot be saved."""
        try:
            self.state.save_conversation(id, principal.owner, turns[0]["question"], turns)
        except StateError as error:
            log.error("a conversation was not saved: %s", error)

    def worded(self, turn: dict[str, Any], steps: Iterator[Answer | str], key: str) -> Iterator[None]:
        """Put what comes into the turn: the answer at once, a model's sentences as they pass, the last answer.

        Yields where there is something new to show. Stopped by its reader, it keeps the first answer.
        """
        self.stopped.discard(key)
        for step in steps:
            if isinstance(step, Answer):
                turn["answer"] = answer_json(step)
            elif key in self.stopped:
                turn["answer"]["notes"] = [*turn["answer"]["notes"], STOPPED]
                break
            elif step or "wording" not in turn:
                turn["wording"] = turn.get("wording", "") + step
                # Without its owner, whose name can be the cookie that opens his conversations.
                turn["stop"] = key.rpartition("/")[2]
                yield
        turn.pop("wording", None)
        turn.pop("stop", None)
        self.stopped.discard(key)
        if isinstance(steps, Generator):
            steps.close()

    def clicked(self, turns: Turns, id: str, request: gr.Request, event: gr.EventData) -> tuple[str, Turns, str]:
        """The question of a button inside the conversation, with the turns and the id of the conversation it goes on.

        A fresh one begins a new conversation; a button that stops a model asks nothing.
        """
        owner = principal_of(request).owner
        data: dict[str, Any] = event._data or {}
        if stop := str(data.get("stop") or ""):
            self.stopped.add(f"{owner}/{stop}")
        if data.get("fresh"):
            turns, id = [], ""
        return str(data.get("ask") or ""), turns, id

    def open_or_drop(self, turns: Turns, id: str, request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        """Open a conversation of this reader's, or delete it. Returns conversation, turns, id, history."""
        owner = principal_of(request).owner
        data: dict[str, Any] = event._data or {}
        if dropped := str(data.get("drop") or ""):
            self.state.remove_conversation(dropped, owner)
            if dropped == id:
                turns, id = [], ""
        elif opened := str(data.get("open") or ""):
            found = self.state.conversation(opened, owner)
            turns, id = (found, opened) if found is not None else ([], "")
        return self.conversation(turns), turns, id, self.history(owner)

    def renew(self) -> tuple[Any, ...]:
        """A new conversation over all documents. Returns conversation, turns, id, field, only."""
        return self.conversation([]), [], "", "", ""


def build(assistant: Assistant, settings: WebSettings, state: State) -> gr.Blocks:
    """The page with its events wired; building it asks nothing of the store."""
    chat = ChatPage(assistant, settings, state)
    with gr.Blocks(title="预算问答", fill_width=True, analytics_enabled=False) as page:
        bare: dict[str, Any] = {"apply_default_css": False}
        turns, id, only = gr.State([]), gr.State(""), gr.State("")
        header = gr.HTML("", elem_id="bq-header", js_on_load=None, **bare)
        with gr.Sidebar(open=False, label="历史对话", elem_id="bq-sidebar"):
            gr.HTML('<h2 class="bq-sub">历史对话</h2>', js_on_load=None, **bare)
            history = gr.HTML("", elem_id="bq-history", js_on_load=CLICKS_TO_PYTHON, **bare)
        with gr.Tabs(elem_id="bq-tabs"):
            with gr.Tab("提问", id="ask"):
                conversation = gr.HTML("", elem_id="bq-conversation", js_on_load=CLICKS_TO_PYTHON, **bare)
                with gr.Group(elem_id="bq-composer"):
                    with gr.Accordion("限定查找范围（地区、部门、年度）", open=False, elem_id="bq-scope"), gr.Row():
                        chosen = [
                            gr.Dropdown([ANY], value=ANY, label=label, interactive=True, min_width=100)
                            for label in ("地区", "部门", "年度")
                        ]
                    with gr.Row(elem_id="bq-ask-row", equal_height=True):
                        field = gr.Textbox(
                            label="问题",
                            show_label=False,
                            container=False,
                            placeholder="输入问题",
                            elem_id="bq-field",
                            max_length=QUESTION_LENGTH,
                            scale=8,
                        )
                        send = gr.Button("提问", variant="primary", elem_id="bq-send", scale=1, min_width=72)
                        new = gr.Button("新对话", elem_id="bq-new", scale=1, min_width=72)
            with gr.Tab("文件", id="documents") as documents_tab:
                documents = gr.HTML("", elem_id="bq-documents", js_on_load=CLICKS_TO_PYTHON, **bare)
            with gr.Tab("核对", id="audit") as audit_tab:
                findings = gr.HTML("", elem_id="bq-audit", js_on_load=None, **bare)
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        asking: dict[str, Any] = {
            "fn": chat.ask,
            "inputs": [field, turns, id, only, *chosen],
            "outputs": [conversation, field, turns, id, history],
            # A question sent before the one before is done must not be lost.
            "trigger_mode": "always_last",
            **quiet,
        }
        started = page.load(chat.start, None, [header, conversation, history, field, only, *chosen], **quiet)
        started.then(**asking)
        field.submit(**asking)
        send.click(**asking)
        conversation.click(chat.clicked, [turns, id], [field, turns, id], **quiet).then(**asking)
        new.click(chat.renew, None, [conversation, turns, id, field, only], **quiet)
        history.click(chat.open_or_drop, [turns, id], [conversation, turns, id, history], **quiet)
        documents_tab.select(chat.documents, None, documents, **quiet)
        documents.click(chat.documents, None, documents, **quiet).then(chat.scopes, None, chosen, **quiet)
        audit_tab.select(chat.audit, None, findings, **quiet)
    page.queue(default_concurrency_limit=16, api_open=False)
    return page


def mount_chat(app: FastAPI, assistant: Assistant, settings: WebSettings, state: State) -> None:
    """Put the chat page at the root of ``app``."""
    root = settings.root_path
    gr.mount_gradio_app(
        app,
        build(assistant, settings, state),
        path="/",
        theme=page_theme(),
        css_paths=[FOLDER / "static" / "chat.css"],
        head=f'<script src="{root}/ui/chat.js" defer></script><link rel="icon" href="{root}/ui/icon.svg">',
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        max_file_size=f"{settings.upload_mb}mb",
        root_path=root or None,
        show_error=False,
    )
