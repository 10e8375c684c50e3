# SPDX-License-Identifier: Apache-2.0
"""The settings of a component as a map that can be changed, as its documentation hands them out."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from ..errors import ComponentError

LABELS = "labels"
NO_SETTINGS = frozenset({"name", "compiled", "precision", "device", "is_prepared", LABELS})
"""Plain attributes of a component that are none."""


class Settings(MutableMapping[str, Any]):
    """`component.cfg`: reads and writes the attributes that a config sets.

    What is no setting of the component cannot be put in, for nothing would read it. Raises: EngineError then.
    """

    def __init__(self, component: Any) -> None:
        self._component = component

    def __repr__(self) -> str:
        """As a dictionary."""
        return repr(dict(self))

    def __getitem__(self, key: str) -> Any:
        """A setting; `labels` too. Raises: KeyError."""
        if key == LABELS:
            return list(self._component.labels)
        if key not in self._names():
            raise KeyError(key)
        return getattr(self._component, key)

    def __setitem__(self, key: str, value: Any) -> None:
        """Change a setting; what is compiled is made anew."""
        if key not in self._names():
            known = ", ".join(self._names()) or "none"
            raise ComponentError(
                f"expected a setting of component {self._component.name!r}, got {key!r}; there are: {known}"
            )
        setattr(self._component, key, value)
        self._component.weights_changed()

    def __delitem__(self, key: str) -> None:
        """A component has all its settings. Raises: EngineError."""
        raise ComponentError(f"expected to change the setting {key!r}, not to remove it")

    def __iter__(self) -> Iterator[str]:
        """Names of all settings, and `labels`."""
        return iter((*self._names(), LABELS))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._names()) + 1

    def _names(self) -> list[str]:
        attributes = vars(self._component).items()
        return [
            name
            for name, value in attributes
            if not name.startswith("_") and name not in NO_SETTINGS and _is_plain(value)
        ]


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | int | float | bool)
