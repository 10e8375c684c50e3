# SPDX-License-Identifier: Apache-2.0
"""Examples as one batch, and examples read once for all who ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from .batch import Batch, join
from .example import Example
from .tokenizer_protocol import Tokenizer


def batch_of(examples: Sequence[Example], tokenizer: Tokenizer) -> Batch:
    """The predicted sides of the examples as one batch: text and tokens only, no layers."""
    parts = [(example.predicted.batch, example.predicted.index) for example in examples]
    if not parts:
        return tokenizer.tokenize([])
    return join(parts)


class ExampleCache:
    """Examples of one pass, kept as far as they were read, so that an endless reader is read no further than
    needed."""

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
