# SPDX-License-Identifier: Apache-2.0
"""Rows of a hash table, four for each word: summed, and gradients added to them.

A batch asks for the rows of its different words, once each: what a word says is computed once, and what comes
back to its tokens is summed before it goes on. The truth: Thinc's `HashEmbed`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...jit.loops import jit_noalloc_fastmath
from ..arrays import Floats, Ints
from .maxout import Dropout


@jit_noalloc_fastmath
def sum_rows(table: Floats, keys: npt.NDArray[np.uint32], mask: Floats, out: Floats, first: int) -> None:
    """The sum of four table rows for each word, times `mask`, into columns of `out` from `first` on.

    Shape: table `(n_rows, width)`, keys `(n, 4)`, mask `(width,)`.
    """
    for i in range(len(keys)):
        a, b, c, d = keys[i, 0], keys[i, 1], keys[i, 2], keys[i, 3]
        for j in range(len(mask)):
            out[i, first + j] = (table[a, j] + table[b, j] + table[c, j] + table[d, j]) * mask[j]


@jit_noalloc_fastmath
def add_to_rows(
    d_sums: Floats, first: int, keys: npt.NDArray[np.uint32], mask: Floats, d_table: Floats
) -> None:
    """The way back: each word's gradient added to its four rows."""
    for i in range(len(keys)):
        for k in range(4):
            key = keys[i, k]
            for j in range(len(mask)):
                d_table[key, j] += d_sums[i, first + j] * mask[j]


@jit_noalloc_fastmath
def spread_words(words: Floats, word_of: Ints, places: Ints, dropout: Dropout, out: Floats) -> None:
    """Each token's word into its place, with its own dropout.

    Shape: words `(n_words, width)`; word_of and places `(n_tokens,)`; coins `(n_tokens, width)`.
    """
    coins, width = dropout.coins, words.shape[1]
    for token in range(len(word_of)):
        word, place = word_of[token], places[token]
        if len(coins):
            for i in range(width):
                value = words[word, i] * dropout.scale
                out[place, i] = value if coins[token, i] >= dropout.least else np.float32(0.0)
        else:
            for i in range(width):
                out[place, i] = words[word, i]


@jit_noalloc_fastmath
def gather_words(d_out: Floats, places: Ints, word_of: Ints, dropout: Dropout, d_words: Floats) -> None:
    """The way back: the gradients of each word's tokens, summed."""
    coins, width = dropout.coins, d_words.shape[1]
    for token in range(len(word_of)):
        word, place = word_of[token], places[token]
        if len(coins):
            for i in range(width):
                value = d_out[place, i] * dropout.scale
                d_words[word, i] += value if coins[token, i] >= dropout.least else np.float32(0.0)
        else:
            for i in range(width):
                d_words[word, i] += d_out[place, i]
