# SPDX-License-Identifier: Apache-2.0
"""Training: readers, batchers, loggers, scores and the loop. Import the modules; this package imports nothing
by itself."""

from __future__ import annotations

from ..lazy_torch import loaded_torch as loaded_torch  # first: Thinc, imported after it, leaves torch out
