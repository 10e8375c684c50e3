# SPDX-License-Identifier: Apache-2.0
"""torch, imported when something of it is used first, not before: it takes a second and 500 MB, and most
pipelines do without.

Thinc imports torch wherever it is installed, so `engine/thinc_import.py` imports Thinc with torch out of that
thread's sight. Who wants Thinc's own torch layers imports torch before the engine; then nothing is hidden.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from importlib.abc import MetaPathFinder
from threading import get_ident
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


@contextmanager
def hidden_torch() -> Iterator[None]:
    """Inside, this thread cannot begin to import torch; other threads can, meanwhile and afterwards.

    Where torch is there already, or another thread is importing it, it is found as ever.
    """
    if _hider not in sys.meta_path:
        # It stays: whoever goes through the list while an entry is taken out misses the one after it.
        sys.meta_path.insert(0, _hider)
    thread = get_ident()
    _hider.threads.add(thread)
    try:
        yield
    finally:
        _hider.threads.discard(thread)


class _TorchHider(MetaPathFinder):
    """Finds nothing, but tells some threads that there is no torch."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        """None, so that the finders after this one are asked. Raises: ModuleNotFoundError where hidden."""
        if fullname == "torch" and get_ident() in self.threads:
            raise ModuleNotFoundError("torch is hidden while Thinc is imported", name=fullname)


_hider = _TorchHider()

__all__ = ["hidden_torch", "loaded_torch", "torch", "without_gradients"]
