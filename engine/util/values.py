# SPDX-License-Identifier: Apache-2.0
"""Nested maps and dotted names, weights of scores, texts of pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from thinc.api import Adam, Optimizer

from ..config.parameters import parameters_of


def dot_to_dict(values: Mapping[str, Any]) -> dict[str, Any]:
    """Nested maps of dotted names.

    >>> dot_to_dict({"a.b": 1, "a.c": 2})
    {'a': {'b': 1, 'c': 2}}
    """
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *sections, last = key.lower().split(".")
        node = nested
        for section in sections:
            node = node.setdefault(section, {})
        node[last] = value
    return nested


def dict_to_dot(obj: Mapping[str, Any], *, for_overrides: bool = False) -> dict[str, Any]:
    """Dotted names of nested maps."""
    return {".".join(keys): value for keys, value in walk_dict(obj)}


def walk_dict(
    node: Mapping[str, Any], parent: Sequence[str] = (), *, for_overrides: bool = False
) -> Iterator[tuple[list[str], Any]]:
    """Values of nested maps with the keys that lead to them."""
    for key, value in node.items():
        keys = [*parent, key]
        if isinstance(value, Mapping):
            yield from walk_dict(value, keys)
        else:
            yield keys, value


def dot_to_object(config: Mapping[str, Any], section: str) -> Any:
    """The value at a dotted name. Raises: KeyError."""
    node: Any = config
    for part in section.split("."):
        try:
            node = node[part]
        except (KeyError, TypeError):
            raise KeyError(f"expected {section!r} in the config, there is no {part!r}") from None
    return node


def set_dot_to_object(config: Any, section: str, value: Any) -> None:
    """Set the value at a dotted name. Raises: KeyError."""
    *before, last = section.split(".")
    (dot_to_object(config, ".".join(before)) if before else config)[last] = value


def combine_score_weights(
    weights: Iterable[Mapping[str, float | None]],
    overrides: Mapping[str, float | None] | None = None,
) -> dict[str, float | None]:
    """Weights of several components in one, which add up to 1; overrides count in place of theirs."""
    combined: dict[str, float | None] = {}
    for each in weights:
        combined.update(each)
    combined.update(overrides or {})
    total = sum(value for value in combined.values() if value)
    return {
        key: value if value is None or total in (0, 1) else round(value / total, 2)
        for key, value in combined.items()
    }


def get_arg_names(func: Callable[..., Any]) -> list[str]:
    """Names of a function's arguments."""
    return [parameter.name for parameter in parameters_of(func)]


def escape_html(text: str) -> str:
    """A text as one of a page."""
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(sign, name)
    return text


def minify_html(html: str) -> str:
    """A page without line breaks and indentation."""
    return re.sub(r"\s*\n\s*", "", html.strip())


def create_default_optimizer() -> Optimizer:
    """An optimizer with the documented default settings."""
    return Adam(0.001, beta1=0.9, beta2=0.999, eps=1e-8, L2=1e-6, grad_clip=1.0, L2_is_weight_decay=True)


def ignore_error(proc_name: str, proc: Any, docs: Sequence[Any], e: Exception) -> None:
    """The error handler that hears and goes on."""
