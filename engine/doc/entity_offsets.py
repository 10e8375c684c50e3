# SPDX-License-Identifier: Apache-2.0
"""Entities as places in the text, as spans, and as one BILUO or IOB tag per token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import DocValueError
from .biluo import MISSING
from .writing import SpanValue

if TYPE_CHECKING:
    from .doc import Doc

KINDS = ("B", "I", "L", "U", "O", "")


def token_span(doc: Doc, start: int, end: int) -> tuple[int, int] | None:
    """The tokens that the characters `start:end` are, whole; None where they begin or end inside one."""
    span = doc.char_span(start, end)
    return None if span is None else (span.start, span.end)


def biluo_tags_to_spans(tags: Iterable[str | None]) -> list[SpanValue]:
    """Spans of tags: whole BILUO ones, and `-` where nothing is known. IOB tags are read as well.

    Raises: DocValueError for a tag that is none.
    """
    tags = list(tags)
    kinds = [split_tag(tag)[0] for tag in tags]
    if not {"L", "U"} & set(kinds):
        tags = list(iob_to_biluo(["-" if tag is None else tag for tag in tags]))
    spans: list[SpanValue] = []
    start = -1
    for i, tag in enumerate(tags):
        kind, label = split_tag(tag)
        if kind == "":
            spans.append(SpanValue(i, i + 1, MISSING))
        elif kind == "U":
            spans.append(SpanValue(i, i + 1, label))
        elif kind == "B":
            start = i
        elif kind == "L" and start >= 0:
            spans.append(SpanValue(start, i + 1, label))
        start = start if kind in ("B", "I") else -1
    return spans


def split_tag(tag: str | None) -> tuple[str, str]:
    """Kind and label of a tag; an empty kind where nothing is known. Raises: DocValueError."""
    if tag is None or tag in ("", MISSING):
        return "", ""
    kind, dash, label = tag.partition("-")
    if kind not in KINDS or (kind != "O") != bool(dash):
        raise DocValueError(f"expected a tag B-, I-, L- or U-LABEL, O or -, got {tag!r}")
    return kind, label


def iob_to_biluo(tags: Iterable[str]) -> list[str]:
    """IOB tags as BILUO tags; BILUO tags as they are. Raises: DocValueError for a tag that is none."""
    tags = list(tags)
    out: list[str] = []
    for i, tag in enumerate(tags):
        kind, label = split_tag(tag)
        if kind in ("", "O", "L", "U"):
            out.append(tag)
            continue
        goes_on = i + 1 < len(tags) and split_tag(tags[i + 1]) in (("I", label), ("L", label))
        before = split_tag(tags[i - 1]) if i else ("", "")
        begins = kind == "B" or before not in (("B", label), ("I", label))
        new = ("B" if goes_on else "U") if begins else ("I" if goes_on else "L")
        out.append(f"{new}-{label}")
    return out


def biluo_to_iob(tags: Iterable[str]) -> list[str]:
    """BILUO tags as IOB tags."""
    return [
        tag if kind in ("", "O") else f"{'B' if kind in ('B', 'U') else 'I'}-{label}"
        for tag, (kind, label) in ((tag, split_tag(tag)) for tag in tags)
    ]


def expect_tags(tags: Sequence[Any], n_tokens: int) -> None:
    """Raises: DocValueError where there is not one tag per token."""
    if len(tags) != n_tokens:
        raise DocValueError(f"expected one tag per token, {n_tokens}, got {len(tags)}")
