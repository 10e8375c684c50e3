# SPDX-License-Identifier: Apache-2.0
"""Features of texts: shape, length, and the ids of the whole, its first and its last characters."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..jit.loops import jit
from .strings import bytes_id, symbol_slots, utf8_into

LONG_WORD = 100
"""Texts of this many code points or more have the shape "LONG"."""

_ALPHA, _UPPER, _DIGIT, _SPACE = 1, 2, 4, 8
_POINTS_AT_A_TIME = 1 << 14
_KINDS = (
    (np.strings.isalpha, _ALPHA),
    (np.strings.isupper, _UPPER),
    (np.strings.isdigit, _DIGIT),
    (np.strings.isspace, _SPACE),
)


def shape_of(text: str) -> str:
    """Shape of a text: X, x and d for upper, other letters and digits, all else as it is; runs are cut to
    four."""
    if len(text) >= LONG_WORD:
        return "LONG"
    out: list[str] = []
    for char in text:
        mark = ("X" if char.isupper() else "x") if char.isalpha() else "d" if char.isdigit() else char
        if out[-4:] != [mark] * 4:
            out.append(mark)
    return "".join(out)


def write_features(
    points: npt.NDArray[np.uint32], offsets: npt.NDArray[np.int64], first: int, *columns: npt.NDArray[Any]
) -> None:
    """Write the features of the texts `points[offsets[i]:offsets[i + 1]]` into the rows from `first` on.

    `columns`: ids of the text, its first character, its last three and its shape; its length; whether it is
    white space.
    """
    _fill(points, offsets, _point_flags.of(points), *symbol_slots(), first, *columns)


class CodePointFlags:
    """What every Unicode code point is: bits for letter, upper case, digit and white space.

    Found out only as far as texts have come: all 1.1 million take 30 ms, the first 16,384 do for most texts.
    Thread-safe: who finds the same out at the same time writes the same.
    """

    def __init__(self) -> None:
        self._flags = np.zeros(0x110000, dtype=np.uint8)
        self._n_known = 0

    def of(self, points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
        """Flags by code point, true for all up to the highest of these.

        Shape: `(n,)` -> `(0x110000,)`.
        """
        wanted = int(points.max(initial=0)) + 1
        for start in range(self._n_known, wanted, _POINTS_AT_A_TIME):
            self._find_out(start)
            self._n_known = start + _POINTS_AT_A_TIME
        return self._flags

    def _find_out(self, start: int) -> None:
        end = min(start + _POINTS_AT_A_TIME, len(self._flags))
        points = np.arange(start, end, dtype=np.uint32).view("U1")
        bits = [test(points).astype(np.uint8) * np.uint8(bit) for test, bit in _KINDS]
        # In one step: two threads that add bits in place would lose some.
        self._flags[start:end] = np.bitwise_or.reduce(bits)


_point_flags = CodePointFlags()


@jit
def _span_id(
    points: Any, start: int, end: int, scratch: Any, slot_hashes: Any, slot_numbers: Any
) -> Any:  # pragma: no cover - compiled
    at = 0
    for p in range(start, end):
        at = utf8_into(np.int64(points[p]), scratch, at)
    return bytes_id(scratch, at, slot_hashes, slot_numbers)


@jit
def _shape_into(
    points: Any, start: int, end: int, flags: Any, scratch: Any
) -> int:  # pragma: no cover - compiled
    at = 0
    last = np.int64(-1)
    run = 0
    for p in range(start, end):
        point = np.int64(points[p])
        kind = flags[point]
        mark = point
        if kind & 1:
            mark = np.int64(88) if kind & 2 else np.int64(120)
        elif kind & 4:
            mark = np.int64(100)
        run = run + 1 if mark == last else 1
        last = mark
        if run <= 4:
            at = utf8_into(mark, scratch, at)
    return at


@jit
def _fill(
    points: Any, offsets: Any, flags: Any, slot_hashes: Any, slot_numbers: Any, first: int,
    orth: Any, prefix: Any, suffix: Any, shape: Any, length: Any, is_space: Any,
) -> None:  # pragma: no cover - compiled  # fmt: skip
    longest = 0
    for i in range(len(offsets) - 1):
        longest = max(longest, offsets[i + 1] - offsets[i])
    scratch = np.empty(4 * longest + 8, dtype=np.uint8)
    for i in range(len(offsets) - 1):
        start, end, row = offsets[i], offsets[i + 1], first + i
        orth[row] = _span_id(points, start, end, scratch, slot_hashes, slot_numbers)
        prefix[row] = _span_id(points, start, min(start + 1, end), scratch, slot_hashes, slot_numbers)
        suffix[row] = _span_id(points, max(start, end - 3), end, scratch, slot_hashes, slot_numbers)
        length[row] = np.uint64(end - start)
        if end - start >= 100:
            scratch[0], scratch[1], scratch[2], scratch[3] = 76, 79, 78, 71
            at = 4
        else:
            at = _shape_into(points, start, end, flags, scratch)
        shape[row] = bytes_id(scratch, at, slot_hashes, slot_numbers)
        blank = end > start
        for p in range(start, end):
            blank = blank and (flags[points[p]] & 8) != 0
        is_space[row] = blank
