# SPDX-License-Identifier: Apache-2.0
"""A run between two steps, as a value: what any number of workers can go on from."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import numpy as np
import orjson
from thinc.api import Optimizer

from ...errors import EngineError
from ...pipeline.pipeline import Pipeline
from ..learner_state import LearnerState
from ..loop import Progress
from ..optimizer_state import TABLES
from ..train import TrainingResult
from .slots import aligned, slots_of, weights_were_changed

WEIGHTS, COUNTS = "weights", "counts"


def take_state(
    pipeline: Pipeline, optimizer: Optimizer, progress: Progress, result: TrainingResult
) -> LearnerState:
    """Weights, moments, averages and counts by name, and how far the run is."""
    slots = slots_of(pipeline)
    arrays: dict[str, dict[str, Any]] = {WEIGHTS: {slot.name: slot.value().copy() for slot in slots}}
    for table in TABLES:
        values = getattr(optimizer, table) or {}
        arrays[table] = {slot.name: np.array(values[slot.key]) for slot in slots if slot.key in values}
    arrays[COUNTS] = {
        slot.name: np.array([optimizer.nr_update[slot.key]], dtype=np.int64)
        for slot in slots
        if slot.key in optimizer.nr_update
    }
    values = {"progress": asdict(progress), "result": asdict(result)}
    plain = orjson.loads(orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS))
    return LearnerState(arrays, plain)


def put_state(
    state: LearnerState, pipeline: Pipeline, optimizer: Optimizer, progress: Progress, result: TrainingResult
) -> None:
    """Go on from there, with a fresh pipeline and optimizer of the same config.

    Raises: EngineError where an array is missing or has another shape.
    """
    weights = state.arrays.get(WEIGHTS, {})
    for slot in slots_of(pipeline):
        array = weights.get(slot.name)
        if array is None or array.shape != slot.value().shape:
            got = "nothing" if array is None else f"shape {array.shape}"
            raise EngineError(
                f"expected weights {slot.name} of shape {slot.value().shape} in the checkpoint, got {got}; "
                "it belongs to another config or other data"
            )
        slot.set_value(array)
        for table in TABLES:
            if slot.name in state.arrays.get(table, {}):
                getattr(optimizer, table)[slot.key] = aligned(state.arrays[table][slot.name])
        if slot.name in state.arrays.get(COUNTS, {}):
            optimizer.nr_update[slot.key] = int(state.arrays[COUNTS][slot.name][0])
    weights_were_changed(pipeline)
    _fill(progress, state.values["progress"])
    _fill(result, state.values["result"])
    progress.results = [(score, step) for score, step in progress.results]
    for _ in range(progress.step if optimizer.schedules else 0):
        optimizer.step_schedules()


def _fill(target: Any, values: dict[str, Any]) -> None:
    for each in fields(target):
        setattr(target, each.name, values[each.name])
