# SPDX-License-Identifier: Apache-2.0
"""Entities as places in the text, as spans, and as one BILUO or IOB tag per token."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..errors import DocValueError
from .batch_writer import SpanValue
from .biluo import MISSING, biluo
from .span import Span

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


def offsets_to_biluo_tags(
    doc: Doc, entities: Iterable[tuple[int, int, str]], missing: str = "O"
) -> list[str]:
    """A BILUO tag for each token of entities `(first character, end, label)`; `-` where one begins or ends
    inside a token, `missing` for tokens that no entity touches.

    Raises: DocValueError where two overlap. Warns of those that do not fit.
    """
    tags = [missing] * len(doc)
    misaligned: list[tuple[int, int, str]] = []
    taken: set[int] = set()
    for start, end, label in entities:
        place = token_span(doc, start, end)
        touched = doc.char_span(start, end, alignment_mode="expand") if place is None else None
        first, last = place or ((touched.start, touched.end) if touched is not None else (0, 0))
        if place is not None and not taken.isdisjoint(range(first, last)):
            raise DocValueError(
                f"expected entities that do not overlap, got {label!r} at {start}:{end} on top of another; "
                "spans that overlap belong into doc.spans"
            )
        taken.update(range(first, last))
        tags[first:last] = biluo(last - first, label) if place is not None else [MISSING] * (last - first)
        misaligned += [(start, end, label)] if place is None else []
    if misaligned:
        warn_of_misaligned(doc.text, misaligned)
    return tags


def biluo_tags_to_doc_spans(doc: Doc, tags: Iterable[str | None]) -> list[Span]:
    """The whole entities of BILUO tags, one tag per token, as spans. Raises: DocValueError."""
    from_tags = [value for value in biluo_tags_to_spans(_tag_per_token(doc, tags)) if value.label != MISSING]
    return [Span.of(doc, value) for value in from_tags]


def biluo_tags_to_offsets(doc: Doc, tags: Iterable[str | None]) -> list[tuple[int, int, str]]:
    """The whole entities of BILUO tags as `(first character, end, label)`. Raises: DocValueError."""
    return [(span.start_char, span.end_char, span.label_) for span in biluo_tags_to_doc_spans(doc, tags)]


def _tag_per_token(doc: Doc, tags: Iterable[str | None]) -> list[str | None]:
    listed = list(tags)
    if len(listed) != len(doc):
        raise DocValueError(f"expected one tag per token, {len(doc)}, got {len(listed)}")
    return listed


def warn_of_misaligned(text: str, entities: Sequence[tuple[int, int, str]]) -> None:
    """Warn of entities that begin or end inside a token."""
    named = ", ".join(f"{text[start:end]!r} at {start}:{end} ({label})" for start, end, label in entities[:5])
    warnings.warn(
        f"{len(entities)} entities begin or end inside a token and count as unknown: {named}, in "
        f"{text[:60]!r}; correct the offsets or the tokenizer's rules",
        UserWarning,
        stacklevel=4,
    )


def remove_bilu_prefix(label: str) -> str:
    """The label of a BILUO tag."""
    return label.partition("-")[2]


def split_bilu_label(label: str) -> tuple[str, str]:
    """Kind and label of a BILUO tag."""
    kind, _, name = label.partition("-")
    return kind, name
