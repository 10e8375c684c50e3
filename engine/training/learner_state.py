# SPDX-License-Identifier: Apache-2.0
"""All that a learner must keep to go on as if nothing had been: files of arrays and JSON with one digest over
them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors
from thinc.api import Optimizer

from ..errors import EngineError
from ..file_digests import digest_of
from .optimizer_state import load_optimizer_state, optimizer_state
from .parameters import parameters_of
from .random_state import random_state, set_random_state
from .stream_learner import StreamLearner

Array = npt.NDArray[Any]
Files = dict[str, bytes]

SUFFIX = ".safetensors"
VALUES = "state.json"


@dataclass(frozen=True, slots=True)
class LearnerState:
    """Groups of named arrays, and JSON values; what is frozen stands in groups of its own, so that its bytes
    stay the same."""

    arrays: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)

    def to_files(self) -> Files:
        """One file for each group, and one for the values."""
        files = {
            f"{group}{SUFFIX}": save_tensors(_contiguous(arrays))
            for group, arrays in self.arrays.items()
            if arrays
        }
        return {
            **files,
            VALUES: json.dumps(self.values, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode(
                "utf8"
            ),
        }

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> LearnerState:
        """The state that `to_files` wrote. Raises: EngineError."""
        try:
            groups = {
                name.removesuffix(SUFFIX): load_tensors(data)
                for name, data in files.items()
                if name.endswith(SUFFIX)
            }
            return cls(groups, json.loads(files[VALUES]))
        except (SafetensorError, KeyError, ValueError) as error:
            raise EngineError(
                f"expected the files of a learner's state, got {type(error).__name__}: {error}"
            ) from None

    @property
    def digest(self) -> str:
        """One sha256 over all files: two learners with one digest learn alike from here on (same code, same
        kind of machine)."""
        return digest_of(self.to_files())


def capture(learner: StreamLearner, optimizer: Optimizer, values: Mapping[str, Any]) -> LearnerState:
    """The learner's arrays, with the caller's values beside them."""
    arrays: dict[str, dict[str, Array]] = {}
    for parameter in parameters_of(learner.pipeline):
        arrays.setdefault(f"weights/{parameter.group}", {})[parameter.key] = parameter.value()
    if learner.average is not None:
        for parameter in parameters_of(learner.pipeline):
            arrays.setdefault(f"average/{parameter.group}", {})[parameter.key] = learner.average.arrays[
                parameter.key
            ]
    arrays["optimizer"] = optimizer_state(learner.pipeline, optimizer)
    arrays["random"] = random_state()
    n_averaged = learner.average.n_steps if learner.average is not None else 0
    return LearnerState(arrays, {**values, "n_averaged": n_averaged})


def restore(state: LearnerState, learner: StreamLearner, optimizer: Optimizer, n_steps: int) -> None:
    """Give a fresh learner of the same pipeline and settings the state's arrays, and the generators their
    state.

    Raises: EngineError where a parameter is missing or has another shape.
    """
    weights = {
        key: array
        for group, arrays in state.arrays.items()
        if group.startswith("weights/")
        for key, array in arrays.items()
    }
    for parameter in parameters_of(learner.pipeline):
        array = weights.get(parameter.key)
        if array is None or array.shape != parameter.value().shape:
            got = "nothing" if array is None else f"shape {array.shape}"
            raise EngineError(
                f"expected weights {parameter.key} of shape {parameter.value().shape} in the state, got {got}"
            )
        parameter.node.set_param(parameter.name, np.array(array))
    for _, component in learner.pipeline.components:
        if hasattr(component, "weights_changed"):
            component.weights_changed()
    learner.pipeline.weights_changed()
    if learner.average is not None:
        averages = {
            key: array
            for group, arrays in state.arrays.items()
            if group.startswith("average/")
            for key, array in arrays.items()
        }
        learner.average.load(averages, int(state.values["n_averaged"]))
    load_optimizer_state(learner.pipeline, optimizer, state.arrays.get("optimizer", {}), n_steps)
    set_random_state(state.arrays["random"])


def _contiguous(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
