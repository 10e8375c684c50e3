# SPDX-License-Identifier: Apache-2.0
"""Which back end computes.

`choose_backend("auto")` takes the fastest measured back end that leaves all annotations as float32 has them:
float32 tiles in the vectors of this CPU. Plain bfloat16, which changes a few labels in ten thousand, is taken
only when asked for. The measurements stand in `docs/adr/0008-matrix-back-ends.md`.
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import EngineError
from ..extras import TORCH, Extra
from .backend import Backend
from .device import DeviceBackend
from .torch import TorchBackend
from .vector import PlainBackend, VectorBackend

_BACKENDS: dict[str, Callable[[], Backend]] = {
    "fp32": PlainBackend,
    VectorBackend.name: VectorBackend,
    "torch": lambda: TorchBackend("torch"),
    "bf16": lambda: TorchBackend("bf16", exact=VectorBackend()),
}

_OF_OTHER_CPUS = {"avx512", "avx2", "neon", "sse"} - {VectorBackend.name}

_REMOVED = {"split": "; split bfloat16 on AMX tiles is gone: 'auto' gives the same annotations"}
"""What to do instead of a back end that there was once."""


def choose_backend(precision: str = "auto", device: str = "cpu") -> Backend:
    """The back end for a precision: `auto`, or a back end by its name; on another device than the CPU,
    float32 there.

    Raises: EngineError where there is no back end of that name, this CPU has not its vectors or it needs an
    extra that is not installed.
    """
    if device != "cpu":
        return DeviceBackend(device)
    if precision == "auto":
        return VectorBackend()
    if precision in _OF_OTHER_CPUS:
        raise EngineError(
            f"back end {precision!r} is not that of this process's CPU level; there are "
            f"{', '.join(available_backends())}; choose 'auto'"
        )
    if precision not in _BACKENDS:
        raise EngineError(
            f"expected precision 'auto' or one of {', '.join(sorted(_BACKENDS))}, got {precision!r}"
            f"{_REMOVED.get(precision, '')}"
        )
    return _BACKENDS[precision]()


def available_backends() -> tuple[str, ...]:
    """Names of the back ends that this CPU can run with what is installed."""
    return tuple(name for name in _BACKENDS if TORCH.is_installed or extra_for(name) is None)


def extra_for(precision: str = "auto", device: str = "cpu") -> Extra | None:
    """The extra that this choice needs, None where a base install will do."""
    return TORCH if device != "cpu" or precision in ("torch", "bf16") else None
