# SPDX-License-Identifier: Apache-2.0
"""Where pipelines run that are loaded from now on, unless `load(device=...)` says it."""

from __future__ import annotations

from .errors import EngineError
from .extras import TORCH
from .lazy_torch import torch

CPU = "cpu"

_chosen = [CPU]


class NoDeviceError(EngineError, ValueError):
    """A GPU was asked for, and there is none that can be used."""


def default_device() -> str:
    """The device that was chosen last."""
    return _chosen[0]


def prefer_gpu(gpu_id: int = 0) -> bool:
    """Annotate on a GPU from now on, if there is one; whether there is. Training stays on the CPU."""
    try:
        return require_gpu(gpu_id)
    except EngineError:
        return False


def require_gpu(gpu_id: int = 0) -> bool:
    """Annotate on a GPU from now on. Raises: NoDeviceError, a ValueError, where there is none."""
    if not TORCH.is_installed:
        raise NoDeviceError(f"expected torch to use a GPU with, it is not installed; {TORCH.line_to_type}")
    if gpu_id < 0 or not torch.cuda.is_available() or gpu_id >= torch.cuda.device_count():
        raise NoDeviceError(
            f"expected GPU {gpu_id}, torch sees {torch.cuda.device_count()} of them; use prefer_gpu() or "
            "require_cpu()"
        )
    _chosen[0] = f"cuda:{gpu_id}"
    return True


def require_cpu() -> bool:
    """Annotate on the CPU from now on."""
    _chosen[0] = CPU
    return True


def setup_gpu(use_gpu: int, silent: bool = False) -> None:
    """What scripts call with the number of a GPU, -1 for the CPU. Raises: NoDeviceError."""
    if use_gpu >= 0:
        require_gpu(use_gpu)
    else:
        require_cpu()
