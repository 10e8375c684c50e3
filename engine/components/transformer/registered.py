# SPDX-License-Identifier: Apache-2.0
"""All names that the registry knows of encoders: importing this file registers them."""

from __future__ import annotations

from . import (
    adamw,
    annotation_setters,
    curated_listeners,
    curated_models,
    curated_transformer,
    hf_text_classifier,
    hf_token_classifier,
    listener,
    model_loaders,
    piece_encoders,
    scalar_weight,
    span_getters,
    tok2vec_transformer,
    transformer,
    transformer_model,
    unfreezing,
)

__all__ = [
    "adamw",
    "annotation_setters",
    "curated_listeners",
    "curated_models",
    "curated_transformer",
    "hf_text_classifier",
    "hf_token_classifier",
    "listener",
    "model_loaders",
    "piece_encoders",
    "scalar_weight",
    "span_getters",
    "tok2vec_transformer",
    "transformer",
    "transformer_model",
    "unfreezing",
]
