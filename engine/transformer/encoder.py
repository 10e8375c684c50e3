# SPDX-License-Identifier: Apache-2.0
"""Encoders of Hugging Face's transformers on packed rows: no padding, results as one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .backend import Backend

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]
IntArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Outputs:
    """What is wanted besides the last layer: all layers (embeddings first), the pooler's vector of each span,
    attention weights (slow: span by span)."""

    layers: bool = False
    pooler: bool = False
    attentions: bool = False


LAST = Outputs()


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """What an encoder says about packed pieces.

    Shape: last `(n_pieces, width)`; layers: `n_layers + 1` of the same, embeddings first, the last equal to
    `last`; pooled `(n_spans, width)`; attentions: for each layer, for each span `(heads, length, length)`.
    """

    last: FloatArray
    layers: tuple[FloatArray, ...] | None = None
    pooled: FloatArray | None = None
    attentions: tuple[tuple[FloatArray, ...], ...] | None = None


Backprop = Callable[[FloatArray | None, Sequence[FloatArray | None] | None], None]
"""Takes the gradient of the last layer and, where all layers were asked for, one of each (None for zeros);
adds into the gradients of the parameters."""


class Encoder:
    """A module of transformers with its weights, by name."""

    config: Mapping[str, Any]
    """Hugging Face's config as a map."""
    width: int
    n_layers: int
    is_packed: bool
    """False where the family has an attention of its own, which runs padded in buckets of like lengths."""
    note: str
    """How it runs, for people: "bert, packed, fp32 on cpu"."""
    module: torch.nn.Module
    backend: Backend

    def encode(
        self, ids: IntArray, cu_seq_lens: IntArray, outputs: Outputs = LAST, *, budget: int | None = None
    ) -> Encoded:
        """Without gradients, in packs of about `budget` pieces (by default the backend's); spans are never
        divided. An encoder that is frozen may run in bf16 or int8, as its backend says."""
        raise NotImplementedError

    def begin_update(
        self,
        ids: IntArray,
        cu_seq_lens: IntArray,
        outputs: Outputs = LAST,
        *,
        seed: int | None = None,
        autocast: bool = False,
        budget: int | None = None,
    ) -> tuple[Encoded, Backprop]:
        """With dropout and gradients. `seed` decides dropout (None: none at all); `autocast` multiplies in bf16."""
        raise NotImplementedError

    def parameters(self) -> dict[str, torch.nn.Parameter]:
        """All parameters by Hugging Face's names, tied ones once."""
        raise NotImplementedError

    def freeze(self, *, embeddings: bool = False, lower_layers: int = 0) -> None:
        """Parameters that get no gradient from now on; the rest gets one again."""
        raise NotImplementedError

    def state(self) -> dict[str, Array]:
        """A copy of the weights by name, float32."""
        raise NotImplementedError

    def load(self, state: Mapping[str, Array]) -> None:
        """Take weights. Raises: TransformerError where one is missing or of another shape."""
        raise NotImplementedError

    def gradients(self) -> dict[str, Array]:
        """Gradients so far by name, of those parameters that have one."""
        raise NotImplementedError

    def clear_gradients(self) -> None:
        """Forget them."""
        raise NotImplementedError


def build_encoder(
    config: Mapping[str, Any],
    state: Mapping[str, Array] | None = None,
    *,
    backend: Backend | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    name: str = "encoder",
) -> Encoder:
    """An encoder from Hugging Face's config and its weights; random ones by the seed where none are given.

    `settings` are laid over the config (`transformer_config` of the documentation). Weights of heads that the
    encoder does not have are ignored; a missing one is an error. The packed path is compared with one by one
    on 64 pieces before anything is returned.
    Raises: TransformerError; MissingExtraError without torch or transformers.
    """
    raise NotImplementedError
