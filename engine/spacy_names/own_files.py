# SPDX-License-Identifier: Apache-2.0
"""Running people's own Python files so that `import spacy` in them means us.

Only these files see the names: those that are run, and modules that lie beside them or below. An import
statement calls the `__import__` of its module's builtins; theirs answers for `spacy` and hands all else on.
Nothing is put into `sys.modules`, so that the rest of the process is as it was.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from .modules import is_documented, missing, named, names_in, virtual_module

SPACY = "spacy"


def run_file(file: str | Path, *, name: str = "", as_spacy: bool = False) -> ModuleType:
    """Run a Python file as a module of that name. `import spacy` in it means us where spaCy is not installed,
    or with `as_spacy`.

    Raises: FileNotFoundError where there is no such file.
    """
    path = Path(file).resolve()
    if not path.is_file():
        raise FileNotFoundError(2, "expected a Python file", str(file))
    stands_in = as_spacy or not is_spacy_installed()
    loader: SourceFileLoader = _Loader("", str(path)) if stands_in else SourceFileLoader("", str(path))
    loader.name = name or path.stem
    spec = spec_from_file_location(loader.name, path, loader=loader)
    assert spec is not None
    assert spec.loader is not None
    if stands_in:
        _finder.add(path.parent)
    module = module_from_spec(spec)
    before = sys.modules.get(spec.name)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(spec.name)
        if before is not None:
            sys.modules[spec.name] = before
        raise
    return module


def is_spacy_installed() -> bool:
    """Whether spaCy itself can be imported; it is not imported to find out."""
    return SPACY in sys.modules or find_spec(SPACY) is not None


class _Loader(SourceFileLoader):
    """Runs a file with builtins of its own."""

    def exec_module(self, module: ModuleType) -> None:
        """Run it."""
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _import}
        super().exec_module(module)


class _Finder(MetaPathFinder):
    """Finds modules in the folders of people's own files, so that they see the names, too."""

    def __init__(self) -> None:
        self.folders: list[Path] = []

    def add(self, folder: Path) -> None:
        """Modules in this folder, and below, are people's own."""
        if folder not in self.folders:
            self.folders.append(folder)
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's place, with a loader of ours where it lies in one of the folders."""
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or not isinstance(spec.loader, SourceFileLoader) or spec.origin is None:
            return None
        origin = Path(spec.origin).resolve()
        if not any(folder in origin.parents for folder in self.folders) or "site-packages" in origin.parts:
            return None
        spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


_finder = _Finder()


def _import(
    name: str,
    globals: Mapping[str, Any] | None = None,
    locals: Mapping[str, Any] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    """What an import statement calls. Raises: ImportError with the name and what to do."""
    if level or name.split(".")[0] != SPACY:
        module: ModuleType = builtins.__import__(name, globals, locals, fromlist or (), level)
        return module
    documented = name.partition(".")[2]
    if documented and not is_documented(documented):
        above, _, last = documented.rpartition(".")
        raise ModuleNotFoundError(missing(above, last), name=name)
    if not fromlist:
        return virtual_module("")
    for each in fromlist:
        if each != "*":
            _expect(documented, each)
    return virtual_module(documented)


def _expect(documented: str, name: str) -> None:
    try:
        named(documented, name)
    except AttributeError as error:
        if name in names_in(documented):
            raise
        raise ImportError(str(error), name=f"{SPACY}.{documented}".rstrip(".")) from None
