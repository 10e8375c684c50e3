# SPDX-License-Identifier: Apache-2.0
"""Attributes of tokens by name and by number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .strings import SYMBOL_IDS, SYMBOLS

_FIRST, _LAST = SYMBOL_IDS["ID"], SYMBOL_IDS["LANG"]
_OTHERS = ("ENT_KB_ID", "MORPH", "ENT_ID", "IDX")

IDS: dict[str, int] = {
    "": 0,
    **{name: number for name, number in SYMBOL_IDS.items() if 0 < number < _FIRST},
    **{SYMBOLS[number]: number for number in range(_FIRST, _LAST + 1)},
    **{name: SYMBOL_IDS[name] for name in _OTHERS},
}
"""Name of an attribute -> its number."""

NAMES: dict[int, str] = {number: name for name, number in IDS.items()}
"""Number of an attribute -> its name."""

SAME = {"TEXT": "ORTH", "IS_SENT_START": "SENT_START", "ENT_IOB_": "ENT_IOB"}
"""Second names."""

TEXTS = frozenset(
    [
        "ORTH",
        "LOWER",
        "NORM",
        "SHAPE",
        "PREFIX",
        "SUFFIX",
        "LEMMA",
        "POS",
        "TAG",
        "DEP",
        "ENT_TYPE",
        "ENT_KB_ID",
        "ENT_ID",
        "MORPH",
        "LANG",
    ]
)
"""Attributes whose values stand for texts."""


class UnknownAttributeError(KeyError, ValueError):
    """A name or number that no attribute of tokens has."""

    __str__ = Exception.__str__  # KeyError shows its message in quotes


def attribute_name(attribute: str | int) -> str:
    """Name of an attribute given by name, in any case, or by number.

    Raises: KeyError, which lists the names, where there is none.
    """
    name = NAMES.get(attribute, "") if isinstance(attribute, int) else attribute.upper()
    name = SAME.get(name, name)
    if not name or name not in IDS:
        known = ", ".join(each for each in IDS if each and not each.startswith("FLAG"))
        raise UnknownAttributeError(f"expected an attribute of tokens, got {attribute!r}; there are: {known}")
    return name


def attribute_names(attributes: str | int | Iterable[str | int]) -> list[str]:
    """Names of one or several attributes."""
    given = [attributes] if isinstance(attributes, str | int) else list(attributes)
    return [attribute_name(each) for each in given]


def intify_attrs(
    stringy_attrs: Mapping[Any, Any], strings_map: Any = None, _do_deprecated: bool = False
) -> dict[int, Any]:
    """Attributes by their numbers, text values by their ids in `strings_map`, to which they are added."""
    values: dict[int, Any] = {}
    for key, value in stringy_attrs.items():
        number = IDS[attribute_name(key)]
        as_id = strings_map is not None and isinstance(value, str)
        values[number] = strings_map.add(value) if as_id else value
    return values


def __getattr__(name: str) -> int:
    """An attribute's number by its name: `attrs.LOWER`."""
    if name in IDS:
        return IDS[name]
    raise AttributeError(f"expected the name of an attribute, got {name!r}; there are: {', '.join(IDS)}")


def __dir__() -> list[str]:
    """All names, for `import *` and completion."""
    return sorted({*globals(), *(name for name in IDS if name.isidentifier())})
