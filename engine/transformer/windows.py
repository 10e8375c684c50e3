# SPDX-License-Identifier: Apache-2.0
"""Windows over the pieces of long documents; rows that several windows cover are averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

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
        raise NotImplementedError

    def spread(self, d_rows: FloatArray) -> FloatArray:
        """The gradient of `average`: each window gets its share."""
        raise NotImplementedError


def stride_windows(cu_seq_lens: IntArray, window: int, stride: int) -> Windows:
    """Windows that begin at 0, stride, 2 x stride, ... as long as that lies inside the sequence."""
    raise NotImplementedError
