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
from ..train import TrainingResult
from ..weights import weights_were_changed
from .slots import slots_of
from .tables import WEIGHTS, put_tables, tables_of

COUNTS = "counts"


def take_state(
    pipeline: Pipeline, optimizer: Optimizer, progress: Progress, result: TrainingResult
) -> LearnerState:
    """Weights, moments, averages and counts by name, and how far the run is."""
    slots = slots_of(pipeline)
    arrays = tables_of(slots, optimizer)
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
    slots, weights = slots_of(pipeline), state.arrays.get(WEIGHTS, {})
    for slot in slots:
        array = weights.get(slot.name)
        if array is None or array.shape != slot.value().shape:
            got = "nothing" if array is None else f"shape {array.shape}"
            raise EngineError(
                f"expected weights {slot.name} of shape {slot.value().shape} in the checkpoint, got {got}; "
                "it belongs to another config or other data"
            )
    put_tables(slots, optimizer, state.arrays)
    counts = state.arrays.get(COUNTS, {})
    optimizer.nr_update.update({s.key: int(counts[s.name][0]) for s in slots if s.name in counts})
    weights_were_changed(pipeline)
    _fill(progress, state.values["progress"])
    _fill(result, state.values["result"])
    progress.results = [(score, step) for score, step in progress.results]
    for _ in range(progress.step if optimizer.schedules else 0):
        optimizer.step_schedules()


def _fill(target: Any, values: dict[str, Any]) -> None:
    for each in fields(target):
        setattr(target, each.name, values[each.name])
