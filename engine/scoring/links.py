# SPDX-License-Identifier: Apache-2.0
"""Scores of what entities are said to mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from ..config.registry import registry
from ..doc.doc import Doc
from ..doc.example import Example
from .scorer import Scores
from .units import Counts

KB_ID = "ent_kb_id"
NIL = "NIL"


@registry.scorers("freshet.entity_linker_scorer.v1")
def make_entity_linker_scorer() -> Callable[..., Scores]:
    """`nel_micro_p`, `_r`, `_f`, the same as macro, `nel_f_per_type`, and `nel_score`."""
    return score_links


def score_links(examples: Iterable[Example], negative_labels: Iterable[str] = (NIL,)) -> Scores:
    """Meanings of the entities that both sides have, whatever type they say; `nel_score` is micro F.

    One of `negative_labels` says that an entity means nothing known. A wrong meaning is both too much and
    missing.
    """
    negative = set(negative_labels)
    by_type: defaultdict[str, Counts] = defaultdict(Counts)
    for example in examples:
        ours = {place: kb_id for place, _, kb_id in _linked(example.predicted)}
        for place, label, gold in _linked(example.reference):
            if place in ours:
                by_type[label] += _count(ours[place], gold, negative)
    micro = sum(by_type.values(), Counts()).prf()
    per_type = {label: counts.prf() for label, counts in by_type.items()}
    n = max(len(per_type), 1)
    macro = {letter: sum(scores[letter] for scores in per_type.values()) / n for letter in "prf"}
    return {
        "nel_score": micro["f"],
        "nel_score_desc": "micro F",
        **{f"nel_micro_{letter}": value for letter, value in micro.items()},
        **{f"nel_macro_{letter}": value for letter, value in macro.items()},
        "nel_f_per_type": per_type,
    }


def _linked(doc: Doc) -> Iterator[tuple[tuple[int, int], str, str]]:
    """Characters, type and meaning of each entity."""
    kb_ids = doc.column(KB_ID)
    return (((ent.start_char, ent.end_char), ent.label_, kb_ids[ent.start]) for ent in doc.ents)


def _count(ours: str, gold: str, negative: set[str]) -> Counts:
    if gold in negative and ours in negative:
        return Counts()
    if gold == ours:
        return Counts(tp=1)
    return Counts(fp=int(ours not in negative), fn=int(gold not in negative))
