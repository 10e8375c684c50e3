# SPDX-License-Identifier: Apache-2.0
"""Factories of components: how they are registered by name, what is said of them, and how one is called."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..config.config import ConfigError, is_block
from ..config.default_values import fill_block, function_defaults
from ..config.parameters import parameters_of
from ..config.registry import UnknownNameError, names_of, registry
from ..config.resolver import call_with
from ..config.score_weights import weights_of
from ..doc.doc import Doc
from ..doc.span import Span
from ..doc.token import Token
from .errors import ArrangementError
from .known_factories import ASSIGNS, REQUIRES, RETOKENIZING

OWNERS: Mapping[str, Any] = {"doc": Doc, "span": Span, "token": Token}
"""What a component may say that it sets or needs attributes of."""

META = "factory_meta"
"""Attribute under which a factory's function keeps what was said of it."""


@dataclass(frozen=True, slots=True)
class FactoryMeta:
    """What is known of a factory: what its components set and need, their settings and scores."""

    factory: str
    default_config: Mapping[str, Any] = field(default_factory=dict)
    assigns: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    retokenizes: bool = False
    scores: tuple[str, ...] = ()
    default_score_weights: Mapping[str, float | None] = field(default_factory=dict)


def register_factory(
    name: str,
    function: Callable[..., Any],
    *,
    default_config: Mapping[str, Any],
    assigns: Iterable[str],
    requires: Iterable[str],
    retokenizes: bool,
    default_score_weights: Mapping[str, float | None],
) -> None:
    """Register a factory of components. Raises: ArrangementError where the name is another one's, the
    function lacks an argument, or `assigns` or `requires` name what documents do not have."""
    assigns, requires = tuple(assigns), tuple(requires)
    known = {parameter.name for parameter in parameters_of(function)}
    missing = [argument for argument in ("nlp", "name") if argument not in known]
    if missing:
        raise ArrangementError(
            f"expected the factory {name!r} to take the arguments nlp and name, it lacks "
            f"{' and '.join(missing)}; write def create({', '.join(('nlp', 'name', *sorted(known)))})"
        )
    _refuse_taken(name, function)
    for attribute in (*assigns, *requires):
        _expect_attribute(name, attribute)
    weights = dict(default_score_weights)
    meta = FactoryMeta(
        name, default_config, tuple(assigns), tuple(requires), retokenizes, tuple(weights), weights
    )
    setattr(function, META, meta)
    function.config_defaults = dict(default_config)  # type: ignore[attr-defined]
    function.default_score_weights = weights  # type: ignore[attr-defined]
    registry.factories(name, func=function)


def _expect_attribute(factory: str, attribute: str) -> None:
    owner, _, rest = attribute.partition(".")
    name = rest.split(".")[0]
    if owner not in OWNERS or not rest or (name == "_" and "." not in rest):
        raise ArrangementError(
            f"expected what {factory!r} assigns or requires as doc.NAME, token.NAME or span.NAME, got "
            f"{attribute!r}; write such as doc.ents, token.tag or doc._.mine"
        )
    if not hasattr(OWNERS[owner], name):
        raise ArrangementError(f"expected an attribute of a {owner}, got {attribute!r} of {factory!r}")


def _refuse_taken(name: str, function: Callable[..., Any]) -> None:
    """A script may be run again, and bring the same function again; two may not share a name."""
    if not registry.has("factories", name):
        return
    known = registry.get("factories", name)
    if _place(known) != _place(function):
        raise ArrangementError(
            f"expected a new name of a factory, got {name!r}, which is that of {_place(known)}"
        )


def _place(function: Callable[..., Any]) -> str:
    function = getattr(function, "component_function", function)
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{getattr(function, '__module__', '')}.{name}"


def factory_name(name: str, lang: str) -> str:
    """The registered name of a factory, that of the language where it has one of its own."""
    own = f"{lang}.{name}"
    return own if "." not in name and registry.has("factories", own) else name


def find_factory(name: str, lang: str) -> Callable[..., Any]:
    """The function that makes components of that name. Raises: ArrangementError; the message lists what
    exists."""
    try:
        function: Callable[..., Any] = registry.get("factories", factory_name(name, lang))
    except UnknownNameError as error:
        raise ArrangementError(
            f"{error}; a function or class is registered by @Language.component({name!r}) or "
            f"@Language.factory({name!r})"
        ) from None
    return function


def factory_names(lang: str) -> list[str]:
    """Names of all factories of a language."""
    names = names_of("factories")
    return sorted(
        {
            name.removeprefix(f"{lang}.")
            for name in names
            if name.count(".") == 0 or name.startswith(f"{lang}.")
        }
    )


def meta_of_factory(name: str, lang: str) -> FactoryMeta:
    """What is known of a factory. Raises: ArrangementError where there is none of that name."""
    function = find_factory(name, lang)
    meta = getattr(function, META, None)
    if isinstance(meta, FactoryMeta):
        return meta
    weights = dict(weights_of({"factory": name}, name))
    return FactoryMeta(
        name,
        function_defaults(function),
        ASSIGNS.get(name, ()),
        REQUIRES.get(name, ()),
        name in RETOKENIZING,
        tuple(weights),
        weights,
    )


def filled_block(factory: str, lang: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The section of a component: what was given, and every default beside it. Raises: ArrangementError where
    something is no JSON."""
    try:
        given = json.loads(json.dumps(dict(config)))
    except (TypeError, ValueError) as error:
        raise ArrangementError(
            f"expected settings of {factory!r} as JSON values, for they are saved with the pipeline: {error}"
        ) from None
    block = {"factory": factory, **given}
    fill_block(block, find_factory(factory, lang))
    return block


def make_by_factory(
    nlp: Any, block: Mapping[str, Any], name: str, path: tuple[str, ...], *, lang: str
) -> Any:
    """A component from its section. Raises: ConfigError, with the path of what is wrong."""
    settings = {key: value for key, value in block.items() if key != "factory"}
    factory = block.get("factory")
    if not isinstance(factory, str):
        raise ConfigError((*path, "factory"), f"missing; write one of: {', '.join(factory_names(lang))}")
    try:
        function = registry.get("factories", factory_name(factory, lang))
    except UnknownNameError as error:
        raise ConfigError((*path, "factory"), str(error)) from None
    known = {parameter.name for parameter in parameters_of(function)}
    provided = {key: value for key, value in (("nlp", nlp), ("name", name)) if key in known}
    component = call_with(function, factory, settings, path, provided)
    if component is None:
        raise ConfigError(path, f"expected the factory {factory!r} to return a component, got None")
    return component


__all__ = [
    "FactoryMeta",
    "factory_name",
    "factory_names",
    "filled_block",
    "find_factory",
    "is_block",
    "make_by_factory",
    "meta_of_factory",
    "register_factory",
]
