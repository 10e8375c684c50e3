# SPDX-License-Identifier: Apache-2.0
"""A plain CNN in compiled loops learns what Thinc's layers learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from thinc.api import Model, set_dropout_rate

import engine
from engine.doc.batch import Batch
from engine.layers.ops import use_engine_ops
from engine.models import MaxoutWindowEncoder, MultiHashEmbed, Tok2Vec
from engine.models.cnn_update import layers_of

TEXTS = ("Rain, rain and more rain.", "", "It rained again; nobody was surprised by the rain.", "So it goes.")
SHAPES = [
    {"width": 32, "depth": 2, "pieces": 3, "window": 1},
    {"width": 96, "depth": 1, "pieces": 2, "window": 2},
    {"width": 112, "depth": 3, "pieces": 4, "window": 1},
]


def cnn(width: int, depth: int, pieces: int, window: int) -> Model[Any, Any]:
    """A model with weights drawn by one seed."""
    np.random.seed(0)
    with use_engine_ops():
        attrs: list[str | int] = ["NORM", "PREFIX", "SHAPE"]
        embed = MultiHashEmbed(width, attrs, [50, 20, 30])
        model = Tok2Vec(embed, MaxoutWindowEncoder(width, window, pieces, depth))
        model.initialize(X=texts_batch())
    for node in model.walk():
        for name in node.param_names:
            if name in ("b", "G"):
                node.set_param(name, node.get_param(name) + np.float32(0.1) * _noise(node.get_param(name)))
    return model


def texts_batch() -> Batch:
    """Words that come more than once, and an empty document."""
    return engine.blank("en").tokenizer.tokenize(TEXTS)


def _noise(like: Any) -> Any:
    return np.random.default_rng(2).standard_normal(like.shape).astype(np.float32)


def learned(model: Model[Any, Any], batch: Batch, seed: int = 3) -> dict[str, Any]:
    """Vectors, gradients of two passes added up, and the random number that comes next."""
    np.random.seed(seed)
    for _ in range(2):
        vectors, backprop = model.begin_update(batch)
        backprop(_noise(vectors))
    found = {"vectors": vectors, "next": np.random.random(1)}
    for index, node in enumerate(model.walk()):
        found |= {f"{index}.{name}": node.get_grad(name) for name in node.param_names if node.has_grad(name)}
    return found


@pytest.mark.parametrize("rate", [0.0, 0.2])
@pytest.mark.parametrize("shape", SHAPES)
def test_vectors_and_gradients_are_thincs(shape: dict[str, int], rate: float) -> None:
    """Vectors and all gradients agree to 1e-5 of the largest, and dropout takes the same random numbers."""
    ours, theirs, batch = cnn(**shape), cnn(**shape), texts_batch()
    assert layers_of(ours, {}) is not None
    theirs._func = theirs._func.args[0]  # type: ignore[attr-defined]  # the layers one after the other
    for model in (ours, theirs):
        set_dropout_rate(model, rate)
    mine, other = learned(ours, batch), learned(theirs, batch)
    assert list(mine) == list(other)
    for name, expected in other.items():
        assert np.abs(mine[name] - expected).max() <= 1e-5 * max(np.abs(expected).max(), 1.0), name


def test_a_seed_gives_the_same_bits() -> None:
    """Two runs with one seed have the same vectors and gradients, bit by bit."""
    first, second = (learned(cnn(**SHAPES[0]), texts_batch()) for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_odd_widths_and_changed_layers_go_thincs_way() -> None:
    """A width that is no whole vector, and a layer of somebody else inside, are not for the loops."""
    assert layers_of(cnn(width=30, depth=1, pieces=3, window=1), {}) is None
    model = cnn(**SHAPES[0])
    model.get_ref("encode").layers.append(Model("mine", lambda model, X, is_train: (X, lambda dY: dY)))
    assert layers_of(model, {}) is None


def test_what_a_process_met_before_changes_no_bit() -> None:
    """Lexemes are numbered as they are met; sums of gradients are taken in the batch's own order, so that
    a trainer that was started anew learns the same."""
    fresh = texts_batch()
    nlp = engine.blank("en")
    nlp.tokenizer.tokenize(["nobody So goes by it surprised was Rain rain again the more It"])
    again = nlp.tokenizer.tokenize(TEXTS)
    assert fresh.lexeme_ids.argsort().tolist() != again.lexeme_ids.argsort().tolist()
    first, other = (learned(cnn(**SHAPES[0]), batch) for batch in (fresh, again))
    assert all(np.array_equal(first[name], other[name]) for name in first)
