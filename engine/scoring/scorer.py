# SPDX-License-Identifier: Apache-2.0
"""Scores of a pipeline's annotations against gold ones, joined by alignment; fractions from 0 to 1, None
where nothing is annotated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field

from ..config.registry import registry
from ..doc.example import Example
from .categories import score_cats
from .unit_pairs import UnitPair, arc_pair, entity_pair, has_arcs, label_pair, sentence_pair
from .units import Counts, Unit, count_labels

Scores = dict[str, object]
Scorer = Callable[[Sequence[Example]], Scores]


@dataclass(slots=True)
class LabelCounts:
    """Counts overall and per label."""

    total: Counts = field(default_factory=Counts)
    by_label: defaultdict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))

    def add(self, predicted: Set[Unit], gold: Set[Unit]) -> None:
        """Count one layer of one text."""
        self.total += Counts.of(predicted, gold)
        for label, counts in count_labels(predicted, gold).items():
            self.by_label[label] += counts

    def per_label(self) -> dict[str, dict[str, float]]:
        """Precision, recall and F of each label, sorted by label."""
        return {label: self.by_label[label].prf() for label in sorted(self.by_label)}


def score(examples: Iterable[Example]) -> Scores:
    """All scores of all layers; those of layers that no example has are None."""
    examples = list(examples)
    scores = {
        **score_tokenization(examples),
        **score_labels(examples, "tag"),
        **score_labels(examples, "pos"),
        **score_morphs(examples),
    }
    scores.update(score_labels(examples, "lemma"))
    scores.update(score_sents(examples))
    scores.update(score_ents(examples))
    scores.update(score_deps(examples))
    if any(example.cats for example in examples):
        scores.update(score_cats(examples))
    return scores


def score_tokenization(examples: Iterable[Example]) -> Scores:
    """Tokens with gold borders: precision, recall, F; `token_acc` is the share of our tokens that lie within
    one gold token."""
    spans, within = Counts(), Counts()
    for example in examples:
        predicted, gold = (
            set(zip(s.starts.tolist(), s.ends.tolist(), strict=True)) for s in example.token_spans
        )
        spans += Counts.of(predicted, gold)
        ranges = zip(example.to_gold.ranges(), example.predicted.is_spaces, strict=True)
        n_within = sum(last - first == 1 and not is_space for (first, last), is_space in ranges)
        within += Counts(n_within, len(predicted) - n_within)
    if spans.is_empty:
        return dict.fromkeys(("token_acc", "token_p", "token_r", "token_f"))
    return {"token_acc": within.precision, **prf_of("token", spans)}


def score_labels(examples: Iterable[Example], column: str) -> Scores:
    """`COLUMN_acc`: F over pairs of gold word and label.

    A token of ours answers for a gold word if it lies within that one; a gold word without label is left out.
    """
    counts, annotated = Counts(), False
    for example in examples:
        if example.has(column):
            annotated = True
            counts += Counts.of(*label_pair(example, column))
    return {f"{column}_acc": counts.f1 if annotated else None}


def score_morphs(examples: Iterable[Example]) -> Scores:
    """`morph_acc` over whole analyses; micro scores and scores per feature over words that have features in
    gold."""
    examples = list(examples)
    features = LabelCounts()
    for example in examples:
        if example.has("morph"):
            predicted, gold = label_pair(example, "morph")
            featured = {unit.start for unit in gold if unit.label}
            features.add(_features(u for u in predicted if u.start in featured), _features(gold))
    scores = score_labels(examples, "morph")
    if scores["morph_acc"] is None:
        return {
            **scores,
            **dict.fromkeys(("morph_micro_p", "morph_micro_r", "morph_micro_f", "morph_per_feat")),
        }
    return {**scores, **prf_of("morph_micro", features.total), "morph_per_feat": features.per_label()}


def _features(units: Iterable[Unit]) -> set[Unit]:
    """Each feature of every analysis, its name as the label and with its value as the layer."""
    items = ((unit, item) for unit in units if unit.label for item in unit.label.split("|"))
    return {unit._replace(layer=item, label=item.partition("=")[0]) for unit, item in items}


def score_sents(examples: Iterable[Example]) -> Scores:
    """Sentences as spans of gold words: precision, recall, F."""
    scores = score_spans((sentence_pair(e) for e in examples if e.has("sents")), "sents")
    del scores["sents_per_type"]
    return scores


def score_ents(examples: Iterable[Example]) -> Scores:
    """Entities as labelled spans of gold words: precision, recall, F, overall and per type."""
    return score_spans((entity_pair(e) for e in examples if e.has("ents")), "ents")


def score_deps(examples: Iterable[Example]) -> Scores:
    """Heads of gold words: `dep_uas` without and `dep_las` with the label, both as F, and per label.

    Punctuation is left out, and so are our tokens that do not lie within one gold word, or whose head does
    not.
    """
    unlabelled, labelled, annotated = Counts(), LabelCounts(), False
    for example in filter(has_arcs, examples):
        annotated = True
        predicted, gold = arc_pair(example)
        unlabelled += Counts.of({u[2:] for u in predicted}, {u[2:] for u in gold})
        labelled.add(predicted, gold)
    if not annotated:
        return dict.fromkeys(("dep_uas", "dep_las", "dep_las_per_type"))
    return {
        "dep_uas": unlabelled.f1,
        "dep_las": labelled.total.f1,
        "dep_las_per_type": labelled.per_label(),
    }


def score_spans(pairs: Iterable[UnitPair], name: str) -> Scores:
    """Precision, recall and F of labelled spans, overall and per type; None where no text has any."""
    counts, annotated = LabelCounts(), False
    for pair in pairs:
        annotated = True
        counts.add(*pair)
    if not annotated:
        return dict.fromkeys((f"{name}_p", f"{name}_r", f"{name}_f", f"{name}_per_type"))
    return {**prf_of(name, counts.total), f"{name}_per_type": counts.per_label()}


def prf_of(name: str, counts: Counts) -> dict[str, object]:
    """Precision, recall and F under their names."""
    return {f"{name}_{letter}": value for letter, value in counts.prf().items()}


@registry.scorers("freshet.tagger_scorer.v1")
def make_tagger_scorer() -> Scorer:
    """`tag_acc`."""
    return lambda examples: score_labels(examples, "tag")


@registry.scorers("freshet.morphologizer_scorer.v1")
def make_morphologizer_scorer() -> Scorer:
    """`pos_acc`, `morph_acc`, micro scores of features and `morph_per_feat`."""
    return lambda examples: {**score_labels(examples, "pos"), **score_morphs(examples)}


@registry.scorers("freshet.lemmatizer_scorer.v1")
def make_lemmatizer_scorer() -> Scorer:
    """`lemma_acc`."""
    return lambda examples: score_labels(examples, "lemma")


@registry.scorers("freshet.tokenizer_scorer.v1")
def make_tokenizer_scorer() -> Scorer:
    """`token_acc`, `token_p`, `token_r`, `token_f`."""
    return score_tokenization


@registry.scorers("freshet.tokenizer_senter_scorer.v1")
def make_tokenizer_senter_scorer() -> Scorer:
    """The same, and `sents_p`, `sents_r`, `sents_f`."""
    return lambda examples: {**score_tokenization(examples), **score_sents(examples)}


@registry.scorers("freshet.senter_scorer.v1")
def make_senter_scorer() -> Scorer:
    """`sents_p`, `sents_r`, `sents_f`."""
    return score_sents


@registry.scorers("freshet.ner_scorer.v1")
def make_ner_scorer() -> Scorer:
    """`ents_p`, `ents_r`, `ents_f` and `ents_per_type`."""
    return score_ents


@registry.scorers("freshet.parser_scorer.v1")
def make_parser_scorer() -> Scorer:
    """`dep_uas`, `dep_las`, `dep_las_per_type`, and `sents_p`, `sents_r`, `sents_f`."""
    return lambda examples: {**score_deps(examples), **score_sents(examples)}
