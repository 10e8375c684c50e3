# SPDX-License-Identifier: Apache-2.0
"""What a state of entity recognition allows, for compiled loops. The truth: `decoders.ner_state.is_valid`,
the same rules one by one."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...decoders.ner_actions import BEGIN, IN, NO_LABEL, OUT, UNIT
from ...decoders.ner_state import CLOSED, IOB_BEGIN, IOB_IN, IOB_MISSING, IOB_OUT
from ...jit.loops import jit


class Here(NamedTuple):
    """What a step knows of its token and the next one, as `decoders.ner_state.Here` has it."""

    preset: Any
    preset_label: Any
    is_space: Any
    has_next: Any
    next_preset: Any
    next_starts: Any


@jit
def is_valid(move: Any, label: Any, open_label: Any, here: Any) -> bool:
    """Whether an action may be taken."""
    is_open = open_label != CLOSED
    if move == OUT:
        return not is_open and here.preset != IOB_IN and here.preset != IOB_BEGIN
    if move == BEGIN:
        if is_open or not here.has_next or here.preset == IOB_IN:
            return False
        if here.preset == IOB_BEGIN:
            return bool(label == here.preset_label and here.next_preset == IOB_IN)
        return not (here.next_preset == IOB_BEGIN or here.next_starts or here.is_space)
    if move == UNIT:
        if label == NO_LABEL:
            return bool(here.preset == IOB_BEGIN and here.preset_label == NO_LABEL)
        if is_open or here.next_preset == IOB_IN:
            return False
        return bool(label == here.preset_label) if here.preset == IOB_BEGIN else not here.is_space
    if not is_open:
        return False
    return _may_continue(label, open_label, here) if move == IN else _may_end(label, open_label, here)


@jit
def _may_continue(label: Any, open_label: Any, here: Any) -> bool:
    if not here.has_next or label != open_label or here.preset == IOB_BEGIN or here.next_preset == IOB_BEGIN:
        return False
    if here.preset == IOB_IN:
        ends = here.next_preset == IOB_MISSING or here.next_preset == IOB_OUT
        return not (ends or label != here.preset_label)
    return not here.next_starts


@jit
def _may_end(label: Any, open_label: Any, here: Any) -> bool:
    if here.preset == IOB_IN and here.next_preset != IOB_IN:
        return bool(label == here.preset_label)
    return bool(label == open_label and here.next_preset != IOB_IN)
