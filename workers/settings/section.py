# SPDX-License-Identifier: Apache-2.0
"""A section of settings: a frozen dataclass that refuses what its fields may not be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, TypeVar, get_type_hints

from ..errors import SettingsError

T = TypeVar("T")

ABOUT, LIMIT = "about", "limit"
"""What a field's metadata holds: what the setting means, and its limit."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What a value may be, in words and as a question to it."""

    expected: str
    holds: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Section:
    """A section of settings, `place` in its users' words. Raises: SettingsError where a value is beyond its
    limit, with the place, what was expected and what came.

    `ignored`: settings of older versions that nothing reads, with their defaults; a config may still have
    them.
    """

    place: ClassVar[str] = ""
    ignored: ClassVar[Mapping[str, object]] = {}

    def __post_init__(self) -> None:
        for one in fields(self):
            value, limit = getattr(self, one.name), one.metadata.get(LIMIT)
            if limit is not None and not limit.holds(value):
                raise SettingsError(f"{self.place} -> {one.name}: expected {limit.expected}, got {value!r}")
        self._check()

    def _check(self) -> None:
        """Refuse what is wrong about several values together. Raises: SettingsError."""


def setting(default: T, about: str, limit: Limit | None = None) -> T:
    """A field of a section; a mutable default is copied."""
    metadata = {ABOUT: about, LIMIT: limit}
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata=metadata)  # type: ignore[return-value]  # as `field` itself
    return field(default=default, metadata=metadata)


def secret(about: str) -> str:
    """A text that is never shown: not in errors, nor in what a section says of itself."""
    return field(default="", metadata={ABOUT: about, LIMIT: None}, repr=False)


def subsection(section: type[T]) -> T:
    """A field that is a section within the section."""
    return field(default_factory=section)


def at_least(low: float) -> Limit:
    """Numbers from this one on."""
    return Limit(f"at least {low:g}", lambda value: bool(value >= low))


def between(low: float, high: float) -> Limit:
    """Numbers from one to the other."""
    return Limit(f"a number from {low:g} to {high:g}", lambda value: bool(low <= value <= high))


SHARE = Limit("a share from 0 to 1", between(0, 1).holds)
NAME = Limit("a name", bool)
PORT = Limit("-1 (none), 0 (any) or a port up to 65535", between(-1, 65535).holds)


def sections_within(section: type[Section]) -> dict[str, type[Section]]:
    """The sections within a section, by name."""
    hints = get_type_hints(section)
    named = {one.name: hints[one.name] for one in fields(section)}
    return {
        name: kind for name, kind in named.items() if isinstance(kind, type) and issubclass(kind, Section)
    }


def kinds(section: type[Section]) -> dict[str, Any]:
    """Every setting of a section with its type, those of sections within it by dotted names."""
    hints, within = get_type_hints(section), sections_within(section)
    found = {one.name: hints[one.name] for one in fields(section) if one.name not in within}
    return found | {f"{name}.{key}": kind for name in within for key, kind in kinds(within[name]).items()}
