# SPDX-License-Identifier: Apache-2.0
"""Weights of PyTorch modules inside Thinc's wrappers, as named arrays: nothing of them is pickled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.api import Model

from ..errors import ComponentError
from ..lazy_torch import torch

Array = npt.NDArray[Any]


def shim_arrays(model: Model[Any, Any]) -> dict[str, Array]:
    """All tensors of all modules, by the module's place in the model and the tensor's name in it."""
    return {
        f"{place}.{name}": tensor.detach().cpu().float().numpy()
        if tensor.is_floating_point()
        else tensor.detach().cpu().numpy()
        for place, module in _modules(model)
        for name, tensor in module.state_dict().items()
    }


def shim_keys(model: Model[Any, Any]) -> set[str]:
    """The names that `shim_arrays` gives."""
    return {f"{place}.{name}" for place, module in _modules(model) for name in module.state_dict()}


def load_shims(model: Model[Any, Any], arrays: Mapping[str, Array]) -> None:
    """Take over what `shim_arrays` gave. Raises: EngineError where a tensor has another shape."""
    for place, module in _modules(model):
        own = module.state_dict()
        values = {name: torch.from_numpy(np.array(arrays[f"{place}.{name}"])) for name in own}
        for name, tensor in own.items():
            if tensor.shape != values[name].shape:
                raise ComponentError(
                    f"{place}.{name}: expected weights of shape {tuple(tensor.shape)}, got "
                    f"{tuple(values[name].shape)}; is this the module that was trained?"
                )
        module.load_state_dict(values)


def _modules(model: Model[Any, Any]) -> Iterator[tuple[str, Any]]:
    for index, node in enumerate(model.walk()):
        for number, shim in enumerate(node.shims):
            module = getattr(shim, "_model", None)
            if hasattr(module, "state_dict"):
                yield f"{index:03d}.{node.name}.module{number}", module
            else:
                raise ComponentError(
                    f"expected PyTorch modules in Thinc's wrappers, got {type(shim).__name__} in {node.name}"
                    "; models of other libraries cannot be kept"
                )
