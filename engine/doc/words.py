# SPDX-License-Identifier: Apache-2.0
"""A batch of one document of given words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import DocValueError
from ..vocab.lexemes import LexemeTable
from .batch import Batch


def batch_of_words(lexemes: LexemeTable, words: Sequence[str], spaces: Sequence[bool] | None) -> Batch:
    """A batch of the one document of these words; `spaces` says after which of them one blank follows (none:
    after all).

    Raises: DocValueError where the two differ in length, or a word is no text or empty.
    """
    spaces = [True] * len(words) if spaces is None else [bool(space) for space in spaces]
    if len(words) != len(spaces):
        raise DocValueError(
            f"expected one blank flag for each of {len(words)} words, got {len(spaces)} of them"
        )
    for i, word in enumerate(words):
        if not isinstance(word, str) or not word:
            raise DocValueError(f"expected words that are texts and not empty, got {word!r} at position {i}")
    blanks = np.array(spaces, dtype=np.uint8)
    lengths = np.array([len(word) for word in words], dtype=np.int32)
    ends = np.cumsum(lengths + blanks, dtype=np.int32)
    text = "".join(word + " " * space for word, space in zip(words, spaces, strict=True))
    return Batch(
        [text],
        np.array([0, len(words)], dtype=np.int64),
        lexemes.add_keys([str(word) for word in words]),
        (ends - lengths - blanks).astype(np.int32),
        lengths,
        blanks,
        lexemes,
    )
