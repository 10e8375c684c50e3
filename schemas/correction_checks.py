# SPDX-License-Identifier: Apache-2.0
"""Whether a correction agrees with its text and with itself, so that one can learn from it."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from itertools import pairwise

from .correction import LAYERS, VALUE_LAYERS, Correction, Layer
from .errors import DecodeError
from .json_fields import check_length, show


def check_correction(correction: Correction, max_text_chars: int = 1_000_000) -> Correction:
    """The correction itself, where one can learn from it.

    Raises: DecodeError (`layer`, `span`, `score`, `tokens`, `heads`, `too-long`) where it contradicts its
    text or itself.
    """
    check_length(correction.text, max_text_chars, "correct a part of the text")
    if not correction.layers and correction.supersedes is None:
        raise DecodeError(
            "layer", f'expected at least one of the layers {", ".join(LAYERS)}, or "supersedes", got neither'
        )
    _check_tokens(correction)
    inside = {place for token in correction.tokens or () for place in range(token.start + 1, token.end)}
    for name, layer in correction.layers.items():
        _check_spans(name, layer, correction.text)
        _check_borders(name, layer, correction.text, inside)
        _check_scores(layer)
        _check_columns(name, layer, len(correction.tokens or ()))
    return correction


def _check_tokens(correction: Correction) -> None:
    tokens = correction.tokens
    if tokens is None:
        needing = [name for name in correction.layers if name in VALUE_LAYERS or name == "deps"]
        if needing:
            raise DecodeError(
                "tokens", f'expected a field "tokens" with the places that {needing[0]} speaks of, got none'
            )
        return
    for token in tokens:
        _check_place("tokens", token.start, token.end, correction.text)
    for left, right in pairwise(tokens):
        if right.start < left.end:
            raise DecodeError(
                "tokens",
                f"expected tokens in order, got {left.start}:{left.end} before {right.start}:{right.end}",
            )


def _check_spans(name: str, layer: Layer, text: str) -> None:
    for span in (*layer.spans, *layer.wrong):
        _check_place("span", span.start, span.end, text)
        if not text[span.start : span.end].strip():
            raise DecodeError(
                "span", f"expected spans with more than whitespace in {name}, got {span.start}:{span.end}"
            )
    unlabelled = [span for span in layer.spans if not span.label and name != "sents"]
    if any(not span.label for span in layer.wrong) or (
        unlabelled and not (name == "ents" and layer.status == "partial")
    ):
        raise DecodeError(
            "span",
            f"expected a label of each span of {name}; without one only a partial ents layer says "
            "'nothing here'",
        )
    if name != "spans":
        for left, right in pairwise(sorted(layer.spans, key=lambda span: (span.start, span.end))):
            if right.start < left.end:
                raise DecodeError(
                    "span",
                    f"expected spans of {name} that do not overlap, got {left.start}:{left.end} and "
                    f"{right.start}:{right.end}",
                )


def _check_borders(name: str, layer: Layer, text: str, inside: Set[int]) -> None:
    for span in (*layer.spans, *layer.wrong):
        piece = text[span.start : span.end]
        if span.end - len(piece.lstrip()) in inside or span.start + len(piece.rstrip()) in inside:
            raise DecodeError(
                "span",
                f"expected spans of {name} that begin and end with a token, got {span.start}:{span.end}",
            )


def _check_place(reason: str, start: int, end: int, text: str) -> None:
    if not 0 <= start < end <= len(text):
        raise DecodeError(
            reason, f"expected a place within the {len(text)} characters of the text, got {start}:{end}"
        )


def _check_scores(layer: Layer) -> None:
    for label, score in layer.scores.items():
        if not label or not math.isfinite(score) or not 0.0 <= score <= 1.0:
            raise DecodeError(
                "score",
                f"expected labels with scores between 0 and 1, got {show(label)} with {show(score)}",
            )


def _check_columns(name: str, layer: Layer, n_tokens: int) -> None:
    columns = (
        {"values": layer.values}
        if name in VALUE_LAYERS
        else {"heads": layer.heads, "labels": layer.labels}
        if name == "deps"
        else {}
    )
    for column, values in columns.items():
        if len(values) != n_tokens:
            raise DecodeError(
                "tokens",
                f"expected {n_tokens} {column} in {name}, one for each of the tokens, got {len(values)}",
            )
    if "" in layer.labels or ("" in layer.values and name != "morphs"):
        raise DecodeError("layer", f"expected values or null in {name}, got an empty string")
    if name == "deps":
        _check_tree(layer.heads, layer.labels)


def _check_tree(heads: Sequence[int | None], labels: Sequence[str | None]) -> None:
    for i, (head, label) in enumerate(zip(heads, labels, strict=True)):
        if (head is None) != (label is None) or (head is not None and not 0 <= head < len(heads)):
            raise DecodeError(
                "heads",
                f"expected a head below {len(heads)} with a label, or neither, got {show(head)} and "
                f"{show(label)} at {i}",
            )
    clear: set[int] = set()
    for start in range(len(heads)):
        seen: set[int] = set()
        place, head = start, heads[start]
        while place not in clear and head is not None and head != place:
            if place in seen:
                raise DecodeError("heads", f"expected heads without a circle, got one through token {place}")
            seen.add(place)
            place, head = head, heads[head]
        clear |= seen
        clear.add(start)
