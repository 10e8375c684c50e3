# SPDX-License-Identifier: Apache-2.0
"""Encoding architectures: from a first vector per token to one that knows its neighbours."""

from __future__ import annotations

from typing import Any

from thinc.api import Maxout, Mish, Model, chain, clone, expand_window, residual
from thinc.types import Floats2d, Ragged

from ..config.registry import registry
from ..layers import with_padding

MAXOUT_WINDOW_ENCODER = "MaxoutWindowEncoder"
"""Mark of a model that kernels may compile."""


@registry.architectures("freshet.MaxoutWindowEncoder.v1")
def MaxoutWindowEncoder(
    width: int, window_size: int, maxout_pieces: int, depth: int
) -> Model[Ragged, Ragged]:
    """`depth` residual layers, each a Maxout with LayerNorm over the tokens within the window. Shape:
    `(n_tokens, width)`."""
    n_inputs = width * (2 * window_size + 1)
    layer = chain(
        expand_window(window_size=window_size),
        Maxout(nO=width, nI=n_inputs, nP=maxout_pieces, normalize=True, dropout=0.0),
    )
    model = with_padding(_deep(layer, width, depth), depth * window_size)
    model.attrs["kind"] = MAXOUT_WINDOW_ENCODER
    return model


@registry.architectures("freshet.MishWindowEncoder.v1")
def MishWindowEncoder(width: int, window_size: int, depth: int) -> Model[Ragged, Ragged]:
    """As `MaxoutWindowEncoder` with Mish, without padding: windows cross the borders of documents within a
    batch."""
    n_inputs = width * (2 * window_size + 1)
    layer = chain(
        expand_window(window_size=window_size), Mish(nO=width, nI=n_inputs, normalize=True, dropout=0.0)
    )
    return with_padding(_deep(layer, width, depth), 0)


def _deep(layer: Model[Any, Any], width: int, depth: int) -> Model[Floats2d, Floats2d]:
    layer.set_dim("nO", width)
    stack = clone(residual(layer), depth)
    stack.set_dim("nO", width)
    return stack
