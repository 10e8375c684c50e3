# SPDX-License-Identifier: Apache-2.0
"""What an entity recogniser learns from: the states of documents, and what gold says is best in each.

    paths  = the open entity before each token, along gold or along predictions
    valid  = actions that each state allows
    wanted = with no entity open:          gold's action
             inside gold's entity so far:  gold's action
             inside another:               end it, or go on until a gold one begins

The open entity is all of a state, so all states of a batch are arrays at once, and no loop is compiled. A
dynamic oracle like the parser's (`parser.oracle`): gold is asked in any state. Tests hold `wanted` to the
entities that the plain rules can still find.
Source: Goldberg and Nivre 2013, "Training deterministic parsers with non-deterministic oracles" (TACL 1),
here for the BILUO actions of Ratinov and Roth 2009, "Design challenges and misconceptions in named entity
recognition".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...decoders.ner_actions import BEGIN, IN, LAST, OUT, UNIT, NerActions
from ...decoders.ner_state import CLOSED, features_of, valid_without_presets

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Paths:
    """The open entity before each token's action. Shape: `(n_tokens,)` each; `starts` are rows, `labels` ids
    or `CLOSED`."""

    starts: Array
    labels: Array


@dataclass(frozen=True, slots=True)
class NerStates:
    """One state per token, with what may be done and what should be.

    Shape: features `(n_tokens, n_features)` rows of the batch, -1 where missing; valid and wanted `(n_tokens,
    n_actions)`, bool. Nothing is wanted where gold says nothing, or nothing that is valid.
    """

    features: Array
    valid: Array
    wanted: Array


@dataclass(frozen=True, slots=True)
class GoldActions:
    """Gold BILUO strings as arrays. Shape: `(n_tokens,)` each; `moves` are 0 and `classes` -1 where gold says
    nothing."""

    classes: Array
    moves: Array
    paths: Paths


def gold_actions(actions: NerActions, biluo: Sequence[str]) -> GoldActions:
    """Classes of the gold strings of all documents, and the states along them; unknown tokens count as
    outside."""
    return gold_of_classes(actions, gold_classes(actions, biluo))


def gold_classes(actions: NerActions, biluo: Sequence[str]) -> Array:
    """Classes of gold strings, -1 where gold says nothing. Shape: `(n_tokens,)`."""
    return np.array([actions.by_biluo.get(value, -1) for value in biluo], dtype=np.int64)


def gold_of_classes(actions: NerActions, classes: Array) -> GoldActions:
    """The same of classes."""
    moves = np.where(classes >= 0, actions.move_ids[classes], 0)
    rows = np.arange(len(classes))
    starts = np.maximum.accumulate(np.where(moves == BEGIN, rows, 0)) if len(rows) else rows
    labels = np.where((moves == IN) | (moves == LAST), actions.label_ids[classes], CLOSED)
    return GoldActions(classes, moves, Paths(starts, labels))


def gold_states(
    actions: NerActions,
    gold: GoldActions,
    doc_offsets: Array,
    is_space: Array,
    sent_starts: Array | None,
    n_features: int,
    paths: Paths | None = None,
) -> NerStates:
    """The states along gold, or along other `paths`, with the actions from which the most gold entities can
    still be had."""
    taken = gold.paths if paths is None else paths
    may_go_on = goes_on(doc_offsets, sent_starts, len(gold.classes))
    valid = valid_without_presets(actions, taken.labels, is_space, may_go_on)
    wanted = _best_closed(actions, gold) | _best_open(actions, gold, taken)
    features = features_of(np.arange(len(gold.classes)), taken.starts, taken.labels != CLOSED, n_features)
    return NerStates(features, valid, wanted & valid & (gold.classes >= 0)[:, None])


def wanted_in(
    actions: NerActions, gold: GoldActions, rows: Array, starts: Array, labels: Array, valid: Array
) -> Array:
    """The actions from which the most gold entities can still be had, in states that need not be one a token:
    before the action at `rows`, with an open entity of `labels` (`CLOSED`: none) from `starts` on.

    All that is valid is wanted where gold says nothing. Shape: `(n_states, n_actions)`, bool.
    """
    padded = np.append(gold.moves, 0)
    begins_next = np.isin(padded[rows + 1], (BEGIN, UNIT))
    here = GoldActions(
        gold.classes[rows], gold.moves[rows], Paths(gold.paths.starts[rows], gold.paths.labels[rows])
    )
    is_closed = (labels == CLOSED)[:, None]
    open_ones = _best_open(actions, here, Paths(starts, labels), begins_next)
    wanted = np.where(is_closed, _best_closed(actions, here), open_ones) & valid
    unknown = (here.classes < 0)[:, None] | ~wanted.any(axis=1, keepdims=True)
    result: Array = np.where(unknown, valid, wanted)
    return result


def _best_closed(actions: NerActions, gold: GoldActions) -> Array:
    """With no entity open: the gold action; outside, where a gold entity has been missed. `valid` drops it
    for open states."""
    classes = np.where((gold.moves == IN) | (gold.moves == LAST), _only_out(actions), gold.classes)
    wanted = np.zeros((len(classes), actions.n_actions), dtype=bool)
    known = np.flatnonzero(classes >= 0)
    wanted[known, classes[known]] = True
    return wanted


def _best_open(
    actions: NerActions, gold: GoldActions, taken: Paths, begins_next: Array | None = None
) -> Array:
    """Inside an entity: the gold action where it is a gold one so far; else end it, or go on as long as no
    gold one begins next."""
    right = (gold.paths.labels == taken.labels) & (gold.paths.starts == taken.starts)
    if begins_next is None:
        begins_next = np.zeros(len(gold.moves), dtype=bool)
        begins_next[:-1] = (gold.moves[1:] == BEGIN) | (gold.moves[1:] == UNIT)
    end = np.where(right, gold.moves == LAST, True)
    go_on = np.where(right, gold.moves == IN, ~begins_next)
    inside = (taken.labels != CLOSED)[:, None]
    moves = actions.move_ids[None, :]
    wanted: Array = inside & (((moves == LAST) & end[:, None]) | ((moves == IN) & go_on[:, None]))
    return wanted


def _only_out(actions: NerActions) -> int:
    return actions.moves.index(OUT)


def mix_paths(
    gold: Paths, spans: tuple[Array, Array, Array, Array], doc_offsets: Array, follow: Array
) -> Paths:
    """Gold paths, but those of predicted `(doc_offsets, starts, ends, label ids)` spans in the documents of
    `follow`."""
    span_offsets, span_starts, span_ends, span_labels = spans
    lengths = np.diff(doc_offsets)
    docs = np.repeat(np.arange(len(lengths)), np.diff(span_offsets))
    inner = np.maximum(span_ends - span_starts - 1, 0)
    first = doc_offsets[docs] + span_starts
    rows = np.repeat(first + 1, inner) + _count_up(inner)
    starts, labels = np.zeros_like(gold.starts), np.full_like(gold.labels, CLOSED)
    starts[rows], labels[rows] = np.repeat(first, inner), np.repeat(span_labels, inner)
    by_token = np.repeat(follow, lengths)
    return Paths(np.where(by_token, starts, gold.starts), np.where(by_token, labels, gold.labels))


def _count_up(sizes: Array) -> Array:
    """0, 1, ... for each size, one after the other."""
    total = int(sizes.sum())
    counted: Array = np.arange(total) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return counted


def goes_on(doc_offsets: Array, sent_starts: Array | None, n_tokens: int) -> Array:
    """Whether a token has a next one in its document that does not start a sentence. Shape: `(n_tokens,)`,
    bool."""
    result = np.ones(n_tokens, dtype=bool)
    ends = doc_offsets[1:][np.diff(doc_offsets) > 0]
    result[ends - 1] = False
    if sent_starts is not None and n_tokens:
        result[:-1] &= sent_starts[1:] != 1
    return result
