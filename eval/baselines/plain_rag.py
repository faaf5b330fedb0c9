"""The LangChain textbook pipeline: split by 500/50 characters, embed, take the nearest four, let a model answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.embeddings import Embeddings

from eval.baselines.reading import read_answer
from eval.runner import Ask

SIZE, OVERLAP, K = 500, 50, 4
_PROMPT = "根据下面的资料回答问题。\n\n资料：\n{context}\n\n问题：{question}\n回答："


def plain_rag(
    files: Mapping[str, str], embedder: Embeddings, complete: Callable[[str], str] | None = None
) -> tuple[Ask, Callable[[], None]]:
    """The pipeline over the plain text of each file, and a function that closes it.

    ``complete`` is the language model (prompt -> reply); without one the figure is read from the passages by rule.
    """
    import chromadb
    from langchain_chroma import Chroma
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    client = chromadb.EphemeralClient(settings=chromadb.config.Settings(anonymized_telemetry=False))
    store = Chroma(collection_name=f"plain-{uuid.uuid4().hex}", embedding_function=embedder, client=client)
    splitter = RecursiveCharacterTextSplitter(chunk_size=SIZE, chunk_overlap=OVERLAP)
    for file, text in files.items():
        parts = splitter.split_text(text)
        if parts:
            store.add_texts(parts, metadatas=[{"file": file}] * len(parts))

    def ask(question: dict[str, Any]) -> dict[str, Any]:
        found = store.similarity_search(question["question"], K)
        passages = [{"file": d.metadata["file"], "text": d.page_content} for d in found]
        if complete is None:
            return read_answer(question["question"], [p | {"embedded": p["text"]} for p in passages])
        context = "\n\n".join(p["text"] for p in passages)
        text = complete(_PROMPT.format(context=context, question=question["question"]))
        cited = [{"file": p["file"], "quote": p["text"]} for p in passages]
        return {"status": "answered", "text": text, "values": [], "citations": cited}

    return ask, client.close
