# SPDX-License-Identifier: Apache-2.0
"""What must be kept of a trained component."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class State:
    """All that a trained component must keep: arrays by name, and JSON values.

    `nodes` holds dimensions and plain attributes of the model's layers, by position in its walk; `files` what
    is kept as it is, such as a tokenizer's vocabulary. Arrays whose names begin with one of `parts` and a dot
    are kept in files of their own.
    """

    arrays: Mapping[str, npt.NDArray[Any]]
    labels: Mapping[str, Any]
    nodes: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
