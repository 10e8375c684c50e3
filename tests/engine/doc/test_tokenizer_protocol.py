# SPDX-License-Identifier: Apache-2.0
"""A tokenizer of one's own: what offers the methods of the protocol serves examples and gold as ours does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.doc import Batch, Doc, Example, PartialGold, Tokenizer, batch_of
from engine.vocab import HasVector, LexemeTable


class BlankTokenizer:
    """Cuts at single blanks."""

    def __init__(self) -> None:
        self.lexemes = LexemeTable()

    def __call__(self, text: str) -> Doc:
        """One document."""
        return Doc(self.tokenize([text]), 0)

    def tokenize(self, texts: Sequence[str]) -> Batch:
        """All texts."""
        words = [text.split(" ") for text in texts]
        flat = [word for part in words for word in part]
        offsets = np.cumsum([0, *map(len, words)])
        lengths = np.array([len(word) for word in flat])
        spaces = np.array([i + 1 < len(part) for part in words for i in range(len(part))])
        starts = np.array(
            [sum(len(word) + 1 for word in part[:i]) for part in words for i in range(len(part))]
        )
        return Batch(list(texts), offsets, self.lexemes.add_keys(flat), starts, lengths, spaces, self.lexemes)

    def from_words(self, words: Sequence[str], spaces: Sequence[bool] | None = None) -> Doc:
        """A document of words with a blank between."""
        return self(" ".join(words))

    def use_vectors(self, has_vector: HasVector) -> None:
        """Tell the lexemes."""
        self.lexemes.has_vector = has_vector

    def to_json(self) -> str:
        """It has no settings."""
        return "{}"


def test_gold_and_batches_are_made_with_a_tokenizer_of_ones_own() -> None:
    """Its tokens are cut where a gold span borders, and its documents join to a batch."""
    tokenizer: Tokenizer = BlankTokenizer()
    gold = PartialGold(tokenizer, "Ada sees Kigali", spans=[(9, 15)])
    gold.set_ents([(9, 15, "LOC")], complete=True)
    example = Example(tokenizer("Ada sees Kigali"), gold.doc)
    assert example.aligned_ner() == ["O", "O", "U-LOC"]
    assert batch_of([example, example], tokenizer).texts == ["Ada sees Kigali"] * 2
