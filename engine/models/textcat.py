# SPDX-License-Identifier: Apache-2.0
"""Architectures of document classifiers: words counted, token vectors pooled, or both."""

from __future__ import annotations

from typing import Any, TypeAlias

from thinc.api import (
    Dropout,
    Gelu,
    LayerNorm,
    Linear,
    Logistic,
    Maxout,
    Model,
    ParametricAttention_v2,
    Softmax,
    SparseLinear,
    SparseLinear_v2,
    chain,
    concatenate,
    residual,
    softmax_activation,
)
from thinc.types import Floats2d

from ..config.registry import registry
from ..doc.batch import Batch
from ..errors import EngineError
from ..layers import with_lengths
from ..layers.bag_of_words import bag_of_words
from ..layers.late_width import follow_width
from ..layers.pool import pool

TextCat: TypeAlias = Model[Batch, Floats2d]


@registry.architectures("freshet.TextCatBOW.v1")
def TextCatBOWOverlapping(
    exclusive_classes: bool, ngram_size: int, no_output_layer: bool, nO: int | None = None
) -> TextCat:
    """A linear model over counts of word sequences, with the old weight table in which classes overlap."""
    return _bag_of_words(SparseLinear(nO=nO), exclusive_classes, ngram_size, no_output_layer)


@registry.architectures("freshet.TextCatBOW.v2")
def TextCatBOW(
    exclusive_classes: bool,
    ngram_size: int,
    no_output_layer: bool,
    length: int = 262144,
    nO: int | None = None,
) -> TextCat:
    """A linear model over counts of word sequences; `length` weights per class, rounded up to a power of
    two."""
    if length < 1:
        raise EngineError(f"expected a positive length of the weight table, got {length}")
    return _bag_of_words(
        SparseLinear_v2(nO=nO, length=1 << (length - 1).bit_length()),
        exclusive_classes,
        ngram_size,
        no_output_layer,
    )


@registry.architectures("freshet.TextCatReduce.v1")
def TextCatReduce(
    tok2vec: Model[Batch, Floats2d],
    exclusive_classes: bool,
    use_reduce_first: bool = False,
    use_reduce_last: bool = False,
    use_reduce_max: bool = False,
    use_reduce_mean: bool = True,
    nO: int | None = None,
) -> TextCat:
    """Chosen reductions over the tokens' vectors, concatenated as first, last, max, mean; then one linear
    layer."""
    wanted = {
        "first": use_reduce_first,
        "last": use_reduce_last,
        "max": use_reduce_max,
        "mean": use_reduce_mean,
    }
    pools = [pool(how) for how, on in wanted.items() if on]
    if not pools:
        raise EngineError(
            "expected at least one of use_reduce_first, use_reduce_last, use_reduce_max, "
            "use_reduce_mean to be true"
        )
    width = tok2vec.maybe_get_dim("nO")
    inputs = None if width is None else width * len(pools)
    model = chain(with_lengths(tok2vec), concatenate(*pools), _output(exclusive_classes, nO, inputs))
    return _with_refs(model, tok2vec=tok2vec)


@registry.architectures("freshet.TextCatCNN.v1")
def TextCatCNN(tok2vec: Model[Batch, Floats2d], exclusive_classes: bool, nO: int | None = None) -> TextCat:
    """The mean of the tokens' vectors, then one linear layer."""
    return TextCatReduce(tok2vec, exclusive_classes, use_reduce_mean=True, nO=nO)


@registry.architectures("freshet.TextCatParametricAttention.v1")
def TextCatParametricAttention(
    tok2vec: Model[Batch, Floats2d], exclusive_classes: bool, nO: int | None = None
) -> TextCat:
    """A sum of the tokens' vectors weighted by attention with learned keys, a residual layer, then one linear
    layer."""
    width = tok2vec.maybe_get_dim("nO")
    keys = Gelu(nO=width, nI=width)
    attention = ParametricAttention_v2(key_transform=keys, nO=width)
    maxout, norm = Maxout(nO=width, nI=width, nP=3), LayerNorm(nI=width)
    nonlinear = residual(chain(maxout, norm, Dropout(0.0)))
    model = chain(
        with_lengths(tok2vec), attention, pool("sum"), nonlinear, _output(exclusive_classes, nO, width)
    )
    follow_width(model, tok2vec, nO_nI_keys=keys, nO_attention=attention, nO_nI_maxout=maxout, nI_norm=norm)
    return _with_refs(model, tok2vec=tok2vec, attention_layer=attention, maxout_layer=maxout, norm_layer=norm)


@registry.architectures("freshet.TextCatEnsemble.v1")
def TextCatEnsemble(tok2vec: Model[Batch, Floats2d], linear_model: TextCat, nO: int | None = None) -> TextCat:
    """Scores of a linear model beside attention over the tokens' vectors, joined by one linear layer.

    Whether classes exclude each other is what the linear model says.
    """
    width = tok2vec.maybe_get_dim("nO")
    exclusive = not linear_model.attrs["multi_label"]
    attention, norm = ParametricAttention_v2(nO=width), LayerNorm(nI=width)
    maxout = Maxout(nO=width, nI=width, nP=3)
    tokens = chain(with_lengths(tok2vec), attention, pool("sum"), residual(chain(maxout, norm, Dropout(0.0))))
    tokens.set_dim("nO", width) if width is not None else None
    model = chain(concatenate(linear_model, tokens), _output(exclusive, nO, None))
    follow_width(model, tok2vec, nO_attention=attention, nO_nI_maxout=maxout, nI_norm=norm, nO_tokens=tokens)
    refs = {
        "attention_layer": attention,
        "maxout_layer": maxout,
        "norm_layer": norm,
        "linear_model": linear_model,
    }
    model.attrs["multi_label"] = not exclusive
    return _with_refs(model, tok2vec=tok2vec, **refs)


def _bag_of_words(
    sparse: Model[Any, Any], exclusive: bool, ngram_size: int, no_output_layer: bool
) -> TextCat:
    layers: list[Model[Any, Any]] = [bag_of_words(ngram_size, "ORTH"), sparse]
    if not no_output_layer:
        layers.append(softmax_activation() if exclusive else Logistic())
    model: TextCat = chain(layers[0], layers[1], *layers[2:])
    model.attrs["multi_label"] = not exclusive
    return _with_refs(model, sparse=sparse)


def _output(exclusive: bool, n_labels: int | None, n_inputs: int | None) -> Model[Floats2d, Floats2d]:
    """Softmax over one linear layer, or a logistic function per class."""
    return Softmax(n_labels, n_inputs) if exclusive else chain(Linear(n_labels, n_inputs), Logistic())


def _with_refs(model: TextCat, **refs: Model[Any, Any]) -> TextCat:
    for name, node in refs.items():
        model.set_ref(name, node)
    return model
