# SPDX-License-Identifier: Apache-2.0
"""Which parameters are the lower ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .errors import TransformerError

LAYER = re.compile(r"(?:^|\.)(?:layer|layers)\.(\d+)\.")
EMBEDDINGS = re.compile(
    r"^(?:embeddings|embeddings_project|encoder\.embedding_hidden_mapping_in)\b|(?:^|\.)tok_embeddings\.|^embed_tokens\."
)


def frozen_names(
    names: Sequence[str], embeddings: bool, lower_layers: int, n_layers: int, encoder: str
) -> frozenset[str]:
    """The names of the embeddings, where asked for, and of so many layers above them.

    Raises: TransformerError where there are fewer layers, or layers share their weights.
    """
    if not 0 <= lower_layers <= n_layers:
        raise TransformerError(f"{encoder}: expected 0 to {n_layers} layers to freeze, got {lower_layers}")
    if lower_layers and any("albert_layer_groups" in name for name in names):
        raise TransformerError(
            f"{encoder}: expected layers with weights of their own to freeze {lower_layers} of them, got "
            "ALBERT, whose "
            "layers share theirs; freeze the embeddings or all"
        )
    layer_of = {name: int(found[1]) for name in names if (found := LAYER.search(name))}
    lower = {name for name, layer in layer_of.items() if layer < lower_layers}
    below = {name for name in names if embeddings and name not in layer_of and EMBEDDINGS.search(name)}
    return frozenset(lower | below)
