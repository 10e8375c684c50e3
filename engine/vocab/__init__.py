# SPDX-License-Identifier: Apache-2.0
"""Words without context: each distinct text once, with the numbers and features that stand for it.

- `strings`: 64-bit ids of texts, equal to spaCy's
- `lexemes`: the table of token texts with their features and norms
- `lexeme_features`: shape and the ids of a text and of its ends, as compiled loops
- `base_norms`: norms that hold in every language
- `flags`: yes-or-no features (`IS_...`, `LIKE_...`)
- `like_url`: whether a text looks like a web address or a mailbox
- `vocab`, `lexeme`, `string_store`: the same as people see it: words, one of them, texts by their ids
- `attrs`, `symbols`: attributes and other names with fixed numbers; `label_text`: texts that equal their ids
- `morphology`: features of a word as text and as a map; `lookups`: tables by name
- `row_hashes`: which rows of an embedding table belong to an id
"""

from __future__ import annotations

from .base_norms import BASE_NORMS
from .flags import FLAGS
from .label_text import LabelText
from .lexeme import Lexeme
from .lexeme_features import shape_of
from .lexemes import ATTRIBUTES, HasVector, LexemeKey, LexemeTable
from .lookups import Lookups, Table
from .morphology import MorphAnalysis, Morphology
from .string_store import StringStore
from .strings import SYMBOL_IDS, SYMBOLS, string_id, string_ids
from .vocab import Vocab, vocab_of

__all__ = [
    "ATTRIBUTES",
    "BASE_NORMS",
    "FLAGS",
    "SYMBOLS",
    "SYMBOL_IDS",
    "HasVector",
    "LabelText",
    "Lexeme",
    "LexemeKey",
    "LexemeTable",
    "Lookups",
    "MorphAnalysis",
    "Morphology",
    "StringStore",
    "Table",
    "Vocab",
    "shape_of",
    "string_id",
    "string_ids",
    "vocab_of",
]
