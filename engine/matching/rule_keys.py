# SPDX-License-Identifier: Apache-2.0
"""Names of rules and the numbers that stand for them."""

from __future__ import annotations

from ..vocab.strings import string_id
from .errors import PatternError


class Keys:
    """Texts by their string id, for the rules of one matcher."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}

    def add(self, key: str | int) -> int:
        """Id of a key, which is remembered; a number stands for itself."""
        if isinstance(key, bool) or not isinstance(key, str | int):
            raise PatternError(f"expected a text or a number as the key of a rule, got {key!r}")
        number = key if isinstance(key, int) else string_id(key)
        self._texts.setdefault(number, key if isinstance(key, str) else str(key))
        return number

    def id_of(self, key: str | int) -> int:
        """Id of a key that may be unknown."""
        return key if isinstance(key, int) else string_id(key)

    def text(self, number: int) -> str:
        """Text of an id. Raises: PatternError where no rule has it."""
        if number not in self._texts:
            raise PatternError(
                f"expected the id of a rule, got {number}; there are: "
                f"{', '.join(self._texts.values()) or 'none'}"
            )
        return self._texts[number]

    def unknown(self, key: str | int, existing: list[int]) -> PatternError:
        """The error of a look-up that failed."""
        known = ", ".join(repr(self._texts[number]) for number in existing) or "none"
        return PatternError(f"expected the key of a rule, got {key!r}; there are: {known}")
