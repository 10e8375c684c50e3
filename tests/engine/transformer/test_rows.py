# SPDX-License-Identifier: Apache-2.0
"""From pieces to tokens and back: alignment, windows, pooling, each against its rule written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.transformer import (
    Reducer,
    TokenRows,
    TransformerError,
    gather,
    pool,
    scatter,
    stride_windows,
)
from engine.transformer.alignment import align_offsets
from engine.transformer.packs import buckets_of, packs_of

Array = npt.NDArray[Any]


def owners_rule(tokens: list[tuple[int, int]], pieces: list[tuple[int, int]]) -> list[list[int]]:
    """For each token its pieces: characters are given to tokens one after the other, each with one more."""
    owner = [-1] * (max([end for _, end in [*tokens, *pieces]], default=0) + 2)
    for number, (start, end) in enumerate(tokens):
        owner[start : end + 1] = [number] * (end + 1 - start)
    found: list[list[int]] = [[] for _ in tokens]
    for piece, (start, end) in enumerate(pieces):
        for number in sorted({owner[place] for place in range(start, end)} - {-1}):
            found[number].append(piece)
    return found


@st.composite
def stretches(draw: st.DrawFn, gap: int) -> list[tuple[int, int]]:
    """Stretches of characters that do not overlap."""
    place, found = 0, []
    for _ in range(draw(st.integers(0, 8))):
        start = place + draw(st.integers(0, gap))
        place = start + draw(st.integers(1, 4))
        found.append((start, place))
    return found


@given(st.lists(st.tuples(stretches(2), stretches(1)), max_size=4))
def test_pieces_belong_to_the_tokens_of_their_characters(spans: list[Any]) -> None:
    """Several spans of text, each as the rule says of it alone."""
    token_spans = [i for i, (tokens, _) in enumerate(spans) for _ in tokens]
    piece_spans = [i for i, (_, pieces) in enumerate(spans) for _ in pieces]
    tokens = np.array([token for each, _ in spans for token in each], np.int64).reshape(-1, 2)
    pieces = np.array([piece for _, each in spans for piece in each], np.int64).reshape(-1, 2)
    got = align_offsets(
        np.arange(len(tokens)),
        tokens[:, 0],
        tokens[:, 1],
        np.array(token_spans, np.int64),
        pieces[:, 0],
        pieces[:, 1],
        np.array(piece_spans, np.int64),
        len(tokens),
    )
    expected, n_before = [], 0
    for own_tokens, own_pieces in spans:
        for rows in owners_rule(own_tokens, own_pieces):
            expected.append([row + n_before for row in rows])
        n_before += len(own_pieces)
    assert [got.of(token).tolist() for token in range(got.n_tokens)] == expected


@pytest.mark.parametrize(
    ("length", "windows"),
    [
        (30, [(0, 30), (24, 30)]),
        (24, [(0, 24)]),
        (25, [(0, 25), (24, 25)]),
        (60, [(0, 32), (24, 56), (48, 60)]),
    ],
)
def test_windows_begin_as_long_as_there_are_pieces(length: int, windows: list[tuple[int, int]]) -> None:
    """Window 32, stride 24: the last window may be short."""
    found = stride_windows(np.array([0, length]), 32, 24)
    bounds = zip(found.cu_seq_lens[:-1], found.cu_seq_lens[1:], strict=True)
    assert [(int(found.rows[a]), int(found.rows[b - 1]) + 1) for a, b in bounds] == windows


def test_rows_in_two_windows_are_averaged_and_gradients_shared() -> None:
    """`spread` is the transpose of `average`."""
    windows = stride_windows(np.array([0, 11, 11, 30]), 8, 5)
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(len(windows.rows), 3)).astype(np.float32)
    expected = np.array([rows[windows.rows == row].mean(axis=0) for row in range(30)])
    np.testing.assert_allclose(windows.average(rows), expected, atol=1e-6)
    d_rows = rng.normal(size=(30, 3)).astype(np.float32)
    left, right = (windows.average(rows) * d_rows).sum(), (rows * windows.spread(d_rows)).sum()
    assert left == pytest.approx(right, rel=1e-5)


@pytest.mark.parametrize(("window", "stride"), [(8, 9), (8, 3), (0, 0)])
def test_windows_with_gaps_or_that_overlap_twice_are_refused(window: int, stride: int) -> None:
    """The stride lies between half a window and a window."""
    with pytest.raises(TransformerError, match=f"got window {window}, stride {stride}"):
        stride_windows(np.array([0, 5]), window, stride)


REDUCED = {
    Reducer.MEAN: lambda rows: rows.mean(axis=0),
    Reducer.SUM: lambda rows: rows.sum(axis=0),
    Reducer.MAX: lambda rows: rows.max(axis=0),
    Reducer.FIRST: lambda rows: rows[0],
    Reducer.LAST: lambda rows: rows[-1],
}


@pytest.fixture
def aligned() -> tuple[Array, TokenRows]:
    """Rows, and tokens with none to three of them; a row may belong to two tokens."""
    rng = np.random.default_rng(0)
    counts = np.array([2, 0, 1, 3, 0, 2])
    rows = np.array([0, 1, 1, 2, 3, 5, 5, 6])
    return rng.normal(size=(8, 4)).astype(np.float32), TokenRows(
        np.concatenate([[0], np.cumsum(counts)]), rows
    )


@pytest.mark.parametrize("reducer", list(Reducer))
def test_vectors_are_reduced_rows(aligned: tuple[Array, TokenRows], reducer: Reducer) -> None:
    """A token without rows gets zeros; the gradient is that of finite differences."""
    rows, alignment = aligned
    vectors, backprop = pool(rows, alignment, reducer)
    for token in range(alignment.n_tokens):
        own = rows[alignment.of(token)]
        np.testing.assert_allclose(vectors[token], REDUCED[reducer](own) if len(own) else 0, atol=1e-6)
    d_vectors = np.random.default_rng(1).normal(size=vectors.shape).astype(np.float32)
    d_rows = backprop(d_vectors)
    for place in np.ndindex(rows.shape):
        moved = rows.copy()
        moved[place] += 1e-3
        slope = ((pool(moved, alignment, reducer)[0] - vectors) * d_vectors).sum() / 1e-3
        assert d_rows[place] == pytest.approx(slope, abs=5e-3)


@pytest.mark.parametrize("reducer", list(Reducer))
def test_documents_without_pieces_have_zeros(reducer: Reducer) -> None:
    """Tokens, but no row at all."""
    nothing = TokenRows(np.zeros(4, np.int64), np.zeros(0, np.int64))
    vectors, backprop = pool(np.zeros((0, 5), np.float32), nothing, reducer)
    assert vectors.shape == (3, 5)
    assert not vectors.any()
    assert backprop(vectors).shape == (0, 5)


def test_gathered_rows_go_back(aligned: tuple[Array, TokenRows]) -> None:
    """For pooling of people's own: a row of two tokens gets both gradients."""
    rows, alignment = aligned
    got = scatter(gather(np.ones_like(rows), alignment), alignment, len(rows))
    assert got[:, 0].tolist() == [1, 2, 1, 1, 0, 2, 1, 0]


@given(st.lists(st.integers(1, 20), max_size=12), st.integers(1, 30))
def test_packs_and_buckets_hold_every_span_once(lengths: list[int], budget: int) -> None:
    """Within the budget, but for spans that are longer than it, which go alone."""
    cu_seq_lens = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    packs = list(packs_of(cu_seq_lens, budget))
    assert [i for pack in packs for i in range(pack.spans.start, pack.spans.stop)] == list(
        range(len(lengths))
    )
    assert all(pack.cu_seq_lens[-1] <= budget or len(pack.cu_seq_lens) == 2 for pack in packs)
    buckets = list(buckets_of(cu_seq_lens, budget))
    assert sorted(int(i) for bucket in buckets for i in bucket) == list(range(len(lengths)))
    longest = [max(lengths[i] for i in bucket) * len(bucket) for bucket in buckets]
    assert all(size <= budget or len(bucket) == 1 for size, bucket in zip(longest, buckets, strict=True))
