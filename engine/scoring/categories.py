# SPDX-License-Identifier: Apache-2.0
"""Scores of text categories: precision, recall and F overall and per label, and the area under the ROC
curve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..config.registry import registry
from ..doc.example import Example
from .units import Counts


@dataclass(slots=True)
class LabelResult:
    """One label's counts and the scores that it got with the gold values (1 or 0) beside them."""

    counts: Counts = field(default_factory=Counts)
    scores: list[float] = field(default_factory=list)
    golds: list[bool] = field(default_factory=list)

    def auc(self) -> float | None:
        """Area under the ROC curve; None where all gold values are the same."""
        return area_under_curve(self.scores, self.golds)


def score_cats(
    examples: Iterable[Example],
    *,
    labels: Sequence[str] = (),
    exclusive: bool = True,
    threshold: float = 0.5,
    positive_label: str | None = None,
) -> dict[str, object]:
    """Scores of categories, those without gold left out.

    `exclusive`: one label a text, the best scored; else each label by its own that reaches `threshold`.
    `cats_score` is the F of `positive_label` if there is one, macro F if exclusive, macro AUC if not.
    """
    annotated = [example for example in examples if example.cats]
    labels = list(labels) or sorted({label for example in annotated for label in example.cats})
    results = {label: LabelResult() for label in labels}
    for example in annotated:
        predicted = {label: float(example.predicted.cats.get(label, 0.0)) for label in labels}
        _count_curve(results, predicted, example.cats, exclusive)
        if exclusive:
            _count_exclusive(results, predicted, example.cats)
        else:
            _count_separate(results, predicted, example.cats, threshold)
    return _summary(results, exclusive, positive_label)


def area_under_curve(scores: Sequence[float], golds: Sequence[bool]) -> float | None:
    """Chance that a positive item is scored above a negative one, ties counted half; None without either
    kind."""
    values, positive = np.asarray(scores), np.asarray(golds, dtype=bool)
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        return None
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    mean_ranks = np.cumsum(counts) - (counts - 1) / 2
    return float(
        (mean_ranks[inverse][positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)
    )


def _count_curve(
    results: dict[str, LabelResult], predicted: dict[str, float], gold: Mapping[str, float], exclusive: bool
) -> None:
    for label, result in results.items():
        value = gold.get(label, 0.0 if exclusive else None)
        if value is not None:
            result.scores.append(predicted[label])
            result.golds.append(value > 0)


def _count_exclusive(
    results: dict[str, LabelResult], predicted: dict[str, float], gold: Mapping[str, float]
) -> None:
    """Count the best label against the gold one."""
    truth = max(gold.items(), key=lambda item: item[1])
    best = max(predicted, key=lambda label: predicted[label]) if predicted else None
    right = truth[0] if truth[1] > 0 else None
    if best is not None and best == right:
        results[best].counts += Counts(tp=1)
        return
    if right in results:
        results[str(right)].counts += Counts(fn=1)
    if best is not None:
        results[best].counts += Counts(fp=1)


def _count_separate(
    results: dict[str, LabelResult], predicted: dict[str, float], gold: Mapping[str, float], threshold: float
) -> None:
    for label, value in gold.items():
        if label not in results:
            continue
        results[label].counts += Counts.of(
            {label} if predicted[label] >= threshold else set(), {label} if value > 0 else set()
        )


def _summary(
    results: dict[str, LabelResult], exclusive: bool, positive_label: str | None
) -> dict[str, object]:
    per_label = {label: result.counts.prf() for label, result in results.items()}
    aucs = {label: result.auc() for label, result in results.items()}
    micro = sum((result.counts for result in results.values()), Counts()).prf()
    n = max(len(results), 1)
    macro = {letter: sum(scores[letter] for scores in per_label.values()) / n for letter in "prf"}
    macro_auc = sum(auc or 0.0 for auc in aucs.values()) / n
    overall, meaning = (macro["f"], "macro F") if exclusive else (macro_auc, "macro AUC")
    if positive_label is not None and positive_label in per_label:
        overall, meaning = per_label[positive_label]["f"], f"F ({positive_label})"
    return {
        "cats_score": overall,
        "cats_score_desc": meaning,
        **{f"cats_micro_{letter}": value for letter, value in micro.items()},
        **{f"cats_macro_{letter}": value for letter, value in macro.items()},
        "cats_macro_auc": macro_auc,
        "cats_f_per_type": per_label,
        "cats_auc_per_type": aucs,
    }


@registry.scorers("freshet.textcat_scorer.v1")
def make_textcat_scorer() -> object:
    """Scores of exclusive categories; called with `labels`, `threshold`, `positive_label`."""
    return _exclusive


@registry.scorers("freshet.textcat_multilabel_scorer.v1")
def make_textcat_multilabel_scorer() -> object:
    """Scores of categories that exclude nothing; called with `labels`, `threshold`, `positive_label`."""
    return _separate


def _exclusive(
    examples: Iterable[Example],
    labels: Sequence[str] = (),
    threshold: float = 0.5,
    positive_label: str | None = None,
) -> dict[str, object]:
    return score_cats(
        examples, labels=labels, exclusive=True, threshold=threshold, positive_label=positive_label
    )


def _separate(
    examples: Iterable[Example],
    labels: Sequence[str] = (),
    threshold: float = 0.5,
    positive_label: str | None = None,
) -> dict[str, object]:
    return score_cats(
        examples, labels=labels, exclusive=False, threshold=threshold, positive_label=positive_label
    )
