# SPDX-License-Identifier: Apache-2.0
"""The component `span_ruler`: spans by patterns of tokens and by phrases, as a group, as entities, or as
both."""

from __future__ import annotations

from collections.abc import Iterable

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch
from ..matching import FuzzyCompare, LabelledPatterns, levenshtein_compare
from ..vocab.strings import string_id
from .batch_spans import checked_key, entities, spans_of, write_entities, write_spans
from .component import Scorer
from .ruler import FUZZY_BLOCK, Ruler
from .span_filters import RuleSpan, SpanFilter, make_first_longest, prefer_existing, prefer_new

SEPARATOR = "\0"
"""Between label and id of a pattern, where no one sees it."""


class SpanRuler(Ruler):
    """Writes all matches as the group `spans_key`, if that is not null, and with `annotate_ents` as entities.

    The filters decide what stays where they overlap; `overwrite` means that what was there before does not
    count.
    """

    factory = "span_ruler"
    documented = ("nlp", "name")

    def __init__(
        self,
        name: str,
        patterns: LabelledPatterns,
        *,
        spans_key: str | None,
        spans_filter: SpanFilter | None,
        annotate_ents: bool,
        ents_filter: SpanFilter,
        overwrite: bool,
        scorer: Scorer | None,
    ) -> None:
        super().__init__(name, patterns, scorer)
        self.spans_key = None if spans_key is None else checked_key(name, spans_key)
        self.spans_filter = spans_filter
        self.annotate_ents = annotate_ents
        self.ents_filter = ents_filter
        self.overwrite = overwrite

    @property
    def key(self) -> str | None:
        """The key of its group of spans."""
        return self.spans_key

    def remove(self, label: str) -> None:
        """Remove the patterns of a label. Raises: PatternError where there are none."""
        self.labelled.remove(label=label)

    def remove_by_id(self, pattern_id: str) -> None:
        """Remove the patterns of an id. Raises: PatternError where there are none."""
        self.labelled.remove(id=pattern_id)

    def predict(self, batch: Batch) -> None:
        """Write the group of spans and the entities."""
        matches = dict(self._find(batch))
        docs = range(batch.n_docs)
        if self.spans_key is not None:
            key = self.spans_key
            write_spans(batch, key, {doc: self._group(batch, key, doc, matches.get(doc, [])) for doc in docs})
        if self.annotate_ents:
            write_entities(batch, {doc: self._entities(batch, doc, matches.get(doc, [])) for doc in docs})

    def _find(self, batch: Batch) -> Iterable[tuple[int, list[RuleSpan]]]:
        """Spans of each document that has some, by start, end, and the ids of label and id."""
        for doc, matches in self.labelled.find(batch):
            spans = {RuleSpan(match.start, match.end, *self.labelled.name(match.key)) for match in matches}
            yield (
                doc,
                sorted(
                    spans, key=lambda span: (span.start, span.end, string_id(span.label), string_id(span.id))
                ),
            )

    def _group(self, batch: Batch, key: str, doc: int, found: list[RuleSpan]) -> list[RuleSpan]:
        """The group: what was there, then what the filter gives, which may hold the former once more."""
        existing = [] if self.overwrite else spans_of(batch, key, doc)
        return [*existing, *(found if self.spans_filter is None else self.spans_filter(existing, found))]

    def _entities(self, batch: Batch, doc: int, found: list[RuleSpan]) -> list[RuleSpan]:
        existing = [] if self.overwrite else entities(batch, doc)
        return self.ents_filter(existing, found)


@with_defaults(
    ents_filter={"@misc": "freshet.first_longest_spans_filter.v1"},
    matcher_fuzzy_compare=FUZZY_BLOCK,
    scorer={"@scorers": "freshet.overlapping_labeled_spans_scorer.v1", "spans_key": "ruler"},
)
@registry.factories("span_ruler")
def make_span_ruler(
    name: str,
    spans_key: str | None = "ruler",
    spans_filter: SpanFilter | None = None,
    annotate_ents: bool = False,
    ents_filter: SpanFilter | None = None,
    phrase_matcher_attr: str | int | None = None,
    matcher_fuzzy_compare: FuzzyCompare = levenshtein_compare,
    validate: bool = False,
    overwrite: bool = True,
    scorer: Scorer | None = None,
) -> SpanRuler:
    """Spans by rules; patterns are always validated."""
    return SpanRuler(
        name,
        LabelledPatterns(phrase_matcher_attr, matcher_fuzzy_compare, SEPARATOR),
        spans_key=spans_key,
        spans_filter=spans_filter,
        annotate_ents=annotate_ents,
        ents_filter=ents_filter or make_first_longest(),
        overwrite=overwrite,
        scorer=scorer,
    )


@with_defaults(matcher_fuzzy_compare=FUZZY_BLOCK, scorer={"@scorers": "freshet.ner_scorer.v1"})
@registry.factories("future_entity_ruler")
def make_future_entity_ruler(
    name: str,
    phrase_matcher_attr: str | int | None = None,
    matcher_fuzzy_compare: FuzzyCompare = levenshtein_compare,
    validate: bool = False,
    overwrite_ents: bool = False,
    ent_id_sep: str = "__unused__",
    scorer: Scorer | None = None,
) -> SpanRuler:
    """Entities by rules, written by a span ruler."""
    return SpanRuler(
        name,
        LabelledPatterns(phrase_matcher_attr, matcher_fuzzy_compare, SEPARATOR),
        spans_key=None,
        spans_filter=None,
        annotate_ents=True,
        ents_filter=prefer_new if overwrite_ents else prefer_existing,
        overwrite=False,
        scorer=scorer,
    )
