# SPDX-License-Identifier: Apache-2.0
"""torch, an extra, imported when something of it is used first, not before: it takes a second and 500 MB, and
most pipelines do without.

Thinc imports torch wherever it is installed, so `engine/thinc_import.py` imports Thinc with torch out of that
thread's sight. Once anybody imports torch, or calls what needs it in Thinc, Thinc is shown it, so that its
wrappers of PyTorch modules work whatever was imported first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module, reload
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from threading import get_ident
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])


class Later:
    """Stands for a module until one of its names is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        """A name of the module; one of Python's own names where there is no module is not there, either."""
        try:
            module = import_module(self._name)
        except ModuleNotFoundError as error:
            if name.startswith("__"):
                raise AttributeError(name) from error
            raise
        return getattr(module, name)


if TYPE_CHECKING:
    import torch
else:
    torch = Later("torch")


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
    """Tells some threads that there is no torch, and Thinc once there is."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """What the finders after this one find, with Thinc told afterwards. Raises: ModuleNotFoundError where
        hidden."""
        if fullname != "torch":
            return None
        if get_ident() in self.threads:
            raise ModuleNotFoundError("torch is hidden while Thinc is imported", name=fullname)
        later = sys.meta_path[sys.meta_path.index(self) + 1 :]
        found = (finder.find_spec(fullname, path, target) for finder in later if hasattr(finder, "find_spec"))
        spec = next((spec for spec in found if spec is not None), None)
        if spec is not None and spec.loader is not None:
            _then_show(spec.loader)
        return spec


def _then_show(loader: Any) -> None:
    """Let a loader show torch to Thinc after it was executed."""
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        execute(module)
        show_torch_to_thinc()

    loader.exec_module = exec_module


def show_torch_to_thinc() -> None:
    """Let Thinc, which was imported without torch, find out what of torch there is."""
    compat = sys.modules.get("thinc.compat")
    if compat is None or getattr(compat, "has_torch", True):
        return
    reload(compat)
    for name, module in list(sys.modules.items()):
        if name.startswith("thinc.") and module is not None:
            for each in ABOUT_TORCH:
                if each in vars(module):
                    setattr(module, each, getattr(compat, each))


def import_torch_where_thinc_needs_it() -> None:
    """Let those functions of Thinc import torch, where it is installed, that would say there is none."""
    util = sys.modules["thinc.util"]
    for name in NEED_TORCH:
        function: Callable[..., Any] = getattr(util, name)
        for module_name, module in list(sys.modules.items()):
            if module_name.startswith("thinc.") and vars(module).get(name) is function:
                setattr(module, name, _after_torch(function))


def _after_torch(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if "torch" not in sys.modules and find_spec("torch") is not None:
            import_module("torch")
        return function(*args, **kwargs)

    return call


ABOUT_TORCH = (
    "torch",
    "has_torch",
    "has_torch_cuda_gpu",
    "has_torch_gpu",
    "has_torch_mps",
    "has_torch_mps_gpu",
    "has_torch_amp",
    "torch_version",
    "has_gpu",
)
"""Names by which Thinc's files know what there is."""

NEED_TORCH = ("assert_pytorch_installed", "get_torch_default_device")
"""Functions of Thinc that are called where torch is wanted."""

_hider = _TorchHider()

__all__ = [
    "Later",
    "hidden_torch",
    "import_torch_where_thinc_needs_it",
    "loaded_torch",
    "show_torch_to_thinc",
    "torch",
    "without_gradients",
]
