# SPDX-License-Identifier: Apache-2.0
"""What is in the training data, and what would go wrong with it: counts, and warnings in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..doc.biluo import MISSING
from ..doc.example import Example, entities_of

FEW_EXAMPLES = 50
"""A label with fewer gold examples than this is hardly learned."""

FEW_DOCS = 100
"""A training corpus with fewer documents than this is small."""


@dataclass(slots=True)
class CorpusSummary:
    """Counts of one corpus. `labels` holds, per layer, how often each label occurs in gold."""

    n_docs: int = 0
    n_tokens: int = 0
    n_gold_tokens: int = 0
    n_misaligned: int = 0
    n_crossed_ents: int = 0
    n_unknown_ents: int = 0
    n_sents: int = 0
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)


def summarize(examples: Iterable[Example]) -> CorpusSummary:
    """Count what the examples hold."""
    summary = CorpusSummary()
    for example in examples:
        summary.n_docs += 1
        summary.n_tokens += len(example)
        summary.n_gold_tokens += len(example.reference)
        summary.texts.add(example.text)
        _count_tokens(summary, example)
        _count_entities(summary, example)
        summary.labels.setdefault("cats", Counter()).update(
            label for label, value in example.cats.items() if value > 0
        )
    return summary


def warnings_of(train: CorpusSummary, dev: CorpusSummary) -> list[str]:
    """What a person should look at before training."""
    warnings = []
    if train.n_docs < FEW_DOCS:
        warnings.append(
            f"the training corpus has {train.n_docs} documents; below {FEW_DOCS} little is learned"
        )
    if not dev.n_docs:
        warnings.append("the dev corpus is empty; the best step cannot be chosen")
    if shared := len(train.texts & dev.texts):
        warnings.append(
            f"{shared} texts of the dev corpus are in the training corpus too; scores will look too good"
        )
    if train.n_crossed_ents:
        warnings.append(
            f"{train.n_crossed_ents} gold entities begin or end inside a token and teach nothing; look "
            "at the tokenizer's rules"
        )
    if train.n_misaligned > 0.05 * max(train.n_tokens, 1):
        warnings.append(
            f"{train.n_misaligned} of {train.n_tokens} tokens have no label of their own, for gold has "
            "other word borders there"
        )
    for layer, counts in train.labels.items():
        warnings += _label_warnings(layer, counts, dev.labels.get(layer, Counter()))
    return warnings


def _label_warnings(layer: str, counts: Counter[str], in_dev: Counter[str]) -> list[str]:
    rare = sorted(label for label, n in counts.items() if n < FEW_EXAMPLES)
    unseen = sorted(set(in_dev) - set(counts))
    warnings = []
    if rare and layer != "morph":
        warnings.append(f"{layer}: fewer than {FEW_EXAMPLES} examples of {_some(rare)}")
    if unseen:
        warnings.append(f"{layer}: only the dev corpus has {_some(unseen)}")
    return warnings


def _some(labels: Sequence[str]) -> str:
    return ", ".join(labels[:8]) + (f" and {len(labels) - 8} more" if len(labels) > 8 else "")


def _count_tokens(summary: CorpusSummary, example: Example) -> None:
    summary.n_misaligned += sum(last - first != 1 for first, last in example.to_gold.ranges())
    if example.has("sents"):
        summary.n_sents += int((example.aligned_sent_starts() == 1).sum())
    for column in ("tag", "pos", "morph"):
        if example.has(column):
            counts = summary.labels.setdefault(column, Counter())
            counts.update(value for value in example.gold_labels(column) if value)


def _count_entities(summary: CorpusSummary, example: Example) -> None:
    gold = [span for span in entities_of(example.reference) if span[2] != MISSING]
    summary.labels.setdefault("ents", Counter()).update(label for _, _, label in gold)
    summary.n_unknown_ents += not example.has("ents")
    summary.n_crossed_ents += len(gold) - len(example.aligned_ents())
