# SPDX-License-Identifier: Apache-2.0
"""What is installed, and what a pipeline says of itself."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path
from typing import Any

from ..config.config import read_config
from ..config.registry import registry
from ..errors import EngineError
from ..spacy_files.installed import pipeline_folder
from ..visible_text import print_visible
from .package import ENTRY_POINTS


@dataclass(frozen=True, slots=True)
class InstalledPipeline:
    """A pipeline's package. `problem`: why it does not load, an empty string where it does."""

    name: str
    version: str
    path: Path
    problem: str


def info(
    model: str | None = None,
    *,
    markdown: bool = False,
    silent: bool = True,
    exclude: Iterable[str] = ("labels",),
) -> dict[str, Any] | str:
    """What is installed, or the meta data of a pipeline (its folder, or a package's name), as a map or, with
    `markdown`, as text. Printed unless `silent`. Raises: EngineError."""
    found = meta_of(model, exclude) if model else about()
    text = as_markdown(found)
    if not silent:
        print_visible(text if markdown else as_lines(found))
    return text if markdown else found


def about() -> dict[str, Any]:
    """Version, place, platform and installed pipelines."""
    return {
        "Freshet version": version("freshet"),
        "Location": str(Path(__file__).parent.parent),
        "Platform": platform.platform(),
        "Python version": platform.python_version(),
        "Pipelines": {pipeline.name: pipeline.version for pipeline in installed_pipelines()},
    }


def meta_of(model: str, exclude: Iterable[str] = ()) -> dict[str, Any]:
    """The meta data of a saved pipeline, and where it is. Raises: EngineError where there is none."""
    folder = pipeline_folder(model)
    file = folder / "meta.json"
    if not file.is_file():
        raise EngineError(
            f"expected a pipeline's folder or the name of an installed package, got {model!r}; `freshet "
            "info` lists what is installed"
        )
    meta: dict[str, Any] = json.loads(file.read_bytes())
    left_out = set(exclude)
    return {**{key: value for key, value in meta.items() if key not in left_out}, "source": str(folder)}


def installed_pipelines() -> list[InstalledPipeline]:
    """All packages that say they are pipelines, by name."""
    return sorted(_installed(), key=lambda pipeline: pipeline.name)


def as_lines(values: Mapping[str, Any]) -> str:
    """A line for each value."""
    width = max(map(len, values), default=0)
    return "\n".join(f"{key:{width}}  {_text(value)}" for key, value in values.items())


def as_markdown(values: Mapping[str, Any]) -> str:
    """A list for a report."""
    return "\n".join(f"- **{key}:** {_text(value)}" for key, value in values.items())


def _installed() -> Iterator[InstalledPipeline]:
    seen: set[str] = set()
    for entry in (entry for group in ENTRY_POINTS for entry in entry_points(group=group)):
        if entry.name in seen:
            continue
        seen.add(entry.name)
        folder = pipeline_folder(entry.name)
        yield InstalledPipeline(entry.name, _version(entry), folder, _problem(folder))


def _version(entry: EntryPoint) -> str:
    return entry.dist.version if entry.dist is not None else ""


def _problem(folder: Path) -> str:
    try:
        config = read_config(folder / "config.cfg", interpolate=True)
    except EngineError as error:
        return str(error)
    for name in config.get("nlp", {}).get("pipeline", ()):
        factory = config.get("components", {}).get(name, {}).get("factory", "")
        if not registry.has("factories", factory):
            return f"component {name!r} is made by the factory {factory!r}, which is not here"
    return ""


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} ({item})" for key, item in value.items()) or "none"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
