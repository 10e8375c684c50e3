# SPDX-License-Identifier: Apache-2.0
"""Layers as wide as token vectors whose width nobody knows when a model is made: those of an encoder that is
read later."""

from __future__ import annotations

from typing import Any, TypeAlias

from thinc.api import Model

from ..doc.batch import Batch

Node: TypeAlias = Model[Any, Any]


def follow_width(model: Node, tok2vec: Node, **layers: Node) -> None:
    """Let a model, when it is initialized, give layers the width of its token vectors, where that is not
    known yet; a layer's name says which of its dimensions are meant: `nO`, `nI` or both, then anything."""
    if tok2vec.has_dim("nO"):
        return
    own = model.init

    def init(model: Node, X: Any = None, Y: Any = None) -> Any:
        batch = X if isinstance(X, Batch) or X is None else X[0]
        if batch is not None:
            width = _width_of(tok2vec, batch)
            for name, layer in layers.items():
                for dim in ("nO", "nI"):
                    if dim in name and not layer.has_dim(dim):
                        layer.set_dim(dim, width)
        return None if own is None else own(model, X=X, Y=Y)

    model.init = init


def _width_of(tok2vec: Node, batch: Batch) -> int:
    """The width, found by running the layers where it is not said."""
    tok2vec.initialize(X=batch)
    if tok2vec.has_dim("nO"):
        return int(tok2vec.get_dim("nO"))
    return int(tok2vec.predict(batch).shape[1])
