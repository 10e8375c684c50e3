# SPDX-License-Identifier: Apache-2.0
"""Compiled forms of trained models: kernels where a model has a shape that they know, else Thinc's own
`predict`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.api import Model

from ..decoders import NerActions, ParserActions
from ..doc.batch import Batch
from ..errors import ComponentError
from ..extras import TORCH
from ..kernels import (
    Backend,
    CnnWeights,
    CompiledNer,
    CompiledParser,
    TransitionWeights,
    choose_backend,
)
from ..layers import LISTENER, SPACY
from ..lazy_torch import torch
from ..models import (
    ARC_MODEL,
    ENTITY_MODEL,
    LEXICAL_EMBED,
    MAXOUT_WINDOW_ENCODER,
    MULTI_HASH_EMBED,
    TAGGER,
    TOK2VEC,
)
from ..vocab.lexemes import LexemeTable

Array = npt.NDArray[Any]


@cache
def backend_for(precision: str, device: str = "cpu") -> Backend:
    """One back end per precision, device and process.

    Raises: EngineError where this machine has no such device.
    """
    if device != "cpu":
        TORCH.require(f"device {device!r}")
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise ComponentError(
            f"expected a device of this machine, got {device!r}, and torch sees no GPU; use "
            "device='cpu', or a CUDA build of torch"
        )
    return choose_backend(precision, device)


def compile_tok2vec(model: Model[Any, Any], backend: Backend) -> Callable[[Batch], Array]:
    """From a batch to its token vectors. Shape: `(n_tokens, width)`."""
    weights = encoder_weights(model)
    encoder = backend.encoder(weights) if weights is not None else None
    predict: Callable[[Batch], Array] = model.predict
    return predict if encoder is None else encoder.encode


def encoder_weights(model: Model[Any, Any]) -> CnnWeights | None:
    """The weights of an encoder that kernels may know, None for any other model."""
    if model.name != LISTENER and is_plain_cnn(model):
        return cnn_weights(model)
    return lexical_weights(model) if is_lexical_cnn(model) else None


def compile_classifier(model: Model[Any, Any], backend: Backend) -> Callable[[Batch], Array]:
    """From a batch to the first best class of every token. Shape: `(n_tokens,)`."""
    if model.attrs.get("kind") == TAGGER:
        vectors = compile_tok2vec(model.get_ref("tok2vec"), backend)
        output = model.get_ref("output_layer")
        linear = backend.linear(output.get_param("W"), output.get_param("b"))
        return lambda batch: linear.argmax(vectors(batch))

    def classes(batch: Batch) -> Array:
        scores: Array = model.predict(batch)
        return scores.argmax(axis=1) if len(scores) else np.zeros(0, dtype=np.int64)

    return classes


def compile_best_classes(model: Model[Any, Any], backend: Backend, n_best: int) -> Callable[[Batch], Array]:
    """From a batch to the best classes of every token, the best first. Shape: `(n_tokens, n_best)`, or all
    classes if fewer."""
    if n_best == 1:
        first = compile_classifier(model, backend)
        return lambda batch: first(batch)[:, None]
    if model.attrs.get("kind") != TAGGER:
        return lambda batch: _best(model.predict(batch), n_best)
    vectors = compile_tok2vec(model.get_ref("tok2vec"), backend)
    output = model.get_ref("output_layer")
    linear = backend.linear(output.get_param("W"), output.get_param("b"))
    return lambda batch: _best(linear(vectors(batch)), n_best)


def _best(scores: Array, n_best: int) -> Array:
    ranked: Array = np.argsort(-scores, axis=1, kind="stable")[:, :n_best]
    return ranked


def compile_entities(
    model: Model[Any, Any], actions: NerActions, backend: Backend
) -> tuple[Callable[[Batch], Array], CompiledNer] | None:
    """Token vectors and the compiled decoder; None where the model is not ours."""
    if model.attrs.get("kind") != ENTITY_MODEL:
        return None
    vectors = compile_tok2vec(model.get_ref("tok2vec").layers[0], backend)
    return vectors, CompiledNer(transition_weights(model, actions), backend)


def compile_arcs(
    model: Model[Any, Any], actions: ParserActions, backend: Backend
) -> tuple[Callable[[Batch], Array], CompiledParser] | None:
    """Token vectors and the compiled parser; None where the model is not ours."""
    if model.attrs.get("kind") != ARC_MODEL:
        return None
    vectors = compile_tok2vec(model.get_ref("tok2vec").layers[0], backend)
    return vectors, CompiledParser(transition_weights(model, actions), actions.subtok_id, backend)


def is_plain_cnn(model: Model[Any, Any]) -> bool:
    """Whether a model is hash embedding tables, a mixing layer and a Maxout window encoder, and nothing
    else."""
    if model.attrs.get("kind") != TOK2VEC:
        return False
    embed, encode = model.get_ref("embed"), model.get_ref("encode")
    kinds = (embed.attrs.get("kind"), encode.attrs.get("kind"))
    return kinds == (MULTI_HASH_EMBED, MAXOUT_WINDOW_ENCODER)


def is_lexical_cnn(model: Model[Any, Any]) -> bool:
    """Whether a model is a Maxout window encoder over vectors that depend on the lexeme, and at most on the
    blank after it."""
    if (
        model.attrs.get("kind") != TOK2VEC
        or model.get_ref("encode").attrs.get("kind") != MAXOUT_WINDOW_ENCODER
    ):
        return False
    return bool(model.get_ref("embed").attrs.get("kind") == LEXICAL_EMBED)


def lexical_weights(model: Model[Any, Any]) -> CnnWeights:
    """The weights of such a model; its embedding is what Thinc computes, once a kind of token."""
    embed = model.get_ref("embed")
    by_space = any(SPACY in node.attrs["columns"] for node in _nodes_named(embed, "extract_features"))

    def vectors(lexemes: LexemeTable, kinds: Array) -> Array:
        ids, spaces = (kinds >> 1, kinds & 1) if by_space else (kinds, np.zeros_like(kinds))
        nothing = np.zeros_like(ids)
        batch = Batch([""], np.array([0, len(ids)]), ids, nothing, nothing, spaces, lexemes)
        embedded: Array = embed.predict(batch)
        return embedded

    return replace(cnn_weights(model), embed=vectors, by_space=by_space)


def cnn_weights(model: Model[Any, Any]) -> CnnWeights:
    """The weights of a plain CNN, as training has them."""
    embed, encode = model.get_ref("embed"), model.get_ref("encode")
    tables, mix, norm = (
        _nodes_named(embed, "hashembed"),
        _nodes_named(embed, "maxout")[0],
        _nodes_named(embed, "layernorm")[0],
    )
    layers = zip(_nodes_named(encode, "maxout"), _nodes_named(encode, "layernorm"), strict=True)
    windows = _nodes_named(encode, "expand_window")
    return CnnWeights(
        attrs=tuple(_nodes_named(embed, "extract_features")[0].attrs["columns"]),
        tables=tuple(table.get_param("E") for table in tables),
        seeds=tuple(int(table.attrs["seed"]) for table in tables),
        mix_W=mix.get_param("W"),
        mix_b=mix.get_param("b"),
        mix_G=norm.get_param("G"),
        mix_beta=norm.get_param("b"),
        conv=tuple(
            (m.get_param("W"), m.get_param("b"), n.get_param("G"), n.get_param("b")) for m, n in layers
        ),
        window=int(windows[0].attrs["window_size"]) if windows else 1,
    )


def transition_weights(model: Model[Any, Any], actions: NerActions | ParserActions) -> TransitionWeights:
    """The weights of a transition model, as training has them."""
    linear, lower = model.get_ref("linear"), model.get_ref("lower")
    upper = model.get_ref("upper") if model.attrs["has_upper"] else None
    return TransitionWeights(
        linear_W=linear.get_param("W"),
        linear_b=linear.get_param("b"),
        lower_W=lower.get_param("W"),
        lower_b=lower.get_param("b"),
        lower_pad=lower.get_param("pad")[0],
        upper_W=upper.get_param("W") if upper is not None else None,
        upper_b=upper.get_param("b") if upper is not None else None,
        moves=actions.move_ids,
        labels=actions.label_ids,
    )


def _nodes_named(model: Model[Any, Any], name: str) -> list[Model[Any, Any]]:
    return [node for node in model.walk() if node.name == name]
