# SPDX-License-Identifier: Apache-2.0
"""Components that a config takes from saved pipelines: `source`, with `component` and `replace_listeners`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from confection import Config

from ..components import Component
from ..config.config import ConfigError, interpolate_config
from ..errors import EngineError
from .listener_replacement import upstreams_of
from .own_steps import OwnStep, unwrapped
from .saved_files import SOURCE
from .vectors_of_pipeline import take_vectors_along

COMPONENT, REPLACE = "component", "replace_listeners"
KEYS = (SOURCE, COMPONENT, REPLACE)
"""What may stand in the section of a component that is taken."""


class Sources:
    """The saved pipelines that one config names, each loaded once for each component."""

    def __init__(self, values: Mapping[str, Any], names: list[str], load: Callable[[str], Any]) -> None:
        sections = values.get("components", {})
        self.blocks = {
            name: sections[name]
            for name in names
            if isinstance(sections.get(name), Mapping) and SOURCE in sections[name]
        }
        self._load = load
        self._taken: dict[str, tuple[Component, Mapping[str, Any]]] = {}
        self._origins: dict[str, Any] = {}

    def take(self, name: str) -> Component:
        """A component, from its source. Raises: ConfigError where a key means nothing, the source lacks the
        component, or there is no listener to replace."""
        return self._take(name)[0]

    def with_sections(self, config: Config) -> Config:
        """The config with the sections that taken components were made by, so that what is saved can be
        loaded without their sources."""
        if not self.blocks:
            return config
        config = config.copy()
        for name in self.blocks:
            config["components"][name] = dict(self._take(name)[1])
        return config

    def take_vectors(self, pipeline: Any) -> None:
        """Give a pipeline the static vectors that its taken components were trained with."""
        for name, origin in self._origins.items():
            take_vectors_along(pipeline, name, self._take(name)[0], origin)

    def _take(self, name: str) -> tuple[Component, Mapping[str, Any]]:
        if name not in self._taken:
            block, path = self.blocks[name], ("components", name)
            for key in block:
                if key not in KEYS:
                    raise ConfigError(
                        (*path, key),
                        "unexpected beside source, which brings its own settings; there are: "
                        f"{', '.join(KEYS)}",
                    )
            self._origins[name] = self._load(block[SOURCE])
            self._taken[name] = _component_of(self._origins[name], block, name, path)
        return self._taken[name]


def _component_of(
    other: Any, block: Mapping[str, Any], name: str, path: tuple[str, ...]
) -> tuple[Component, Mapping[str, Any]]:
    wanted = block.get(COMPONENT, name)
    try:
        step = other.step(wanted)
    except EngineError as error:
        raise ConfigError((*path, COMPONENT), f"{error}, in {block[SOURCE]}") from None
    listeners = block.get(REPLACE) or []
    if listeners:
        _replace(other, wanted, listeners, (*path, REPLACE))
    section = interpolate_config(other.config)["components"].get(wanted, block)
    step.name = name
    component: Component = unwrapped(step)
    if isinstance(step, OwnStep) and hasattr(component, "model"):
        component.name = name
    return component, section


def _replace(other: Any, wanted: str, listeners: Any, path: tuple[str, ...]) -> None:
    """Give the component its own copy of what it listens to."""
    if not isinstance(listeners, list) or not all(isinstance(each, str) for each in listeners):
        raise ConfigError(path, f"expected paths of listeners, such as model.tok2vec, got {listeners!r}")
    upstreams = upstreams_of(other.get_pipe(wanted))
    if len(upstreams) != 1:
        raise ConfigError(
            path,
            f"expected a component that listens to one embedding, {wanted!r} listens to "
            f"{', '.join(upstreams) or 'none'}",
        )
    try:
        other.replace_listeners(upstreams[0], wanted, listeners)
    except EngineError as error:
        raise ConfigError(path, str(error)) from None
