# SPDX-License-Identifier: Apache-2.0
"""The API reference from the docstrings, one page a module: `python docs/build_api.py FOLDER` (`make docs`).

pdoc writes the pages. Whatever it warns of (a type that it cannot resolve, a broken page) ends the build.
"""

from __future__ import annotations

import pkgutil
import sys
import warnings
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pdoc.doc
import pdoc.render

import engine
import schemas
import workers

ROOMS = (schemas, engine, workers)
NOT_OURS = (
    # Classes of Thinc that ours inherit from.
    r"Error parsing type annotation .* for thinc\..*",
    # The constructor that Python writes for a NamedTuple has no module in which pdoc could look names up.
    r"Error parsing type annotation .*\.__init__\. Import of \w+ failed: name '\w+' is not defined",
)
"""Warnings about what we did not write and cannot mend."""


def main(folder: Path) -> None:
    """Write the reference into the folder. Raises: UserWarning, the first that pdoc gives."""
    modules = {name: pdoc.doc.Module(whole_module(name)) for name in names()}
    warnings.simplefilter("error", UserWarning)  # only now: third parties warn while they are imported
    for message in NOT_OURS:
        warnings.filterwarnings("ignore", message, UserWarning)
    pdoc.render.configure(docformat="markdown", footer_text="Freshet", show_source=False, search=False)
    for name, module in modules.items():
        write(folder / f"{name.replace('.', '/')}.html", pdoc.render.html_module(module, modules))
    write(folder / "index.html", pdoc.render.html_index(modules))
    print(f"{len(modules)} modules: {folder / 'index.html'}")


def whole_module(name: str) -> ModuleType:
    """A module with all its public names: some make theirs when they are asked for."""
    module = import_module(name)
    for public in getattr(module, "__all__", ()):
        getattr(module, public)
    return module


def write(file: Path, text: str) -> None:
    """Write a page, making its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf8")


def names() -> list[str]:
    """All modules of the three rooms; not those that run when they are imported."""
    found = [room.__name__ for room in ROOMS]
    for room in ROOMS:
        found += [info.name for info in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")]
    return sorted(name for name in found if not name.endswith("__main__"))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "site"))
