# SPDX-License-Identifier: Apache-2.0
"""Documented modules below `engine`: `from engine.tokens import Doc` where there is no file of that name.

`engine/__init__.py` puts the finder to the end of Python's own, so that it is asked last, and only for names
that no file has.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType

from .modules import NamedModule, is_documented

BELOW = "engine."


class EngineModules(Loader):
    """Makes a documented module of its name."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module."""
        return NamedModule(spec.name, spec.name.removeprefix(BELOW))

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


def find_documented(fullname: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """The spec of a documented module below `engine`; None for any other."""
    if not is_documented(fullname.removeprefix(BELOW)):
        return None
    return ModuleSpec(fullname, EngineModules(), is_package=True)
