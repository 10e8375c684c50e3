# SPDX-License-Identifier: Apache-2.0
"""Encoding architectures: from a first vector per token to one that knows its neighbours."""

from __future__ import annotations

from typing import Any

from thinc.api import Maxout, Mish, Model, chain, clone, expand_window, noop, residual
from thinc.types import Floats2d, Ragged

from ..config.registry import registry
from ..errors import EngineError
from ..layers import with_padding
from ..layers.bilstm import bilstm

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


@registry.architectures("freshet.BiLSTMEncoder.v1")
def BiLSTMEncoder(width: int, depth: int, dropout: float) -> Model[Ragged, Ragged]:
    """`depth` layers of long short-term memory in both directions; none at all where it is 0. Needs no torch.
    `dropout`: share of what goes from one layer to the next that is dropped while training.

    Shape: `(n_tokens, width)`. Raises: EngineError where the width is odd, or depth is below 0.
    """
    if depth < 0 or (depth and width % 2):
        raise EngineError(
            f"expected an even width, half of it for each direction, and a depth from 0 on, got width "
            f"{width}, depth {depth}"
        )
    if depth == 0:
        return noop()
    layers = [bilstm(width, width, dropout if number else 0.0) for number in range(depth)]
    model: Model[Ragged, Ragged] = chain(*layers) if depth > 1 else layers[0]
    return model
