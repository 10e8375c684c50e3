# SPDX-License-Identifier: Apache-2.0
"""Encoders of all families: together as one by one, forward and back."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from engine.lazy_torch import torch
from engine.transformer import Encoder, Outputs, TransformerError, build_encoder
from engine.transformer.modules import twin

from .tiny import PACKED, PADDED, some_pieces, tiny_config, tiny_encoder

Array = npt.NDArray[Any]
LENGTHS = [1, 127, 3, 3, 17, 64, 2, 2, 2, 33, 9]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Any:
    """Threads that wait for each other cost more than these encoders."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def one_by_one(
    encoder: Encoder, ids: Array, cu_seq_lens: Array, d_rows: Array
) -> tuple[Array, dict[str, Array]]:
    """Rows of the module's own attention, span by span, and gradients of the sum."""
    single = twin(encoder.module, "eager")
    encoder.clear_gradients()
    rows = []
    for first, stop in pairwise(cu_seq_lens):
        span = torch.as_tensor(ids[first:stop].astype(np.int64))[None]
        out = single(input_ids=span, return_dict=True).last_hidden_state[0]
        out.backward(torch.as_tensor(d_rows[first:stop]))
        rows.append(out.detach().numpy())
    gradients = {name: each.copy() for name, each in encoder.gradients().items()}
    encoder.clear_gradients()
    return np.concatenate(rows), gradients


@pytest.mark.parametrize("family", [*PACKED, *PADDED])
def test_spans_together_are_as_one_by_one(family: str) -> None:
    """Rows to 1e-5, and gradients of every parameter to 1e-5 of the largest: no span sees another."""
    encoder = tiny_encoder(family)
    ids, cu_seq_lens = some_pieces(LENGTHS)
    d_rows = np.random.default_rng(1).normal(size=(len(ids), 32)).astype(np.float32)
    rows, gradients = one_by_one(encoder, ids, cu_seq_lens, d_rows)
    np.testing.assert_allclose(encoder.encode(ids, cu_seq_lens).last, rows, rtol=0, atol=1e-5)
    encoded, backprop = encoder.begin_update(ids, cu_seq_lens, budget=150)
    np.testing.assert_allclose(encoded.last, rows, rtol=0, atol=1e-5)
    backprop(d_rows, None)
    got = encoder.gradients()
    assert set(got) == set(gradients)
    size = max(float(np.abs(gradient).max()) for gradient in gradients.values())
    for name, gradient in gradients.items():
        np.testing.assert_allclose(got[name], gradient, rtol=0, atol=1e-5 * size, err_msg=name)


@pytest.mark.parametrize("family", [*PACKED, *PADDED])
def test_how_an_encoder_runs_is_said(family: str) -> None:
    """Families whose attention is their own run padded, and say so."""
    encoder = tiny_encoder(family)
    assert encoder.is_packed == (family in PACKED)
    how = "packed" if family in PACKED else "padded by lengths, for its attention is its own"
    assert encoder.note == f"{family}, {how}, fp32 on cpu"


@pytest.mark.parametrize("family", ["albert", "bert", "modernbert", "mpnet"])
def test_layers_and_pooler_come_where_asked_for(family: str) -> None:
    """Embeddings first, the last layer last; the pooler's vector is that of each span's first piece."""
    encoder = tiny_encoder(family)
    ids, cu_seq_lens = some_pieces([5, 2, 40])
    encoded = encoder.encode(ids, cu_seq_lens, Outputs(layers=True, pooler=True))
    assert encoded.layers is not None
    assert len(encoded.layers) == encoder.n_layers + 1
    np.testing.assert_array_equal(encoded.layers[-1], encoded.last)
    single = twin(encoder.module, "eager")
    with torch.inference_mode():
        span = torch.as_tensor(ids[5:7].astype(np.int64))[None]
        alone = single(input_ids=span, output_hidden_states=True, return_dict=True)
    for got, expected in zip(encoded.layers, alone.hidden_states, strict=True):
        np.testing.assert_allclose(got[5:7], expected[0].numpy(), rtol=0, atol=1e-5)
    if encoder.has_pooler:
        assert encoded.pooled is not None
        np.testing.assert_allclose(encoded.pooled[1], alone.pooler_output[0].numpy(), rtol=0, atol=1e-5)
    else:
        assert encoded.pooled is None


def test_attention_weights_are_those_of_each_span() -> None:
    """For each layer and span, rows that sum to one."""
    encoder = tiny_encoder("bert")
    attentions = encoder.encode(*some_pieces([4, 7]), Outputs(attentions=True)).attentions
    assert attentions is not None
    assert [[span.shape for span in layer] for layer in attentions] == [[(4, 4, 4), (4, 7, 7)]] * 3
    np.testing.assert_allclose(attentions[2][1].sum(-1), 1, atol=1e-6)


def test_gradients_of_lower_layers_are_added() -> None:
    """A gradient of every layer reaches the embeddings; None stands for zeros."""
    encoder = tiny_encoder("bert")
    ids, cu_seq_lens = some_pieces([6, 9])
    ones = np.ones((15, 32), np.float32)
    _, backprop = encoder.begin_update(ids, cu_seq_lens, Outputs(layers=True))
    backprop(None, [ones, None, None, None])
    assert "encoder.layer.0.attention.self.query.weight" not in encoder.gradients()
    assert np.abs(encoder.gradients()["embeddings.word_embeddings.weight"]).max() > 0


def test_no_pieces_are_no_rows() -> None:
    """Nothing goes in, nothing comes out, forward and back."""
    encoder = tiny_encoder("bert")
    nothing = np.zeros(0, np.int32), np.zeros(1, np.int32)
    assert encoder.encode(*nothing).last.shape == (0, 32)
    encoded, backprop = encoder.begin_update(*nothing)
    backprop(encoded.last, None)
    assert encoder.gradients() == {}


def test_dropout_is_that_of_the_seed() -> None:
    """The same seed drops the same, another one something else, none nothing; torch's own numbers go on."""
    encoder = tiny_encoder("bert")
    pieces = some_pieces([20, 5])
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first, again, other, none = (encoder.begin_update(*pieces, seed=seed)[0].last for seed in (3, 3, 4, None))
    assert torch.equal(torch.rand(1), expected)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1
    np.testing.assert_allclose(none, encoder.encode(*pieces).last, rtol=0, atol=1e-6)


def test_frozen_parameters_get_no_gradient() -> None:
    """The embeddings and so many layers above them; thawed, they get one again."""
    encoder = tiny_encoder("bert")
    pieces, ones = some_pieces([6]), np.ones((6, 32), np.float32)
    encoder.freeze(embeddings=True, lower_layers=2)
    encoder.begin_update(*pieces)[1](ones, None)
    layers = {name.split(".")[2] for name in encoder.gradients() if name.startswith("encoder.layer")}
    assert layers == {"2"}
    assert not any(name.startswith("embeddings") for name in encoder.gradients())
    encoder.freeze()
    encoder.begin_update(*pieces)[1](ones, None)
    assert "embeddings.word_embeddings.weight" in encoder.gradients()


@pytest.mark.parametrize(
    ("family", "n_layers", "said"), [("bert", 4, "0 to 3 layers"), ("albert", 1, "share theirs")]
)
def test_layers_that_cannot_be_frozen_are_refused(family: str, n_layers: int, said: str) -> None:
    """More than there are, or such as share their weights."""
    with pytest.raises(TransformerError, match=said):
        tiny_encoder(family).freeze(lower_layers=n_layers)


@pytest.mark.parametrize("family", [*PACKED, *PADDED])
def test_weights_go_out_and_in(family: str) -> None:
    """An encoder from another one's weights gives the same rows, whatever seed it had."""
    encoder = tiny_encoder(family)
    other = build_encoder(tiny_config(family), encoder.state(), seed=9, name=family)
    pieces = some_pieces([12, 30])
    np.testing.assert_array_equal(other.encode(*pieces).last, encoder.encode(*pieces).last)


def test_names_of_a_model_with_heads_are_understood() -> None:
    """Prefixes come off, heads are ignored, LayerNorm may have its first names, a pooler may be missing."""
    encoder = tiny_encoder("bert")
    state = {f"bert.{name}": array for name, array in encoder.state().items() if "pooler" not in name}
    state = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): array
        for name, array in state.items()
    }
    state["cls.predictions.bias"] = np.zeros(120, np.float32)
    state["bert.embeddings.position_ids"] = np.arange(160)[None]
    other = build_encoder(tiny_config("bert"), state)
    assert not other.has_pooler
    pieces = some_pieces([7])
    np.testing.assert_array_equal(other.encode(*pieces).last, encoder.encode(*pieces).last)


def test_a_missing_weight_is_named() -> None:
    """Nothing is filled in at random."""
    state = tiny_encoder("bert").state()
    del state["encoder.layer.1.output.dense.bias"]
    with pytest.raises(TransformerError, match=r"1 are missing: encoder\.layer\.1\.output\.dense\.bias"):
        build_encoder(tiny_config("bert"), state)


def test_a_weight_of_another_shape_is_named() -> None:
    """With what was expected and what came."""
    state = {**tiny_encoder("bert").state(), "embeddings.LayerNorm.bias": np.zeros(31)}
    with pytest.raises(TransformerError, match=r"embeddings\.LayerNorm\.bias of shape \(32,\), got \(31,\)"):
        build_encoder(tiny_config("bert"), state)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "nobody"}, "got 'nobody'; models with code of their own are not run"),
        ({}, "got None"),
        ({"model_type": "t5", "auto_map": {"AutoModel": "evil.Code"}}, "which has a decoder too"),
    ],
)
def test_what_is_no_encoder_is_refused(config: dict[str, Any], said: str) -> None:
    """Unknown kinds, and kinds with a decoder; a model's own code is never looked at."""
    with pytest.raises(TransformerError, match=said):
        build_encoder(config)


def test_spans_and_pieces_beyond_the_encoder_are_refused() -> None:
    """With the longest span that there are positions for, and the number of pieces."""
    encoder = tiny_encoder("roberta")
    assert encoder.max_pieces == 158
    with pytest.raises(TransformerError, match="at most 158 pieces, got one of 159"):
        encoder.encode(*some_pieces([159]))
    with pytest.raises(TransformerError, match="pieces below 120, got 120"):
        encoder.encode(np.array([5, 120]), np.array([0, 2]))


def test_settings_are_laid_over_the_config() -> None:
    """What `transformer_config` says counts, and the config that was given stays as it is."""
    config = tiny_config("bert")
    before = deepcopy(config)
    encoder = build_encoder(config, settings={"hidden_dropout_prob": 0.0, "output_attentions": True})
    assert encoder.config["output_attentions"] is True
    assert encoder.module.config.hidden_dropout_prob == 0.0
    assert config == before


def test_two_encoders_of_one_config_do_not_change_each_other() -> None:
    """A padded one leaves a packed one packed."""
    config = tiny_config("bert")
    first, second = build_encoder(config), build_encoder(config)
    second.module.set_attn_implementation("eager")
    assert first.module.config._attn_implementation == "freshet_packed"
