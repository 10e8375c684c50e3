# SPDX-License-Identifier: Apache-2.0
"""Which back end computes.

`choose_backend("auto")` takes the fastest measured back end that leaves all annotations as float32 has them:
float32 tiles on AVX-512 or AVX2, else float32 through torch (an extra). Plain bfloat16, which changes a few
labels in ten thousand, is taken only when asked for. The measurements stand in
`docs/adr/0008-matrix-back-ends.md`.
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import EngineError
from ..extras import TORCH, Extra
from .backend import Backend
from .cpu import cpu_features
from .device import DeviceBackend
from .torch import TorchBackend
from .vector import PlainBackend, VectorBackend

_BACKENDS: dict[str, Callable[[], Backend]] = {
    "fp32": lambda: PlainBackend() if cpu_features().lanes else TorchBackend("fp32"),
    VectorBackend.name: VectorBackend,
    "torch": lambda: TorchBackend("torch"),
    "bf16": lambda: TorchBackend("bf16", exact=_fastest_float32()),
}

_REMOVED = {"split": "; split bfloat16 on AMX tiles is gone: 'auto' gives the same annotations"}
"""What to do instead of a back end that there was once."""


def choose_backend(precision: str = "auto", device: str = "cpu") -> Backend:
    """The back end for a precision: `auto`, or a back end by its name; on another device than the CPU,
    float32 there.

    Raises: EngineError where there is no back end of that name, this CPU cannot run it or it needs an extra
    that is not installed.
    """
    if device != "cpu":
        return DeviceBackend(device)
    if precision == "auto":
        return _fastest_float32()
    if precision not in _BACKENDS:
        raise EngineError(
            f"expected precision 'auto' or one of {', '.join(sorted(_BACKENDS))}, got {precision!r}"
            f"{_REMOVED.get(precision, '')}"
        )
    if not _has_vectors_for(precision):
        raise EngineError(
            f"back end {precision!r} cannot run on this CPU; there are "
            f"{', '.join(available_backends())}; choose 'auto'"
        )
    return _BACKENDS[precision]()


def available_backends() -> tuple[str, ...]:
    """Names of the back ends that this CPU can run with what is installed."""
    torch = TORCH.is_installed
    return tuple(name for name in _BACKENDS if _has_vectors_for(name) and (torch or not _needs_torch(name)))


def extra_for(precision: str = "auto", device: str = "cpu") -> Extra | None:
    """The extra that this choice needs on this CPU, None where a base install will do."""
    return TORCH if device != "cpu" or _needs_torch(precision) else None


def _needs_torch(name: str) -> bool:
    return name in ("torch", "bf16") or not cpu_features().lanes


def _has_vectors_for(name: str) -> bool:
    return name != VectorBackend.name or cpu_features().lanes > 0


def _fastest_float32() -> Backend:
    return VectorBackend() if cpu_features().lanes else TorchBackend("fp32")
