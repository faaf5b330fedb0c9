from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from index.embedding import OnnxEmbedder, load_embedder
from index.model_files import default_model

needs_model = pytest.mark.skipif(default_model() is None, reason="the embedding model has not been fetched here")


@pytest.fixture(scope="module")
def embedder() -> OnnxEmbedder:
    folder = default_model()
    assert folder is not None
    made = load_embedder(folder)
    assert isinstance(made, OnnxEmbedder)
    return made


@needs_model
def test_vectors_have_length_one_and_meaning(embedder: OnnxEmbedder) -> None:
    asked = embedder.embed_query("“三公”经费包括哪些")
    near, far = embedder.embed_documents(["因公出国（境）费、公务用车购置及运行费、公务接待费", "今天天气很好"])
    assert len(asked) == 512
    assert sum(x * x for x in near) == pytest.approx(1, abs=1e-5)
    assert sum(a * b for a, b in zip(asked, near, strict=True)) > 0.2 + sum(
        a * b for a, b in zip(asked, far, strict=True)
    )


@needs_model
def test_the_company_of_a_text_does_not_change_its_vector(embedder: OnnxEmbedder) -> None:
    texts = ["长" * 900, "预算", "网络舆情管理项目的资金用途"]
    assert embedder.embed_documents(texts) == [embedder.embed_documents([text])[0] for text in texts]


@needs_model
def test_the_default_model_runs_without_torch() -> None:
    code = (
        "import sys; from index.embedding import load_embedder; from index.model_files import default_model;"
        "load_embedder(default_model()).embed_query('x'); print('torch' in sys.modules, 'transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False"


def test_a_folder_without_a_model_is_told_in_chinese(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="没有可用的模型"):
        load_embedder(tmp_path)
    with pytest.raises(FileNotFoundError, match="模型文件不存在"):
        OnnxEmbedder(tmp_path)
