# SPDX-License-Identifier: Apache-2.0
"""Embedding plus encoding: the vectors that heads share or own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, cast

from thinc.api import Model, chain
from thinc.types import Floats2d, Ragged

from ..config.registry import registry
from ..doc.batch import Batch
from ..layers import ragged_data, with_lengths
from .embed import MULTI_HASH_EMBED, MultiHashEmbed, MultiHashEmbedLastForMissing
from .encode import MAXOUT_WINDOW_ENCODER, MaxoutWindowEncoder

TOK2VEC = "Tok2Vec"
"""Mark of a model that kernels may compile."""


@registry.architectures("freshet.Tok2Vec.v1")
def Tok2Vec(embed: Model[Batch, Floats2d], encode: Model[Ragged, Ragged]) -> Model[Batch, Floats2d]:
    """Token vectors of a whole batch. Shape: `(n_tokens, width)`."""
    model = chain(with_lengths(embed), encode, ragged_data())
    model._func = partial(forward, model._func, {})
    if encode.has_dim("nO"):
        model.set_dim("nO", encode.get_dim("nO"))
    model.attrs["kind"] = TOK2VEC
    model.set_ref("embed", embed)
    model.set_ref("encode", encode)
    return model


def forward(
    plainly: Callable[..., Any],
    kept: dict[Any, Any],
    model: Model[Batch, Floats2d],
    batch: Batch,
    is_train: bool,
) -> tuple[Floats2d, Callable[[Any], Any]]:
    """The layers one after the other; while a model of known shape learns, all in compiled loops."""
    kinds = tuple(model.get_ref(part).attrs.get("kind") for part in ("embed", "encode"))
    if is_train and batch.n_tokens and kinds == (MULTI_HASH_EMBED, MAXOUT_WINDOW_ENCODER):
        learning = import_module(f"{__package__}.cnn_update")  # annotating needs none of it
        layers = learning.layers_of(model, kept)
        if layers is not None:
            return cast(tuple[Floats2d, Callable[[Any], Any]], learning.forward(layers, batch))
    return cast(tuple[Floats2d, Callable[[Any], Any]], plainly(model, batch, is_train))


@registry.architectures("freshet.HashEmbedCNN.v1")
def HashEmbedCNN(
    width: int,
    depth: int,
    embed_size: int,
    window_size: int = 1,
    maxout_pieces: int = 3,
    subword_features: bool = True,
    pretrained_vectors: bool | None = None,
) -> Model[Batch, Floats2d]:
    """`MultiHashEmbed` and `MaxoutWindowEncoder` from few settings: subword tables are half as large as that
    of NORM."""
    embed = MultiHashEmbed(width, *_tables(embed_size, subword_features), bool(pretrained_vectors))
    return Tok2Vec(embed, MaxoutWindowEncoder(width, window_size, maxout_pieces, depth))


@registry.architectures("freshet.HashEmbedCNNOrLast.v1")
def HashEmbedCNNLastForMissing(
    width: int,
    depth: int,
    embed_size: int,
    window_size: int = 1,
    maxout_pieces: int = 3,
    subword_features: bool = True,
    pretrained_vectors: bool | None = None,
) -> Model[Batch, Floats2d]:
    """`HashEmbedCNN` on `StaticVectorsLastForMissing`."""
    embed = MultiHashEmbedLastForMissing(
        width, *_tables(embed_size, subword_features), bool(pretrained_vectors)
    )
    return Tok2Vec(embed, MaxoutWindowEncoder(width, window_size, maxout_pieces, depth))


def _tables(size: int, subword_features: bool) -> tuple[list[str | int], list[int]]:
    """Attributes, and rows of the table of each."""
    return (
        (["NORM", "PREFIX", "SUFFIX", "SHAPE"], [size, *[size // 2] * 3])
        if subword_features
        else (["NORM"], [size])
    )
