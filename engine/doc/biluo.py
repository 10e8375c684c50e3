# SPDX-License-Identifier: Apache-2.0
"""Spans as one action per token (BILUO) or one tag per token (IOB2), and back."""

from __future__ import annotations

from collections.abc import Sequence

from .batch import Spans

MISSING = "-"
"""Label of a gold span that says "nothing is known about these tokens", and the action of such tokens."""


def biluo(length: int, label: str) -> list[str]:
    """The actions of one span of `length` tokens."""
    if length == 1:
        return [f"U-{label}"]
    return [f"B-{label}", *[f"I-{label}"] * (length - 2), f"L-{label}"]


def spans_of_biluo(actions: Sequence[str]) -> Spans:
    """The whole spans of an action sequence; pieces without begin or end are left out.

    >>> spans_of_biluo(["B-LOC", "L-LOC", "O", "U-PER"])
    [(0, 2, 'LOC'), (3, 4, 'PER')]
    """
    spans: Spans = []
    start = -1
    for i, action in enumerate(actions):
        kind, _, label = action.partition("-")
        if kind == "U":
            spans.append((i, i + 1, label))
        elif kind == "B":
            start = i
        elif kind == "L" and start >= 0:
            spans.append((start, i + 1, label))
        start = -1 if kind in ("L", "U", "O", "") else start
    return spans


def spans_of_iob(tags: Sequence[str]) -> Spans:
    """The spans of IOB2 tags; an `I-` that continues nothing of its label begins a span of its own.

    >>> spans_of_iob(["B-LOC", "I-LOC", "O", "I-PER"])
    [(0, 2, 'LOC'), (3, 4, 'PER')]
    """
    spans: Spans = []
    for i, tag in enumerate(tags):
        if not tag or tag == "O":
            continue
        kind, _, label = tag.partition("-")
        if kind not in ("B", "I"):
            continue
        if kind == "I" and spans and spans[-1][1:] == (i, label):
            spans[-1] = (spans[-1][0], i + 1, label)
        else:
            spans.append((i, i + 1, label))
    return spans
