# SPDX-License-Identifier: Apache-2.0
"""Embedding architectures: from lexemes to a first vector per token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import HashEmbed, Maxout, Model, chain, concatenate
from thinc.types import Floats2d

from ..config.registry import registry
from ..doc.batch import Batch
from ..errors import EngineError
from ..layers import (
    OF_LEXEME,
    SPACY,
    FeatureExtractor,
    StaticVectors,
    StaticVectorsLastForMissing,
)

MULTI_HASH_EMBED = "MultiHashEmbed"
"""Mark of a model that kernels may compile."""

LEXICAL_EMBED = "LexicalEmbed"
"""Mark of any other model whose vectors depend on the lexeme and at most on the blank after it: computed once
for each."""

FIRST_SEED = 8
"""Hash seed of the first table; the others count up from it. Files of trained weights rely on it."""

CHARACTER_FEATURE_SEED = 5
"""Hash seed of the one table of `CharacterEmbed`."""

BYTE_VALUES = 256


@registry.architectures("freshet.MultiHashEmbed.v1")
def MultiHashEmbed(
    width: int, attrs: list[str | int], rows: list[int], include_static_vectors: bool = False
) -> Model[Batch, Floats2d]:
    """One hash table per attribute, concatenated (static vectors last), mixed by Maxout and LayerNorm.

    Shape: `(n_tokens, width)`.
    """
    return _multi_hash_embed(width, attrs, rows, StaticVectors(nO=width) if include_static_vectors else None)


@registry.architectures("freshet.MultiHashEmbedOrLast.v1")
def MultiHashEmbedLastForMissing(
    width: int, attrs: list[str | int], rows: list[int], include_static_vectors: bool = False
) -> Model[Batch, Floats2d]:
    """`MultiHashEmbed` on `StaticVectorsLastForMissing`."""
    return _multi_hash_embed(
        width, attrs, rows, StaticVectorsLastForMissing(nO=width) if include_static_vectors else None
    )


def _multi_hash_embed(
    width: int, attrs: list[str | int], rows: list[int], static: Model[Batch, Any] | None
) -> Model[Batch, Floats2d]:
    if len(attrs) != len(rows):
        raise EngineError(
            f"expected as many rows as attrs, got {len(rows)} rows for {len(attrs)} attrs; write one "
            "size per attribute"
        )
    features = FeatureExtractor(attrs)
    tables = chain(features, _hash_embed_columns(width, rows, FIRST_SEED))
    n_parts = len(rows) + int(static is not None)
    parts = concatenate(tables, static) if static is not None else tables
    model = chain(parts, Maxout(nO=width, nI=width * n_parts, nP=3, normalize=True, dropout=0.0))
    plain = static is None and SPACY not in features.attrs["columns"]
    if OF_LEXEME.issuperset(features.attrs["columns"]):
        model.attrs["kind"] = MULTI_HASH_EMBED if plain else LEXICAL_EMBED
    return model


@registry.architectures("freshet.CharacterEmbed.v1")
def CharacterEmbed(
    width: int,
    rows: int,
    nM: int,
    nC: int,
    include_static_vectors: bool = False,
    feature: str | int = "LOWER",
) -> Model[Batch, Floats2d]:
    """Vectors of the first and last bytes of a token, a hash table of one attribute, mixed by Maxout and
    LayerNorm.

    Shape: `(n_tokens, width)`.
    """
    return _character_embed(
        width, rows, nM, nC, StaticVectors(nO=width) if include_static_vectors else None, feature
    )


@registry.architectures("freshet.CharacterEmbedOrLast.v1")
def CharacterEmbedLastForMissing(
    width: int,
    rows: int,
    nM: int,
    nC: int,
    include_static_vectors: bool = False,
    feature: str | int = "LOWER",
) -> Model[Batch, Floats2d]:
    """`CharacterEmbed` on `StaticVectorsLastForMissing`."""
    return _character_embed(
        width,
        rows,
        nM,
        nC,
        StaticVectorsLastForMissing(nO=width) if include_static_vectors else None,
        feature,
    )


def _character_embed(
    width: int, rows: int, nM: int, nC: int, static: Model[Batch, Any] | None, feature: str | int
) -> Model[Batch, Floats2d]:
    features = FeatureExtractor([feature])
    table = chain(features, _hash_embed_columns(width, [rows], CHARACTER_FEATURE_SEED))
    parts = [character_vectors(nM, nC), table, *([] if static is None else [static])]
    n_inputs = nM * nC + width * (len(parts) - 1)
    model = chain(concatenate(*parts), Maxout(nO=width, nI=n_inputs, nP=3, normalize=True, dropout=0.0))
    if OF_LEXEME.issuperset(features.attrs["columns"]):
        model.attrs["kind"] = LEXICAL_EMBED
    return model


@registry.layers("freshet.CharEmbed.v1")
def character_vectors(nM: int, nC: int) -> Model[Batch, Floats2d]:
    """Vectors of the first and last bytes of a token, `nM` numbers for each of `nC` bytes. Shape: `(n_tokens,
    nM * nC)`."""
    dims = {"nM": nM, "nC": nC, "nV": BYTE_VALUES, "nO": nM * nC}
    return Model("charembed", _forward_characters, init=_init_characters, dims=dims, params={"E": None})


def _init_characters(model: Model[Any, Any], X: Any = None, Y: Any = None) -> None:
    shape = tuple(model.get_dim(name) for name in ("nC", "nV", "nM"))
    model.set_param("E", np.random.uniform(-0.1, 0.1, shape).astype("float32"))


def _forward_characters(
    model: Model[Batch, Any], batch: Batch, is_train: bool
) -> tuple[Any, Callable[[Any], Any]]:
    n_chars, n_values = model.get_dim("nC"), model.get_dim("nM")
    lexeme_ids, which = np.unique(batch.lexeme_ids, return_inverse=True)
    values = np.array(
        [_both_ends(batch.lexemes.text(i), n_chars) for i in lexeme_ids.tolist()], dtype=np.int64
    ).reshape(-1, n_chars)
    values = values[which]
    places = np.arange(n_chars)
    output = model.get_param("E")[places, values].reshape(len(values), n_chars * n_values)

    def backprop(d_output: Any) -> list[Any]:
        d_table = np.zeros_like(model.get_param("E"))
        np.add.at(
            d_table, (np.broadcast_to(places, values.shape), values), d_output.reshape(-1, n_chars, n_values)
        )
        model.inc_grad("E", d_table)
        return []

    return output, backprop


def _both_ends(text: str, n_chars: int) -> list[int]:
    """Bytes taken from the two ends in turn, 255 where the word is used up."""
    data = text.encode("utf8", "surrogatepass")
    taken = [data[i // 2] if i % 2 == 0 else data[-1 - i // 2] for i in range(min(n_chars, len(data)))]
    return taken + [BYTE_VALUES - 1] * (n_chars - len(taken))


def _hash_embed_columns(width: int, rows: list[int], first_seed: int) -> Model[Any, Floats2d]:
    """One table per column of ids, in order; the seeds count up from `first_seed`. Shape: `(n_tokens,
    len(rows) * width)`."""
    tables = [HashEmbed(width, n, column=i, seed=first_seed + i, dropout=0.0) for i, n in enumerate(rows)]
    return concatenate(*tables)
