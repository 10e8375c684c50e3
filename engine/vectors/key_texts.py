# SPDX-License-Identifier: Apache-2.0
"""Texts of a table's keys as two arrays, which a mapped file can hold: nothing is read before it is asked
for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class KeyTexts:
    """UTF-8 of all texts, one after the other, and where each ends; a key without a text has an empty one.

    Shape: data `(n_bytes,)`; ends `(n_keys,)`.
    """

    data: npt.NDArray[np.uint8]
    ends: npt.NDArray[np.int64]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """These texts.

        >>> KeyTexts.of(["rain", "", "snow"])[2]
        'snow'
        """
        encoded = [text.encode("utf8", "surrogatepass") for text in texts]
        ends = np.cumsum([len(each) for each in encoded], dtype=np.int64)
        return cls(np.frombuffer(b"".join(encoded), dtype=np.uint8), ends)

    def __len__(self) -> int:
        """Number of keys."""
        return len(self.ends)

    def __getitem__(self, place: int) -> str:
        """The text of the key at a place."""
        start = int(self.ends[place - 1]) if place else 0
        return self.data[start : int(self.ends[place])].tobytes().decode("utf8", "surrogatepass")

    def __iter__(self) -> Any:
        """All texts."""
        return (self[place] for place in range(len(self)))
