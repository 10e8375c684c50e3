# SPDX-License-Identifier: Apache-2.0
"""DeBERTa's own attention on packed rows: every form of it as its library computes it, one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.lazy_torch import torch
from engine.transformer import Backend, Encoder, Precision, build_encoder
from engine.transformer.disentangled import buckets

from .test_encoder import LENGTHS, one_by_one
from .tiny import SIZES, some_pieces, tiny_config

VERSION_2 = {"share_att_key": False, "norm_rel_ebd": "none", "conv_kernel_size": 3, "conv_act": "gelu"}
FORMS: dict[str, dict[str, Any]] = {
    "as in version 3": {},
    "as in version 2, with its convolution": VERSION_2,
    "by content and keys' positions": {"pos_att_type": ["c2p"]},
    "by content and queries' positions": {"pos_att_type": "p2c", "share_att_key": False},
    "by content alone": {"pos_att_type": []},
    "distances without buckets": {"position_buckets": -1, "max_relative_positions": 20},
    "few distances": {"max_relative_positions": 8, "position_buckets": 4},
    "no relative positions": {
        "relative_attention": False,
        "position_biased_input": True,
        "norm_rel_ebd": "none",
    },
    "narrow embeddings, types": {"embedding_size": 16, "type_vocab_size": 2, "position_biased_input": True},
}


def encoder_of_form(form: str, backend: Backend | None = None) -> Encoder:
    """An encoder of a few thousand weights."""
    return build_encoder(tiny_config("deberta-v2"), backend=backend, settings=FORMS[form], seed=1, name=form)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_as_one_by_one(form: str) -> None:
    """Rows of all layers' sum to 1e-5, gradients of every parameter to 1e-5 of the largest."""
    torch.set_num_threads(1)
    encoder = encoder_of_form(form)
    assert encoder.is_packed
    assert encoder.note == "deberta-v2, packed, fp32 on cpu"
    ids, cu_seq_lens = some_pieces(LENGTHS)
    d_rows = np.random.default_rng(1).normal(size=(len(ids), SIZES["hidden_size"])).astype(np.float32)
    rows, gradients = one_by_one(encoder, ids, cu_seq_lens, d_rows)
    np.testing.assert_allclose(encoder.encode(ids, cu_seq_lens).last, rows, rtol=0, atol=1e-5)
    encoded, backprop = encoder.begin_update(ids, cu_seq_lens, budget=150)
    np.testing.assert_allclose(encoded.last, rows, rtol=0, atol=1e-5)
    backprop(d_rows, None)
    size = max(float(np.abs(gradient).max()) for gradient in gradients.values())
    got = encoder.gradients()
    assert set(got) == set(gradients)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(got[name], gradient, rtol=0, atol=1e-5 * size, err_msg=name)


@pytest.mark.parametrize(("size", "reach"), [(256, 512), (16, 160), (32, 24), (4, 8), (-1, 512), (8, -1)])
def test_distances_are_in_the_buckets_of_the_library(size: int, reach: int) -> None:
    """Far ones as well, and beyond the farthest that there is."""
    pytest.importorskip("transformers")
    from transformers.models.deberta_v2.modeling_deberta_v2 import build_relative_position

    rows = torch.zeros(700, 1)
    expected = build_relative_position(rows, rows, bucket_size=size, max_position=reach)[0]
    places = torch.arange(700)
    found = buckets((places[:, None] - places[None, :]).flatten(), size, reach)
    assert torch.equal(found.view(700, 700), expected)


@pytest.mark.parametrize(("precision", "least"), [("bf16", 0.99), ("int8", 0.98)])
def test_lower_precisions_are_near(precision: str, least: float) -> None:
    """Each piece's vector by the angle to that in fp32."""
    pieces = some_pieces([40, 7, 90])
    for form in ("as in version 3", "as in version 2, with its convolution"):
        exact = encoder_of_form(form).encode(*pieces).last
        near = encoder_of_form(form, Backend(precision=Precision(precision))).encode(*pieces).last
        cosines = (exact * near).sum(1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(near, axis=1)
        assert cosines.min() > least


def test_dropout_falls_while_training_alone() -> None:
    """On content, positions and chances, by the seed."""
    encoder = encoder_of_form("as in version 3")
    pieces = some_pieces([20, 5])
    first, again, other, none = (encoder.begin_update(*pieces, seed=seed)[0].last for seed in (3, 3, 4, None))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1
    np.testing.assert_allclose(none, encoder.encode(*pieces).last, rtol=0, atol=1e-5)


def test_version_1_is_padded_and_says_so() -> None:
    """Its attention is another one still."""
    config = {**tiny_config("deberta-v2"), "model_type": "deberta", "pos_att_type": ["c2p", "p2c"]}
    encoder = build_encoder(config, seed=1)
    assert encoder.note == "deberta, padded by lengths, for its attention is its own, fp32 on cpu"
