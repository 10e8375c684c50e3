# SPDX-License-Identifier: Apache-2.0
"""Learning waits while the registry is away."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from ..model_registry import UnreachableError
from ..retry import Backoff, is_worth_logging, retry

Result = TypeVar("Result")

log = logging.getLogger(__name__)

BACKOFF = Backoff(0.25, max=1.0)


class RegistryRetry:
    """Calls until the registry is there; who wants to stop is not held up."""

    def __init__(self, stopped: Callable[[], bool]) -> None:
        self._stopped = stopped

    def __call__(self, call: Callable[[], Result]) -> Result:
        """What the call gives. Raises: UnreachableError where the registry is away and it is time to stop."""
        return retry(call, UnreachableError, BACKOFF, stopped=self._stopped, on_failure=_log_failure)


def _log_failure(error: Exception, retry_num: int) -> None:
    if is_worth_logging(retry_num):
        log.warning("learning waits: %s", error)
