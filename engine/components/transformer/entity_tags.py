# SPDX-License-Identifier: Apache-2.0
"""Tags of the kinds BIO and BIOES (also written BILOU) to spans, by the best path that the kind allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

OUTSIDE = "O"
BEGIN, INSIDE, END, SINGLE = "B", "I", "E", "S"
SAME = {"L": END, "U": SINGLE, "M": INSIDE}
"""Other letters for the same places."""

FORBIDDEN = -1e9
TINY = 1e-30


@dataclass(frozen=True)
class TagScheme:
    """What a model's labels say: a place in an entity and its label.

    >>> TagScheme(("O", "B-PER", "I-PER")).spans([1, 2, 0, 2])
    [(0, 2, 'PER'), (3, 4, 'PER')]
    """

    labels: tuple[str, ...]

    @cached_property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """Place and label of each tag; a tag without a place continues what is like it."""
        return tuple(map(_parts, self.labels))

    @cached_property
    def has_ends(self) -> bool:
        """Whether ends and single tokens are marked (BIOES)."""
        return any(place in (END, SINGLE) for place, _ in self.parts)

    @cached_property
    def has_places(self) -> bool:
        """Whether beginnings are marked at all."""
        return any(place == BEGIN for place, _ in self.parts)

    def best(self, chances: Array) -> list[int]:
        """The most likely tags of one text that follow each other as the kind allows; where no beginnings are
        marked, the most likely tag of each token. Shape: chances `(n_tokens, n_labels)`."""
        if not self.has_places or not len(chances):
            return [int(i) for i in chances.argmax(axis=1)]
        scores = np.log(np.maximum(chances, TINY)).astype(np.float64)
        scores[0] += self._starts
        back = np.zeros(scores.shape, np.int64)
        total = scores[0]
        for token in range(1, len(scores)):
            paths = total[:, None] + self._steps
            back[token] = paths.argmax(axis=0)
            total = paths.max(axis=0) + scores[token]
        path = [int((total + self._stops).argmax())]
        for token in range(len(scores) - 1, 0, -1):
            path.append(int(back[token, path[-1]]))
        return path[::-1]

    def spans(self, tags: Sequence[int]) -> list[tuple[int, int, str]]:
        """Entities `(start, end, label)` of one text's tags; tags that do not fit begin one of their own."""
        found: list[tuple[int, int, str]] = []
        start, label, is_open = 0, "", False
        for token, tag in enumerate([*tags, -1]):
            place, name = self.parts[tag] if tag >= 0 else (OUTSIDE, "")
            goes_on = is_open and name == label and place in (INSIDE, END, "")
            if is_open and not goes_on:
                found.append((start, token, label))
                is_open = False
            if place != OUTSIDE and not goes_on:
                start, label, is_open = token, name, True
            if is_open and place in (END, SINGLE):
                found.append((start, token + 1, label))
                is_open = False
        return found

    @cached_property
    def _steps(self) -> Array:
        """0 where a tag may follow another, Shape: `(n_labels, n_labels)`."""
        allowed = [[self._may_follow(one, other) for other in self.parts] for one in self.parts]
        return np.where(allowed, 0.0, FORBIDDEN)

    @cached_property
    def _starts(self) -> Array:
        return np.where([place in (OUTSIDE, BEGIN, SINGLE, "") for place, _ in self.parts], 0.0, FORBIDDEN)

    @cached_property
    def _stops(self) -> Array:
        is_open = [self.has_ends and place in (BEGIN, INSIDE) for place, _ in self.parts]
        return np.where(is_open, FORBIDDEN, 0.0)

    def _may_follow(self, one: tuple[str, str], other: tuple[str, str]) -> bool:
        (place, label), (next_place, next_label) = one, other
        continues = next_place in (INSIDE, END)
        is_open = place in (BEGIN, INSIDE)
        if continues:
            return is_open and label == next_label
        return not (is_open and self.has_ends)


@lru_cache(maxsize=64)
def scheme_of(labels: tuple[str, ...]) -> TagScheme:
    """The scheme of a model's labels; what it worked out is kept for all models that have them."""
    return TagScheme(labels)


def _parts(tag: str) -> tuple[str, str]:
    place, dash, label = tag.partition("-")
    if not dash and tag == OUTSIDE:
        return OUTSIDE, ""
    letter = SAME.get(place, place)
    return (letter, label) if dash and letter in (BEGIN, INSIDE, END, SINGLE) else ("", tag)
