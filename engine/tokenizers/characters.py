# SPDX-License-Identifier: Apache-2.0
"""A tokenizer whose tokens are single characters: what a component that learns to tokenize begins with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..doc.batch import Batch
from ..doc.doc import Doc
from .made_by_config import MadeByConfig


class CharacterTokenizer(MadeByConfig):
    """Every code point is a token, white space too; words that are given go to `words`."""

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
