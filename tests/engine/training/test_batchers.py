from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.training.batchers import configure_by_padded, configure_by_sequence, configure_by_words


def by_words(
    sizes: list[int], size: object, tolerance: float = 0.2, discard: bool = False
) -> list[list[int]]:
    """Items that are their own lengths, batched by words."""
    return list(configure_by_words(size, tolerance, discard, get_length=int)(sizes))


def test_words_fill_batches_in_order() -> None:
    """A batch closes before it would go over its size; what is within the tolerance waits for the next."""
    assert by_words([3, 3, 5, 2, 30, 4, 4, 4, 1, 1, 1, 12, 9], 10) == [
        [3, 3],
        [30],
        [5, 2],
        [4, 4],
        [4, 1, 1, 1],
        [12],
        [9],
    ]


def test_oversize_items_can_be_left_out() -> None:
    """An item beyond size and tolerance is left out where the config says so."""
    assert by_words([3, 30, 5], 10, discard=True) == [[3, 5]]


def test_a_schedule_moves_on_with_each_batch() -> None:
    """Sizes from a schedule hold for one batch each, and go on across calls."""
    batcher = configure_by_words(iter([4.0, 6.0, 9.0, 20.0]), 0.2, False, get_length=int)
    assert list(batcher([3, 1, 1, 2, 2, 2])) == [[3, 1], [1, 2, 2, 2]]
    assert list(batcher([5, 4, 9])) == [[5, 4], [9]]


@given(st.lists(st.integers(1, 40)), st.integers(1, 30), st.sampled_from([0.0, 0.2, 0.5]))
def test_every_item_comes_once_and_no_batch_is_too_long(
    items: list[int], size: int, tolerance: float
) -> None:
    """All items come out, and a batch of several stays within size and tolerance."""
    batches = by_words(items, size, tolerance)
    assert sorted(itertools.chain(*batches)) == sorted(items)
    assert all(len(batch) == 1 or sum(batch) <= size * (1 + tolerance) for batch in batches)


def test_sequences_have_equal_numbers() -> None:
    """So many items a batch, the last one shorter."""
    assert list(configure_by_sequence(3)(range(8))) == [[0, 1, 2], [3, 4, 5], [6, 7]]


@given(st.lists(st.integers(1, 40)), st.integers(1, 60), st.integers(1, 9))
def test_padded_batches_stay_within_the_size(items: list[int], size: int, buffer: int) -> None:
    """All items come out; the longest times the number stays within the size, but for an item that is too
    long by itself."""
    random.seed(0)
    batches = list(configure_by_padded(size, buffer, get_length=int)(items))
    assert sorted(itertools.chain(*batches)) == sorted(items)
    assert all(len(batch) == 1 or max(batch) * len(batch) <= size for batch in batches)


def test_padded_batches_leave_out_what_is_too_long() -> None:
    """An item longer than the size is left out where the config says so."""
    random.seed(0)
    assert sorted(itertools.chain(*configure_by_padded(20, 8, True, get_length=int)([3, 30, 5]))) == [3, 5]


def test_a_size_that_is_none_is_refused() -> None:
    """A size must be a number or a schedule."""
    with pytest.raises(EngineError, match="expected a batch size as a number or a schedule, got NoneType"):
        configure_by_words(None)
