# SPDX-License-Identifier: Apache-2.0
"""Attributes of tokens that are numbers of their own: places in the tree and the sentence, rank, language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..doc.batch import Batch
from ..vocab.strings import string_id
from ..vocab.vocab import OOV_PROB
from .ragged import Array


def _heads(batch: Batch) -> Array:
    """How far on each token's head is, as a signed number in an unsigned one."""
    if batch.heads is None:
        return np.zeros(batch.n_tokens, dtype=np.uint64)
    offsets: Array = (batch.heads.astype(np.int64) - _positions(batch)).view(np.uint64)
    return offsets


def _sentence_starts(batch: Batch) -> Array:
    """1 where a sentence starts, -1 where none does, 0 where unknown; a document begins one."""
    starts = np.zeros(batch.n_tokens, dtype=np.int64)
    if batch.sent_starts is not None:
        starts[:] = batch.sent_starts
    starts[(_positions(batch) == 0) & (starts == 0)] = 1
    return starts.view(np.uint64)


def _ranks(batch: Batch) -> Array:
    """Each word's row in the table of vectors, the largest number where it has none."""
    return batch.lexemes.ranks(batch.lexeme_ids)


def _language(batch: Batch) -> Array:
    return np.full(batch.n_tokens, string_id(batch.lexemes.lang), dtype=np.uint64)


def _set_of_words(name: str, default: float) -> Callable[[Batch], Array]:
    """What somebody set of each word in the vocabulary, as a whole number."""

    def read(batch: Batch) -> Array:
        vocab: Any = batch.lexemes.line.vocab
        if vocab is None:
            return np.full(batch.n_tokens, int(default), dtype=np.int64).view(np.uint64)
        words = batch.lexemes.texts(batch.lexeme_ids)
        values = [int(vocab.values_of(word).get(name, default)) for word in words]
        return np.array(values, dtype=np.int64).view(np.uint64)

    return read


def _positions(batch: Batch) -> Array:
    sizes = np.diff(batch.doc_offsets)
    positions: Array = np.arange(batch.n_tokens) - np.repeat(batch.doc_offsets[:-1], sizes)
    return positions


OTHERS: Mapping[str, Callable[[Batch], Array]] = {
    "HEAD": _heads,
    "SENT_START": _sentence_starts,
    "ID": _ranks,
    "LANG": _language,
    "CLUSTER": _set_of_words("cluster", 0.0),
    "PROB": _set_of_words("prob", OOV_PROB),
}
"""Attribute -> its numbers for all tokens of a batch. Shape: `(n_tokens,)`, uint64."""
