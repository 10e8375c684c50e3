# SPDX-License-Identifier: Apache-2.0
"""Pipelines by name, folder and config; classes of languages; meta data."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from confection import Config

from ..config.config import parse_config, read_config
from ..config.registry import registry
from ..config.resolver import resolve
from ..errors import MissingFileError
from ..pipeline.build import load as load_pipeline
from ..pipeline.language_classes import get_lang_class as class_of_language
from ..pipeline.language_classes import known_lang_class
from ..pipeline.pipeline import Pipeline
from ..pipeline.saved_files import META, read_json
from ..spacy_files.installed import find_package


def get_lang_class(lang: str) -> Any:
    """The class of a language's pipelines, such as `English` for "en". Raises: TokenizerError; the message
    lists the languages."""
    return class_of_language(Pipeline, lang)


def set_lang_class(name: str, cls: type) -> None:
    """Let pipelines of a language be of this class."""
    registry.languages(name, func=cls)


def lang_class_is_loaded(lang: str) -> bool:
    """Whether somebody has asked for the class of that language."""
    return known_lang_class(lang)


def load_model(
    name: str | Path,
    *,
    vocab: Any = True,
    disable: str | Iterable[str] = (),
    enable: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    config: Mapping[str, Any] | None = None,
) -> Pipeline:
    """A saved pipeline, by its folder or its package's name; see `engine.load`."""
    return load_pipeline(name, vocab=vocab, disable=disable, enable=enable, exclude=exclude, config=config)


def load_model_from_path(
    model_path: Path,
    *,
    meta: Mapping[str, Any] | None = None,
    vocab: Any = True,
    disable: str | Iterable[str] = (),
    enable: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    config: Mapping[str, Any] | None = None,
) -> Pipeline:
    """A saved pipeline, by its folder."""
    return load_pipeline(
        Path(model_path), vocab=vocab, disable=disable, enable=enable, exclude=exclude, config=config
    )


def load_model_from_package(name: str, **options: Any) -> Pipeline:
    """A saved pipeline, by its package's name. Raises: OSError where no such package is installed."""
    folder = find_package(name)
    if folder is None:
        raise OSError(f"expected the name of an installed pipeline, got {name!r}; pip install it first")
    return load_pipeline(folder, **options)


def load_model_from_init_py(init_file: str | Path, **options: Any) -> Pipeline:
    """The pipeline of a package, for the package's own `load`."""
    package = Path(init_file).parent
    meta = get_model_meta(package)
    return load_pipeline(package / f"{meta['lang']}_{meta['name']}-{meta['version']}", **options)


def load_model_from_config(
    config: Mapping[str, Any],
    *,
    meta: Mapping[str, Any] | None = None,
    vocab: Any = True,
    disable: str | Iterable[str] = (),
    enable: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    auto_fill: bool = False,
    validate: bool = True,
) -> Pipeline:
    """An untrained pipeline from a config. Raises: ConfigError."""
    return Pipeline.from_config(
        config,
        vocab=vocab,
        disable=disable,
        enable=enable,
        exclude=exclude,
        meta=meta,
        auto_fill=auto_fill,
        validate=validate,
    )


def load_config(
    path: str | Path, overrides: Mapping[str, Any] | None = None, interpolate: bool = False
) -> Config:
    """The config of a file, or of standard input for "-", with `section.key` overrides put in.

    Raises: ConfigError; MissingFileError where there is no such file.
    """
    if str(path) == "-":
        return parse_config(sys.stdin.read(), overrides, interpolate=interpolate)
    if not Path(path).is_file():
        raise MissingFileError(f"expected a config file, got {str(path)!r}, which is not a file")
    return read_config(path, overrides, interpolate=interpolate)


def load_config_from_str(
    text: str, overrides: Mapping[str, Any] | None = None, interpolate: bool = False
) -> Config:
    """The config of a text. Raises: ConfigError."""
    return parse_config(text, overrides, interpolate=interpolate)


def load_meta(path: str | Path) -> dict[str, Any]:
    """The meta data of a pipeline, by their file. Raises: ModelFileError."""
    return read_json(Path(path))


def get_model_meta(path: str | Path) -> dict[str, Any]:
    """The meta data of a pipeline, by its folder. Raises: ModelFileError."""
    return read_json(Path(path) / META)


def get_sourced_components(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Sections of components that are taken from another pipeline."""
    return {name: block for name, block in config.get("components", {}).items() if "source" in block}


def resolve_dot_names(config: Config, dot_names: Sequence[str | None]) -> tuple[Any, ...]:
    """What the sections of these dotted names make; None for None. Raises: ConfigError."""
    return tuple(None if name is None else resolve(config, name) for name in dot_names)
