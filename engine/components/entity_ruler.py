# SPDX-License-Identifier: Apache-2.0
"""The component `entity_ruler`: entities by patterns of tokens and by phrases, nothing learned."""

from __future__ import annotations

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch
from ..matching import Found, FuzzyCompare, LabelledPatterns, levenshtein_compare
from .batch_spans import ENT_ID, entities, write_entities
from .component import Scorer
from .ruler import FUZZY_BLOCK, Ruler
from .span_filters import RuleSpan


class EntityRuler(Ruler):
    """The longest matches become entities, the leftmost first; entities that are there stay, unless
    `overwrite`."""

    def __init__(self, name: str, patterns: LabelledPatterns, overwrite: bool, scorer: Scorer | None) -> None:
        super().__init__(name, patterns, scorer)
        self.overwrite = overwrite

    def predict(self, batch: Batch) -> None:
        """Write `batch.spans["ents"]`, and the ids of the patterns onto the entities' tokens."""
        matches = dict(self.patterns.find(batch))
        docs = (
            range(batch.n_docs) if ENT_ID in batch.columns else matches
        )  # ids that are there spread over the whole of their entity
        write_entities(batch, {doc: self._merge(entities(batch, doc), matches.get(doc, [])) for doc in docs})

    def _merge(self, existing: list[RuleSpan], matches: list[Found]) -> list[RuleSpan]:
        held = (
            {token for span in existing for token in range(span.start, span.end)}
            if not self.overwrite
            else set()
        )
        taken: set[int] = set()
        new: list[RuleSpan] = []
        for match in sorted(matches, key=lambda match: (match.end - match.start, -match.start), reverse=True):
            tokens = range(match.start, match.end)
            if held.isdisjoint(tokens) and match.start not in taken and match.end - 1 not in taken:
                label, rule_id = self.patterns.name(match.key)
                new.append(RuleSpan(match.start, match.end, label, rule_id))
                existing = [old for old in existing if not (old.start < match.end and old.end > match.start)]
                taken.update(tokens)
        return existing + new


@with_defaults(matcher_fuzzy_compare=FUZZY_BLOCK, scorer={"@scorers": "freshet.ner_scorer.v1"})
@registry.factories("entity_ruler")
def make_entity_ruler(
    name: str,
    phrase_matcher_attr: str | int | None = None,
    matcher_fuzzy_compare: FuzzyCompare = levenshtein_compare,
    validate: bool = False,
    overwrite_ents: bool = False,
    ent_id_sep: str = "||",
    scorer: Scorer | None = None,
) -> EntityRuler:
    """Entities by rules; patterns are always validated."""
    return EntityRuler(
        name, LabelledPatterns(phrase_matcher_attr, matcher_fuzzy_compare, ent_id_sep), overwrite_ents, scorer
    )
