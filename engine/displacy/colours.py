# SPDX-License-Identifier: Apache-2.0
"""A colour for every label, the same in every run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from zlib import crc32

from ..errors import EngineError

KNOWN: Mapping[str, str] = {
    "PER": "#b8e3ff",
    "PERSON": "#b8e3ff",
    "LOC": "#bdf0c6",
    "GPE": "#bdf0c6",
    "ORG": "#ffe08a",
    "DATE": "#e2d5f8",
    "TIME": "#e2d5f8",
}
OTHERS = (
    "#ffcfe1",
    "#ffd3b0",
    "#c9d6ff",
    "#d3ecc0",
    "#f3d1ff",
    "#bff0ee",
    "#ffc9c4",
    "#e6e0c4",
    "#d7dde3",
    "#f7e6a8",
)
"""Light enough for black text on them."""

_HEX = re.compile(r"#[0-9a-fA-F]{3,8}")


def colour(label: str, chosen: Mapping[str, str] | None = None) -> str:
    """The colour of a label. Raises: EngineError where a chosen one is not written as #rrggbb, as style
    sheets can hold code."""
    if chosen and label in chosen:
        if not _HEX.fullmatch(chosen[label]):
            raise EngineError(f"expected a colour such as #b8e3ff for {label!r}, got {chosen[label]!r}")
        return chosen[label]
    return KNOWN.get(label) or OTHERS[crc32(label.encode("utf-8", "replace")) % len(OTHERS)]
