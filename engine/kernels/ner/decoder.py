# SPDX-License-Identifier: Apache-2.0
"""Greedy entity recognition: the transition system over whole documents in one compiled loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...decoders.ner_actions import BEGIN, IN, LAST, NO_LABEL, OUT, UNIT
from ...jit.loops import fast_jit, jit
from ..arrays import Floats, Ints
from ..backend import Backend, choose_backend
from ..maxout import make_maxout
from ..weights import TransitionWeights, merged_layers

_CLOSED = -2


NerWeights = TransitionWeights
"""Weights and actions of an entity recogniser; nF is 3 or 6."""

Spans = tuple[Ints, Ints, Ints, Ints]
"""Document offsets `(n_docs + 1,)`, then starts, ends (exclusive) and label ids, `(n_spans,)` each, by
position in the document."""

Preset = tuple[Ints, Ints]
"""Entities set before: per token 0 missing, 1 inside, 2 outside, 3 begin; and its label id, `NO_LABEL` at a
blocked token."""


class CompiledNer:
    """A recogniser over a fixed copy of weights. Thread-safe.

    The two affine layers below the maxout are merged into one, in float64. While no entity is open a step
    depends on its token alone, so those scores are two matrix products for all tokens; only steps inside an
    entity are computed in the loop.
    """

    def __init__(self, weights: NerWeights, backend: Backend) -> None:
        """Merge and pack the weights for a back end."""
        n_features, n_hidden, n_pieces, _ = weights.lower_W.shape
        merged, present = merged_layers(weights)
        missing = np.ascontiguousarray(weights.lower_pad.transpose(0, 2, 1)).reshape(n_features, -1)
        bias = np.ascontiguousarray(weights.lower_b.T).reshape(-1)
        closed = bias + present[0] + missing[1:].sum(axis=0)
        by_output = merged[0].reshape(n_pieces, n_hidden, -1).swapaxes(0, 1)
        self._closed = make_maxout(
            np.ascontiguousarray(by_output),
            np.ascontiguousarray(closed.reshape(n_pieces, n_hidden).T),
            backend,
        )
        n_actions = len(weights.moves)
        upper = np.eye(n_actions, dtype=np.float32) if weights.upper_W is None else weights.upper_W
        upper_bias = np.zeros(n_actions, dtype=np.float32) if weights.upper_b is None else weights.upper_b
        self._upper = backend.linear(upper, upper_bias) if weights.upper_W is not None else None
        scorer = (
            np.ascontiguousarray(upper.T, dtype=np.float32),
            np.ascontiguousarray(upper_bias, dtype=np.float32),
        )
        actions = (
            np.ascontiguousarray(weights.moves, dtype=np.int8),
            np.ascontiguousarray(weights.labels, dtype=np.int32),
        )
        self._model = (
            np.ascontiguousarray(merged.transpose(0, 2, 1)),
            present,
            missing,
            bias,
            n_pieces,
            *scorer,
            *actions,
        )

    def decode(
        self,
        vectors: Floats,
        doc_offsets: Ints,
        is_space: npt.NDArray[np.bool_],
        sent_starts: npt.NDArray[np.int8] | None = None,
        preset: Preset | None = None,
    ) -> Spans:
        """Entities of every document. Shape: vectors `(n_tokens, width)`, the other token arrays
        `(n_tokens,)`."""
        n_tokens = len(vectors)
        iob, types = (
            preset
            if preset is not None
            else (np.zeros(n_tokens, dtype=np.int8), np.full(n_tokens, NO_LABEL, dtype=np.int32))
        )
        starting = np.zeros(n_tokens, dtype=np.bool_) if sent_starts is None else sent_starts == 1
        starts, ends, labels = (np.empty(n_tokens, dtype=np.int32) for _ in range(3))
        offsets = np.zeros(len(doc_offsets), dtype=np.int64)
        before = (np.ascontiguousarray(iob, dtype=np.int8), np.ascontiguousarray(types, dtype=np.int32))
        tokens = (*before, starting, np.ascontiguousarray(is_space, dtype=np.bool_))
        given, bounds = (
            np.ascontiguousarray(vectors, dtype=np.float32),
            np.ascontiguousarray(doc_offsets, dtype=np.int64),
        )
        _decode(given, self._closed_scores(given), bounds, tokens, self._model, offsets, starts, ends, labels)
        n_spans = int(offsets[-1])
        return offsets, starts[:n_spans].copy(), ends[:n_spans].copy(), labels[:n_spans].copy()

    def _closed_scores(self, vectors: Floats) -> Floats:
        """Scores of every token as if no entity were open. Shape: `(n_tokens, n_actions)`."""
        hidden = self._closed(vectors)
        return hidden if self._upper is None else self._upper(hidden)


def decode_ner(
    vectors: Floats,
    weights: NerWeights,
    doc_offsets: Ints,
    is_space: npt.NDArray[np.bool_],
    sent_starts: npt.NDArray[np.int8] | None = None,
    preset: Preset | None = None,
    backend: Backend | None = None,
) -> Spans:
    """Entities of every document; merges the weights on each call, so a component holds a `CompiledNer`
    instead."""
    return CompiledNer(weights, backend or choose_backend()).decode(
        vectors, doc_offsets, is_space, sent_starts, preset
    )


@jit
def _decode(
    vectors: Floats,
    closed: Floats,
    doc_offsets: Ints,
    tokens: Any,
    model: Any,
    offsets: Ints,
    starts: Ints,
    ends: Ints,
    labels: Ints,
) -> None:
    """All documents, one action a token; a document in which no action is valid ends there."""
    iob, types, starting, is_space = tokens
    n_spans = 0
    state = np.empty(model[0].shape[2], np.float32)
    scores = np.empty(closed.shape[1], np.float32)
    for doc in range(len(doc_offsets) - 1):
        first, end = doc_offsets[doc], doc_offsets[doc + 1]
        open_label, open_start = _CLOSED, first
        for token in range(first, end):
            if open_label != _CLOSED:
                _open_scores(vectors, token, open_start, model, state, scores)
            values = closed[token] if open_label == _CLOSED else scores
            more = token + 1 < end
            after = (iob[token + 1], starting[token + 1]) if more else (np.int8(0), False)
            here = (iob[token], types[token], is_space[token], more, after[0], after[1])
            action = _best(values, model[7], model[8], open_label, here)
            if action < 0:
                break
            move, label = model[7][action], model[8][action]
            if move in (BEGIN, UNIT):
                open_label, open_start = label, token
            if move in (LAST, UNIT):
                if label != NO_LABEL:
                    starts[n_spans], ends[n_spans], labels[n_spans] = (
                        open_start - first,
                        token + 1 - first,
                        open_label,
                    )
                    n_spans += 1
                open_label = _CLOSED
        offsets[doc + 1] = n_spans


@jit
def _best(scores: Floats, moves: Ints, labels: Ints, open_label: Any, here: Any) -> int:
    """The first valid action with the highest score, -1 where none is valid."""
    best, score = -1, np.float32(0.0)
    for action in range(len(moves)):
        if (best < 0 or scores[action] > score) and _valid(moves[action], labels[action], open_label, here):
            best, score = action, scores[action]
    return best


@jit
def _valid(move: Any, label: Any, open_label: Any, here: Any) -> bool:
    """Whether an action may be taken. Source: the rules that trained pipelines of the ecosystem were decoded
    with."""
    iob, kind, space, more, next_iob, next_starts = here
    is_open = open_label != _CLOSED
    if move == OUT:
        return not is_open and iob != 1 and iob != 3
    if move == BEGIN:
        if is_open or not more or iob == 1:
            return False
        if iob == 3:
            return bool(label == kind and next_iob == 1)
        return not (next_iob == 3 or next_starts or space)
    if move == UNIT:
        if label == NO_LABEL:
            return bool(iob == 3 and kind == NO_LABEL)
        if is_open or next_iob == 1:
            return False
        return bool(label == kind) if iob == 3 else not space
    if not is_open:
        return False
    if move == IN:
        if not more or label != open_label or iob == 3 or next_iob == 3:
            return False
        if iob == 1:
            return not (next_iob == 0 or next_iob == 2 or label != kind)
        return not next_starts
    if iob == 1 and next_iob != 1:
        return bool(label == kind)
    return bool(label == open_label and next_iob != 1)


@fast_jit
def _open_scores(vectors: Floats, token: Any, start: Any, model: Any, state: Floats, scores: Floats) -> None:
    """Scores of a step inside the entity that began at `start`."""
    merged, present, missing, bias, n_pieces, upper, upper_bias, _, _ = model
    for i in range(len(state)):
        state[i] = bias[i]
    for feature in range(len(merged)):
        at = _feature_token(feature, len(merged), token, start)
        if at < 0:
            for i in range(len(state)):
                state[i] += missing[feature, i]
            continue
        for i in range(len(state)):
            state[i] += present[feature, i]
        for j in range(merged.shape[1]):
            value = vectors[at, j]
            for i in range(len(state)):
                state[i] += value * merged[feature, j, i]
    n_hidden = len(state) // n_pieces
    for action in range(len(scores)):
        scores[action] = upper_bias[action]
    for i in range(n_hidden):
        best = state[i]
        for piece in range(1, n_pieces):
            best = max(best, state[piece * n_hidden + i])
        for action in range(len(scores)):
            scores[action] += best * upper[i, action]


@jit
def _feature_token(feature: int, n_features: int, token: Any, start: Any) -> Any:
    """Token of a feature inside an entity, -1 for a missing one: three features, or six with the entity's
    first tokens."""
    if feature == 0:
        return token
    if n_features == 3:
        return start if feature == 1 else token - 1
    at = start + feature - 1
    return at if at < token else -1
