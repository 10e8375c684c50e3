# SPDX-License-Identifier: Apache-2.0
"""Row hashes of embedding tables."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import NumpyOps

from engine.vocab.row_hashes import rows

IDS = st.lists(st.integers(0, (1 << 64) - 1), max_size=20)
SEEDS = st.integers(0, (1 << 32) - 1)


@given(IDS, SEEDS, st.sampled_from([1, 500, 5000, 2**31 - 1]))
def test_rows_are_those_of_thinc(ids: list[int], seed: int, n_rows: int) -> None:
    """Four rows per id, for any id and any 32-bit seed."""
    values = np.array(ids, dtype=np.uint64)
    expected = NumpyOps().hash(values, seed) % n_rows if ids else np.zeros((0, 4))
    assert rows(values, seed, n_rows).tolist() == expected.tolist()
