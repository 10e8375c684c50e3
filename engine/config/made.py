# SPDX-License-Identifier: Apache-2.0
"""What is done to a value that a registered function made, before anybody else gets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Adapter = Callable[[Callable[..., Any], Any], Any]
"""Takes the function and what it made; gives what is used in its place."""

_ADAPTERS: list[Adapter] = []


def adapter(function: Adapter) -> Adapter:
    """Let a function see every value that the config's functions make."""
    _ADAPTERS.append(function)
    return function


def adapted(maker: Callable[..., Any], value: Any) -> Any:
    """The value, as others may use it."""
    for adapt in _ADAPTERS:
        value = adapt(maker, value)
    return value
