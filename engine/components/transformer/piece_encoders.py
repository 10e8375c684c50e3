# SPDX-License-Identifier: Apache-2.0
"""Names of piece encoders and of windows, as configs of the curated family have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from thinc.api import Model

from ...config.registry import registry
from ...errors import EngineError
from .pieces_reader import StridedPieces

PREFIX = "spacy-curated-transformers."

KINDS = (
    "BertWordpieceEncoder",
    "ByteBpeEncoder",
    "CamembertSentencepieceEncoder",
    "CharEncoder",
    "SentencepieceEncoder",
    "WordpieceEncoder",
    "XlmrSentencepieceEncoder",
)
"""How tokens become pieces; what pieces there are comes with the weights, or from a loader."""


def _register(kind: str) -> Callable[[], Model[Any, Any]]:
    def make() -> Model[Any, Any]:
        return Model(kind, _forward, attrs={"kind": kind})

    make.__name__ = make.__qualname__ = kind
    make.__doc__ = f"A place for pieces of the kind {kind}."
    registry.architectures(f"{PREFIX}{kind}.v1")(make)
    return make


def _forward(model: Model[Any, Any], X: Any, is_train: bool) -> Any:
    raise EngineError(
        f"expected {model.name} inside an encoder, which reads whole batches; it was called alone"
    )


MAKERS = {kind: _register(kind) for kind in KINDS}


@registry.architectures(PREFIX + "WithStridedSpans.v1")
def WithStridedSpans(stride: int = 96, window: int = 128, batch_size: int = 384) -> StridedPieces:
    """Windows of `window` pieces, `stride` apart. `batch_size`: windows that are encoded together; here packs
    are filled by their number of pieces instead.

    Raises: EngineError where windows would leave gaps, or overlap more than twice.
    """
    if not window // 2 <= stride <= window:
        raise EngineError(
            f"expected a stride from half a window to a whole one, got stride {stride} and window {window}"
        )
    return StridedPieces(stride, window)
