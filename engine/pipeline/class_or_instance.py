# SPDX-License-Identifier: Apache-2.0
"""One name that is a decorator on a class and a look-up on its objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

OnClass = TypeVar("OnClass")
OnObject = TypeVar("OnObject")


class class_or_instance(Generic[OnClass, OnObject]):
    """`Language.component(...)` registers, `nlp.component(name)` looks up: the one was there before the
    other."""

    def __init__(self, on_class: Callable[[Any], OnClass], on_object: Callable[[Any], OnObject]) -> None:
        self.on_class, self.on_object = on_class, on_object
        self.__doc__ = on_class.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> OnClass: ...
    @overload
    def __get__(self, instance: object, owner: type) -> OnObject: ...
    def __get__(self, instance: object | None, owner: type) -> OnClass | OnObject:
        """What registers, or what looks up."""
        return self.on_class(owner) if instance is None else self.on_object(instance)
