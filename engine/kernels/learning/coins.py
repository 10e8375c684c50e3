# SPDX-License-Identifier: Apache-2.0
"""Random numbers for dropout: those of NumPy's global generator, many at a time, in vector code.

    key = 624 words, each of three others of them      once for 624 numbers
    number = a word, mixed with itself

NumPy makes them one by one, which took half as long as a layer. The bits, and where the generator stands
after them, are those of `np.random.bytes`. Source: M. Matsumoto and T. Nishimura, Mersenne Twister, 1998.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...jit.loops import jit_noalloc

Words = npt.NDArray[np.uint32]
Coins = npt.NDArray[np.uint16]

N, M = 624, 397
UPPER, LOWER, MATRIX = 0x80000000, 0x7FFFFFFF, 0x9908B0DF
GENERATOR = "MT19937"
FEW = 1 << 16
"""Bytes below which fetching the generator's state would take longer than its numbers."""


def draw_coins(shapes: Sequence[tuple[int, int]]) -> list[Coins]:
    """For each shape numbers from 0 to 65535, read only: what `np.random.bytes` would give for one after the
    other."""
    state = np.random.get_state(legacy=False) if sum(map(_n_bytes, shapes)) >= FEW else None
    if not isinstance(state, dict) or state["bit_generator"] != GENERATOR:
        return [
            np.frombuffer(np.random.bytes(_n_bytes(each)), dtype=np.uint16).reshape(each) for each in shapes
        ]
    inner, drawn = state["state"], []
    for n_rows, width in shapes:
        words = np.empty(-(-_n_bytes((n_rows, width)) // 4), dtype=np.uint32)
        inner["pos"] = fill(inner["key"], inner["pos"], words)
        coins = words.view(np.uint16)[: n_rows * width].reshape(n_rows, width)
        coins.setflags(write=False)
        drawn.append(coins)
    np.random.set_state(state)
    return drawn


def _n_bytes(shape: tuple[int, int]) -> int:
    return 2 * shape[0] * shape[1]


@jit_noalloc
def fill(key: Words, pos: int, out: Words) -> int:
    """The next numbers of a generator that stands at `pos` of its key; where it stands then. Shape: key
    `(624,)`."""
    at = 0
    while at < len(out):
        if pos == N:
            _twist(key)
            pos = 0
        size = min(len(out) - at, N - pos)
        _mix(key[pos : pos + size], out[at : at + size])
        at, pos = at + size, pos + size
    return pos


@jit_noalloc
def _mix(words: Words, out: Words) -> None:
    """Numbers of words, one of each."""
    for i in range(len(words)):
        y = words[i]
        y = np.uint32(y ^ (y >> np.uint32(11)))
        y = np.uint32(y ^ ((y << np.uint32(7)) & np.uint32(0x9D2C5680)))
        y = np.uint32(y ^ ((y << np.uint32(15)) & np.uint32(0xEFC60000)))
        out[i] = np.uint32(y ^ (y >> np.uint32(18)))


@jit_noalloc
def _twist(key: Words) -> None:
    """The next 624 words: the first ones of old words alone, the others of new ones too."""
    for i in range(N - M):
        key[i] = key[i + M] ^ _joined(key[i], key[i + 1])
    for i in range(N - M, N - 1):
        key[i] = key[i + M - N] ^ _joined(key[i], key[i + 1])
    key[N - 1] = key[M - 1] ^ _joined(key[N - 1], key[0])


@jit_noalloc
def _joined(one: np.uint32, other: np.uint32) -> np.uint32:
    """The upper bit of a word and the lower ones of another, times the generator's matrix."""
    y = np.uint32((one & np.uint32(UPPER)) | (other & np.uint32(LOWER)))
    return np.uint32((y >> np.uint32(1)) ^ (np.uint32(MATRIX) * (y & np.uint32(1))))
