# SPDX-License-Identifier: Apache-2.0
"""Attributes that are made on first use and then read as fast as any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")


class kept(Generic[Value]):
    """A method without arguments as an attribute that its object keeps in `__dict__`.

    Reading it again costs no call. (`functools.cached_property` takes a lock, which costs more than making a
    short list.)
    """

    def __init__(self, make: Callable[[Any], Value]) -> None:
        """Take the method."""
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> kept[Value]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...
    def __get__(self, instance: object | None, owner: type) -> kept[Value] | Value:
        """Make it and keep it; not called where the object has it."""
        if instance is None:
            return self
        value: Value = self._make(instance)
        instance.__dict__[self._name] = value
        return value
