# SPDX-License-Identifier: Apache-2.0
"""Where a registered function stands."""

from __future__ import annotations

from dataclasses import dataclass

from ..config.registry import NAMESPACES, registry
from ..errors import EngineError


@dataclass(frozen=True, slots=True)
class Place:
    """A function's module, file and first line; what cannot be found out is empty or 0."""

    registry: str
    name: str
    module: str
    file: str
    line: int
    purpose: str


def find_function(func_name: str, registry_name: str | None = None) -> tuple[str, int]:
    """File and line of a registered function. Raises: EngineError where there is none of that name."""
    place = places_of(func_name, registry_name)[0]
    return place.file, place.line


def places_of(name: str, namespace: str | None = None) -> list[Place]:
    """Where the functions of that name stand, of one namespace or of all. Raises: EngineError."""
    if namespace is not None:
        return [place_of(namespace, name)]
    found = [space for space in NAMESPACES if registry.has(space, name)]
    if not found:
        raise EngineError(
            f"expected the name of a registered function, got {name!r}; `freshet find-function NAME "
            f"--registry KIND` lists those of a kind: {', '.join(NAMESPACES)}"
        )
    return [place_of(space, name) for space in found]


def place_of(namespace: str, name: str) -> Place:
    """Where a function stands. Raises: UnknownNameError."""
    found = registry.find(namespace, name)
    purpose = str(found["docstring"]).split("\n")[0]
    file, line = str(found["file"] or ""), int(found["line_no"] or 0)
    return Place(namespace, name, str(found["module"] or ""), file, line, purpose)
