# SPDX-License-Identifier: Apache-2.0
"""How many cores this process may use."""

from __future__ import annotations

import os


def n_cores() -> int:
    """Cores that this process may run on; all of the machine's where the system knows no affinity (macOS,
    Windows)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
