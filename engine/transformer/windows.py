# SPDX-License-Identifier: Apache-2.0
"""Windows over the pieces of long documents; rows that several windows cover are averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .alignment import expand
from .errors import TransformerError
from .row_sums import sum_rows

IntArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """What the encoder reads in place of whole sequences.

    Shape: rows `(n_window_pieces,)`: the row of the sequences that each piece of a window is; cu_seq_lens
    `(n_windows + 1,)`; counts `(n_rows,)`: how many windows cover a row; all int64.
    """

    rows: IntArray
    cu_seq_lens: IntArray
    counts: IntArray

    def average(self, window_rows: FloatArray) -> FloatArray:
        """Rows of windows to rows of sequences. Shape: `(n_window_pieces, width)` to `(n_rows, width)`."""
        return sum_rows(window_rows, self.rows, len(self.counts)) / self._covers()

    def spread(self, d_rows: FloatArray) -> FloatArray:
        """The gradient of `average`: each window gets its share."""
        shares: FloatArray = (d_rows / self._covers())[self.rows]
        return shares

    def _covers(self) -> FloatArray:
        return self.counts.astype(np.float32)[:, None]


def stride_windows(cu_seq_lens: IntArray, window: int, stride: int) -> Windows:
    """Windows that begin at 0, stride, 2 x stride, ... as long as that lies inside the sequence, so that the
    last one may be short.

    Raises: TransformerError where windows would leave gaps or overlap more than twice.
    """
    if not 0 < window / 2 <= stride <= window:
        raise TransformerError(
            f"expected a stride from half of the window to all of it, got window {window}, stride {stride}"
        )
    lengths = np.diff(cu_seq_lens).astype(np.int64)
    n_windows = -(-lengths // stride)
    starts = expand(np.zeros_like(n_windows), n_windows) * stride
    sizes = np.minimum(np.repeat(lengths, n_windows) - starts, window)
    rows = expand(np.repeat(cu_seq_lens[:-1].astype(np.int64), n_windows) + starts, sizes)
    counts = np.bincount(rows, minlength=int(cu_seq_lens[-1]))
    return Windows(rows, np.concatenate([[0], np.cumsum(sizes)]), counts)
