# SPDX-License-Identifier: Apache-2.0
"""The rule tokenizer: texts to lexeme ids and character offsets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..batch import Batch
from ..doc import Doc
from ..errors import TokenizerError
from ..lexemes import LexemeTable
from .rules import Rules
from .splitter import Splitter


class Tokenizer:
    """Cuts texts by its rules; safe to call from several threads at once.

    `lexemes` is the current table. It is replaced by a fresh one when it is full; a batch keeps the table that its ids
    belong to.
    """

    def __init__(self, rules: Rules, *, max_lexemes: int = 100_000) -> None:
        self.rules = rules
        self.lexemes = LexemeTable(rules.norms)
        self._splitter = Splitter(rules)
        self._max_lexemes = max_lexemes

    def __call__(self, text: str) -> Doc:
        """One document."""
        return Doc(self.tokenize([text]), 0)

    def tokenize(self, texts: Sequence[str]) -> Batch:
        """A batch of documents, in the order of the texts."""
        table = self.lexemes
        docs = [self._splitter.tokens(text) for text in texts]
        return _batch(list(texts), docs, table)

    def tokenize_plain(self, text: str) -> list[tuple[str, str, bool]]:
        """Tokens by the reference path, without any cache: text, norm, and whether one blank follows."""
        tokens = self._splitter.tokens(text)
        table = LexemeTable(self.rules.norms)
        ids = table.add_many([t[0] for t in tokens], [t[1] for t in tokens])
        return [(t[0], table.norm(i), t[2]) for t, i in zip(tokens, ids, strict=True)]

    def from_words(self, words: Sequence[str], spaces: Sequence[bool] | None = None) -> Doc:
        """A document of given words; `spaces` says after which of them one blank follows (default: after all but the last).

        Raises: TokenizerError where a word is empty or the two differ in length.
        """
        if spaces is None:
            spaces = [i + 1 < len(words) for i in range(len(words))]
        if len(spaces) != len(words):
            raise TokenizerError(f"expected one space flag for each of {len(words)} words, got {len(spaces)}")
        if not all(words):
            raise TokenizerError(f"expected words that are not empty, got one at position {list(words).index('')}; leave it out")
        text = "".join(word + " " * bool(space) for word, space in zip(words, spaces, strict=True))
        tokens = [(word, None, bool(space)) for word, space in zip(words, spaces, strict=True)]
        return Doc(_batch([text], [tokens], self.lexemes), 0)

    def to_json(self) -> str:
        """The rules as JSON text."""
        return self.rules.to_json()

    @classmethod
    def from_json(cls, source: str | bytes) -> Tokenizer:
        """A tokenizer from the rules that `to_json` wrote."""
        return cls(Rules.from_json(source))


def _batch(texts: list[str], docs: Sequence[Sequence[tuple[str, str | None, bool]]], table: LexemeTable) -> Batch:
    tokens = [token for doc in docs for token in doc]
    ids = table.add_many([token[0] for token in tokens], [token[1] for token in tokens])
    offsets = np.zeros(len(docs) + 1, dtype=np.int64)
    np.cumsum([len(doc) for doc in docs], out=offsets[1:])
    lengths = np.array([len(token[0]) for token in tokens], dtype=np.int32)
    spaces = np.array([token[2] for token in tokens], dtype=np.uint8)
    ends = np.cumsum(lengths + spaces, dtype=np.int64)
    before = np.concatenate([[0], ends])
    starts = before[:-1] - np.repeat(before[offsets[:-1]], np.diff(offsets))
    return Batch(texts, offsets, np.array(ids, dtype=np.int32), starts.astype(np.int32), lengths, spaces, table)
