# SPDX-License-Identifier: Apache-2.0
"""Whether a model that came lately does harm: counts of records that it failed on and another model did
not."""

from __future__ import annotations

from collections import Counter
from threading import Lock

MIN_RECORDS = 20
"""Records before which a share says nothing."""
MAX_RESCUED = 25
"""Records that no model may fail on, whatever the share: a slow stream shall not wait for its share."""


class Probation:
    """Counts per version, from several threads."""

    def __init__(self, max_share: float) -> None:
        self._max_share = max_share
        self._lock = Lock()
        self._records: Counter[str] = Counter()
        self._rescued: Counter[str] = Counter()

    def note(self, version: str, n_records: int, n_rescued: int) -> str:
        """Count one batch; why the version must not serve on, empty where it may.

        >>> probation = Probation(0.02)
        >>> probation.note("7", 1000, 1)
        ''
        >>> probation.note("7", 500, 40)
        'it failed on 41 of 1,500 records that another model annotated'
        """
        with self._lock:
            self._records[version] += n_records
            self._rescued[version] += n_rescued
            total, failed = self._records[version], self._rescued[version]
        too_many = failed > MAX_RESCUED or (total >= MIN_RECORDS and failed > self._max_share * total)
        return (
            f"it failed on {failed:,} of {total:,} records that another model annotated"
            if n_rescued and too_many
            else ""
        )

    def forget(self, version: str) -> None:
        """Begin anew with this version."""
        with self._lock:
            del self._records[version], self._rescued[version]
