# SPDX-License-Identifier: Apache-2.0
"""The plain decoder of entities: one state at a time, every rule written out. Compiled decoders are tested
against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .ner_actions import BEGIN, LAST, NO_LABEL, UNIT, NerActions
from .ner_state import CLOSED, IOB_MISSING, Here, features_of, is_valid
from .state_scores import ScoreState

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Preset:
    """Entities set before: per token an IOB number, and the label id, `NO_LABEL` for a blocked token."""

    iob: Array
    labels: Array


Span = tuple[int, int, int]
"""Start, end (exclusive) and label id, by token positions in the document."""


def decode_entities(
    actions: NerActions,
    score_state: ScoreState,
    doc_offsets: Array,
    is_space: Array,
    sent_starts: Array | None,
    n_features: int,
    preset: Preset | None = None,
    surprises: Array | None = None,
) -> list[list[Span]]:
    """Entities of every document: at each token the best valid action, the lowest class where scores tie.

    Into `surprises`, where it is given, minus the logarithm of each action's probability: that of the softmax
    over the valid ones. Shape: `(n_tokens,)`.
    """
    docs = []
    for first, end in zip(doc_offsets[:-1].tolist(), doc_offsets[1:].tolist(), strict=True):
        docs.append(
            _decode_doc(
                actions, score_state, (first, end), is_space, sent_starts, n_features, preset, surprises
            )
        )
    return docs


def _decode_doc(
    actions: NerActions,
    score_state: ScoreState,
    rows: tuple[int, int],
    is_space: Array,
    sent_starts: Array | None,
    n_features: int,
    preset: Preset | None,
    surprises: Array | None,
) -> list[Span]:
    first, end = rows
    spans: list[Span] = []
    open_label, start = CLOSED, first
    for row in range(first, end):
        here = here_at(row, end, is_space, sent_starts, preset)
        pairs = zip(actions.moves, actions.label_ids.tolist(), strict=True)
        valid = np.array([is_valid(move, label, open_label, here) for move, label in pairs])
        if not valid.any():
            break
        features = features_of(
            np.array([row]), np.array([start]), np.array([open_label != CLOSED]), n_features
        )
        scores = np.where(valid, score_state(features[0]), -np.inf)
        best = int(scores.argmax())
        if surprises is not None:
            others = np.delete(scores.astype(np.float64), best) - scores[best]
            surprises[row] = np.log1p(np.exp(others).sum())
        move, label = actions.moves[best], int(actions.label_ids[best])
        if move in (BEGIN, UNIT):
            open_label, start = label, row
        if move in (LAST, UNIT):
            if label != NO_LABEL:
                spans.append((start - first, row + 1 - first, open_label))
            open_label = CLOSED
    return spans


def here_at(row: int, end: int, is_space: Array, sent_starts: Array | None, preset: Preset | None) -> Here:
    """What a step at a row knows, in a document that ends before `end`."""
    has_next = row + 1 < end
    next_starts = bool(has_next and sent_starts is not None and sent_starts[row + 1] == 1)
    if preset is None:
        return Here(bool(is_space[row]), has_next, next_starts)
    next_iob = int(preset.iob[row + 1]) if has_next else IOB_MISSING
    return Here(
        bool(is_space[row]), has_next, next_starts, int(preset.iob[row]), int(preset.labels[row]), next_iob
    )
