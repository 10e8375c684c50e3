# SPDX-License-Identifier: Apache-2.0
"""What a plain decoder asks for the scores of a state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

ScoreState = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]
"""From the feature tokens of one state `(n_features,)`, -1 where missing, to action scores `(n_actions,)`."""
