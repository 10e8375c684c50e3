# SPDX-License-Identifier: Apache-2.0
"""The lower part of an encoder that does not learn: it gets no gradient, and what it says of a text that
comes again is kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ...transformer import Encoder, PieceBatch

KEPT_BYTES = 512 * 2**20
"""How much is kept of frozen layers' outputs, per encoder."""


@dataclass(slots=True, eq=False)
class FrozenLayers:
    """How much of an encoder is frozen: its embeddings, and so many layers from the bottom."""

    embeddings: bool = False
    lower_layers: int = 0
    known: OrderedDict[bytes, Any] = field(default_factory=OrderedDict)
    n_bytes: int = 0

    def __bool__(self) -> bool:
        """Whether anything is frozen."""
        return self.embeddings or self.lower_layers > 0

    @contextmanager
    def cached(self, encoder: Encoder, pieces: PieceBatch) -> Iterator[None]:
        """Inside, the frozen layers give what they gave for the same pieces before."""
        yield
