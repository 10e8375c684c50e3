# SPDX-License-Identifier: Apache-2.0
"""Weights that come from outside: their shapes must be those of the layer before any loop runs over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from thinc.api import Model

from ..errors import EngineError
from .ragged import Array

_AFFINE = {"W": ("nO", "nI"), "b": ("nO",)}

PARAM_DIMS: Mapping[str, Mapping[str, tuple[str | int, ...]]] = {
    "charembed": {"E": ("nC", "nV", "nM")},
    "gelu": _AFFINE,
    "hashembed": {"E": ("nV", "nO")},
    "layernorm": {"G": ("nI",), "b": ("nI",)},
    "linear": _AFFINE,
    "maxout": {"W": ("nO", "nP", "nI"), "b": ("nO", "nP")},
    "mish": _AFFINE,
    "para-attn": {"Q": ("nO",)},
    "precomputable_affine": {"W": ("nF", "nO", "nP", "nI"), "b": ("nO", "nP"), "pad": (1, "nF", "nO", "nP")},
    "relu": _AFFINE,
    "softmax": _AFFINE,
    "static_vectors": {"W": ("nO", "nM")},
}
"""Layer -> parameter -> its dimensions."""


def set_checked(node: Model[Any, Any], name: str, array: Array) -> None:
    """Give a layer a parameter; dimensions that were open until now are set.

    Raises: EngineError where its shape is not that of the layer, or where a number is not finite.
    """
    dims = PARAM_DIMS.get(node.name, {}).get(name)
    if dims is not None:
        _check_dims(node, name, dims, array)
    elif node.name == "sparse_linear":
        _check_sparse(node, name, array)
    if not np.isfinite(array).all():
        raise EngineError(
            f"expected numbers as {name} of layer {node.name}, got some that are not finite; its "
            "training went wrong"
        )
    node.set_param(name, np.require(array, np.float32, ["C", "W"]))


def _check_dims(node: Model[Any, Any], name: str, dims: tuple[str | int, ...], array: Array) -> None:
    known = [
        dim if isinstance(dim, int) else node.get_dim(dim) if node.has_dim(dim) else None for dim in dims
    ]
    fits = array.ndim == len(dims) and all(
        have in (None, size) for have, size in zip(known, array.shape, strict=True)
    )
    if not fits or 0 in array.shape:
        wanted = ", ".join("any" if size is None else str(size) for size in known)
        raise EngineError(
            f"expected {name} of layer {node.name} in shape ({wanted}), as the config says, got {array.shape}"
        )
    for dim, have, size in zip(dims, known, array.shape, strict=True):
        if have is None:
            node.set_dim(dim, size)


def _check_sparse(node: Model[Any, Any], name: str, array: Array) -> None:
    """One flat table with `length` weights for every class, and one bias per class."""
    length = node.get_dim("length")
    n_classes = len(array) if name == "b" else len(array) // length
    known = node.get_dim("nO") if node.has_dim("nO") else n_classes
    if array.ndim != 1 or n_classes != known or (name == "W" and len(array) != n_classes * length):
        what = f"{known} values" if name == "b" else f"{length} values for each of {known} classes"
        raise EngineError(f"expected {name} of layer {node.name} with {what}, got shape {array.shape}")
    node.set_dim("nO", n_classes)
