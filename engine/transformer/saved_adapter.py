# SPDX-License-Identifier: Apache-2.0
"""The adapter that a saved pipeline's encoder has of its own, read without the encoder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors

from .errors import TransformerError
from .lora import CONFIG, Adapter, LoraConfig

ENDS = (".lora_A", ".lora_B")
"""Of the names of its parameters."""

LAYER = ".adapter.safetensors"
"""End of the name of the file that holds them."""


def adapter_of_arrays(config: LoraConfig, arrays: Mapping[str, Any]) -> Adapter:
    """The adapter of parameters by name, `LAYER.lora_A` and `LAYER.lora_B`."""
    a_end, b_end = ENDS
    modules = [name.removesuffix(a_end) for name in arrays if name.endswith(a_end)]
    pairs = {
        name: (np.asarray(arrays[name + a_end], np.float32), np.asarray(arrays[name + b_end], np.float32))
        for name in modules
    }
    return Adapter(config, pairs)


def saved_files(paths: Collection[str], component: str = "") -> tuple[str, str] | None:
    """Which files of a saved pipeline hold the adapter of a component, or of the first that has one: its
    config and its weights; None where none has one."""
    for path in sorted(paths):
        folder, _, name = path.rpartition("/")
        if name == CONFIG and component in ("", folder):
            weights = [one for one in paths if one.startswith(f"{folder}/") and one.endswith(LAYER)]
            return (path, weights[0]) if len(weights) == 1 else None
    return None


def read_saved_adapter(config: bytes, weights: bytes, where: str = "") -> Adapter:
    """The adapter of these two files. Raises: TransformerError."""
    try:
        arrays = load_tensors(weights)
        named = {name.split(".", 2)[2]: array for name, array in arrays.items()}
        return adapter_of_arrays(LoraConfig.from_json(config, where or CONFIG), named)
    except (SafetensorError, ValueError, LookupError) as error:
        raise TransformerError(f"{where}: expected the weights of an adapter, got {error}") from None
