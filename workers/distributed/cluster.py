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

from ..errors import WorkerError

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # Ray tells its makers of each start otherwise
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # its future default; it warns without
    "RAY_CHDIR_TO_TRIAL_DIR": "0",  # paths of a config mean what they mean in one process
    "RAY_TRAIN_ENABLE_STATE_TRACKING": "0",
}
"""Settings of Ray, where the user has none."""

QUIETLY: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
ATTEMPTS = 3


class RayError(WorkerError):
    """There is no Ray to work with."""


@contextmanager
def ray_cluster(address: str | None, n_workers: int, what: str) -> Iterator[Any]:
    """The module `ray`, connected; a Ray of this machine, which has a place for each worker at least, where
    there is no address. One that somebody connected before is taken, and left as it is.

    Raises: MissingExtraError where it is not installed; RayError where none starts or answers.
    """
    RAY.require(what)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    if ray.is_initialized():
        yield ray
        return
    logging.getLogger("ray").setLevel(logging.ERROR)
    if address is None:
        _start(ray, num_cpus=max(n_workers, n_cores()), include_dashboard=False)
    else:
        _connect(ray, address)
    try:
        yield ray
    finally:
        ray.shutdown()


def _start(ray: Any, **options: Any) -> None:
    """A Ray of this machine. It gives its processes half a minute, which a busy machine may not have: it is
    tried again then. Raises: RayError."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            ray.init(**QUIETLY, **options)
            return
        except Exception as error:  # what Ray raises has no type of its own
            ray.shutdown()
            if attempt == ATTEMPTS:
                raise RayError(
                    f"expected a Ray to start on this machine, {attempt} times: {error}"
                ) from error


def _connect(ray: Any, address: str) -> None:
    try:
        ray.init(address=address, **QUIETLY)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise RayError(
            f"expected a running Ray at {address!r}: {error}; `ray start --head` starts one, and "
            "`--address auto` finds one of this machine"
        ) from error
