# SPDX-License-Identifier: Apache-2.0
"""Words without context: each distinct text once, with the numbers and features that stand for it.

- `strings`: 64-bit ids of texts, equal to spaCy's
- `lexemes`: the table of token texts with their features and norms
- `lexeme_features`: shape and the ids of a text and of its ends, as compiled loops
- `base_norms`: norms that hold in every language
- `flags`: yes-or-no features (`IS_...`, `LIKE_...`)
- `like_url`: whether a text looks like a web address or a mailbox
- `row_hashes`: which rows of an embedding table belong to an id
"""

from __future__ import annotations

from .base_norms import BASE_NORMS
from .flags import FLAGS
from .lexeme_features import shape_of
from .lexemes import ATTRIBUTES, HasVector, LexemeKey, LexemeTable
from .strings import SYMBOL_IDS, SYMBOLS, string_id, string_ids

__all__ = [
    "ATTRIBUTES",
    "BASE_NORMS",
    "FLAGS",
    "SYMBOLS",
    "SYMBOL_IDS",
    "HasVector",
    "LexemeKey",
    "LexemeTable",
    "shape_of",
    "string_id",
    "string_ids",
]
