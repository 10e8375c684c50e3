# SPDX-License-Identifier: Apache-2.0
"""Names that have a fixed number: attributes, parts of speech, usual labels."""

from __future__ import annotations

from .strings import SYMBOL_IDS, SYMBOLS

IDS: dict[str, int] = SYMBOL_IDS
"""Name -> number."""

NAMES: tuple[str, ...] = SYMBOLS
"""Number -> name."""


def __getattr__(name: str) -> int:
    """A name's number: `symbols.NOUN`, `symbols.nsubj`."""
    if name in IDS:
        return IDS[name]
    raise AttributeError(f"expected a name with a fixed number, got {name!r}; symbols.IDS has all of them")


def __dir__() -> list[str]:
    """All names, for `import *` and completion."""
    return sorted({*globals(), *(name for name in IDS if name.isidentifier())})
