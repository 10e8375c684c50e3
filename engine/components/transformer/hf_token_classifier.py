# SPDX-License-Identifier: Apache-2.0
"""The component `hf_token_classifier`: a token classifier of Hugging Face writes entities, spans or tags."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from ...config.factory_arguments import with_defaults
from ...config.registry import registry
from ...doc.batch import UNSET, Batch, LabelColumn
from ...errors import EngineError
from ...transformer import Kind, PieceScores, TokenRows
from ...transformer.alignment import align_offsets
from ..batch_spans import ENTS, write_entities, write_spans
from ..component import Scorer
from ..span_filters import RuleSpan
from .entity_tags import TagScheme, scheme_of
from .hf_classifier import HfClassifier

Array = npt.NDArray[Any]


class Aggregation(StrEnum):
    """What a token of several pieces takes: its first piece's probabilities, their mean, those of the piece
    that is surest; `simple`: pieces are tagged one by one, and an entity is every token that one of its
    pieces touches."""

    AVERAGE = "average"
    FIRST = "first"
    MAX = "max"
    SIMPLE = "simple"


class HfTokenClassifier(HfClassifier):
    """Tags of tokens from probabilities of pieces, by the best path that BIO or BIOES allows.

    `annotate` is "ents", "tag", "pos" or the name of a group of spans.
    """

    factory = "hf_token_classifier"
    documented = ("name",)
    kind = Kind.PIECES

    def __init__(
        self,
        name: str,
        model: str,
        revision: str,
        annotate: str,
        aggregation_strategy: str,
        constrained: bool,
        labels: Mapping[str, str] | None,
        precision: str,
        scorer: Scorer | None,
    ) -> None:
        super().__init__(name, model, revision, labels, precision, scorer)
        known = [each.value for each in Aggregation]
        if aggregation_strategy not in known:
            raise EngineError(
                f"expected an aggregation_strategy of {name!r} among {', '.join(known)}, got "
                f"{aggregation_strategy!r}"
            )
        self.annotate = annotate
        self.aggregation = Aggregation(aggregation_strategy)
        self.constrained = constrained

    def predict(self, batch: Batch) -> None:
        """Write entities, spans or a column of tokens."""
        scores = self.classifier.piece_scores(batch.texts)
        rows = _rows_of_tokens(batch, scores)
        if self.annotate in ("tag", "pos"):
            self._write_tags(batch, _token_scores(scores, rows, self.aggregation))
            return
        found = [self._spans(batch, doc, scores, rows) for doc in range(batch.n_docs)]
        spans = {doc: [RuleSpan(*span, "") for span in some] for doc, some in enumerate(found)}
        if self.annotate == ENTS:
            write_entities(batch, spans)
        else:
            write_spans(batch, self.annotate, spans)

    @property
    def _scheme(self) -> TagScheme:
        return scheme_of(self.classifier.labels)

    @property
    def entity_labels(self) -> tuple[str, ...]:
        """Labels of entities, as they are written."""
        names = dict.fromkeys(label for place, label in self._scheme.parts if place != "O")
        return tuple(dict.fromkeys(filter(None, map(self._written, names))))

    @property
    def labels(self) -> tuple[str, ...]:
        """What is written."""
        if self.annotate in ("tag", "pos"):
            return tuple(map(self._written, self.classifier.labels))
        return self.entity_labels

    def _written(self, label: str) -> str:
        return self.label_map.get(label, label)

    def _spans(
        self, batch: Batch, doc: int, scores: PieceScores, rows: TokenRows
    ) -> list[tuple[int, int, str]]:
        """Entities of a document by its own tokens."""
        tokens = batch.rows(doc)
        if self.aggregation is Aggregation.SIMPLE:
            pieces = slice(int(scores.cu_seq_lens[doc]), int(scores.cu_seq_lens[doc + 1]))
            tagged = self._scheme.spans(self._tags(scores.scores[pieces]))
            found = [
                (*touched, label)
                for first, stop, label in tagged
                if (touched := _touched(rows, tokens, pieces.start + first, pieces.start + stop))
            ]
        else:
            chances = _token_scores(scores, rows, self.aggregation, tokens)
            found = self._scheme.spans(self._tags(chances))
        named = [(start, end, self._written(label)) for start, end, label in found]
        return _without_overlaps([span for span in named if span[2]])

    def _tags(self, chances: Array) -> list[int]:
        return self._scheme.best(chances) if self.constrained else chances.argmax(axis=1).tolist()

    def _write_tags(self, batch: Batch, chances: Array) -> None:
        ids = np.where(chances.any(axis=1), chances.argmax(axis=1), UNSET).astype(np.int16)
        batch.columns[self.annotate] = LabelColumn(ids, tuple(map(self._written, self.classifier.labels)))


def _rows_of_tokens(batch: Batch, scores: PieceScores) -> TokenRows:
    """Which pieces belong to which token: those that share characters with it."""
    docs = np.repeat(np.arange(batch.n_docs), np.diff(batch.doc_offsets))
    starts = batch.starts.astype(np.int64)
    return align_offsets(
        np.arange(batch.n_tokens),
        starts,
        starts + batch.lengths,
        docs,
        scores.starts.astype(np.int64),
        scores.ends.astype(np.int64),
        np.repeat(np.arange(batch.n_docs), np.diff(scores.cu_seq_lens)),
        batch.n_tokens,
    )


def _token_scores(
    scores: PieceScores, rows: TokenRows, aggregation: Aggregation, tokens: slice = slice(None)
) -> Array:
    """Probabilities of tokens; zeros, but for the label "O" or the first, where a token has no piece."""
    numbers = range(rows.n_tokens)[tokens]
    chances = np.zeros((len(numbers), scores.scores.shape[1]), np.float32)
    for i, token in enumerate(numbers):
        of_token = scores.scores[rows.of(token)]
        if len(of_token):
            chances[i] = _aggregated(of_token, aggregation)
    return chances


def _aggregated(chances: Array, aggregation: Aggregation) -> Array:
    if aggregation is Aggregation.MAX:
        surest: Array = chances[chances.max(axis=1).argmax()]
        return surest
    first_or_mean: Array = chances.mean(axis=0) if aggregation is Aggregation.AVERAGE else chances[0]
    return first_or_mean


def _touched(rows: TokenRows, tokens: slice, first: int, stop: int) -> tuple[int, int] | None:
    """The tokens that some pieces belong to, counted in their document."""
    places = slice(int(rows.offsets[tokens.start]), int(rows.offsets[tokens.stop]))
    inside = np.flatnonzero((rows.rows[places] >= first) & (rows.rows[places] < stop)) + places.start
    if not len(inside):
        return None
    bounds = np.searchsorted(rows.offsets, inside[[0, -1]], "right") - 1 - tokens.start
    return int(bounds[0]), int(bounds[1]) + 1


def _without_overlaps(spans: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Spans of pieces may meet in one token; the first one keeps it."""
    kept: list[tuple[int, int, str]] = []
    for start, end, label in spans:
        first = max(start, kept[-1][1]) if kept else start
        if first < end:
            kept.append((first, end, label))
    return kept


@with_defaults(scorer={"@scorers": "spacy.ner_scorer.v1"})
@registry.factories("hf_token_classifier")
def make_hf_token_classifier(
    name: str,
    model: str,
    revision: str = "main",
    annotate: str = "ents",
    aggregation_strategy: str = "average",
    constrained: bool = True,
    labels: dict[str, str] | None = None,
    precision: str = "fp32",
    scorer: Scorer | None = None,
) -> HfTokenClassifier:
    """A classifier of pieces by a local folder or a name of the hub; `labels` maps labels of entities (or
    tags) to other names, "" for one that is not written."""
    return HfTokenClassifier(
        name, model, revision, annotate, aggregation_strategy, constrained, labels, precision, scorer
    )
