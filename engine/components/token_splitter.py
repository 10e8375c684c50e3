# SPDX-License-Identifier: Apache-2.0
"""The component `token_splitter`: very long tokens cut into short ones, for models with a limit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..config.registry import registry
from ..doc.batch import Batch
from ..doc.example import Example
from ..doc.long_tokens import cut_tokens
from ..errors import ComponentError
from .component import Scores
from .on_documents import OnDocuments


class TokenSplitter(OnDocuments):
    """Cuts every token of `min_length` characters or more into pieces of `split_length`."""

    def __init__(self, name: str, min_length: int = 25, split_length: int = 10) -> None:
        if split_length < 1:
            raise ComponentError(
                f"expected split_length of {name!r} to be 1 character or more, got {split_length}"
            )
        self.name, self.min_length, self.split_length = name, min_length, split_length

    def predict(self, batch: Batch) -> None:
        """Cut them; a piece's head is the one before it, and the last piece has what the token had."""
        too_long = (self.min_length > 0) & (batch.lengths >= self.min_length)
        if (too_long & (batch.lengths > self.split_length)).any():
            cut_tokens(
                batch, np.where(too_long, -(-batch.lengths // self.split_length), 1), self.split_length
            )

    def score(self, examples: Sequence[Example]) -> Scores:
        """Nothing: no layer is found."""
        return {}


@registry.factories("token_splitter")
def make_token_splitter(name: str, min_length: int = 25, split_length: int = 10) -> TokenSplitter:
    """Short pieces of very long tokens; nothing is cut where `min_length` is 0."""
    return TokenSplitter(name, min_length, split_length)
