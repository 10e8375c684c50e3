# SPDX-License-Identifier: Apache-2.0
"""A Prometheus histogram that takes many observations at once, so that metrics cost a batch and not a
record."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from threading import Lock

import numpy as np
import numpy.typing as npt
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector, CollectorRegistry


class BatchHistogram(Collector):
    """Counts values in buckets, by one label at most; `bounds` ascend and the last bucket is open."""

    def __init__(
        self, name: str, help: str, bounds: Sequence[float], registry: CollectorRegistry, label: str = ""
    ) -> None:
        self._name, self._help, self._label = name, help, label
        self._bounds = [float(bound) for bound in bounds]
        self._edges = np.array(self._bounds)
        self._lock = Lock()
        self._counts: dict[str, npt.NDArray[np.int64]] = {}
        self._sums: dict[str, float] = {}
        registry.register(self)

    def observe(self, value: float, label: str = "") -> None:
        """Count one value."""
        bucket = bisect_left(self._bounds, value)
        with self._lock:
            self._row(label)[bucket] += 1
            self._sums[label] += value

    def observe_many(self, values: npt.NDArray[np.float64], label: str = "") -> None:
        """Count many values. Shape: `(n,)`."""
        counts = np.bincount(np.searchsorted(self._edges, values), minlength=len(self._bounds) + 1)
        with self._lock:
            self._row(label)[:] += counts
            self._sums[label] += float(values.sum())

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """What Prometheus reads."""
        family = HistogramMetricFamily(self._name, self._help, labels=[self._label] if self._label else [])
        names = [*(f"{bound:g}" for bound in self._bounds), "+Inf"]
        with self._lock:
            for label, counts in sorted(self._counts.items()):
                buckets = list(zip(names, np.cumsum(counts).astype(float).tolist(), strict=True))
                family.add_metric([label] if self._label else [], buckets, self._sums[label])
        yield family

    def _row(self, label: str) -> npt.NDArray[np.int64]:
        if label not in self._counts:
            self._counts[label] = np.zeros(len(self._bounds) + 1, dtype=np.int64)
            self._sums[label] = 0.0
        return self._counts[label]
