# SPDX-License-Identifier: Apache-2.0
"""How long to wait after a failure, and when to try another way."""

from __future__ import annotations

RETRY_WAITS = (0.05, 0.1, 0.2, 0.5, 1.0)
FAILURES_BEFORE_RENEWAL = 8
"""A new consumer is made after so many failures in a row, after eight times as many, and so on: it seldom
helps, and moves partitions."""


def retry_wait(failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return RETRY_WAITS[min(failures, len(RETRY_WAITS)) - 1]


def time_to_renew(failures: int) -> bool:
    """Whether so many failures in a row are 8, 64, 512 and so on."""
    step = FAILURES_BEFORE_RENEWAL
    while failures > step:
        step *= FAILURES_BEFORE_RENEWAL
    return failures == step
