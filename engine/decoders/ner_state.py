# SPDX-License-Identifier: Apache-2.0
"""A state of entity recognition: what a step knows, which actions it allows, what a model looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .ner_actions import BEGIN, IN, LAST, NO_LABEL, OUT, UNIT, NerActions

Array = npt.NDArray[Any]

CLOSED = -2
"""Label id of the open entity where none is open."""

IOB_MISSING, IOB_IN, IOB_OUT, IOB_BEGIN = range(4)


@dataclass(frozen=True, slots=True)
class Here:
    """What a step knows of its token and the next one; beyond the document's end the next one's values are 0.

    `preset` values are those of entities set by an earlier component; a `IOB_BEGIN` without label is a
    blocked token.
    """

    is_space: bool
    has_next: bool
    next_starts: bool
    preset: int = IOB_MISSING
    preset_label: int = NO_LABEL
    next_preset: int = IOB_MISSING


def is_valid(move: int, label: int, open_label: int, here: Here) -> bool:
    """Whether one action may be taken; the rules in the order in which they apply.

    Source: the `is_valid` functions of the actions in `spacy/pipeline/_parser_internals/ner.pyx` in spaCy
    3; BILUO by Ratinov and Roth 2009, "Design challenges and misconceptions in named entity recognition"
    (CoNLL).
    """
    is_open = open_label != CLOSED
    if move == BEGIN:
        return not is_open and _may_begin(label, here)
    if move == IN:
        return is_open and _may_continue(label, open_label, here)
    if move == LAST:
        return is_open and _may_end(label, open_label, here)
    if move == UNIT:
        return _may_be_unit(label, is_open, here)
    return not is_open and here.preset not in (IOB_IN, IOB_BEGIN)


def _may_begin(label: int, here: Here) -> bool:
    if not here.has_next or here.preset == IOB_IN:
        return False
    if here.preset == IOB_BEGIN:
        return label == here.preset_label and here.next_preset == IOB_IN
    return here.next_preset != IOB_BEGIN and not here.next_starts and not here.is_space


def _may_continue(label: int, open_label: int, here: Here) -> bool:
    if not here.has_next or label != open_label or IOB_BEGIN in (here.preset, here.next_preset):
        return False
    if here.preset == IOB_IN and (here.next_preset in (IOB_MISSING, IOB_OUT) or label != here.preset_label):
        return False
    return here.preset == IOB_IN or not here.next_starts


def _may_end(label: int, open_label: int, here: Here) -> bool:
    if here.preset == IOB_IN and here.next_preset != IOB_IN:
        return label == here.preset_label
    return label == open_label and here.next_preset != IOB_IN


def _may_be_unit(label: int, is_open: bool, here: Here) -> bool:
    if label == NO_LABEL:
        return here.preset == IOB_BEGIN and here.preset_label == NO_LABEL
    if is_open or here.next_preset == IOB_IN:
        return False
    return label == here.preset_label if here.preset == IOB_BEGIN else not here.is_space


def valid_without_presets(
    actions: NerActions, open_labels: Array, is_space: Array, may_go_on: Array
) -> Array:
    """The same for many states at once, where no entity is preset.

    `may_go_on`: whether there is a next token that does not start a sentence, `has_next` where only the end
    counts.
    Shape: state arrays `(n_states,)`; the result `(n_states, n_actions)`, bool.
    """
    moves, labels = actions.move_ids, actions.label_ids
    closed = (open_labels == CLOSED)[:, None]
    same = labels[None, :] == open_labels[:, None]
    begin_or_unit = ((moves == BEGIN)[None, :] & may_go_on[:, None]) | (
        (moves == UNIT) & (labels != NO_LABEL)
    )[None, :]
    from_closed = (begin_or_unit & ~is_space[:, None]) | (moves == OUT)[None, :]
    from_open = same & (((moves == IN)[None, :] & may_go_on[:, None]) | (moves == LAST)[None, :])
    valid: Array = np.where(closed, from_closed, from_open)
    return valid


def features_of(rows: Array, starts: Array, is_open: Array, n_features: int) -> Array:
    """Feature tokens of states: the token; then first and last token of the open entity, or its first five.

    Shape: `(n_states, n_features)`, -1 where missing.
    """
    features = np.full((len(rows), n_features), -1, dtype=np.int64)
    features[:, 0] = rows
    if n_features == 3:
        features[is_open, 1] = starts[is_open]
        features[is_open, 2] = rows[is_open] - 1
        return features
    for k in range(n_features - 1):
        inside = is_open & (starts + k < rows)
        features[inside, k + 1] = starts[inside] + k
    return features
