# SPDX-License-Identifier: Apache-2.0
"""Attributes of one's own on documents, tokens and spans: `doc._.name`."""

from __future__ import annotations

import copy
from collections.abc import Callable, MutableMapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

from ..errors import DocError

MARK = "._."
"""First part of the keys under which values stand in `doc.user_data`."""

Place = tuple[Any, ...]
Owner = TypeVar("Owner", bound=type)


class Extension(NamedTuple):
    """What an attribute is: a default value, or a method, or a getter with or without a setter."""

    default: Any = None
    method: Callable[..., Any] | None = None
    getter: Callable[..., Any] | None = None
    setter: Callable[..., Any] | None = None


class Underscore:
    """The attributes of one's own of one document, token or span."""

    __slots__ = ("_extensions", "_obj", "_place", "_user_data")

    def __init__(
        self,
        extensions: MutableMapping[str, Extension],
        obj: Any,
        user_data: MutableMapping[Any, Any],
        place: Place,
    ) -> None:
        object.__setattr__(self, "_extensions", extensions)
        object.__setattr__(self, "_obj", obj)
        object.__setattr__(self, "_user_data", user_data)
        object.__setattr__(self, "_place", place)

    def __getattr__(self, name: str) -> Any:
        """The value of an attribute. Raises: AttributeError where there is none of that name."""
        extension = self._extension(name)
        if extension.getter is not None:
            return extension.getter(self._obj)
        if extension.method is not None:
            return partial(extension.method, self._obj)
        key = (MARK, name, *self._place)
        if key in self._user_data:
            return self._user_data[key]
        default = extension.default
        if isinstance(default, list | dict | set):
            default = self._user_data[key] = copy.copy(default)
        return default

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute. Raises: AttributeError where there is none, or it has a getter and no setter, or
        it is a method."""
        extension = self._extension(name)
        if extension.setter is not None:
            extension.setter(self._obj, value)
            return
        if extension.getter is not None or extension.method is not None:
            kind = "a getter and no setter" if extension.method is None else "a method"
            raise AttributeError(
                f"expected an attribute that can be set, got {name!r}, which is {kind}; give it a setter, or "
                "keep the value under another name"
            )
        self._user_data[(MARK, name, *self._place)] = value

    def set(self, name: str, value: Any) -> None:
        """Set an attribute by its name."""
        setattr(self, name, value)

    def get(self, name: str) -> Any:
        """The value of an attribute by its name."""
        return getattr(self, name)

    def has(self, name: str) -> bool:
        """Whether there is an attribute of that name."""
        return name in self._extensions

    def __dir__(self) -> list[str]:
        return sorted({*self._extensions, "get", "has", "set"})

    def _extension(self, name: str) -> Extension:
        extension: Extension | None = self._extensions.get(name)
        if extension is None:
            raise AttributeError(
                f"expected an attribute of one's own, got {name!r}; there are: "
                f"{', '.join(self._extensions) or 'none'}; add it by {type(self._obj).__name__}.set_extension"
            )
        return extension


class Extensible:
    """Classes whose objects have attributes of one's own."""

    __slots__ = ()
    _extensions: MutableMapping[str, Extension]

    @classmethod
    def set_extension(cls, name: str, **kwargs: Any) -> None:
        """Add an attribute: `default=`, or `method=`, or `getter=` with or without `setter=`.

        Raises: ValueError where there is one of that name and `force` is not true, or what is given does not
        go together.
        """
        if name in cls._extensions and not kwargs.pop("force", False):
            raise ValueError(
                f"expected the name of a new attribute of {cls.__name__}, got {name!r}, which is there; "
                "take force=True to replace it"
            )
        kwargs.pop("force", None)
        cls._extensions[name] = _extension_of(name, kwargs)

    @classmethod
    def get_extension(cls, name: str) -> tuple[Any, ...] | None:
        """Default, method, getter and setter of an attribute; None where there is none of that name."""
        known = cls._extensions.get(name)
        return None if known is None else tuple(known)

    @classmethod
    def has_extension(cls, name: str) -> bool:
        """Whether there is an attribute of that name."""
        return name in cls._extensions

    @classmethod
    def remove_extension(cls, name: str) -> tuple[Any, ...]:
        """Take an attribute out and give what it was. Raises: ValueError where there is none."""
        if name not in cls._extensions:
            raise ValueError(
                f"expected an attribute of {cls.__name__}, got {name!r}; there are: "
                f"{', '.join(cls._extensions) or 'none'}"
            )
        return tuple(cls._extensions.pop(name))


def _extension_of(name: str, given: dict[str, Any]) -> Extension:
    unknown = set(given) - {"default", "method", "getter", "setter"}
    if unknown:
        raise ValueError(
            f"expected default, method, getter, setter or force for {name!r}, got "
            f"{', '.join(sorted(unknown))}"
        )
    kinds = [kind for kind in ("default", "method", "getter") if kind in given]
    if "method" in kinds and given["method"] is None:
        kinds.remove("method")
    if "getter" in kinds and given["getter"] is None:
        kinds.remove("getter")
    if len(kinds) > 1 and given.get("default") is None and "default" in kinds:
        kinds.remove("default")
    if len(kinds) != 1:
        raise ValueError(
            f"expected exactly one of default, method and getter for {name!r}, got "
            f"{', '.join(kinds) or 'none'}"
        )
    if given.get("setter") is not None and given.get("getter") is None:
        raise ValueError(f"expected a getter beside the setter of {name!r}, got none")
    for kind in ("method", "getter", "setter"):
        if given.get(kind) is not None and not callable(given[kind]):
            raise ValueError(f"expected a function as the {kind} of {name!r}, got {given[kind]!r}")
    return Extension(given.get("default"), given.get("method"), given.get("getter"), given.get("setter"))


EXTENSIONS: dict[str, dict[str, Extension]] = {"doc": {}, "token": {}, "span": {}}
"""The attributes of each kind of object."""


def extension_state() -> dict[str, dict[str, Extension]]:
    """All attributes, for another process."""
    return {kind: dict(extensions) for kind, extensions in EXTENSIONS.items()}


def load_extension_state(state: dict[str, dict[str, Extension]]) -> None:
    """Take over the attributes of another process."""
    for kind, extensions in state.items():
        if kind not in EXTENSIONS:
            raise DocError(f"expected doc, token or span, got {kind!r}")
        EXTENSIONS[kind].update(extensions)
