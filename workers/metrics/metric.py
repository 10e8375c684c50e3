# SPDX-License-Identifier: Apache-2.0
"""A metric: its name, what it means, its labels and buckets; and how it is made in a registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

if TYPE_CHECKING:
    from .histogram import BatchHistogram


class Kind(StrEnum):
    """What may be asked of a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Who(StrEnum):
    """The worker that exports it."""

    ANNOTATOR = "annotator"
    TRAINER = "trainer"
    STREAM_APP = "stream app"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `name` as it is exported (counters end with `_total`), `about` without its full stop's
    neighbours: one sentence; `bounds` ascend; `unit`: as Grafana calls it."""

    name: str
    kind: Kind
    about: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    unit: str = "short"

    def counter(self, registry: CollectorRegistry) -> Counter:
        """The counter; prometheus_client adds `_total` by itself."""
        return Counter(self.name.removesuffix("_total"), self.about, self.labels, registry=registry)

    def gauge(self, registry: CollectorRegistry) -> Gauge:
        """The gauge."""
        return Gauge(self.name, self.about, self.labels, registry=registry)

    def histogram(self, registry: CollectorRegistry) -> Histogram:
        """The histogram, for events that are rare."""
        return Histogram(self.name, self.about, self.labels, buckets=self.bounds, registry=registry)

    def batch_histogram(self, registry: CollectorRegistry) -> BatchHistogram:
        """The histogram, for values that come by the batch; by one label at most."""
        made: Any = import_module(".histogram", __package__)  # NumPy: who serves pages goes without
        histogram: BatchHistogram = made.BatchHistogram(
            self.name, self.about, self.bounds, registry, "".join(self.labels)
        )
        return histogram

    @property
    def samples(self) -> Sequence[str]:
        """The names of what is scraped."""
        if self.kind is Kind.HISTOGRAM:
            return [f"{self.name}{end}" for end in ("_bucket", "_count", "_sum")]
        return [self.name]


def counter(name: str, about: str, *labels: str) -> Metric:
    """A metric that grows."""
    return Metric(name, Kind.COUNTER, about, labels)


def gauge(name: str, about: str, *labels: str, unit: str = "short") -> Metric:
    """A metric that goes up and down; times are in seconds since 1970."""
    unit = "dateTimeFromNow" if name.endswith("_timestamp_seconds") else unit
    return Metric(name, Kind.GAUGE, about, labels, unit="s" if name.endswith("lag_seconds") else unit)


def histogram(name: str, about: str, bounds: Sequence[float], *labels: str) -> Metric:
    """A metric of many values."""
    unit = "s" if name.endswith("_seconds") else "short"
    return Metric(name, Kind.HISTOGRAM, about, labels, tuple(bounds), unit)


def powers_of_two(first: float, n: int) -> list[float]:
    """Bounds that double, `n` of them."""
    return [first * 2**i for i in range(n)]
