# SPDX-License-Identifier: Apache-2.0
"""Examples as one batch, and examples read once for all who ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from .batch import Batch, join
from .example import Example
from .lexemes import LexemeTable
from .tokenizers import Tokenizer


def batch_of(examples: Sequence[Example], tokenizer: Tokenizer) -> Batch:
    """The predicted sides of the examples as one batch: text and tokens only, no layers."""
    parts = [(example.predicted.batch, example.predicted.index) for example in examples]
    if not parts:
        return tokenizer.tokenize([])
    if len({id(batch.lexemes) for batch, _ in parts}) > 1:
        moved = {id(batch): over_table(batch, tokenizer.lexemes) for batch, _ in parts}
        parts = [(moved[id(batch)], index) for batch, index in parts]
    return join(parts)


def over_table(batch: Batch, table: LexemeTable) -> Batch:
    """The same tokens with lexeme ids of another table; the tokenizer starts a fresh one when the old is full."""
    if batch.lexemes is table:
        return batch
    ids, which = np.unique(batch.lexeme_ids, return_inverse=True)
    old = batch.lexemes
    new = np.array([table.add(old.text(i), old.norm(i)) for i in ids.tolist()], dtype=batch.lexeme_ids.dtype)
    return replace(batch, lexeme_ids=new[which], lexemes=table)


class ExampleCache:
    """Examples of one pass, kept as far as they were read, so that an endless reader is read no further than needed."""

    def __init__(self, get_examples: Callable[[], Iterable[Example]]) -> None:
        self._read: list[Example] = []
        self._rest = iter(get_examples())

    def examples(self) -> Iterator[Example]:
        """All examples from the first on."""
        position = 0
        while True:
            while position >= len(self._read):
                try:
                    self._read.append(next(self._rest))
                except StopIteration:
                    return
            yield self._read[position]
            position += 1
