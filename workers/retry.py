# SPDX-License-Identifier: Apache-2.0
"""The one backoff: how long to wait before a retry, which failures to log, and when to try another way."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")

FAILURES_BEFORE_RENEWAL = 8
"""A new consumer is made after so many failures in a row, after eight times as many, and so on: it seldom
helps, and moves partitions."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits between tries, each twice the one before it. Units: seconds.

    `initial` is waited before the first retry, `max` at most before any. The words are those of stamina.
    """

    initial: float = 0.05
    max: float = 1.0

    def wait_for(self, retry_num: int) -> float:
        """Seconds to wait before the retry of this number, counted from 1; none before number 0.

        >>> [Backoff(0.25, max=1.0).wait_for(retry_num) for retry_num in range(5)]
        [0.0, 0.25, 0.5, 1.0, 1.0]
        """
        if retry_num < 1:
            return 0.0
        doublings = min(retry_num - 1, 32)  # more would only make numbers that `max` cuts off again
        return min(self.max, self.initial * 2.0**doublings)


def retry(
    call: Callable[[], Result],
    on: type[Exception],
    backoff: Backoff,
    *,
    stopped: Callable[[], bool],
    on_failure: Callable[[Exception, int], None],
    sleep: Callable[[float], object] = time.sleep,
) -> Result:
    """Call until it succeeds; `on_failure` hears of each failure and its retry number, before the wait.

    Raises: the error of the last try where `stopped` says so, and any error that is not `on`.
    """
    retry_num = 0
    while True:
        try:
            return call()
        except on as error:
            if stopped():
                raise
            retry_num += 1
            on_failure(error, retry_num)
            sleep(backoff.wait_for(retry_num))


def is_worth_logging(failures: int) -> bool:
    """Whether so many failures in a row are 1, 2, 4, 8 and so on: a long outage shall not fill the log.

    >>> [failures for failures in range(1, 40) if is_worth_logging(failures)]
    [1, 2, 4, 8, 16, 32]
    """
    return failures > 0 and failures & (failures - 1) == 0


def is_time_to_renew(failures: int) -> bool:
    """Whether so many failures in a row are 8, 64, 512 and so on.

    >>> [failures for failures in range(1, 600) if is_time_to_renew(failures)]
    [8, 64, 512]
    """
    step = FAILURES_BEFORE_RENEWAL
    while failures > step:
        step *= FAILURES_BEFORE_RENEWAL
    return failures == step
