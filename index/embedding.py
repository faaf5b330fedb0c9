"""Embedding models behind LangChain's interface.

The default model (BAAI/bge-small-zh-v1.5, 512 numbers, int8) is run by ONNX
Runtime without torch; any other folder or name is left to sentence-transformers.
Vectors of different models, and of int8 and fp32, do not fit together: every
model has a ``fingerprint`` that the index records.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings

from index.model_files import DEFAULT_MODEL, MODEL_FILE, TOKENIZER_FILE

QUERY_PREFIX = "为这个句子生成表示以用于检索相关文章："
_MAX_TOKENS = 512


class Embedder(Embeddings):
    """A model with a ``name`` for people and a ``fingerprint`` that tells its vectors from another model's."""

    name: str
    fingerprint: str


class OnnxEmbedder(Embedder):
    """A BERT encoder exported to ONNX, first token pooled, vectors of length 1.

    ``folder`` holds ``model.onnx`` and ``tokenizer.json``. Both load at the first
    text; ``threads`` texts are encoded at once. Raises ``FileNotFoundError`` where one is missing.
    """

    def __init__(self, folder: Path, *, name: str = DEFAULT_MODEL, threads: int = 1) -> None:
        for file in (MODEL_FILE, TOKENIZER_FILE):
            if not (folder / file).is_file():
                raise FileNotFoundError(f"模型文件不存在：{folder / file}。请先执行 make model 获取模型。")
        self.name = f"{name} (onnx)"
        digest = hashlib.sha256()
        for file in (MODEL_FILE, TOKENIZER_FILE):
            digest.update((folder / file).read_bytes())
        self.fingerprint = digest.hexdigest()[:16]
        self._folder, self._threads = folder, threads
        self._session: Any = None
        self._tokenizer: Any = None

    def _load(self) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._tokenizer = Tokenizer.from_file(str(self._folder / TOKENIZER_FILE))
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._session = onnxruntime.InferenceSession(
            str(self._folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
        )

    def _encode(self, text: str) -> list[float]:
        """One text at a time: int8 scales depend on the whole batch, so a batch would change its members' vectors."""
        import numpy

        if self._session is None:
            self._load()
        encoded = self._tokenizer.encode(text)
        values = {
            "input_ids": encoded.ids,
            "attention_mask": encoded.attention_mask,
            "token_type_ids": encoded.type_ids,
        }
        known = [put.name for put in self._session.get_inputs()]
        inputs = {name: numpy.array([values[name]], dtype=numpy.int64) for name in known}
        hidden = self._session.run(None, inputs)[0]
        pooled = hidden[0, 0] if hidden.ndim == 3 else hidden[0]
        vector: list[float] = (pooled / numpy.linalg.norm(pooled)).tolist()
        return vector

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if self._threads == 1 or len(texts) < 2:
            return [self._encode(text) for text in texts]
        if self._session is None:
            self._load()
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(self._encode, texts))

    def embed_query(self, text: str) -> list[float]:
        return self._encode(QUERY_PREFIX + text)


class SentenceTransformerEmbedder(Embedder):
    """Any model that sentence-transformers loads, from a folder or by name; needs torch."""

    def __init__(self, model: str) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(model, device="cpu", trust_remote_code=False)
        self._prefix = QUERY_PREFIX if "bge" in model.lower() and "zh" in model.lower() else ""
        self.name = model
        # The vector of a fixed sentence tells weights and precision apart, whatever files they came from.
        probe = self.embed_documents(["部门预算公开"])[0]
        self.fingerprint = hashlib.sha256(repr([round(x, 3) for x in probe]).encode()).hexdigest()[:16]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        vectors = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        return [[float(x) for x in v] for v in vectors]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([self._prefix + text])[0]


def load_embedder(model: Path | str, *, threads: int = 1) -> Embedder:
    """The model in a folder, or by a name that sentence-transformers knows.

    Raises ``FileNotFoundError`` for a folder without a model and ``OSError`` for an unknown name.
    """
    folder = Path(model)
    if (folder / MODEL_FILE).is_file():
        name = DEFAULT_MODEL if folder.name == DEFAULT_MODEL.rsplit("/", 1)[-1] else folder.name
        return OnnxEmbedder(folder, name=name, threads=threads)
    if folder.is_dir() and not (folder / "config.json").is_file():
        raise FileNotFoundError(f"文件夹 {folder} 里没有可用的模型。请先执行 make model 获取模型。")
    return SentenceTransformerEmbedder(str(model))
