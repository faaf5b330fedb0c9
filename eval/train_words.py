"""Makes the word vectors of assistant/cells/words.npz from a sentence model, read once for each word.

    python -m eval.train_words --model FOLDER --data ../shared/bench/im-tqa

FOLDER holds model.onnx and tokenizer.json of BAAI/bge-small-zh-v1.5 (MIT licence). The words are the frequent ones
of jieba's dictionary and those of the training tables and questions; their vectors are centred, reduced by
principal components, scaled to unit length and stored as bytes. At run time no model is needed.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import jieba
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

WORDS = Path(__file__).parents[1] / "assistant" / "cells" / "words.npz"
FREQUENT, SINGLE, DIMENSIONS = 17_000, 3_500, 64
_HAN = re.compile("[\u4e00-\u9fff]{1,4}")


def vocabulary(data: Path) -> list[str]:
    """Frequent words of one to four characters, and the words of the training tables and questions."""
    lines = (Path(jieba.__file__).parent / "dict.txt").read_text("utf-8").splitlines()
    ranked = sorted(((int(n), w) for w, n, *_ in map(str.split, lines) if _HAN.fullmatch(w)), reverse=True)
    words = {w for _, w in [r for r in ranked if len(r[1]) > 1][:FREQUENT]}
    words |= {w for _, w in [r for r in ranked if len(r[1]) == 1][:SINGLE]}
    own: Counter[str] = Counter()
    for table in json.loads((data / "train_tables.json").read_text("utf-8")):
        texts = table["chinese_cell_value_list"]
        heads = {*table["column_attribute"], *table["row_attribute"]}
        for i in heads:
            if 0 <= i < len(texts):
                own.update(jieba.lcut(texts[i]))
    for question in json.loads((data / "train_questions.json").read_text("utf-8")):
        own.update(jieba.lcut(question["chinese_question"]))
    return sorted(words | {w for w, n in own.items() if n > 1 and _HAN.fullmatch(w)})


def encode(model: Path, texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors of the first token, shape (texts, 512)."""
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    session = onnxruntime.InferenceSession(str(model / "model.onnx"))
    names = [i.name for i in session.get_inputs()]
    found = []
    for start in range(0, len(texts), 128):
        encoded = tokenizer.encode_batch(list(texts[start : start + 128]))
        longest = max(len(e.ids) for e in encoded)
        ids = np.array([e.ids + [0] * (longest - len(e.ids)) for e in encoded], dtype=np.int64)
        mask = np.array([[1] * len(e.ids) + [0] * (longest - len(e.ids)) for e in encoded], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = session.run(None, {n: given[n] for n in names})[0]
        first = hidden[:, 0] if hidden.ndim == 3 else hidden
        found.append(first / np.linalg.norm(first, axis=1, keepdims=True))
    return np.vstack(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    words = vocabulary(options.data)
    centred = encode(options.model, words)
    centred = centred - centred.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    reduced = centred @ axes[:DIMENSIONS].T
    reduced /= np.linalg.norm(reduced, axis=1, keepdims=True)
    stored = np.clip(np.round(reduced * 127), -127, 127).astype(np.int8)
    np.savez_compressed(WORDS, words=np.frombuffer("\n".join(words).encode(), dtype=np.uint8), vectors=stored)
    print(f"{len(words)} words of {DIMENSIONS} dimensions written to {WORDS.name}")


if __name__ == "__main__":
    main()
