# SPDX-License-Identifier: Apache-2.0
"""The layer by which a head reads the shared vectors of a batch and sends its gradient back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d

from ..config.factory_arguments import optional_arguments
from ..config.registry import registry
from ..doc.batch import Batch
from ..errors import EngineError

LISTENER = "tok2vec-listener"
"""Name of a listener's node within a model."""

PIECE_LISTENERS = (
    "transformer-listener",
    "last_transformer_layer_listener",
    "transformer_layers_listener",
    "scalar_weighting_listener",
)
"""Names of those that read an encoder's pieces."""

LISTENERS = (LISTENER, *PIECE_LISTENERS)

_shapes_only: ContextVar[bool] = ContextVar("shapes_only", default=False)


@contextmanager
def shapes_only() -> Iterator[None]:
    """Inside, listeners give zeros for documents that no embedding has read: only shapes are asked for."""
    token = _shapes_only.set(True)
    try:
        yield
    finally:
        _shapes_only.reset(token)


@optional_arguments("grad_factor")
@registry.architectures("freshet.Tok2VecListener.v1")
def Tok2VecListener(width: int | None, upstream: str = "*", grad_factor: Any = 1.0) -> Model[Batch, Floats2d]:
    """Read `batch.vectors[upstream]`; the backward pass adds into `batch.grads[upstream]`, times
    `grad_factor`: a number, or a schedule that moves on with every backward pass.

    `upstream` is the name of an embedding component; `*` is the nearest one before this head in the pipeline.
    """
    check_factor(grad_factor)
    return Model(
        LISTENER,
        forward,
        dims={"nO": width},
        attrs={"upstream": upstream, "source": None, "grad_factor": grad_factor},
    )


def check_factor(factor: object) -> None:
    """Raises: EngineError where it is neither a number nor a schedule."""
    if isinstance(factor, bool) or not isinstance(factor, int | float | Iterator):
        raise EngineError(
            f"expected grad_factor to be a number or a schedule, got {factor!r}; write 0.5, or a block "
            'such as {"@schedules": "warmup_linear.v1", ...}'
        )


def factor_of(factor: float | Iterator[float]) -> float:
    """The number of now; a schedule moves on."""
    return float(next(factor) if isinstance(factor, Iterator) else factor)


def link(model: Model[Any, Any], embeddings: list[str]) -> list[str]:
    """Tell every listener of a model which of the embeddings before it to read; returns the names in use.

    Raises: EngineError where there is no such embedding.
    """
    used = []
    for node in model.walk():
        if node.name in LISTENERS:
            node.attrs["source"] = _source(node.attrs["upstream"], embeddings)
            used.append(node.attrs["source"])
    return used


def wants_shapes_only() -> bool:
    """Whether this runs inside `shapes_only`."""
    return _shapes_only.get()


def _source(upstream: str, embeddings: list[str]) -> str:
    if upstream == "*" and embeddings:
        return embeddings[-1]
    if upstream in embeddings:
        return upstream
    known = ", ".join(embeddings) or "none"
    raise EngineError(
        f"expected an embedding component {upstream!r} before its listener in [nlp] pipeline; "
        f"embeddings before it: {known}"
    )


def forward(
    model: Model[Batch, Floats2d], batch: Batch, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Any]]:
    """The shared vectors, and a backward pass that adds to their gradient."""
    source = model.attrs["source"]
    if source not in batch.vectors and _shapes_only.get():
        return np.zeros((batch.n_tokens, model.get_dim("nO")), dtype=np.float32), lambda d_vectors: []
    if source not in batch.vectors:
        known = ", ".join(batch.vectors) or "none"
        raise EngineError(
            f"expected the vectors of {source!r} on the batch, there are: {known}; run that component first"
        )
    vectors = batch.vectors[source]

    def backprop(d_vectors: Floats2d) -> list[Any]:
        batch.add_grad(source, np.asarray(d_vectors), factor_of(model.attrs["grad_factor"]))
        return []

    return vectors, backprop
