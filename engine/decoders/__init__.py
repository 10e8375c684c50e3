# SPDX-License-Identifier: Apache-2.0
"""Transition systems: actions, when they are valid, what gold says, and a plain decoder that others are
tested against."""

from __future__ import annotations

from .ner_actions import EntityActions, actions_from_counts
from .ner_decoder import Preset, decode_entities
from .parser_actions import ArcActions, arc_actions_from_counts
from .parser_decoder import Arcs, decode_arcs
from .parser_state import ArcState

__all__ = [
    "ArcActions",
    "ArcState",
    "Arcs",
    "EntityActions",
    "Preset",
    "actions_from_counts",
    "arc_actions_from_counts",
    "decode_arcs",
    "decode_entities",
]
