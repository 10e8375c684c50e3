# SPDX-License-Identifier: Apache-2.0
"""Answers and counts by hand, for the gate's tests."""

from __future__ import annotations

import numpy as np

from engine.scoring.unit_pairs import UnitPair
from engine.scoring.units import Unit
from workers.gate.counts import Slice, SliceCounts

ENTS = Slice("ents")


def ents(predicted: str, gold: str) -> dict[str, UnitPair]:
    """Entities of one text, each letter one: its place and label."""
    return {
        "ents": UnitPair(*({Unit("ents", s.upper(), ord(s)) for s in side} for side in (predicted, gold)))
    }


def counts_of(rows: list[tuple[int, int, int]]) -> SliceCounts:
    """One slice with these counts per document."""
    return SliceCounts((ENTS,), np.array(rows, dtype=float).reshape(-1, 1, 3))
