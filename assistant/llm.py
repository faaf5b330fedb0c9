"""A language model behind any OpenAI-compatible endpoint; off unless one is configured.

All calls run on one private event loop, so that a deadline cuts a hanging or
dripping endpoint exactly, whatever thread asks. What fails is told as
:class:`ModelFailed`; the caller then gives the deterministic answer.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, wait
from contextlib import aclosing
from typing import Any, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.tracing import no_tracing

PREFIX = "BUDGETQA_LLM_"
BEAT = 0.25
LATE = "大模型没有在限定时间内答完"
MAX_CHARACTERS = 6_000
_RETRIED = (408, 409, 425, 429, 500, 502, 503, 504)
_UNKNOWN_FIELD = (400, 422)
_T = TypeVar("_T")


class ModelFailed(Exception):
    """The model gave no usable reply; the message is Chinese and goes into the answer's notes."""


class LlmSettings(BaseSettings):
    """Each field is the environment variable BUDGETQA_LLM_ + its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    base_url: str = Field(
        default="", description="OpenAI 兼容接口的地址，如 http://127.0.0.1:8000/v1；空为不使用大模型"
    )
    model: str = Field(default="", description="模型名称，按接口的要求填写")
    api_key: SecretStr = Field(default=SecretStr(""), description="接口密钥；本地模型可留空")
    send: Literal["nothing", "evidence"] = Field(
        default="evidence", description="发给模型的内容：evidence 为问题和查到的依据，nothing 为一概不发（等于不使用）"
    )
    timeout: float = Field(default=30, gt=0, le=600, description="一次回答中大模型最多用多少秒，含重试")
    concurrency: int = Field(default=4, ge=1, le=256, description="同时进行的请求数")
    evidence_characters: int = Field(
        default=3000, ge=300, le=100_000, description="一次发给模型的依据最多多少字；模型在普通电脑上运行时宜用 1200"
    )
    max_tokens: int = Field(default=600, ge=16, le=32_000, description="一次回复的最大词元数")
    token_budget: int = Field(default=0, ge=0, description="本进程累计可用的词元数，0 为不限")
    retries: int = Field(default=2, ge=0, le=10, description="限流或出错时的重试次数")
    breaker_failures: int = Field(default=3, ge=1, description="连续失败几次后暂停使用模型")
    breaker_seconds: float = Field(default=60, gt=0, description="暂停使用模型的秒数")
    planning: bool = Field(default=False, description="规则没有查到时，是否让模型在候选名称中猜问题的意思，再向用户反问")

    @property
    def enabled(self) -> bool:
        return bool(self.base_url) and self.send == "evidence"

    def told(self) -> str:
        """What the interface says about what leaves this machine."""
        if not self.enabled:
            return "未使用大模型，问题和文档内容不会发送到任何地方。"
        return f"已启用大模型 {self.model}：问题和查到的依据会发送到 {self.base_url}，其余文档内容不会发送。"


def read_llm_settings(environment: Mapping[str, str] | None = None, **given: object) -> LlmSettings:
    """Settings from the environment, ``given`` first. Raises ValueError in Chinese for unknown or unfit ones."""
    names = os.environ if environment is None else environment
    known = {PREFIX + name.upper() for name in LlmSettings.model_fields}
    unknown = next((n for n in names if n.upper().startswith(PREFIX) and n.upper() not in known), None)
    if unknown:
        raise ValueError(f"没有名为 {unknown} 的设置；全部设置见 docs/llm.md。")
    try:
        return LlmSettings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"设置 {PREFIX}{field.upper()} 的值不合要求：{first['msg']}") from None


class _Breaker:
    """Stops asking an endpoint that keeps failing; after a pause one call tries again."""

    def __init__(self, failures: int, seconds: float) -> None:
        self._limit, self._seconds = failures, seconds
        self._failures, self._opened = 0, 0.0
        self._lock = threading.Lock()

    def check(self) -> None:
        with self._lock:
            if self._failures >= self._limit:
                if time.monotonic() - self._opened < self._seconds:
                    raise ModelFailed("大模型连续出错，已暂停使用，稍后自动恢复")
                self._opened = time.monotonic()  # this call is the trial; others wait on

    def note(self, worked: bool) -> None:
        with self._lock:
            self._failures = 0 if worked else self._failures + 1
            self._opened = time.monotonic()


class LanguageModel:
    """One configured endpoint; safe to use from several threads."""

    def __init__(self, settings: LlmSettings) -> None:
        if not settings.enabled:
            raise ValueError("没有配置大模型接口")
        self.settings = settings
        self.name = settings.model
        self.used_tokens = 0
        self._breaker = _Breaker(settings.breaker_failures, settings.breaker_seconds)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._slots: asyncio.Semaphore | None = None
        self._thread: threading.Thread | None = None
        self._http, self._chat = _client(settings)
        self._lock = threading.Lock()

    # -- asking ----------------------------------------------------------------

    def complete(
        self,
        messages: Sequence[tuple[str, str]],
        *,
        deadline: float | None = None,
        schema: Mapping[str, Any] | None = None,
    ) -> str:
        """The model's reply to (role, text) messages. ``deadline`` is a time.monotonic() value.

        ``schema`` is the JSON schema that the reply is to have, where the endpoint can be told one.
        """
        return self.run(lambda: self._complete(messages, schema), deadline)

    def stream(self, messages: Sequence[tuple[str, str]], *, deadline: float | None = None) -> Iterator[str]:
        """The reply in pieces as they arrive, an empty one every BEAT between them; closing it gives up the request.

        Raises ModelFailed in the middle if the endpoint fails there.
        """
        pieces: queue.Queue[str | None] = queue.Queue()

        under_way: list[Future[None]] = []
        started: list[bool] = []
        outcome: list[ModelFailed | None] = []

        async def feed() -> None:
            try:
                async with aclosing(self._pieces(messages)) as arriving:
                    async for piece in arriving:
                        started.append(True)
                        pieces.put(piece)
            except Exception as error:
                if started:  # what has been shown cannot be taken back, so this is not tried again
                    raise ModelFailed(_reason(error)) from error
                raise

        def work() -> None:
            outcome.append(self._outcome(feed, deadline, under_way.append))
            pieces.put(None)

        threading.Thread(target=work, daemon=True).start()
        try:
            while True:
                try:
                    piece = pieces.get(timeout=BEAT)
                except queue.Empty:
                    piece = ""
                if piece is None:
                    break
                yield piece
        finally:
            for request in under_way:
                request.cancel()
        if outcome[0]:
            raise outcome[0]

    def run(
        self,
        work: Callable[[], Awaitable[_T]],
        deadline: float | None = None,
        begun: Callable[[Future[_T]], None] = lambda _: None,
    ) -> _T:
        """Run work that uses :meth:`chat` within the deadline, with the breaker and a slot. Raises ModelFailed."""
        self._breaker.check()
        if self.settings.token_budget and self.used_tokens >= self.settings.token_budget:
            raise ModelFailed("大模型的词元额度已用完")
        ends = deadline if deadline is not None else time.monotonic() + self.settings.timeout
        if time.monotonic() >= ends:
            raise ModelFailed(LATE)
        try:
            request = asyncio.run_coroutine_threadsafe(self._limited(work, ends), self._running())
            begun(request)
            result = request.result()
        except ModelFailed:
            self._breaker.note(worked=False)
            raise
        except CancelledError:
            raise ModelFailed("大模型已停用") from None
        self._breaker.note(worked=True)
        return result

    def _outcome(
        self, work: Callable[[], Awaitable[None]], deadline: float | None, begun: Callable[[Future[None]], None]
    ) -> ModelFailed | None:
        try:
            self.run(work, deadline, begun)
        except ModelFailed as error:
            return error
        return None

    async def _limited(self, work: Callable[[], Awaitable[_T]], ends: float) -> _T:
        assert self._slots is not None
        try:
            async with asyncio.timeout(max(0.0, ends - time.monotonic())), self._slots:
                return await self._retried(work, ends)
        except TimeoutError:
            raise ModelFailed(LATE) from None

    async def _retried(self, work: Callable[[], Awaitable[_T]], ends: float) -> _T:
        for attempt in range(self.settings.retries + 1):
            try:
                return await work()
            except (ModelFailed, TimeoutError):
                raise
            except Exception as error:  # the client raises its own, httpx's and JSON errors
                pause = _pause(error, attempt)
                if pause is None or attempt == self.settings.retries or time.monotonic() + pause >= ends:
                    raise ModelFailed(_reason(error)) from error
                await asyncio.sleep(pause)
        raise AssertionError("the loop returns or raises")

    async def _complete(self, messages: Sequence[tuple[str, str]], schema: Mapping[str, Any] | None) -> str:
        try:
            return await self._whole(messages, schema)
        except Exception as error:
            if schema is None or getattr(error, "status_code", None) not in _UNKNOWN_FIELD:
                raise
            return await self._whole(messages, None)

    async def _whole(self, messages: Sequence[tuple[str, str]], schema: Mapping[str, Any] | None) -> str:
        async with aclosing(self._pieces(messages, schema)) as pieces:
            text = "".join([piece async for piece in pieces]).strip()
        if not text:
            raise ModelFailed("大模型没有给出内容")
        return text

    async def _pieces(
        self, messages: Sequence[tuple[str, str]], schema: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[str, None]:
        size = 0
        told = {"name": "reply", "schema": dict(schema), "strict": True} if schema else None
        more = {"response_format": {"type": "json_schema", "json_schema": told}} if told else {}
        async with aclosing(self.chat().astream(list(messages), **more)) as chunks:
            async for chunk in chunks:
                usage = getattr(chunk, "usage_metadata", None)
                if usage:
                    self.used_tokens += int(usage.get("total_tokens") or 0)
                piece = chunk.content if isinstance(chunk.content, str) else ""
                size += len(piece)
                if size > MAX_CHARACTERS:
                    raise ModelFailed("大模型的回复过长，已中断")
                if piece:
                    yield piece

    # -- the client --------------------------------------------------------------

    def chat(self) -> Any:
        """The LangChain chat model; use it only inside :meth:`run`."""
        return self._chat

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._slots = asyncio.Semaphore(self.settings.concurrency)
                self._thread = threading.Thread(target=_run, args=(self._loop,), name="budgetqa-llm", daemon=True)
                self._thread.start()
            return self._loop

    def close(self) -> None:
        """Give up what is under way and close the connections."""
        with self._lock:
            loop, self._loop = self._loop, None
            if loop is not None and self._thread is not None:
                asyncio.run_coroutine_threadsafe(self._http.aclose(), loop).result(5)
                loop.call_soon_threadsafe(loop.stop)
                self._thread.join(5)


CLOSING = 0.01


def _client(s: LlmSettings) -> tuple[Any, Any]:
    """The HTTP client and the chat model that uses it; importing takes half a second, which is no model's fault."""
    no_tracing()
    import httpx
    from langchain_openai import ChatOpenAI

    http = httpx.AsyncClient(timeout=s.timeout)
    chat = ChatOpenAI(
        base_url=s.base_url,
        model=s.model,
        api_key=SecretStr(s.api_key.get_secret_value() or "none"),
        temperature=0,
        max_tokens=s.max_tokens,  # type: ignore[call-arg]
        timeout=s.timeout,
        stream_chunk_timeout=None,  # a model on an ordinary computer reads for minutes; our own limit holds
        max_retries=0,
        http_async_client=http,
        streaming=True,
        stream_usage=True,
    )
    if s.planning:
        _ = chat.root_async_client.beta.chat.completions  # what replies of a given form need is imported at its first use
    return http, chat


def _run(loop: asyncio.AbstractEventLoop) -> None:
    """The private thread: runs until stopped, then lets nothing linger."""
    loop.run_forever()
    loop.run_until_complete(_give_up())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(asyncio.sleep(CLOSING))  # a connection that was closed last is let go a turn later
    loop.close()


async def _give_up() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def beating(work: Callable[[], _T]) -> Generator[str, None, _T]:
    """Do work that takes long with an empty string every BEAT, so that who waits can leave; returns its result."""
    doing: Future[_T] = Future()

    def run() -> None:
        try:
            doing.set_result(work())
        except BaseException as error:
            doing.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    while not wait([doing], BEAT).done:
        yield ""
    return doing.result()


def open_model(settings: LlmSettings) -> LanguageModel | None:
    """The configured model, None where there is none."""
    return LanguageModel(settings) if settings.enabled else None


def _pause(error: Exception, attempt: int) -> float | None:
    """Seconds before the next try, None for an error that trying again does not mend."""
    status = getattr(error, "status_code", None)
    if status is not None and status not in _RETRIED:
        return None
    asked = getattr(getattr(error, "response", None), "headers", {}).get("retry-after", "")
    return float(asked) if asked.replace(".", "", 1).isdigit() else 0.25 * 2**attempt


def _reason(error: Exception) -> str:
    status = getattr(error, "status_code", None)
    if status == 429:
        return "大模型接口限流"
    if status in (401, 403):
        return "大模型接口拒绝了密钥"
    if status == 404:
        return "大模型接口没有这个模型或地址"
    if status is not None:
        return f"大模型接口出错（{status}）"
    return f"大模型接口不可用（{type(error).__name__}）"
