# SPDX-License-Identifier: Apache-2.0
"""Two tokenizations of one text, as people look them up: which tokens of the one lie over which of the
other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DocValueError

Numbers = npt.NDArray[np.int32]


class AlignmentArray:
    """For each token the positions of the other side's, on end.

    Shape: data `(sum of lengths,)`; lengths `(n_tokens,)`.
    """

    def __init__(self, alignment: Sequence[Sequence[int]]) -> None:
        self.lengths: Numbers = np.array([len(each) for each in alignment], dtype=np.int32)
        self.data: Numbers = np.array([i for each in alignment for i in each], dtype=np.int32)
        self._ends = np.cumsum(self.lengths)

    @property
    def dataXd(self) -> Numbers:  # the documented name
        """The positions on end."""
        return self.data

    @property
    def data1d(self) -> Numbers:
        """The positions on end."""
        return self.data

    def __len__(self) -> int:
        """Number of tokens."""
        return len(self.lengths)

    def __getitem__(self, index: int | slice) -> Any:
        """Positions that belong to a token, or to consecutive ones."""
        if isinstance(index, slice):
            start, end, _ = index.indices(len(self))
            first = int(self._ends[start - 1]) if start else 0
            return self.data[first : int(self._ends[end - 1]) if end > start else first]
        place = index % len(self)
        end = int(self._ends[place])
        return self.data[end - int(self.lengths[place]) : end]


@dataclass(frozen=True, slots=True, eq=False)
class TokenAlignment:
    """Which tokens lie over which of the other side, both ways.

    >>> alignment = TokenAlignment.from_strings(["obama", "'", "s"], ["obama", "'s"])
    >>> alignment.x2y.data.tolist(), alignment.y2x.lengths.tolist()
    ([0, 1, 1], [1, 2])
    """

    x2y: AlignmentArray
    y2x: AlignmentArray

    @classmethod
    def from_indices(cls, x2y: Sequence[Sequence[int]], y2x: Sequence[Sequence[int]]) -> TokenAlignment:
        """An alignment of the positions that belong to each token."""
        return cls(AlignmentArray(x2y), AlignmentArray(y2x))

    @classmethod
    def from_strings(cls, A: Sequence[str], B: Sequence[str]) -> TokenAlignment:
        """An alignment of two lists of tokens that spell one text, up to case and, where need be, blanks.

        Raises: DocValueError where they spell different texts.
        """
        blanks = "".join(A).lower() == "".join(B).lower()
        ours, theirs = _characters(A, blanks), _characters(B, blanks)
        if [char for _, char in ours] != [char for _, char in theirs]:
            raise DocValueError(
                f"expected tokens that spell one text, up to blanks and case, got {list(A)[:10]!r} and "
                f"{list(B)[:10]!r}"
            )
        x2y: list[dict[int, None]] = [{} for _ in A]
        y2x: list[dict[int, None]] = [{} for _ in B]
        for (i, _), (j, _) in zip(ours, theirs, strict=True):
            x2y[i][j] = y2x[j][i] = None
        return cls.from_indices([list(each) for each in x2y], [list(each) for each in y2x])


def _characters(tokens: Sequence[str], blanks: bool) -> list[tuple[int, str]]:
    """Characters, blanks among them or not, and which token each belongs to."""
    texts = (token.lower() if blanks else token.replace(" ", "").lower() for token in tokens)
    return [(i, char) for i, text in enumerate(texts) for char in text]
