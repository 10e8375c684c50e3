# SPDX-License-Identifier: Apache-2.0
"""Encoders of every family with a few random weights, made on the spot."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.transformer import Backend, Encoder, build_encoder

SIZES: dict[str, Any] = {
    "vocab_size": 120,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 160,
    "initializer_range": 0.2,
}
ROBERTA = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "type_vocab_size": 1}
MODERN = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1, "sep_token_id": 2}

PACKED: dict[str, dict[str, Any]] = {
    "albert": {"embedding_size": 16},
    "bert": {},
    "camembert": ROBERTA,
    "deberta-v2": {
        "relative_attention": True,
        "position_buckets": 16,
        "pos_att_type": ["p2c", "c2p"],
        "norm_rel_ebd": "layer_norm",
        "share_att_key": True,
        "position_biased_input": False,
        "type_vocab_size": 0,
    },
    "distilbert": {"dim": 32, "n_layers": 3, "n_heads": 4, "hidden_dim": 48},
    "electra": {"embedding_size": 16},
    "ernie": {},
    "eurobert": {"num_key_value_heads": 2, "mask_token_id": 3, **MODERN},
    "modernbert": {"local_attention": 16, "global_attn_every_n_layers": 2, **MODERN},
    "nomic_bert": {},
    "roberta": ROBERTA,
    "xlm-roberta": ROBERTA,
}
PADDED: dict[str, dict[str, Any]] = {
    "megatron-bert": {},
    "mpnet": {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2},
}


def tiny_config(family: str) -> dict[str, Any]:
    """A config of a few thousand weights."""
    return {"model_type": family, **SIZES, **{**PACKED, **PADDED}[family]}


def tiny_encoder(family: str, backend: Backend | None = None, **settings: Any) -> Encoder:
    """An encoder with random weights, the same ones every time."""
    return build_encoder(tiny_config(family), backend=backend, settings=settings, seed=1, name=family)


def some_pieces(lengths: list[int], seed: int = 0) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Spans of these lengths, pieces drawn at random, and where they begin."""
    rng = np.random.default_rng(seed)
    cu_seq_lens = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return rng.integers(4, 120, int(cu_seq_lens[-1])).astype(np.int32), cu_seq_lens
