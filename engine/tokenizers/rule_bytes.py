# SPDX-License-Identifier: Apache-2.0
"""Tokenizer rules as the bytes that spaCy's tokenizer writes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import msgpack

from ..errors import TokenizerError
from .rules import Rules
from .search_functions import METHODS
from .special_cases import pieces_of, special_cases_of

EXCEPTIONS, HEURISTICS = "exceptions", "faster_heuristics"

_MAX_ITEMS = 1 << 20
"""Entries of a map or list, at most."""


def rules_to_bytes(rules: Rules, exclude: Collection[str] = ()) -> bytes:
    """Patterns and exceptions; norms belong to the vocabulary."""
    data: dict[str, Any] = {theirs: getattr(rules, ours) for ours, (theirs, _) in METHODS.items()}
    data |= {EXCEPTIONS: special_cases_of(rules.exceptions), HEURISTICS: rules.faster_heuristics}
    packed: bytes = msgpack.packb({key: value for key, value in data.items() if key not in exclude})
    return packed


def rules_from_bytes(data: bytes, rules: Rules, exclude: Collection[str] = ()) -> Rules:
    """These rules with what the bytes hold.

    Raises: TokenizerError where they hold something else.
    """
    try:
        value = msgpack.unpackb(
            data, strict_map_key=False, max_map_len=_MAX_ITEMS, max_array_len=_MAX_ITEMS, max_ext_len=0
        )
        changes: dict[str, Any] = {
            ours: value[theirs]
            for ours, (theirs, _) in METHODS.items()
            if theirs in value and theirs not in exclude
        }
        if EXCEPTIONS in value and EXCEPTIONS not in exclude:
            cases = value[EXCEPTIONS].items()
            changes["exceptions"] = {text: pieces_of(text, tokens) for text, tokens in cases}
        if HEURISTICS in value and HEURISTICS not in exclude:
            changes["faster_heuristics"] = bool(value[HEURISTICS])
        return replace(rules, simple=None, **changes)
    except (ValueError, TypeError, LookupError, AttributeError, msgpack.UnpackException) as error:
        raise TokenizerError(
            f"expected the rules of a tokenizer, got {type(error).__name__}: {error}; write them with "
            "to_bytes"
        ) from None
