# SPDX-License-Identifier: Apache-2.0
"""Whether the tile kernel may be trusted on this machine: tried in a process of its own, which may crash
without harm.

`python -m engine.kernels.self_check` computes products of several shapes on the tiles, compares them with
their definition and with float32, and exits with 0 where all agree.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from functools import lru_cache

import numpy as np

from .amx import multiply_tiles, request_tiles
from .arrays import aligned
from .cpu import cpu_features
from .split import BLOCK, multiply_emulated, parts, split_rows, split_weights

logger = logging.getLogger("freshet.engine.kernels")

SHAPES = ((32, 32, 32, 1), (64, 288, 96, 3), (1056, 288, 96, 3), (96, 384, 96, 1), (64, 32, 64, 1))
"""Rows, columns, stride, and rows in a window."""

_TIMEOUT = 60.0
_TOLERANCE = 2e-3


@lru_cache(maxsize=1)
def tiles_work() -> bool:
    """Whether the CPU has tiles, the kernel allows them and a child process got right sums from them; logged
    where not."""
    reason = _child_failure() if cpu_features().amx_bf16 else "this CPU has none"
    if reason is None and not request_tiles():
        reason = "the operating system does not allow tiles in this process"
    if reason is not None:
        logger.info("AMX tiles are not used: %s; float32 is used instead", reason)
    return reason is None


def _child_failure() -> str | None:
    """Why the child process did not vouch for the tiles, None where it did."""
    command = [sys.executable, "-m", __name__]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"the self-check could not run ({error})"
    return (
        None
        if done.returncode == 0
        else f"the self-check ended with {done.returncode}: {done.stderr.decode(errors='replace')[-200:]}"
    )


def largest_error(n_rows: int, n_columns: int, stride: int, window: int) -> float:
    """Largest difference between the tiles' product and float64's, relative to the size of the values."""
    rng = np.random.default_rng(n_rows)
    rows = rng.standard_normal((n_rows + window - 1, stride)).astype(np.float32)
    columns = rng.standard_normal((n_columns, window * stride)).astype(np.float32)
    weights = split_weights(columns)
    high, low = parts(len(rows) + BLOCK, stride)
    split_rows(rows, high, low)
    found, defined = aligned((n_rows, len(weights.high))), aligned((n_rows, len(weights.high)))
    multiply_tiles(high, low, weights, found)
    multiply_emulated(high, low, weights, defined)
    exact = np.concatenate([rows[i : i + n_rows] for i in range(window)], axis=1).astype(
        np.float64
    ) @ columns.T.astype(np.float64)
    scale = float(np.abs(exact).mean())
    return (
        max(float(np.abs(found[:, :n_columns] - exact).max()), float(np.abs(found - defined).max())) / scale
    )


def main() -> int:
    """Exit code 0 where the tiles give right sums for all shapes."""
    if not (cpu_features().amx_bf16 and request_tiles()):
        return 1
    return int(any(not largest_error(*shape) < _TOLERANCE for shape in SHAPES))


if __name__ == "__main__":
    sys.exit(main())
