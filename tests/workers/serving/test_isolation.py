# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workers.serving.isolation import isolate


def annotate(numbers):
    """Fails for the whole batch where one number is negative."""
    if any(number < 0 for number in numbers):
        raise ValueError("negative")
    return [b"%d" % number for number in numbers]


@given(st.lists(st.integers(-3, 50), max_size=60))
def test_exactly_the_failing_items_fail(numbers: list[int]) -> None:
    """Each item has its own answer or its own error, in order."""
    shown = [answer if isinstance(answer, bytes) else None for answer in isolate(annotate, numbers)]
    assert shown == [None if number < 0 else b"%d" % number for number in numbers]


def test_one_failing_item_costs_few_calls() -> None:
    """One bad item among 500 is found by halving: about two calls for each halving."""
    calls = []
    isolate(lambda part: calls.append(1) or annotate(part), [*range(250), -1, *range(250)])
    assert len(calls) <= 2 * 10 + 1


def test_a_model_that_answers_too_few_is_not_believed() -> None:
    """Too few annotations count as a failure of every item, never as a shift of answers to other items."""
    answers = isolate(lambda part: [], [1, 2])
    assert [type(answer) for answer in answers] == [AssertionError, AssertionError]
