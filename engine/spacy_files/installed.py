# SPDX-License-Identifier: Apache-2.0
"""Where a saved pipeline really is: the best one of a training's folder, or that of an installed package."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

CONFIG, META = "config.cfg", "meta.json"
BEST = "model-best"
CODE = "code"
"""In the meta data of a package: the modules of its own that register what its config names."""


def pipeline_folder(path: str | Path) -> Path:
    """The folder of a pipeline: the path itself, `model-best` in it where a training wrote that, or the data
    of an installed package of that name. A path at which nothing is comes back as it is."""
    folder = Path(path)
    if (folder / CONFIG).is_file():
        return folder
    if (folder / BEST / CONFIG).is_file():
        return folder / BEST
    return (find_package(str(path)) if not folder.exists() else None) or folder


def find_package(name: str) -> Path | None:
    """The data folder of an installed pipeline package, by the package's name, which is not imported for
    this; else None.

    A package of ours that brings code of its own has it imported, so that its functions are registered.
    """
    module = name.replace("-", "_")
    if not module.isidentifier():
        return None
    spec = find_spec(module)
    for place in spec.submodule_search_locations or () if spec is not None else ():
        folder = data_of_package(Path(place))
        if folder is not None:
            if _has_code(Path(place)):
                import_module(module)
            return folder
    return None


def data_of_package(package: Path) -> Path | None:
    """The one folder `NAME-VERSION` with a config in a package's folder; None where it is no pipeline's."""
    if not (package / META).is_file():
        return None
    inner = [folder for folder in package.glob("*-*") if (folder / CONFIG).is_file()]
    return inner[0] if len(inner) == 1 else None


def _has_code(package: Path) -> bool:
    try:
        meta = json.loads((package / META).read_bytes())
    except ValueError:
        return False
    return isinstance(meta, dict) and bool(meta.get(CODE))
