from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.kernels.learning.coins import FEW, draw_coins


@pytest.mark.parametrize(
    "shapes",
    [[(1, 1)], [(0, 96)], [], [(684, 96)] * 3, [(700, 97), (3, 1)], [(FEW // 2, 1)], [(33, 1001)] * 2],
)
def test_coins_are_those_of_numpy(shapes: list[tuple[int, int]]) -> None:
    """The same bits, and the generator stands where it would: what is drawn after them is the same, too."""
    np.random.seed(3)
    np.random.normal(size=3)  # half of a pair is kept by the generator
    ours, after = draw_coins(shapes), (np.random.normal(size=2).tolist(), np.random.bytes(7))
    np.random.seed(3)
    np.random.normal(size=3)
    for mine, (n, width) in zip(ours, shapes, strict=True):
        theirs = np.frombuffer(np.random.bytes(2 * n * width), np.uint16)
        np.testing.assert_array_equal(mine, theirs.reshape(n, width))
        assert not mine.flags.writeable
    assert (np.random.normal(size=2).tolist(), np.random.bytes(7)) == after


def test_another_generator_gives_its_own_coins() -> None:
    """One that a user set is not taken for NumPy's first one."""
    random: Any = np.random  # NumPy's stubs lack these two
    before = random.get_bit_generator()
    try:
        random.set_bit_generator(np.random.PCG64(0))
        (ours,) = draw_coins([(400, 96)])
        random.set_bit_generator(np.random.PCG64(0))
        theirs = np.random.bytes(2 * 400 * 96)
    finally:
        random.set_bit_generator(before)
    assert ours.tobytes() == theirs
