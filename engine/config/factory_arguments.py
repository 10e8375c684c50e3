# SPDX-License-Identifier: Apache-2.0
"""Marks on functions that configs call: which arguments a config may leave out, and what is written for
them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def optional_arguments(*names: str) -> Callable[[Function], Function]:
    """Mark settings that only Freshet has: configs from elsewhere, which cannot hold them, get their
    defaults."""

    def attach(function: Function) -> Function:
        function.optional_arguments = frozenset(names)  # type: ignore[attr-defined]
        return function

    return attach


def with_defaults(**defaults: Any) -> Callable[[Function], Function]:
    """Attach what `fill_config` writes for arguments whose default is a block of its own."""

    def attach(function: Function) -> Function:
        function.config_defaults = defaults  # type: ignore[attr-defined]
        return function

    return attach
