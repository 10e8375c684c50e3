# SPDX-License-Identifier: Apache-2.0
"""What stands behind slots: weights and the optimizer's arrays, by table and slot, as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from thinc.api import Optimizer

from ..optimizer_state import TABLES
from .slots import Slot, aligned

WEIGHTS = "weights"
Tables = Mapping[str, Mapping[str, Any]]
"""Arrays by the names of their slots, by the names of their tables."""


def tables_of(slots: Sequence[Slot], optimizer: Optimizer) -> dict[str, dict[str, Any]]:
    """Copies of weights, moments and averages."""
    tables = {WEIGHTS: {slot.name: slot.value().copy() for slot in slots}}
    for table in TABLES:
        values = getattr(optimizer, table) or {}
        tables[table] = {slot.name: np.array(values[slot.key]) for slot in slots if slot.key in values}
    return tables


def put_tables(slots: Iterable[Slot], optimizer: Optimizer, tables: Tables) -> None:
    """Put them back; what they lack stays as it is."""
    for slot in slots:
        if slot.name in tables.get(WEIGHTS, {}):
            slot.set_value(tables[WEIGHTS][slot.name])
        for table in TABLES:
            if slot.name in tables.get(table, {}):
                getattr(optimizer, table)[slot.key] = aligned(tables[table][slot.name])
