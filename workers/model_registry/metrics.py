# SPDX-License-Identifier: Apache-2.0
"""A row of what the trainer measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class MetricsRow:
    """Names and values, and the id after which newer rows are asked for."""

    id: str
    row: Mapping[str, Any]
