# SPDX-License-Identifier: Apache-2.0
"""How large a module is that a config asks for, before any of it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import get_ident
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..lazy_torch import torch
from .errors import TransformerError

if TYPE_CHECKING:
    from torch import nn

Array = npt.NDArray[Any]

COUNTED = ("num_", "n_")
"""How settings begin that say how many of something there are: layers, heads, labels."""
MOST = 1 << 20
"""Labels, layers, heads, words: more than anybody has of any."""
LARGEST = 1 << 32
"""Of other whole numbers, sizes of vocabularies among them."""
MODULES_BESIDE, NUMBERS_BESIDE = 1000, 1 << 24
"""Modules beyond some per weight, and numbers beyond the weights' own (poolers, tables of positions)."""


def check_settings(config: Mapping[str, Any], name: str) -> None:
    """Raises: TransformerError for a number of layers, labels or pieces that no model has, for lists of that
    length are made of it."""
    for key, value in config.items():
        if not isinstance(value, int) or isinstance(value, bool):
            continue
        limit = MOST if key.startswith(COUNTED) else LARGEST
        if abs(value) > limit:
            raise TransformerError(f"{name}: expected {key} of up to {limit}, got {value}")


def check_size(make: Callable[[], nn.Module], state: Mapping[str, Array], name: str) -> None:
    """Make a module of shapes alone, and compare its size with that of the weights that are there for it.

    Raises: TransformerError where it is far larger, or has far more parts: config and weights do not belong
    together.
    """
    limit = MODULES_BESIDE + 20 * len(state)
    count, thread = 0, get_ident()

    def counted(*_: Any) -> None:
        nonlocal count
        count += get_ident() == thread
        if count > limit:
            raise TransformerError(_too_large(name, f"more than {limit} parts", f"{len(state)} weights"))

    handle = torch.nn.modules.module.register_module_module_registration_hook(counted)
    try:
        with torch.device("meta"):
            module = make()
    finally:
        handle.remove()
    wanted = sum(each.numel() for each in (*module.parameters(), *module.buffers()))
    known = sum(int(np.size(array)) for array in state.values())
    if wanted > 2 * known + NUMBERS_BESIDE:
        raise TransformerError(_too_large(name, f"{wanted} numbers", str(known)))


def _too_large(name: str, wanted: str, known: str) -> str:
    return f"{name}: expected a config that its weights fit, got one for {wanted}, with {known}"
