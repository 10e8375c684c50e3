# SPDX-License-Identifier: Apache-2.0
"""Encoders of curated-transformers as Hugging Face's: their configs and the names of their weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import TransformerError

Array = npt.NDArray[Any]

FAMILIES = ("albert", "bert", "camembert", "roberta", "xlm-roberta")
RENAMED = {
    "embedding_width": "embedding_size",
    "hidden_width": "hidden_size",
    "intermediate_width": "intermediate_size",
    "padding_idx": "pad_token_id",
}
KEPT = (
    "attention_probs_dropout_prob",
    "hidden_act",
    "hidden_dropout_prob",
    "layer_norm_eps",
    "max_position_embeddings",
    "num_attention_heads",
    "num_hidden_groups",
    "num_hidden_layers",
    "type_vocab_size",
    "vocab_size",
)


def curated_config(family: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Hugging Face's config of a curated architecture.

    `family` is albert, bert, camembert, roberta or xlm-roberta, `arguments` all those of the architecture
    (`spacy-curated-transformers.BertTransformer.v1` and so on), whose signature has the defaults.
    Raises: TransformerError.
    """
    if family not in FAMILIES:
        raise TransformerError(f"expected a family among {', '.join(FAMILIES)}, got {family!r}")
    if "vocab_size" not in arguments:
        raise TransformerError(
            f"expected the vocab_size of a {family} encoder, got {', '.join(sorted(arguments))}"
        )
    config = {name: arguments[name] for name in KEPT if name in arguments}
    config.update({theirs: arguments[ours] for ours, theirs in RENAMED.items() if ours in arguments})
    return {"model_type": family, **config}


PREFIX = "curated_encoder."
EMBEDDINGS = {
    "word_embeddings": "embeddings.word_embeddings",
    "token_type_embeddings": "embeddings.token_type_embeddings",
    "position_embeddings": "embeddings.position_embeddings",
    "layer_norm": "embeddings.LayerNorm",
    "projection": "encoder.embedding_hidden_mapping_in",
}
JOINED = "mha.input"
BERT_LAYER = {
    "mha.output": "attention.output.dense",
    "attn_output_layernorm": "attention.output.LayerNorm",
    "ffn.intermediate": "intermediate.dense",
    "ffn.output": "output.dense",
    "ffn_output_layernorm": "output.LayerNorm",
}
ALBERT_LAYER = {
    "mha.output": "attention.dense",
    "attn_output_layernorm": "attention.LayerNorm",
    "ffn.intermediate": "ffn",
    "ffn.output": "ffn_output",
    "ffn_output_layernorm": "full_layer_layer_norm",
}
EMBEDDING_NAME = re.compile(r"embeddings\.(?:inner\.)?(?P<part>\w+)\.(?P<kind>weight|bias)")
LAYER_NAME = re.compile(
    r"(?:layers\.(?P<layer>\d+)|groups\.(?P<group>\d+)\.group_layers\.(?P<inner>\d+))"
    r"\.(?P<part>[\w.]+)\.(?P<kind>weight|bias)"
)


def hugging_face_names(family: str, state: Mapping[str, Array]) -> dict[str, Array]:
    """The state of a curated encoder under the names of Hugging Face's module (joined query, key and value
    split in three). Raises: TransformerError for a name that no curated encoder has."""
    named: dict[str, Array] = {}
    for name, array in state.items():
        inner = name.removeprefix(PREFIX)
        if (found := EMBEDDING_NAME.fullmatch(inner)) and found["part"] in EMBEDDINGS:
            named[f"{EMBEDDINGS[found['part']]}.{found['kind']}"] = array
        elif found := LAYER_NAME.fullmatch(inner):
            named.update(_layer_names(found, array, name))
        elif not inner.endswith("position_ids"):
            raise _unknown(family, name)
    return named


def _layer_names(found: re.Match[str], array: Array, name: str) -> dict[str, Array]:
    is_albert, part, kind = found["layer"] is None, found["part"], found["kind"]
    if is_albert:
        layer = f"encoder.albert_layer_groups.{found['group']}.albert_layers.{found['inner']}"
    else:
        layer = f"encoder.layer.{found['layer']}"
    if part == JOINED:
        attention = "attention" if is_albert else "attention.self"
        thirds = np.split(array, 3)
        return {
            f"{layer}.{attention}.{third}.{kind}": rows
            for third, rows in zip(("query", "key", "value"), thirds, strict=True)
        }
    names = ALBERT_LAYER if is_albert else BERT_LAYER
    if part not in names:
        raise _unknown("albert" if is_albert else "bert", name)
    return {f"{layer}.{names[part]}.{kind}": array}


def _unknown(family: str, name: str) -> TransformerError:
    return TransformerError(
        f"expected the weights of a curated {family} encoder, got one named {name[:80]!r}; load encoders of "
        "Hugging "
        "Face by the architecture spacy-transformers.TransformerModel.v3"
    )
