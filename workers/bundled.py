# SPDX-License-Identifier: Apache-2.0
"""Files that come with Freshet: the starter pipeline and the training configs, in a wheel or in a
checkout."""

from __future__ import annotations

from pathlib import Path

from engine.spacy_files.installed import pipeline_folder

from .errors import SettingsError

STARTER = "en_starter"
_WORKERS = Path(__file__).parent


def find_model(name: str) -> Path:
    """The folder of a pipeline: a path (of a training's folder its best one), the name of one that comes with
    Freshet, or of an installed package.

    Raises: SettingsError where there is none.
    """
    for place in (Path(name), *(root / name for root in _roots("models"))):
        folder = pipeline_folder(place)
        if (folder / "config.cfg").is_file():
            return folder
    known = sorted(
        path.name
        for root in _roots("models")
        if root.is_dir()
        for path in root.iterdir()
        if (path / "config.cfg").is_file()
    )
    raise SettingsError(
        f"expected a pipeline's folder (with a config.cfg in it), got {name!r}; bundled: "
        f"{', '.join(known) or 'none'}; an installed package of that name was not found either"
    )


def find_config(name: str) -> Path:
    """A config that comes with Freshet, by its file name. Raises: SettingsError where there is none."""
    for root in _roots("configs"):
        if (root / name).is_file():
            return root / name
    known = sorted(path.name for root in _roots("configs") if root.is_dir() for path in root.glob("*.cfg"))
    raise SettingsError(
        f"expected the name of a bundled config, got {name!r}; there are: {', '.join(known) or 'none'}"
    )


def _roots(kind: str) -> tuple[Path, Path]:
    return _WORKERS / "bundle" / kind, _WORKERS.parent / kind
