# SPDX-License-Identifier: Apache-2.0
"""Exceptions in the form that people write them in: `[{ORTH: "gim"}, {ORTH: "me", NORM: "me"}]`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import TokenizerError
from ..vocab.strings import SYMBOL_IDS
from .rules import Piece

ORTH, NORM = SYMBOL_IDS["ORTH"], SYMBOL_IDS["NORM"]

SpecialCases = Mapping[str, Sequence[Mapping[Any, str]]]
"""Exact text -> its tokens, by `ORTH` and `NORM`: numbers or names."""


class SpecialCaseError(TokenizerError, ValueError):
    """A special case that cannot be kept: its tokens do not spell it, or say more than text and norm."""


def pieces_of(text: str, tokens: Iterable[Mapping[Any, str]]) -> tuple[Piece, ...]:
    """The pieces of an exception. Raises: SpecialCaseError."""
    pieces = tuple(_piece(text, token) for token in tokens)
    spelt = "".join(piece for piece, _ in pieces)
    if spelt != text or not text or not all(piece for piece, _ in pieces):
        raise SpecialCaseError(
            f"expected the ORTH of the tokens of special case {text!r} to spell it, got {spelt!r}; correct "
            "the tokens"
        )
    return pieces


def special_cases_of(exceptions: Mapping[str, Iterable[Piece]]) -> dict[str, list[dict[int, str]]]:
    """Exceptions in the form that people write them in."""
    return {
        text: [{ORTH: piece} if norm is None else {ORTH: piece, NORM: norm} for piece, norm in pieces]
        for text, pieces in exceptions.items()
    }


def _piece(text: str, token: Mapping[Any, str]) -> Piece:
    named = {SYMBOL_IDS.get(key, key) if isinstance(key, str) else key: token[key] for key in token}
    other = [key for key in named if key not in (ORTH, NORM)]
    if other or ORTH not in named:
        what = f"{other[0]!r}" if other else "no ORTH"
        raise SpecialCaseError(
            f"expected each token of special case {text!r} to have ORTH and perhaps NORM, got {what}; set "
            "other attributes by a component, such as attribute_ruler"
        )
    orth, norm = named[ORTH], named.get(NORM)
    if not isinstance(orth, str) or not isinstance(norm, str | None):
        raise SpecialCaseError(f"expected texts in special case {text!r}, got {token!r}")
    return orth, norm
