# SPDX-License-Identifier: Apache-2.0
"""Factories of one's own: `@Language.component` for functions, `@Language.factory` for what has settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from ..config.registry import registry
from .class_or_instance import class_or_instance
from .errors import ArrangementError
from .factories import FactoryMeta, factory_name, meta_of_factory, register_factory
from .state import PipelineState

Made = TypeVar("Made", bound=Callable[..., Any])
Decorator = Callable[[Any], Any]


class Registration(PipelineState):
    """Names of factories. On a subclass for one language they are that language's only."""

    @classmethod
    def get_factory_name(cls, name: str) -> str:
        """The name under which a factory of this class is registered."""
        own = cls.__dict__.get("lang") or getattr(cls, "lang_of_factories", "")
        return f"{own}.{name}" if own else name

    @classmethod
    def has_factory(cls, name: str) -> bool:
        """Whether there is a factory of that name."""
        return registry.has("factories", cls.get_factory_name(name)) or registry.has("factories", name)

    @classmethod
    def get_factory_meta(cls, name: str) -> FactoryMeta:
        """What is known of a factory. Raises: ArrangementError where there is none of that name."""
        return meta_of_factory(factory_name(name, cls.lang), cls.lang)

    @classmethod
    def set_factory_meta(cls, name: str, value: FactoryMeta) -> None:
        """Say something else of a factory."""
        registry.get("factories", factory_name(name, cls.lang)).factory_meta = value  # type: ignore[attr-defined]

    @classmethod
    def factory(
        cls,
        name: str,
        *,
        default_config: Mapping[str, Any] | None = None,
        assigns: Iterable[str] = (),
        requires: Iterable[str] = (),
        retokenizes: bool = False,
        default_score_weights: Mapping[str, float | None] | None = None,
        func: Callable[..., Any] | None = None,
    ) -> Any:
        """Register a function or class, which takes `nlp`, `name` and settings, as a factory of components.

        Raises: ArrangementError where the name is no name, or taken, or an argument is missing.
        """
        _expect_name(name, "factory")

        def register(function: Made) -> Made:
            register_factory(
                cls.get_factory_name(name),
                function,
                default_config=default_config or {},
                assigns=assigns,
                requires=requires,
                retokenizes=retokenizes,
                default_score_weights=default_score_weights or {},
            )
            return function

        return register if func is None else register(func)

    component = class_or_instance(lambda cls: _component_decorator(cls), lambda nlp: nlp.get_pipe)
    """On the class: register a function that takes a document and returns it. On a pipeline: a component by
    name."""


def _component_decorator(cls: type[Registration]) -> Callable[..., Any]:
    def component(
        name: str,
        *,
        assigns: Iterable[str] = (),
        requires: Iterable[str] = (),
        retokenizes: bool = False,
        func: Callable[..., Any] | None = None,
    ) -> Any:
        """Register a function that takes a document and returns it, under a name.

        Raises: ArrangementError where the name is no name, or taken.
        """
        _expect_name(name, "component")

        def register(function: Made) -> Made:
            def make(nlp: Any, name: str) -> Any:
                return function

            make.component_function = function  # type: ignore[attr-defined]
            cls.factory(name, assigns=assigns, requires=requires, retokenizes=retokenizes, func=make)
            return function

        return register if func is None else register(func)

    return component


def _expect_name(name: object, what: str) -> None:
    if not isinstance(name, str) or not name or "." in name:
        got = getattr(name, "__name__", repr(name))
        raise ArrangementError(
            f'expected the name of a {what}, without a dot, got {got}; write @Language.{what}("my_{what}")'
        )
