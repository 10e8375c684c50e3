# SPDX-License-Identifier: Apache-2.0
"""Labels that are texts and, where somebody compares them with a number, the ids of these texts."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from .strings import string_id


class LabelText(str):
    """A text that equals its string id too, so that `token.pos == "NOUN"` and `token.pos == symbols.NOUN`
    both hold.

    It is hashed as the text: in a set of ids, look up `int(label)`.

    >>> LabelText("NOUN") == 92, LabelText("NOUN") == "NOUN", int(LabelText("NOUN"))
    (True, True, 92)
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """As a text, or with a number as its id."""
        if isinstance(other, int | np.integer):
            return string_id(self) == int(other)
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        """As a text, or with a number as its id."""
        return not self == other

    def __int__(self) -> int:
        """Its id."""
        return string_id(self)

    __index__ = __int__
    __hash__: Hashable = str.__hash__  # type: ignore[assignment]  # as the text


MAX_KNOWN = 1 << 14
"""Labels that are kept as such: those of tags, parts of speech, arcs and entities are few."""

_known: dict[str, LabelText] = {}


def label_text(text: str) -> LabelText:
    """A label as a text that equals its id; the same one every time."""
    known = _known.get(text)
    if known is None:
        if len(_known) >= MAX_KNOWN:
            _known.clear()
        known = _known[text] = LabelText(text)
    return known
