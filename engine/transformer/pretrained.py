# SPDX-License-Identifier: Apache-2.0
"""Encoders by name: a local folder in Hugging Face's layout, or a model of the hub that is in its cache or can be
fetched. Code of a model is never run, and pickles are never loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Pretrained:
    """What a folder holds: the config as a map, the weights by name, the tokenizer's files."""

    name: str
    config: Mapping[str, Any]
    state: Mapping[str, Array]
    tokenizer_files: Mapping[str, bytes]


def read_pretrained(name: str, *, revision: str = "main") -> Pretrained:
    """A folder, or a model of the hub by name (`HF_HUB_OFFLINE=1`: only what is in the cache).

    Weights: model.safetensors (or its shards), else pytorch_model.bin by the restricted reader.
    Raises: TransformerError, which says where was looked and which files are missing.
    """
    raise NotImplementedError
