# SPDX-License-Identifier: Apache-2.0
"""An optimizer's moments and counts, by names that outlive the process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.api import Optimizer

from ..pipeline.pipeline import Pipeline
from .parameters import parameters_of

Array = npt.NDArray[Any]
TABLES = ("mom1", "mom2", "averages")


def optimizer_state(pipeline: Pipeline, optimizer: Optimizer) -> dict[str, Array]:
    """Moments, averages and counts of every parameter that has been changed, as `TABLE/PARAMETER`."""
    state: dict[str, Array] = {}
    for parameter in parameters_of(pipeline):
        for table in TABLES:
            values = getattr(optimizer, table) or {}
            if parameter.model_key in values:
                state[f"{table}/{parameter.key}"] = values[parameter.model_key]
        if parameter.model_key in optimizer.nr_update:
            state[f"n/{parameter.key}"] = np.array([optimizer.nr_update[parameter.model_key]], dtype=np.int64)
    return state


def load_optimizer_state(
    pipeline: Pipeline, optimizer: Optimizer, state: Mapping[str, Array], n_steps: int
) -> None:
    """Take over what `optimizer_state` gave in place of what is there, and move the schedules on by
    `n_steps`."""
    for table in TABLES:
        (getattr(optimizer, table) or {}).clear()
    optimizer.nr_update.clear()
    for parameter in parameters_of(pipeline):
        for table in TABLES:
            if f"{table}/{parameter.key}" in state:
                getattr(optimizer, table)[parameter.model_key] = np.array(state[f"{table}/{parameter.key}"])
        if f"n/{parameter.key}" in state:
            optimizer.nr_update[parameter.model_key] = int(state[f"n/{parameter.key}"][0])
    for _ in range(n_steps if optimizer.schedules else 0):
        optimizer.step_schedules()
