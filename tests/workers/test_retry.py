# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from workers.retry import Backoff, retry


def test_waits_double_up_to_the_longest() -> None:
    """Each wait is twice the one before, and none is longer than `max`, however often it failed."""
    backoff = Backoff(initial=0.5, max=3.0)
    assert [backoff.wait_for(retry_num) for retry_num in (1, 2, 3, 4, 10_000)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_a_call_is_repeated_until_it_succeeds() -> None:
    """Each failure is told with its number and followed by its wait; then the result is returned."""
    outcomes: list[Exception | str] = [OSError("one"), OSError("two"), "good"]
    failures: list[tuple[str, int]] = []
    waits: list[float] = []
    result = retry(
        lambda: raise_or_return(outcomes.pop(0)),
        OSError,
        Backoff(initial=1.0, max=8.0),
        stopped=lambda: False,
        on_failure=lambda error, retry_num: failures.append((str(error), retry_num)),
        sleep=waits.append,
    )
    assert result == "good"
    assert failures == [("one", 1), ("two", 2)]
    assert waits == [1.0, 2.0]


def test_who_wants_to_stop_is_not_held_up() -> None:
    """Once told to stop, the failure is raised instead of waited for."""
    with pytest.raises(OSError, match="away"):
        retry(
            lambda: raise_or_return(OSError("away")),
            OSError,
            Backoff(),
            stopped=lambda: True,
            on_failure=lambda error, retry_num: None,
        )


def raise_or_return(outcome: Exception | str) -> str:
    """What the next try comes to."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
