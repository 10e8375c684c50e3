# SPDX-License-Identifier: Apache-2.0
"""Everything around the model, on one core: decode messages, tokenise, lay out arrays, encode annotations.

`python -m benchmarks.host_path CONLLU [--json]`. The text is that of UD EWT, warm; the layers (tag, pos,
morph, sentences, entities) are its own labels put on our tokens, made before the clock starts, since making
them is the model's part. Times are those of the thread, so a busy machine disturbs them less.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from engine.annotation import encode_batch
from engine.doc.batch import Batch, LabelColumn, SpanColumn
from engine.tokenizers import Tokenizer, tokenizer_for
from schemas import ModelRef, Source, TextMessage, decode_text, encode_text

MODEL = ModelRef("en_starter", "1.0.0", "sha256:" + "0" * 64)
COLUMNS = {"tag": 4, "pos": 3, "morph": 5}
"""Layers and their columns in a CoNLL-U file."""

Layers = dict[str, LabelColumn]


@dataclass(frozen=True)
class Work:
    """One batch: its records as bytes, and the layers that a model would find."""

    values: list[bytes]
    layers: Layers
    sent_starts: Any
    ents: SpanColumn


def main() -> None:
    """Print words a second and the share of each step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("conllu", type=Path)
    parser.add_argument("--batch-tokens", type=int, default=2_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    rows = [measure(options.conllu, n, options.batch_tokens, options.repeats) for n in (1, 10)]
    if options.json:
        print(json.dumps(rows))
        return
    for row in rows:
        steps = ", ".join(f"{name} {row[name]:.0f}" for name in ("decode", "tokenize", "encode"))
        print(
            f"{row['sentences']:>2} sentences a message: {row['words_per_s'] / 1e6:.2f} M words/s on "
            f"one core; ns a word: {steps}"
        )


def measure(conllu: Path, n_sentences: int, batch_tokens: int = 2_000, repeats: int = 7) -> dict[str, float]:
    """Words a second (median of the repeats) and nanoseconds a word in each step, for messages of so many
    sentences."""
    tokenizer = tokenizer_for("en")
    work = _work(conllu, tokenizer, n_sentences, batch_tokens)
    runs = [_run(work, tokenizer) for _ in range(repeats + 1)][1:]
    n_words = runs[0].pop("words")
    for run in runs[1:]:
        run.pop("words")
    steps = {name: median(run[name] for run in runs) / n_words * 1e9 for name in runs[0]}
    return {
        "sentences": n_sentences,
        "words": n_words,
        "words_per_s": n_words / median(sum(run.values()) for run in runs),
        **steps,
    }


def _run(work: Sequence[Work], tokenizer: Tokenizer) -> dict[str, float]:
    spent = {"decode": 0.0, "tokenize": 0.0, "encode": 0.0}
    words = 0

    def timed(step: str, function: Callable[[], Any]) -> Any:
        start = time.thread_time()
        result = function()
        spent[step] += time.thread_time() - start
        return result

    for item in work:
        messages = timed("decode", lambda item=item: _decode(item.values))
        batch = timed(
            "tokenize", lambda messages=messages: tokenizer.tokenize([message.text for message in messages])
        )
        batch.columns, batch.sent_starts, batch.spans = (
            dict(item.layers),
            item.sent_starts,
            {"ents": item.ents},
        )
        sources = [Source("texts", 0, i) for i in range(len(messages))]
        timed(
            "encode",
            lambda batch=batch, messages=messages, sources=sources: encode_batch(
                batch, messages, sources, MODEL
            ),
        )
        words += batch.n_tokens
    return {"words": words, **spent}


def _decode(values: Sequence[bytes]) -> list[TextMessage]:
    return [
        decode_text(value, default_id=f"texts:0:{i}", headers=(("freshet-schema", b"text/1"),))
        for i, value in enumerate(values)
    ]


def _work(conllu: Path, tokenizer: Tokenizer, n_sentences: int, batch_tokens: int) -> list[Work]:
    lines = conllu.read_text(encoding="utf-8").splitlines()
    sentences = [line.removeprefix("# text = ") for line in lines if line.startswith("# text = ")]
    words = [fields for line in lines if len(fields := line.split("\t")) == 10 and fields[0].isdecimal()]
    texts = [" ".join(sentences[i : i + n_sentences]) for i in range(0, len(sentences), n_sentences)]
    sizes = np.diff(tokenizer.tokenize(texts).doc_offsets)
    work, first, held = [], 0, 0
    for end, size in enumerate(sizes, start=1):
        held += size
        if held >= batch_tokens or end == len(texts):
            work.append(_one_batch(tokenizer.tokenize(texts[first:end]), words))
            first, held = end, 0
    return work


def _one_batch(batch: Batch, words: Sequence[Sequence[str]]) -> Work:
    values = [encode_text(TextMessage(f"m{i}", text)) for i, text in enumerate(batch.texts)]
    layers = {
        name: _labels([fields[column] for fields in words], batch.n_tokens)
        for name, column in COLUMNS.items()
    }
    sent_starts = np.where(np.arange(batch.n_tokens) % 16 == 0, 1, -1).astype(np.int8)
    starts = np.concatenate([np.arange(0, size - 1, 16) for size in np.diff(batch.doc_offsets)]).astype(
        np.int32
    )
    counts = [max(0, -(-(size - 1) // 16)) for size in np.diff(batch.doc_offsets).tolist()]
    offsets = np.concatenate(([0], np.cumsum(counts)))
    ents = SpanColumn(
        offsets, starts, starts + 2, np.arange(len(starts), dtype=np.int32) % 3, ("LOC", "ORG", "PER")
    )
    return Work(values, layers, sent_starts, ents)


def _labels(values: Sequence[str], n_tokens: int) -> LabelColumn:
    """Labels of the corpus, in its order, on so many tokens."""
    labels = tuple(sorted(set(values)))
    ids = {label: i for i, label in enumerate(labels)}
    return LabelColumn(
        np.resize(np.array([ids[value] for value in values], dtype=np.int32), n_tokens), labels
    )


if __name__ == "__main__":
    main()
