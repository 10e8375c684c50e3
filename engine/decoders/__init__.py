# SPDX-License-Identifier: Apache-2.0
"""Transition systems: actions, when they are valid, what gold says, and a plain decoder that others are
tested against."""

from __future__ import annotations

from .arc_actions import ArcActions, arc_actions_from_counts
from .arc_decoder import Arcs, decode_arcs
from .arc_state import ArcState
from .entity_actions import EntityActions, actions_from_counts
from .entity_decoder import Preset, decode_entities
from .entity_oracle import GoldActions, GoldStates, Paths, gold_actions, gold_states, mixed_paths

__all__ = [
    "ArcActions",
    "ArcState",
    "Arcs",
    "EntityActions",
    "GoldActions",
    "GoldStates",
    "Paths",
    "Preset",
    "actions_from_counts",
    "arc_actions_from_counts",
    "decode_arcs",
    "decode_entities",
    "gold_actions",
    "gold_states",
    "mixed_paths",
]
