# SPDX-License-Identifier: Apache-2.0
"""The metrics of all workers: one catalogue, of which code, docs and the chart take their names.

metric     what a metric is, and how it is made in a registry
catalogue  every metric there is, by who exports it
histogram  a histogram that takes a batch's values at once
reference  writes docs/metrics.md
"""

from __future__ import annotations

from .metric import Kind, Metric, Who

__all__ = ["Kind", "Metric", "Who"]
