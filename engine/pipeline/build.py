# SPDX-License-Identifier: Apache-2.0
"""Making pipelines: from a config, from a directory, or blank."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from confection import Config

from ..components import Component, TrainableComponent
from ..config.config import ConfigError, apply_overrides, interpolate_config, parse_config, read_config
from ..config.default_values import fill_config
from ..config.registry import UnknownNameError, names_of, registry
from ..config.resolver import call_with, resolve
from ..errors import EngineError, ModelFileError
from ..layers import use_engine_ops
from ..spacy_files import find_spacy_folder, read_spacy_folder
from ..spacy_files.installed import pipeline_folder
from ..tokenizers import RuleTokenizer, Tokenizer
from .pipeline import Pipeline
from .saved_files import CONFIG, TOKENIZER, load_states, read_checked, read_meta, read_vectors

OF_ALL_FILES = ("digest", "files")
"""What `meta.json` says of a pipeline as a whole; no longer true where a component is left out."""


def load(
    path: str | Path,
    *,
    disable: Iterable[str] = (),
    exclude: Iterable[str] = (),
    precision: str = "auto",
    device: str = "cpu",
) -> Pipeline:
    """A saved pipeline, ours or one saved by spaCy 3: its folder, that of a training (its best one), or the
    name of an installed package. Components in `disable` are there but do not run; those
    in `exclude` are not read at all. `precision`: `auto`, or a back end by its name; `device`: `cpu`, `cuda`,
    `cuda:1`.

    Raises: ModelFileError, which names the file, where one is missing, truncated or changed; EngineError
    where this machine lacks the back end or the extra that it needs.
    """
    root = pipeline_folder(path)
    saved = find_spacy_folder(root)
    pipeline = _load_own(root, disable, exclude) if saved is None else _load_spacy(saved, disable, exclude)
    for _, component in pipeline.components:
        if isinstance(component, TrainableComponent):
            component.precision, component.device = precision, device
            component.backend()  # what is missing is said now, not at the first text
    return pipeline


def _load_own(root: Path, disable: Iterable[str], exclude: Iterable[str]) -> Pipeline:
    meta = read_meta(root)
    config = parse_config(read_checked(root, CONFIG, meta).decode("utf8"))
    tokenizer = RuleTokenizer.from_json(read_checked(root, TOKENIZER, meta))
    pipeline = build(config, exclude=exclude, disable=disable, tokenizer=tokenizer, meta=meta)
    pipeline.use_vectors(read_vectors(root, meta))
    load_states(pipeline.components, root, meta)
    return pipeline


def _load_spacy(root: Path, disable: Iterable[str], exclude: Iterable[str]) -> Pipeline:
    """A pipeline of spaCy, from its directory as it is."""
    left_out = list(exclude)
    saved = read_spacy_folder(root, left_out)
    try:
        pipeline = build(
            saved.config, exclude=left_out, disable=disable, tokenizer=saved.tokenizer, meta=saved.meta
        )
    except (EngineError, ValueError, TypeError, LookupError, AttributeError) as error:
        what = (
            str(error)
            if isinstance(error, EngineError)
            else f"expected a config of a pipeline, got {type(error).__name__}: {error}"
        )
        raise ModelFileError(f"{root / CONFIG}: {what}") from error
    pipeline.use_vectors(saved.vocab.vectors)
    saved.load_states(pipeline.components)
    return pipeline


def blank(lang: str = "en") -> Pipeline:
    """A pipeline that only tokenizes."""
    return build(fill_config(Config({"nlp": {"lang": lang}})))


def from_config(
    source: str | Path | Config | Mapping[str, Any], overrides: Mapping[str, object] | None = None
) -> Pipeline:
    """An untrained pipeline from a config or the path of one. Raises: ConfigError."""
    if isinstance(source, str | Path):
        return build(read_config(source, overrides))
    config = (
        source.copy() if isinstance(source, Config) else Config(dict(source), is_interpolated=False).copy()
    )
    apply_overrides(config, overrides or {})
    return build(config)


def build(
    config: Config,
    *,
    disable: Iterable[str] = (),
    exclude: Iterable[str] = (),
    tokenizer: Tokenizer | None = None,
    meta: Mapping[str, Any] | None = None,
) -> Pipeline:
    """Make tokenizer and components and run the `[nlp]` callbacks; weights are not drawn yet."""
    values = interpolate_config(config)
    with use_engine_ops():
        nlp = resolve(values, "nlp")
        kind = _call_back(nlp["before_creation"], Pipeline, "before_creation", type)
        left_out = set(exclude)
        _check_names(values, [*disable, *left_out])
        maker: Callable[[str], Tokenizer] = nlp["tokenizer"]
        disabled = {*nlp["disabled"], *disable}
        names = [name for name in nlp["pipeline"] if name not in left_out]
        if left_out:
            config, meta = (
                _without(config, names),
                {key: value for key, value in (meta or {}).items() if key not in OF_ALL_FILES},
            )
        config = _with_sections_of_sources(config, values, names)
        pipeline = kind(nlp["lang"], tokenizer or maker(nlp["lang"]), config, (), meta, disabled - left_out)
        pipeline = _call_back(nlp["after_creation"], pipeline, "after_creation", Pipeline)
        pipeline.add_components([(name, make_component(values, name)) for name in names])
        finished: Pipeline = _call_back(
            nlp["after_pipeline_creation"], pipeline, "after_pipeline_creation", Pipeline
        )
        return finished


def _without(config: Config, names: list[str]) -> Config:
    """The config of a pipeline of which only these components are left; sections stay, for others may refer
    to them."""
    config = config.copy()
    disabled = [name for name in interpolate_config(config)["nlp"]["disabled"] if name in names]
    config["nlp"].update(pipeline=names, disabled=disabled)
    return config


def _with_sections_of_sources(config: Config, values: Mapping[str, Any], names: list[str]) -> Config:
    """The config with the sections that taken components were made by, so that what is saved can be loaded
    without their sources."""
    blocks = {name: values.get("components", {}).get(name, {}) for name in names}
    taken = {name: block for name, block in blocks.items() if "source" in block}
    if not taken:
        return config
    configs = {
        source: interpolate_config(load(source).config)["components"]
        for source in {block["source"] for block in taken.values()}
    }
    config = config.copy()
    for name, block in taken.items():
        config["components"][name] = configs[block["source"]].get(block.get("component", name), block)
    return config


def make_component(values: Mapping[str, Any], name: str) -> Component:
    """One component of `[nlp] pipeline` from its section: by a factory, or taken from a saved pipeline by
    `source`.

    Raises: ConfigError.
    """
    path = ("components", name)
    if name not in values.get("components", {}):
        known = ", ".join(values.get("components", {})) or "none"
        raise ConfigError(path, f"expected a section for this name of [nlp] pipeline; there are: {known}")
    block = dict(values["components"][name])
    if "source" in block:
        return _take_component(block, name, path)
    if "factory" not in block:
        raise ConfigError((*path, "factory"), f"missing; write one of: {', '.join(names_of('factories'))}")
    factory = block.pop("factory")
    try:
        function = registry.get("factories", factory)
    except UnknownNameError as error:
        raise ConfigError((*path, "factory"), str(error)) from None
    component: Component = call_with(function, factory, block, path, {"name": name})
    return component


def _take_component(block: Mapping[str, Any], name: str, path: tuple[str, ...]) -> Component:
    other = load(block["source"])
    wanted = block.get("component", name)
    try:
        component = other.component(wanted)
    except EngineError as error:
        raise ConfigError((*path, "component"), f"{error}, in {block['source']}") from None
    component.name = name
    return component


def _check_names(values: Mapping[str, Any], names: Iterable[str]) -> None:
    known = values["nlp"]["pipeline"]
    for name in names:
        if name not in known:
            raise EngineError(
                f"expected names of components to disable or exclude, got {name!r}; there are: "
                f"{', '.join(known) or 'none'}"
            )


def _call_back(callback: Callable[[Any], Any] | None, value: Any, key: str, kind: type) -> Any:
    if callback is None:
        return value
    result = callback(value)
    if not isinstance(result, kind):
        got = type(result).__name__
        raise ConfigError(
            ("nlp", key),
            f"expected the callback to return a {kind.__name__}, got {got}; end it with `return`",
        )
    return result
