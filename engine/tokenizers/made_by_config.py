# SPDX-License-Identifier: Apache-2.0
"""What all tokenizers have that are not rules: a config's registered function makes them anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson

from ..doc.doc import Doc
from ..doc.tokenizer_protocol import Tokenizer
from ..vocab.lexemes import HasVector, LexemeTable

SAVED = {"made_by": "config"}


class MadeByConfig:
    """Words that are given go to `words`, the tokenizer of the pipeline's language."""

    def __init__(self, words: Tokenizer) -> None:
        self._words = words

    def __call__(self, text: str) -> Doc:
        """One document."""
        raise NotImplementedError(f"expected {type(self).__name__} to cut a text into a document")

    @property
    def lexemes(self) -> LexemeTable:
        """The table of the documents that are made of given words."""
        return self._words.lexemes

    def pipe(self, texts: Sequence[str], batch_size: int = 1000) -> Iterator[Doc]:
        """Documents of a stream of texts."""
        return map(self, texts)

    def from_words(self, words: Sequence[str], spaces: Sequence[bool] | None = None) -> Doc:
        """A document of given words, which are not cut again."""
        return self._words.from_words(words, spaces)

    def use_vectors(self, has_vector: HasVector) -> None:
        """Tell the lexemes which of them have a static vector."""
        self._words.use_vectors(has_vector)

    def to_json(self) -> str:
        """That the config makes it."""
        return orjson.dumps(SAVED).decode()


def is_made_by_config(source: bytes) -> bool:
    """Whether saved rules only say that the config makes the tokenizer."""
    try:
        return bool(orjson.loads(source) == SAVED)
    except orjson.JSONDecodeError:
        return False
