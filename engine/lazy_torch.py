# SPDX-License-Identifier: Apache-2.0
"""torch, imported when something of it is used first, not before: it takes a second and 500 MB, and most
pipelines do without.

Thinc imports torch wherever it is installed, so it is imported here with torch out of sight. Who wants
Thinc's own torch layers imports torch before the engine; then nothing is hidden.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])


class _Later:
    """Stands for a module until one of its names is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        """A name of the module."""
        return getattr(import_module(self._name), name)


if TYPE_CHECKING:
    import torch
else:
    torch = _Later("torch")


def without_gradients(function: Function) -> Function:
    """The function inside `torch.inference_mode`."""

    @wraps(function)
    def inside(*args: Any, **kwargs: Any) -> Any:
        with torch.inference_mode():
            return function(*args, **kwargs)

    return cast(Function, inside)


def loaded_torch() -> ModuleType | None:
    """torch where it was imported, whoever did so, else None."""
    module = sys.modules.get("torch")
    return module if hasattr(module, "set_num_threads") else None


def _import_thinc() -> None:
    if "torch" in sys.modules or "thinc" in sys.modules:
        return
    sys.modules["torch"] = None  # type: ignore[assignment]  # Python's own way to say that a module cannot be imported
    try:
        import_module("thinc.api")
    finally:
        del sys.modules["torch"]


_import_thinc()

__all__ = ["loaded_torch", "torch", "without_gradients"]
