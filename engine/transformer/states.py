# SPDX-License-Identifier: Apache-2.0
"""Weights of encoders as bytes, and their names in Hugging Face's modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def read_state(data: bytes, name: str) -> dict[str, Array]:
    """Weights by name, from an archive of `torch.save` or from safetensors. Raises: ModelFileError."""
    raise NotImplementedError


def write_state(state: Mapping[str, Array]) -> bytes:
    """Weights as safetensors, tensors that share memory once each."""
    raise NotImplementedError


def curated_config(family: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Hugging Face's config of a curated architecture.

    `family` is albert, bert, camembert, roberta or xlm-roberta, `arguments` those of the architecture
    (`spacy-curated-transformers.BertTransformer.v1` and so on), defaults filled. Raises: TransformerError.
    """
    raise NotImplementedError


def hugging_face_names(family: str, state: Mapping[str, Array]) -> dict[str, Array]:
    """The state of a curated encoder under the names of Hugging Face's module (joined query, key and value
    split in three). Raises: TransformerError for a name that no curated encoder has."""
    raise NotImplementedError
