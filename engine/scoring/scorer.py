# SPDX-License-Identifier: Apache-2.0
"""Scores of a pipeline's annotations against gold ones, joined by alignment; fractions from 0 to 1, None
where nothing is annotated."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence, Set
from dataclasses import dataclass, field

from ..config.registry import registry
from ..doc.batch import Spans
from ..doc.biluo import MISSING
from ..doc.example import Example, entities_of, labels_of, sentences_of
from .categories import score_cats

DEP = "dep"
PUNCTUATION = ("p", "punct")
"""Labels of arcs that are not scored, in lower case."""

Scores = dict[str, object]
Scorer = Callable[[Sequence[Example]], Scores]


@dataclass(slots=True)
class Counts:
    """True positives, false positives and false negatives, and what follows from them."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def add(self, found: Set[Hashable], gold: Set[Hashable]) -> None:
        """Count two sets of answers."""
        right = len(found & gold)
        self.tp += right
        self.fp += len(found) - right
        self.fn += len(gold) - right

    @property
    def precision(self) -> float:
        """Share of the found ones that are right."""
        return self.tp / max(self.tp + self.fp, 1)

    @property
    def recall(self) -> float:
        """Share of the gold ones that were found."""
        return self.tp / max(self.tp + self.fn, 1)

    @property
    def fscore(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.tp / max(2 * self.tp + self.fp + self.fn, 1)

    def prf(self) -> dict[str, float]:
        """The three scores by their letters."""
        return {"p": self.precision, "r": self.recall, "f": self.fscore}


@dataclass(slots=True)
class LabelCounts:
    """Counts overall and per label."""

    total: Counts = field(default_factory=Counts)
    by_label: defaultdict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))

    def add(self, found: Set[tuple[Hashable, str]], gold: Set[tuple[Hashable, str]]) -> None:
        """Count two sets of `(what, label)`."""
        self.total.add(found, gold)
        right = Counter(label for _, label in found & gold)
        for label, n in Counter(label for _, label in found).items():
            self.by_label[label].tp += right[label]
            self.by_label[label].fp += n - right[label]
        for label, n in Counter(label for _, label in gold).items():
            self.by_label[label].fn += n - right[label]

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
        found, gold = (set(zip(s.starts.tolist(), s.ends.tolist(), strict=True)) for s in example.token_spans)
        spans.add(found, gold)
        one = sum(last - first == 1 for first, last in example.to_gold.ranges())
        within.tp += one
        within.fp += len(found) - one
    if not spans.tp + spans.fp + spans.fn:
        return dict.fromkeys(("token_acc", "token_p", "token_r", "token_f"))
    return {"token_acc": within.precision, **_prefixed("token", spans)}


def score_labels(examples: Iterable[Example], column: str) -> Scores:
    """`COLUMN_acc`: F over pairs of gold word and label.

    A token of ours answers for a gold word if it lies within that one; a gold word without label is left out.
    """
    counts, annotated = Counts(), False
    for example in examples:
        if not example.has(column):
            continue
        annotated = True
        found, gold = label_pairs(example, column)
        counts.add(found, gold)
    return {f"{column}_acc": counts.fscore if annotated else None}


def label_pairs(example: Example, column: str) -> tuple[set[tuple[int, str]], set[tuple[int, str]]]:
    """Pairs of gold word and label, as the pipeline says and as gold says."""
    values = example.gold_labels(column)
    known = [bool(value) or column == "morph" for value in values]
    gold = {(i, value) for i, value in enumerate(values) if known[i]}
    answers = zip(example.to_gold.ranges(), labels_of(example.predicted, column), strict=True)
    return {(first, value) for (first, last), value in answers if last - first == 1 and known[first]}, gold


def score_morphs(examples: Iterable[Example]) -> Scores:
    """`morph_acc` over whole analyses; micro scores and scores per feature over words that have features in
    gold."""
    examples = list(examples)
    features = LabelCounts()
    for example in examples:
        if example.has("morph"):
            found, gold = label_pairs(example, "morph")
            featured = {word for word, value in gold if value}
            features.add(_features(pair for pair in found if pair[0] in featured), _features(gold))
    scores = score_labels(examples, "morph")
    if scores["morph_acc"] is None:
        return {
            **scores,
            **dict.fromkeys(("morph_micro_p", "morph_micro_r", "morph_micro_f", "morph_per_feat")),
        }
    return {**scores, **_prefixed("morph_micro", features.total), "morph_per_feat": features.per_label()}


def _features(pairs: Iterable[tuple[int, str]]) -> set[tuple[Hashable, str]]:
    """`((word, value), feature)` for every feature of every analysis."""
    items = (
        (word, item.partition("=")) for word, analysis in pairs if analysis for item in analysis.split("|")
    )
    return {((word, value), name) for word, (name, _, value) in items}


def score_sents(examples: Iterable[Example]) -> Scores:
    """Sentences as spans of gold words: precision, recall, F."""
    scores = score_spans(
        ((e, sentences_of(e.predicted), sentences_of(e.reference)) for e in examples if e.has("sents")),
        "sents",
    )
    del scores["sents_per_type"]
    return scores


def score_ents(examples: Iterable[Example]) -> Scores:
    """Entities as labelled spans of gold words: precision, recall, F, overall and per type."""
    return score_spans(
        ((e, entities_of(e.predicted), entities_of(e.reference)) for e in examples if e.has("ents")), "ents"
    )


def score_deps(examples: Iterable[Example]) -> Scores:
    """Heads of gold words: `dep_uas` without and `dep_las` with the label, both as F, and per label.

    Punctuation is left out, and so are our tokens that do not lie within one gold word, or whose head does
    not.
    """
    unlabelled, labelled, annotated = Counts(), LabelCounts(), False
    for example in examples:
        if not example.has(DEP) or example.reference.batch.heads is None:
            continue
        annotated = True
        found, gold = arcs_found(example), arcs_of_gold(example)
        unlabelled.add({arc for arc, _ in found}, {arc for arc, _ in gold})
        labelled.add(found, gold)
    if not annotated:
        return dict.fromkeys(("dep_uas", "dep_las", "dep_las_per_type"))
    return {
        "dep_uas": unlabelled.fscore,
        "dep_las": labelled.total.fscore,
        "dep_las_per_type": labelled.per_label(),
    }


def arcs_of_gold(example: Example) -> set[tuple[Hashable, str]]:
    """`((word, head), label)` of every gold word that is not punctuation."""
    doc = example.reference
    rows = zip(doc.heads, doc.deps, doc.is_spaces, strict=True)
    return {
        ((i, head), dep)
        for i, (head, dep, space) in enumerate(rows)
        if dep and not space and dep.lower() not in PUNCTUATION
    }


def arcs_found(example: Example) -> set[tuple[Hashable, str]]:
    """The same of the predicted arcs, in terms of gold words; a head that is none of them counts as a wrong
    one."""
    doc, ranges = example.predicted, list(example.to_gold.ranges())
    words = [first if last - first == 1 else None for first, last in ranges]
    arcs: set[tuple[Hashable, str]] = set()
    for i, (head, dep) in enumerate(zip(doc.heads, doc.deps, strict=True)):
        if words[i] is not None and dep and dep.lower() not in PUNCTUATION:
            arcs.add(((words[i], words[head]), dep))
    return arcs


def score_spans(items: Iterable[tuple[Example, Spans, Spans]], name: str) -> Scores:
    """Labelled spans `(example, predicted spans, gold spans)`; a predicted span that touches unknown gold
    tokens is left out."""
    counts, annotated = LabelCounts(), False
    for example, found, gold in items:
        annotated = True
        counts.add(*span_pairs(example, found, gold))
    if not annotated:
        return dict.fromkeys((f"{name}_p", f"{name}_r", f"{name}_f", f"{name}_per_type"))
    return {**_prefixed(name, counts.total), f"{name}_per_type": counts.per_label()}


def span_pairs(
    example: Example, found: Spans, gold: Spans
) -> tuple[set[tuple[Hashable, str]], set[tuple[Hashable, str]]]:
    """Pairs of span and label in terms of gold tokens, as the pipeline says and as gold says; without what
    gold does not know."""
    unknown = [(start, end) for start, end, label in gold if label == MISSING]
    mapped = [
        s
        for s in to_gold_tokens(example, found)
        if not any(s[0] < end and start < s[1] for start, end in unknown)
    ]
    return {((a, b), label) for a, b, label in mapped}, {
        ((a, b), label) for a, b, label in gold if label != MISSING
    }


def to_gold_tokens(example: Example, spans: Spans) -> Spans:
    """Predicted spans, in order, in terms of gold tokens; those that come to share a gold token are left out,
    all of them."""
    mapped = [(example.to_gold.span(start, end), label) for start, end, label in spans]
    touching = [(*span, label) for span, label in mapped if span is not None]
    shared = {i for i, (one, other) in enumerate(itertools.pairwise(touching)) if other[0] < one[1]}
    return [span for i, span in enumerate(touching) if i not in shared and i - 1 not in shared]


def _prefixed(name: str, counts: Counts) -> dict[str, object]:
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
