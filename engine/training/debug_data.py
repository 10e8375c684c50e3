# SPDX-License-Identifier: Apache-2.0
"""What is in the training data: counts of a corpus, and the places in it that a person should see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..doc.batch import Spans
from ..doc.biluo import MISSING
from ..doc.doc import Doc
from ..doc.example import Example, entities_of, sentences_of
from .head_checks import wrong_head

SHOWN_TEXT = 40
"""Characters of a text that a place shows."""


@dataclass(frozen=True, slots=True)
class Place:
    """Something in a document: its number from 1, characters, their text and the label."""

    document: int
    start: int
    end: int
    text: str
    label: str

    def __str__(self) -> str:
        return f"document {self.document}, {self.start}:{self.end}: {self.text[:SHOWN_TEXT]!r} ({self.label})"


@dataclass(slots=True)
class CorpusSummary:
    """Counts of one corpus. `labels` holds, per layer, how often each label occurs in gold; `docs_with`, per
    layer, how many documents have it."""

    n_docs: int = 0
    n_tokens: int = 0
    n_gold_tokens: int = 0
    n_empty: int = 0
    n_misaligned: int = 0
    n_crossed_ents: int = 0
    n_unknown_ents: int = 0
    n_sents: int = 0
    n_nonprojective: int = 0
    n_roots: int = 0
    n_several_cats: int = 0
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    docs_with: Counter[str] = field(default_factory=Counter)
    docs_with_label: dict[str, Counter[str]] = field(default_factory=dict)
    span_lengths: dict[str, Counter[int]] = field(default_factory=dict)
    misaligned: list[Place] = field(default_factory=list)
    padded: list[Place] = field(default_factory=list)
    across_sentences: list[Place] = field(default_factory=list)
    wrong_trees: list[tuple[int, str]] = field(default_factory=list)
    texts: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)


def summarize(examples: Iterable[Example]) -> CorpusSummary:
    """Count what the examples hold, and note what is wrong with it."""
    summary = CorpusSummary()
    for example in examples:
        summary.n_docs += 1
        summary.n_tokens += len(example)
        summary.n_gold_tokens += len(example.reference)
        summary.n_empty += not example.text.strip()
        summary.texts.add(example.text)
        summary.words.update(example.predicted.words)
        _count_tokens(summary, example)
        _count_trees(summary, example)
        _count_entities(summary, example)
        _count_groups(summary, example)
        _count_categories(summary, example)
    return summary


def _count_tokens(summary: CorpusSummary, example: Example) -> None:
    summary.n_misaligned += sum(last - first != 1 for first, last in example.to_gold.ranges())
    if example.has("sents"):
        summary.docs_with["sents"] += 1
        summary.n_sents += int((example.aligned_sent_starts() == 1).sum())
    for column in ("tag", "pos", "morph", "lemma"):
        if example.has(column):
            summary.docs_with[column] += 1
            if column != "lemma":
                _count(summary, column, [value for value in example.gold_labels(column) if value])


def _count_trees(summary: CorpusSummary, example: Example) -> None:
    doc = example.reference
    if doc.batch.heads is None or not example.has("dep"):
        return
    wrong = wrong_head(doc.heads, doc.words)
    if wrong:
        summary.wrong_trees.append((summary.n_docs, wrong))
        return
    summary.docs_with["dep"] += 1
    deps = example.gold_labels("dep")
    _count(summary, "dep", [dep for dep in deps if dep])
    summary.n_roots += sum(head == i for i, head in enumerate(doc.heads) if deps[i])
    heads = [head if dep else -1 for head, dep in zip(doc.heads, deps, strict=True)]
    summary.n_nonprojective += list(example.projective_tree[0]) != heads


def _count_entities(summary: CorpusSummary, example: Example) -> None:
    doc = example.reference
    gold = [span for span in entities_of(doc) if span[2] != MISSING]
    _count(summary, "ents", [label for _, _, label in gold])
    summary.docs_with["ents"] += bool(gold)
    summary.n_unknown_ents += not example.has("ents")
    summary.n_crossed_ents += len(gold) - len(example.aligned_ents())
    summary.misaligned += _places(summary, doc, example.misaligned_ents())
    summary.padded += [place for place in _places(summary, doc, gold) if place.text != place.text.strip()]
    borders = {start for start, _, _ in sentences_of(doc)} if example.has("sents") else set()
    crossing = [span for span in gold if any(span[0] < border < span[1] for border in borders)]
    summary.across_sentences += _places(summary, doc, crossing)


def _count_groups(summary: CorpusSummary, example: Example) -> None:
    doc = example.reference
    for key in doc.batch.spans:
        if key != "ents":
            spans = doc.batch.spans_of(key, doc.index)
            layer = f"spans {key}"
            summary.docs_with[layer] += bool(spans)
            _count(summary, layer, [label for _, _, label in spans])
            lengths = summary.span_lengths.setdefault(key, Counter())
            lengths.update(end - start for start, end, _ in spans)


def _count_categories(summary: CorpusSummary, example: Example) -> None:
    positive = [label for label, value in example.cats.items() if value > 0]
    _count(summary, "cats", positive)
    summary.docs_with["cats"] += bool(example.cats)
    summary.n_several_cats += len(positive) > 1


def _count(summary: CorpusSummary, layer: str, labels: list[str]) -> None:
    summary.labels.setdefault(layer, Counter()).update(labels)
    summary.docs_with_label.setdefault(layer, Counter()).update(set(labels))


def _places(summary: CorpusSummary, doc: Doc, spans: Spans) -> list[Place]:
    starts, ends, text = doc.starts, doc.ends, doc.text
    places = [(int(starts[start]), int(ends[end - 1]), label) for start, end, label in spans]
    return [Place(summary.n_docs, start, end, text[start:end], label) for start, end, label in places]
