# SPDX-License-Identifier: Apache-2.0
"""A tokenizer whose tokens are single characters: what a component that learns to tokenize begins with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import orjson

from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.tokenizer_protocol import Tokenizer
from ..vocab.lexemes import HasVector, LexemeTable
from .callable_tokenizer import MADE_BY_CONFIG


class CharacterTokenizer:
    """Every code point is a token, white space too; words that are given go to `words`."""

    def __init__(self, words: Tokenizer) -> None:
        self._words = words

    @property
    def lexemes(self) -> LexemeTable:
        """The table of both."""
        return self._words.lexemes

    def __call__(self, text: str) -> Doc:
        """One document."""
        return Doc(self.tokenize([text]), 0)

    def tokenize(self, texts: Sequence[str]) -> Batch:
        """A batch of documents, in the order of the texts."""
        texts = list(texts)
        table = self.lexemes
        sizes = np.array([len(text) for text in texts], dtype=np.int64)
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        ids = np.array(table.add_many(list("".join(texts))), dtype=np.int32)
        starts = np.arange(int(offsets[-1])) - np.repeat(offsets[:-1], sizes)
        lengths = np.ones(len(ids), dtype=np.int32)
        spaces = np.zeros(len(ids), dtype=np.uint8)
        return Batch(texts, offsets, ids, starts.astype(np.int32), lengths, spaces, table)

    def pipe(self, texts: Sequence[str], batch_size: int = 1000) -> Iterator[Doc]:
        """Documents of a stream of texts."""
        return map(self, texts)

    def from_words(self, words: Sequence[str], spaces: Sequence[bool] | None = None) -> Doc:
        """A document of given words."""
        return self._words.from_words(words, spaces)

    def use_vectors(self, has_vector: HasVector) -> None:
        """Tell the lexemes which of them have a static vector."""
        self._words.use_vectors(has_vector)

    def to_json(self) -> str:
        """That the config makes it."""
        return orjson.dumps(MADE_BY_CONFIG).decode()
