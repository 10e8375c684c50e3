# SPDX-License-Identifier: Apache-2.0
"""Compiled forms of trained models: the kernels where the model's shape is one that they know, else Thinc's own `predict`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy.typing as npt
from thinc.api import Model

from ..batch import Batch

Encode = Callable[[Batch], npt.NDArray[Any]]


def compile_tok2vec(model: Model[Any, Any]) -> Encode:
    """Token vectors of a batch."""
    return model.predict  # type: ignore[no-any-return]
