# SPDX-License-Identifier: Apache-2.0
"""Architectures of document classifiers that bring their own embedding, by which older pipelines were
trained."""

from __future__ import annotations

from functools import reduce
from typing import Any

from thinc.api import (
    Dropout,
    HashEmbed,
    Linear,
    Logistic,
    Maxout,
    Model,
    ParametricAttention,
    Relu,
    Softmax,
    chain,
    clone,
    concatenate,
    expand_window,
    residual,
)
from thinc.types import Floats2d

from ..config.registry import registry
from ..doc.batch import Batch
from ..layers import FeatureExtractor, StaticVectors, ragged_data, with_lengths, with_padding
from ..layers.pool import pool
from .textcat import TextCat, TextCatBOWOverlapping

COLUMNS: list[str | int] = ["LOWER", "PREFIX", "SUFFIX", "SHAPE"]
"""What is looked at."""

FIRST_SEED = 10
"""Hash seed of the table of LOWER; the others count up from it. Files of trained weights rely on it."""

N_PIECES = 3

CLASS_LAYERS = ("linear", "sparse_linear")
"""Layers of the two parts that give one number per class."""


@registry.architectures("freshet.TextCatEnsembleOfWidth.v1")
def TextCatEnsembleOfWidth(
    width: int,
    embed_size: int,
    pretrained_vectors: bool | None,
    exclusive_classes: bool,
    ngram_size: int,
    window_size: int,
    conv_depth: int,
    dropout: float | None,
    nO: int | None = None,
) -> TextCat:
    """Counted words beside attention over a CNN of its own, their class scores joined by one more layer."""
    linear = TextCatBOWOverlapping(exclusive_classes, ngram_size, no_output_layer=False, nO=nO)
    vectors = _vectors(width, embed_size, dropout, bool(pretrained_vectors), window_size, conv_depth)
    residue = residual(Maxout(nO=width, nI=width, nP=N_PIECES))
    tokens = _nested(
        with_lengths(vectors),
        ParametricAttention(nO=width),
        pool("sum"),
        residue,
        Linear(nO, width),
        Dropout(0.0),
    )
    inputs = None if nO is None else 2 * nO
    output: Model[Any, Any]
    if exclusive_classes:
        output = Softmax(nO, inputs)
    else:
        output = _nested(Linear(nO, inputs), Dropout(0.0), Logistic())
    model: TextCat = chain(concatenate(linear, tokens), output)
    model.attrs["multi_label"] = not exclusive_classes
    model.set_ref("tok2vec", vectors)
    model.set_ref("output_layer", output)
    model.init = _init_ensemble
    return model


@registry.architectures("freshet.TextCatLowData.v1")
def TextCatLowData(width: int, dropout: float | None, nO: int | None = None) -> TextCat:
    """Attention over projected static vectors, two residual layers; each class by itself."""
    hidden = residual(Relu(nO=width, nI=width))
    layers: list[Model[Any, Any]] = [
        with_lengths(StaticVectors(nO=width)),
        ParametricAttention(nO=width),
        pool("sum"),
        clone(hidden, 2),
        Linear(nO, width),
        *([Dropout(dropout)] if dropout else []),
        Logistic(),
    ]
    model: TextCat = _nested(*layers)
    model.attrs["multi_label"] = True
    return model


def _vectors(
    width: int, rows: int, dropout: float | None, static: bool, window_size: int, depth: int
) -> Model[Batch, Floats2d]:
    """Four hash tables mixed, static vectors beside them, then a CNN. Shape: `(n_tokens, width)`."""
    half = width // 2
    tables = [
        HashEmbed(size, rows, column=i, seed=FIRST_SEED + i, dropout=dropout)
        for i, size in enumerate((width, half, half, half))
    ]
    mixed = chain(
        FeatureExtractor(COLUMNS),
        chain(concatenate(*tables), Maxout(width, width + 3 * half, N_PIECES, normalize=True)),
    )
    embed = concatenate(mixed, StaticVectors(nO=width)) if static else mixed
    n_inputs = width * (2 if static else 1)
    step = _nested(
        expand_window(window_size=window_size),
        Maxout(width, width * (2 * window_size + 1), N_PIECES, normalize=True),
    )
    cnn = _nested(Maxout(width, n_inputs, N_PIECES, normalize=True), clone(residual(step), depth))
    cnn.set_dim("nO", width)
    return _nested(with_lengths(embed), with_padding(cnn, depth), ragged_data())


def _init_ensemble(model: TextCat, X: Batch | None = None, Y: Any = None) -> None:
    """Three layers give, or read, one number per class; how many there are comes from Y."""
    both, output = model.layers
    if Y is not None:
        n_labels = Y.shape[1]
        for node in both.walk():
            if node.name in CLASS_LAYERS and node.has_dim("nO") is None:
                node.set_dim("nO", n_labels)
        for node in output.walk():
            if node.has_dim("nI") is None:
                node.set_dim("nI", 2 * n_labels)
    both.initialize(X=X)
    output.initialize(Y=Y)


def _nested(*layers: Model[Any, Any]) -> Model[Any, Any]:
    """Layers one after the other, as pairs of pairs: so deep do saved files have them."""
    return reduce(lambda before, layer: chain(before, layer), layers)
