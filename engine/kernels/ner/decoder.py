# SPDX-License-Identifier: Apache-2.0
"""Greedy entity recognition over whole batches in one compiled loop.

    closed = scores of every token as if no entity were open          two products for all tokens
    for document: for token:
        scores = closed[token], or where an entity is open `scores.write_open_scores`
        take the best valid action: begin, in, last, unit or out      `state.is_valid`
        where it is asked for: minus the logarithm of its probability among the valid ones
        last and unit end a span

While no entity is open a step depends on its token alone, and that is most steps: as products over all
tokens they cost a small part of what they cost row by row. The truth: `decoders.ner_decoder`, one state at
a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...decoders.ner_actions import BEGIN, LAST, NO_LABEL, UNIT
from ...decoders.ner_state import CLOSED
from ...jit.loops import jit, jit_noalloc
from ..arrays import Floats, Ints
from ..backend import Backend, Linear, Maxout
from ..weights import TransitionWeights
from .scores import NerModel, lay_out_model, write_open_scores
from .state import Here, is_valid

Spans = tuple[Ints, Ints, Ints, Ints]
"""Document offsets `(n_docs + 1,)`, then starts, ends (exclusive) and label ids, `(n_spans,)` each, by
position in the document."""

Preset = tuple[Ints, Ints]
"""Entities set before: per token 0 missing, 1 inside, 2 outside, 3 begin; and its label id, `NO_LABEL` at a
blocked token."""

FAR = np.float32(12.0)
"""An action whose score lies this far below has less than a hundred-thousandth of the best one's probability,
and is left out."""

SMALL = 1e-4
"""Below this a number is its own `log1p`, to four digits."""


class CompiledNer:
    """A recogniser over a fixed copy of weights. Thread-safe."""

    def __init__(self, weights: TransitionWeights, backend: Backend) -> None:
        """Merge and lay out the weights for a back end."""
        model = lay_out_model(weights)
        self._closed = _closed_layer(weights, model, backend)
        self._upper: Linear | None = (
            backend.linear(weights.upper_W, model.upper_bias) if weights.upper_W is not None else None
        )
        # A plain tuple crosses into compiled code in half the time of a named one.
        self._model = tuple(model)

    def decode(
        self,
        vectors: Floats,
        doc_offsets: Ints,
        is_space: npt.NDArray[np.bool_],
        sent_starts: npt.NDArray[np.int8] | None = None,
        preset: Preset | None = None,
        surprises: Floats | None = None,
    ) -> Spans:
        """Entities of every document; into `surprises`, where it is given, minus the logarithm of each
        action's probability. Shape: vectors `(n_tokens, width)`, the other token arrays `(n_tokens,)`."""
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
        inputs = np.ascontiguousarray(vectors, dtype=np.float32)
        bounds = np.ascontiguousarray(doc_offsets, dtype=np.int64)
        closed = self._closed_scores(inputs)
        wanted = np.empty(0, dtype=np.float32) if surprises is None else surprises
        _decode(inputs, closed, bounds, tokens, self._model, offsets, starts, ends, labels, wanted)
        n_spans = int(offsets[-1])
        return offsets, starts[:n_spans].copy(), ends[:n_spans].copy(), labels[:n_spans].copy()

    def _closed_scores(self, vectors: Floats) -> Floats:
        """Scores of every token as if no entity were open. Shape: `(n_tokens, n_actions)`."""
        hidden = self._closed(vectors)
        return hidden if self._upper is None else self._upper(hidden)


def _closed_layer(weights: TransitionWeights, model: NerModel, backend: Backend) -> Maxout:
    """The lower layer while no entity is open: the token's own slot, all other slots missing."""
    _, n_hidden, n_pieces, _ = weights.lower_W.shape
    bias = model.bias + model.present[0] + model.missing[1:].sum(axis=0)
    by_output = model.lower[0].T.reshape(n_pieces, n_hidden, -1).swapaxes(0, 1)
    return backend.maxout(
        np.ascontiguousarray(by_output), np.ascontiguousarray(bias.reshape(n_pieces, n_hidden).T)
    )


@jit
def _decode(
    vectors: Floats,
    closed: Floats,
    doc_offsets: Ints,
    tokens: Any,
    weights: Any,
    offsets: Ints,
    starts: Ints,
    ends: Ints,
    labels: Ints,
    surprises: Floats,
) -> None:
    """All documents, one action a token; a document in which no action is valid ends there. `surprises` is
    empty where nobody asks."""
    model = NerModel(*weights)
    moves, action_labels = model.moves, model.labels
    iob, types, starting, is_space = tokens
    n_spans = 0
    state = np.empty(model.lower.shape[2], np.float32)
    scores = np.empty(closed.shape[1], np.float32)
    for doc in range(len(doc_offsets) - 1):
        first, end = doc_offsets[doc], doc_offsets[doc + 1]
        open_label, open_start = CLOSED, first
        for token in range(first, end):
            if open_label != CLOSED:
                write_open_scores(vectors, token, open_start, model, state, scores)
            values = closed[token] if open_label == CLOSED else scores
            more = token + 1 < end
            after = (iob[token + 1], starting[token + 1]) if more else (np.int8(0), False)
            here = Here(iob[token], types[token], is_space[token], more, after[0], after[1])
            action = _best(values, moves, action_labels, open_label, here)
            if action < 0:
                break
            if len(surprises):
                surprises[token] = _surprise(values, moves, action_labels, open_label, here, action)
            move, label = moves[action], action_labels[action]
            if move in (BEGIN, UNIT):
                open_label, open_start = label, token
            if move in (LAST, UNIT):
                if label != NO_LABEL:
                    starts[n_spans], ends[n_spans] = open_start - first, token + 1 - first
                    labels[n_spans] = open_label
                    n_spans += 1
                open_label = CLOSED
        offsets[doc + 1] = n_spans


@jit
def _best(scores: Floats, moves: Ints, labels: Ints, open_label: Any, here: Any) -> int:
    """The first valid action with the highest score, -1 where none is valid.

    It is given the two arrays that it reads, not the model: each array that is handed on is counted.
    """
    best, score = -1, np.float32(0.0)
    for action in range(len(moves)):
        if (best < 0 or scores[action] > score) and is_valid(moves[action], labels[action], open_label, here):
            best, score = action, scores[action]
    return best


@jit_noalloc
def _surprise(scores: Floats, moves: Ints, labels: Ints, open_label: Any, here: Any, action: int) -> Any:
    """Minus the logarithm of the probability that the softmax over the valid actions gives to this one.

    Most often no action comes near the best, which a count of them tells in a few vector instructions.
    """
    nearest, near = scores[action] - FAR, 0
    for other in range(len(scores)):
        near += scores[other] > nearest
    others = 0.0
    for other in range(len(moves) if near > 1 else 0):
        if (
            scores[other] > nearest
            and other != action
            and is_valid(moves[other], labels[other], open_label, here)
        ):
            others += np.exp(scores[other] - scores[action])
    return np.log1p(others) if others > SMALL else others
