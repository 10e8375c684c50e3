# SPDX-License-Identifier: Apache-2.0
"""Numba's types as JSON and back, for those that compiled loops take and give.

A closed list: reading one runs nothing but these constructors. Named tuples are looked up by name among the
engine's own.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from numba.core import types

_ENGINE = __package__.partition(".")[0]

_PLAIN = {
    type_.name: type_
    for type_ in (
        types.none, types.boolean, types.unicode_type,
        types.int8, types.int16, types.int32, types.int64,
        types.uint8, types.uint16, types.uint32, types.uint64,
        types.float32, types.float64,
    )
}  # fmt: skip


def write_type(type_: Any) -> Any:
    """A type as JSON.

    Raises: TypeError, for a type that has no written form.
    """
    if _PLAIN.get(type_.name) == type_:
        return type_.name
    if type(type_) is types.Array:
        parts = [write_type(type_.dtype), type_.ndim, type_.layout, not type_.mutable, type_.aligned]
        return ["array", *parts]
    if type(type_) is types.IntegerLiteral:
        return ["literal", type_.literal_value]
    if type(type_) is types.Omitted and isinstance(type_.value, (int, float, bool, type(None))):
        return ["omitted", type_.value]
    if type(type_) in (types.NamedTuple, types.NamedUniTuple):
        made_by = type_.instance_class
        return ["named", made_by.__module__, made_by.__qualname__, [write_type(part) for part in type_.types]]
    if type(type_) in (types.Tuple, types.UniTuple):
        return ["tuple", [write_type(part) for part in type_.types]]
    raise TypeError(
        f"expected a type that {__name__} can write, got {type_!r} ({type(type_).__name__}); "
        "give it a form there"
    )


def read_type(written: Any) -> Any:
    """The type that `write_type` wrote.

    Raises: TypeError, for what it did not write.
    """
    if isinstance(written, str) and written in _PLAIN:
        return _PLAIN[written]
    match written:
        case ["array", dtype, int(ndim), "C" | "F" | "A" as layout, bool(readonly), bool(aligned)]:
            return types.Array(read_type(dtype), ndim, layout, readonly=readonly, aligned=aligned)
        case ["literal", int(value)]:
            return types.literal(value)
        case ["omitted", value]:
            return types.Omitted(value)
        case ["tuple", [*parts]]:
            return types.BaseTuple.from_types([read_type(part) for part in parts])
        case ["named", str(module), str(name), [*parts]]:
            return types.BaseTuple.from_types([read_type(part) for part in parts], _named_tuple(module, name))
    raise TypeError(f"expected a type as JSON, got {written!r}")


def _named_tuple(module: str, name: str) -> Any:
    if module.partition(".")[0] == _ENGINE:
        found = getattr(sys.modules.get(module) or import_module(module), name, None)
        if isinstance(found, type) and issubclass(found, tuple) and hasattr(found, "_fields"):
            return found
    raise TypeError(f"expected a named tuple of {_ENGINE}, got {module}.{name}")
