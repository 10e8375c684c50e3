# SPDX-License-Identifier: Apache-2.0
"""Gradients of class scores against known labels, for whole batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

TINY = np.float32(1e-30)
"""Stands in for a probability that has become zero, so that a wanted action can come back."""


def label_gradient(
    probabilities: Array, targets: Array, smoothing: float = 0.0, negative: Array | None = None
) -> tuple[Array, float]:
    """Gradient of cross-entropy by the scores before softmax, and the sum of its squares as the loss.

    `targets` holds classes, -1 where unknown (no gradient). Smoothing gives each wrong class `smoothing / (n
    - 1)`. Where `negative`, the target is what the class is not: only that class has a gradient, towards
    zero.
    Shape: `(n_tokens, n_labels)`; the sum is over tokens, not the mean.
    """
    n_labels = probabilities.shape[1]
    rest = np.float32(smoothing / (n_labels - 1) if n_labels > 1 else 0.0)
    rows = np.flatnonzero(targets >= 0)
    gradient = probabilities - rest if rest else probabilities.copy()
    gradient[rows, targets[rows]] -= np.float32(1.0 - smoothing) - rest
    gradient[targets < 0] = 0.0
    if negative is not None and negative.any():
        wrong = np.flatnonzero(negative & (targets >= 0))
        remaining = probabilities[wrong, targets[wrong]]
        gradient[wrong] = 0.0
        gradient[wrong, targets[wrong]] = remaining
    return gradient, float(np.vdot(gradient, gradient))


def denied_gradient(probabilities: Array, denied: Array) -> Array:
    """Gradient by the scores before softmax where some classes are known to be wrong, and nothing of the
    others: it goes down as the probability of the wrong ones does, which the others share as they have it.
    Shape: `(n_rows, n_classes)` each.

    Source: S. Welleck et al., Neural Text Generation with Unlikelihood Training, 2019 (arXiv 1908.04319).
    """
    wrong = np.where(denied, probabilities, np.float32(0.0))
    total = wrong.sum(axis=1, keepdims=True)
    right = np.where(denied, np.float32(0.0), probabilities)
    gradient: Array = wrong - right * (total / np.maximum(np.float32(1.0) - total, TINY))
    return gradient


def masked_gradient(scores: Array, valid: Array, wanted: Array) -> tuple[Array, float]:
    """Gradient of cross-entropy by the scores, softmax over the valid actions of each state; none where none
    is wanted.

    Where several actions are wanted, they share the probability as they have it already.
    Shape: scores, valid and wanted `(n_states, n_actions)`.
    """
    gradient = masked_softmax(scores, valid)
    shares = np.where(wanted, np.maximum(gradient, TINY), np.float32(0.0))
    totals = shares.sum(axis=1, keepdims=True)
    gradient -= shares / np.maximum(totals, TINY)
    gradient[totals[:, 0] == 0.0] = 0.0
    return gradient, float(np.vdot(gradient, gradient))


def masked_softmax(scores: Array, valid: Array) -> Array:
    """Probabilities over the valid actions of each state. Shape: `(n_states, n_actions)` each."""
    masked = np.where(valid, scores, -np.inf)
    masked -= masked.max(axis=1, keepdims=True)
    shares: Array = np.exp(masked).astype(scores.dtype, copy=False)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares
