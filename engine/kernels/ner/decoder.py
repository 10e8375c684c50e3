# SPDX-License-Identifier: Apache-2.0
"""Greedy entity recognition over whole batches in one compiled loop.

    closed = scores of every token as if no entity were open          two products for all tokens
    for document: for token:
        scores = closed[token], or where an entity is open `scores.write_open_scores`
        take the best valid action: begin, in, last, unit or out      `state.is_valid`
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
from ...jit.loops import jit
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


class CompiledNer:
    """A recogniser over a fixed copy of weights. Thread-safe."""

    def __init__(self, weights: TransitionWeights, backend: Backend) -> None:
        """Merge and lay out the weights for a back end."""
        self._model = lay_out_model(weights)
        self._closed = _closed_layer(weights, self._model, backend)
        self._upper: Linear | None = (
            backend.linear(weights.upper_W, self._model.upper_bias) if weights.upper_W is not None else None
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
        inputs = np.ascontiguousarray(vectors, dtype=np.float32)
        bounds = np.ascontiguousarray(doc_offsets, dtype=np.int64)
        closed = self._closed_scores(inputs)
        _decode(inputs, closed, bounds, tokens, tuple(self._model), offsets, starts, ends, labels)
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
) -> None:
    """All documents, one action a token; a document in which no action is valid ends there."""
    model = NerModel(*weights)  # a plain tuple crosses into compiled code in half the time of a named one
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
            action = _best(values, model, open_label, here)
            if action < 0:
                break
            move, label = model.moves[action], model.labels[action]
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
def _best(scores: Floats, model: Any, open_label: Any, here: Any) -> int:
    """The first valid action with the highest score, -1 where none is valid."""
    best, score = -1, np.float32(0.0)
    for action in range(len(model.moves)):
        if (best < 0 or scores[action] > score) and is_valid(
            model.moves[action], model.labels[action], open_label, here
        ):
            best, score = action, scores[action]
    return best
