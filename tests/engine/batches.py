# SPDX-License-Identifier: Apache-2.0
"""Batches with layers drawn at random, for tests of what reads batches."""

from __future__ import annotations

import numpy as np

from engine.doc.batch import Batch, LabelColumn, SpanColumn
from engine.vocab.lexemes import LexemeTable

POS = ("NOUN", "VERB", "", "X")
TAGS = ("NN", '"', "\\", "\u00e9\u0301", "T" * 15, "T" * 16, "T" * 40, "NN")


def bare_batch(words: list[list[str]]) -> Batch:
    """Documents of these words, one blank between them, without any layer."""
    lexemes = LexemeTable()
    lengths = np.array([len(word) for doc in words for word in doc], dtype=np.int32)
    offsets = np.concatenate(([0], np.cumsum([len(doc) for doc in words]))).astype(np.int64)
    starts = [np.concatenate(([0], np.cumsum([len(word) + 1 for word in doc])[:-1])) for doc in words if doc]
    ids = np.array([lexemes.add(word) for doc in words for word in doc], dtype=np.int32)
    spaces = np.ones(len(ids), dtype=np.uint8)
    spaces[offsets[1:][np.diff(offsets) > 0] - 1] = 0
    return Batch(
        [" ".join(doc) for doc in words],
        offsets,
        ids,
        np.concatenate(starts).astype(np.int32) if starts else np.zeros(0, dtype=np.int32),
        lengths,
        spaces,
        lexemes,
    )


def add_layers(batch: Batch, seed: int, layers: set[str]) -> Batch:
    """The batch with these layers, their labels drawn at random; some tokens and spans stay without a
    label."""
    rng = np.random.default_rng(seed)
    for name, labels in {
        "tag": TAGS,
        "pos": POS,
        "morph": ("", "A=B|C=D"),
        "lemma": ("a", "b"),
        "dep": ("ROOT",),
    }.items():
        if name in layers:
            batch.columns[name] = LabelColumn(
                rng.integers(-1, len(labels), batch.n_tokens).astype(np.int16), labels
            )
    for key in ("places", "ents", "\u00e9 "):
        if key in layers:
            batch.spans[key] = _spans(batch, rng)
    if "cats" in layers:
        batch.cats = {label: rng.random(batch.n_docs).astype(np.float32) for label in ("pos\u00e9", "neg")}
        batch.cats["neg"][:1] = np.nan
    if "sents" in layers:
        batch.sent_starts = rng.choice([-1, 0, 1], batch.n_tokens).astype(np.int8)
    if "heads" in layers:
        batch.heads = rng.integers(-1, 3, batch.n_tokens)
    return batch


def _spans(batch: Batch, rng: np.random.Generator) -> SpanColumn:
    sizes = np.diff(batch.doc_offsets)
    firsts = [np.flatnonzero(rng.random(size) < 0.4) for size in sizes]
    ends = [
        np.minimum(first + rng.integers(1, 4, len(first)), size)
        for first, size in zip(firsts, sizes, strict=True)
    ]
    starts, stops = (
        np.concatenate([*firsts, np.zeros(0, dtype=np.int64)]),
        np.concatenate([*ends, np.zeros(0, dtype=np.int64)]),
    )
    offsets = np.concatenate(([0], np.cumsum([len(first) for first in firsts]))).astype(np.int64)
    return SpanColumn(offsets, starts, stops, rng.integers(-1, 2, len(starts)), ("LOC", 'P"ER'))
