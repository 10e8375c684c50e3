# SPDX-License-Identifier: Apache-2.0
"""Configs that ask for far more than their weights are: refused before it is made."""

from __future__ import annotations

import time
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from engine.transformer import TransformerError, build_encoder

from .tiny import tiny_config, tiny_encoder


@pytest.mark.parametrize(
    ("family", "setting", "value"),
    [
        ("bert", "hidden_size", 400_000),
        ("bert", "vocab_size", 2_000_000_000),
        ("bert", "num_hidden_layers", 100_000),
        ("bert", "num_labels", 10**11),
        ("bert", "max_position_embeddings", 10**13),
        ("deberta-v2", "max_position_embeddings", 4_000_000_000),
        ("modernbert", "num_hidden_layers", 10**10),
        ("albert", "inner_group_num", 10**9),
    ],
)
def test_what_weights_do_not_fit_is_refused(family: str, setting: str, value: int) -> None:
    """Sizes, numbers of layers and of labels, tables of positions that are no weights; in seconds."""
    state = tiny_encoder(family).state()
    began = time.thread_time()
    with pytest.raises(TransformerError, match=r"expected"):
        build_encoder({**tiny_config(family), setting: value}, state)
    assert time.thread_time() - began < 5


@pytest.mark.parametrize("settings", [{"hidden_act": "none"}, {"num_attention_heads": 3}, {"model_type": []}])
def test_a_config_that_makes_no_module_is_named(settings: dict[str, Any]) -> None:
    """Whatever its library says of it."""
    state = tiny_encoder("bert").state()
    with pytest.raises(TransformerError, match="encoder: expected a config"):
        build_encoder({**tiny_config("bert"), **settings}, state)
