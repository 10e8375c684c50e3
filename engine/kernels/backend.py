# SPDX-License-Identifier: Apache-2.0
"""What a back end is: a way to multiply matrices, which lays trained weights out as maps and encoders.

Who holds a back end asks it to make what is needed, and never asks which one it is. `choice` takes one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from .arrays import Floats, Ints
from .weights import CnnWeights

if TYPE_CHECKING:
    from ..doc.batch import Batch

Maxout = Callable[[Floats], Floats]
"""The largest piece of every output of an affine map. Shape: `(n, nI)` -> `(n, nO)`."""


class Linear(Protocol):
    """An affine map, its weights laid out for one back end."""

    n_out: int

    def __call__(self, inputs: Floats) -> Floats:
        """`inputs @ W.T + b`. Shape: `(n, nI)` -> `(n, nO)`."""
        ...

    def argmax(self, inputs: Floats) -> Ints:
        """The first best class of every row. Shape: `(n, nI)` -> `(n,)` int32."""
        ...


class Encoder(Protocol):
    """From a batch to its token vectors, over a fixed copy of weights. Thread-safe."""

    width: int

    def encode(self, batch: Batch) -> Floats:
        """Vectors of all tokens of a batch. Shape: `(n_tokens, width)`."""
        ...


class Backend(Protocol):
    """A way to multiply matrices.

    `in_loops`: whether compiled loops may multiply in register tiles (`vector.packed`) themselves, so that a
    product is made where it is needed, instead of by a call of `linear` for many rows ahead.
    """

    name: str
    in_loops: bool

    def linear(self, weights: Floats, bias: Floats | None = None) -> Linear:
        """Lay out `weights` `(nO, nI)` and `bias` `(nO,)`."""
        ...

    def maxout(self, weights: Floats, bias: Floats) -> Maxout:
        """Lay out `weights` `(nO, nP, nI)` and `bias` `(nO, nP)`."""
        ...

    def encoder(self, weights: CnnWeights) -> Encoder | None:
        """Lay out an encoder with the convolutions that suit its shape; None where this back end has none
        for such weights."""
        ...
