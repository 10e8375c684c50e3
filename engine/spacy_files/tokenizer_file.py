# SPDX-License-Identifier: Apache-2.0
"""The file `tokenizer`: patterns and exceptions as our tokenizer's rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ModelFileError, TokenizerError
from ..tokenizers import Piece, Rules
from .folder import Folder

TOKENIZER = "tokenizer"
ORTH, NORM = 65, 67
"""Keys of a piece of an exception: its text, and the norm that only this token has."""

PATTERNS = {
    "prefix": "prefix_search",
    "suffix": "suffix_search",
    "infix": "infix_finditer",
    "token_match": "token_match",
    "url_match": "url_match",
}


def read_rules(folder: Folder, lang: str, norms: Mapping[int, str]) -> Rules:
    """The rules of a saved pipeline; `norms` are the vocabulary's, by string id.

    Raises: ModelFileError, which names the file.
    """
    file = folder.path / TOKENIZER
    value = folder.unpack(TOKENIZER)
    try:
        patterns: dict[str, Any] = {ours: _text_or_none(value[theirs]) for ours, theirs in PATTERNS.items()}
        exceptions = {
            key: tuple(_piece(piece) for piece in pieces) for key, pieces in value["exceptions"].items()
        }
        heuristics = bool(value.get("faster_heuristics", True))
        return Rules(
            lang, **patterns, exceptions=exceptions, faster_heuristics=heuristics, norms_by_id=dict(norms)
        )
    except (
        TypeError,
        LookupError,
        AttributeError,
        ValueError,
        TokenizerError,
        RecursionError,
        OverflowError,
    ) as error:
        what = f"{type(error).__name__}: {error}"
        raise ModelFileError(
            f"{file}: expected patterns and exceptions of a tokenizer, got {what}; fetch the file again"
        ) from None


def _text_or_none(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"a pattern of type {type(value).__name__}")
    return value


def _piece(piece: Mapping[int, Any]) -> Piece:
    text, norm = piece[ORTH], piece.get(NORM)
    if not isinstance(text, str) or not isinstance(norm, str | None):
        raise TypeError(f"a piece {str(piece)[:80]}")
    return text, norm or None
