# SPDX-License-Identifier: Apache-2.0
"""The component `entity_ruler`: entities by patterns of tokens and by phrases, nothing learned."""

from __future__ import annotations

from collections.abc import Iterable

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch
from ..matching import Found, FuzzyCompare, LabelledPatterns, levenshtein_compare
from .batch_spans import ENT_ID, entities, write_entities
from .component import Scorer
from .ruler import FUZZY_BLOCK, Ruler
from .span_filters import RuleSpan, prefer_existing, prefer_new


class EntityRuler(Ruler):
    """The longest matches become entities, the leftmost first; entities that are there stay, unless
    `overwrite`."""

    factory = "entity_ruler"
    documented = ("nlp", "name")

    def __init__(self, name: str, patterns: LabelledPatterns, overwrite: bool, scorer: Scorer | None) -> None:
        super().__init__(name, patterns, scorer)
        self.overwrite = overwrite

    @property
    def ent_id_sep(self) -> str:
        """What stands between a label and an id in the keys of matches."""
        return self.labelled.separator

    @property
    def ent_ids(self) -> tuple[str, ...]:
        """Ids of all patterns, sorted."""
        return self.ids

    def remove(self, ent_id: str) -> None:
        """Remove the patterns of an id. Raises: PatternError where there are none."""
        self.labelled.remove(id=ent_id)

    def predict(self, batch: Batch) -> None:
        """Write `batch.spans["ents"]`, and the ids of the patterns onto the entities' tokens."""
        matches = dict(self.labelled.find(batch))
        docs = (
            range(batch.n_docs) if ENT_ID in batch.columns else matches
        )  # ids that are there spread over the whole of their entity
        write_entities(batch, {doc: self._entities(batch, doc, matches.get(doc, ())) for doc in docs})

    def _entities(self, batch: Batch, doc: int, matches: Iterable[Found]) -> list[RuleSpan]:
        found = [RuleSpan(match.start, match.end, *self.labelled.name(match.key)) for match in matches]
        return (prefer_new if self.overwrite else prefer_existing)(entities(batch, doc), found)


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
