# SPDX-License-Identifier: Apache-2.0
"""The Ray that is used: one of this machine that ends with the command, or a cluster's address."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.cores import n_cores
from engine.extras import RAY

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # Ray tells its makers of each start otherwise
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # its future default; it warns without
    "RAY_CHDIR_TO_TRIAL_DIR": "0",  # paths of a config mean what they mean in one process
    "RAY_TRAIN_ENABLE_STATE_TRACKING": "0",
}
"""Settings of Ray, where the user has none."""


@contextmanager
def ray_cluster(address: str | None, n_workers: int, what: str) -> Iterator[Any]:
    """The module `ray`, connected; a Ray of this machine, which has a place for each worker at least, where
    there is no address. One that somebody connected before is taken, and left as it is.

    Raises: MissingExtraError where it is not installed.
    """
    RAY.require(what)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    if ray.is_initialized():
        yield ray
        return
    logging.getLogger("ray").setLevel(logging.ERROR)
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        options |= {"num_cpus": max(n_workers, n_cores()), "include_dashboard": False}
        ray.init(**options)
    else:
        ray.init(address=address, **options)
    try:
        yield ray
    finally:
        ray.shutdown()
