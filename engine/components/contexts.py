# SPDX-License-Identifier: Apache-2.0
"""The sentences around entities, and batches with the entities that gold has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..doc.batch import Batch
from ..doc.example import Example
from ..errors import ComponentError
from .batch_spans import ENTS, write_entities
from .component import Array
from .span_filters import RuleSpan


def contexts_of(batch: Batch, n_sents: int) -> Array:
    """For each entity the rows from the first to the last of its own sentence, and of `n_sents` more on each
    side. Shape: `(n_entities, 2)`.

    Raises: EngineError where nobody set sentence starts.
    """
    starts, ends = batch.span_rows(batch.spans[ENTS])
    firsts = _sentence_firsts(batch)
    docs = np.searchsorted(batch.doc_offsets, starts, side="right") - 1
    own = np.searchsorted(firsts, starts, side="right") - 1
    first_of_doc = np.searchsorted(firsts, batch.doc_offsets[docs], side="left")
    last_of_doc = np.searchsorted(firsts, batch.doc_offsets[docs + 1], side="left") - 1
    bounds = np.append(firsts, batch.n_tokens)
    left, right = np.maximum(own - n_sents, first_of_doc), np.minimum(own + n_sents, last_of_doc)
    return np.stack([bounds[left], np.maximum(bounds[right + 1], ends)], axis=1)


def sentences_of_first(batch: Batch, stretches: Array) -> Array:
    """The sentence of the first entity of each stretch: what spaCy's linkers look at, whose models find the
    entities of a stretch anew. Shape: `(n_stretches, 2)`; each stretch begins and ends where sentences do."""
    starts, _ = batch.span_rows(batch.spans[ENTS])
    first = np.searchsorted(starts, stretches[:, 0], side="left")
    return contexts_of(batch, 0)[first]


def _sentence_firsts(batch: Batch) -> Array:
    """First row of each sentence of the batch."""
    begins = np.zeros(batch.n_tokens, dtype=bool)
    begins[batch.doc_offsets[:-1][np.diff(batch.doc_offsets) > 0]] = True
    if batch.sent_starts is None and not begins.all():
        raise ComponentError(
            "expected sentences around entities, but nobody set sentence starts; put a sentencizer, senter "
            "or parser before the entity_linker, and in training among annotating_components"
        )
    if batch.sent_starts is not None:
        begins |= batch.sent_starts == 1
    return np.flatnonzero(begins)


def with_gold_entities(batch: Batch, examples: Sequence[Example], *, ents: bool) -> Batch:
    """The batch with gold's entities, as far as they fit its tokens, in place of its own (`ents`), and with
    gold's sentences where it has none; the batch itself stays as it is."""
    changed = replace(batch, spans=dict(batch.spans), columns=dict(batch.columns))
    if ents:
        spans = {
            doc: [RuleSpan(*span) for span in example.aligned_ents()] for doc, example in enumerate(examples)
        }
        changed.spans.pop(ENTS, None)
        write_entities(changed, spans)
    elif ENTS not in changed.spans:
        write_entities(changed, {doc: [] for doc in range(batch.n_docs)})
    if changed.sent_starts is None and any(example.has("sents") for example in examples):
        starts = [example.aligned_sent_starts() for example in examples]
        changed.sent_starts = np.concatenate(starts).astype(np.int8)
    return changed
