# SPDX-License-Identifier: Apache-2.0
"""Gold action sequences as arrays: states, their features, valid actions and the gold one, for a whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .entity_actions import BEGIN, IN, LAST, EntityActions
from .entity_validity import CLOSED, valid_without_presets

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class GoldStates:
    """One state per token, as the gold actions reach it.

    Shape: features `(n_tokens, n_features)` rows of the batch, -1 where missing; valid `(n_tokens, n_actions)`;
    gold `(n_tokens,)` classes, -1 where gold says nothing or something that is not valid.
    """

    features: Array
    valid: Array
    gold: Array


def gold_states(
    actions: EntityActions, biluo: Sequence[str], doc_offsets: Array, is_space: Array, sent_starts: Array | None, n_features: int
) -> GoldStates:
    """Follow the BILUO strings of all documents; tokens about which they say nothing count as outside."""
    gold = np.array([actions.by_biluo.get(value, -1) for value in biluo], dtype=np.int64)
    known = gold >= 0
    moves = np.where(known, actions.move_ids[gold], 0)
    is_open = (moves == IN) | (moves == LAST)
    open_labels = np.where(is_open, actions.label_ids[gold], CLOSED)
    rows = np.arange(len(gold))
    starts = np.maximum.accumulate(np.where(moves == BEGIN, rows, 0)) if len(rows) else rows
    may_go_on = goes_on(doc_offsets, sent_starts, len(gold))
    valid = valid_without_presets(actions, open_labels, is_space, may_go_on)
    gold[known & ~valid[rows, gold]] = -1
    return GoldStates(features_of(rows, starts, is_open, n_features), valid, gold)


def goes_on(doc_offsets: Array, sent_starts: Array | None, n_tokens: int) -> Array:
    """Whether a token has a next one in its document that does not start a sentence. Shape: `(n_tokens,)`, bool."""
    result = np.ones(n_tokens, dtype=bool)
    ends = doc_offsets[1:][np.diff(doc_offsets) > 0]
    result[ends - 1] = False
    if sent_starts is not None and n_tokens:
        result[:-1] &= sent_starts[1:] != 1
    return result


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
