# SPDX-License-Identifier: Apache-2.0
"""Groups of spans, which may overlap: bars under the words, each in a row of its own as far as it must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..doc.doc import Doc
from ..doc.span import Span
from ..errors import EngineError
from .colours import colour
from .html_text import escape_text, show_word


def spans(
    doc: Doc,
    key: str | None = None,
    labels: Sequence[str] | None = None,
    colors: Mapping[str, str] | None = None,
) -> str:
    """The words, and under them the spans of one group or of each.

    Raises: EngineError where the document has no group of that name.
    """
    groups = doc.spans
    if key is not None and key not in groups:
        raise EngineError(f"expected a group of spans {key!r}, but there are: {', '.join(groups) or 'none'}")
    keys = list(groups) if key is None else [key]
    drawn = "".join(
        _group(doc, name, [s for s in groups[name] if labels is None or s.label in labels], colors)
        for name in keys
    )
    return f'<div class="fr-doc">{drawn or _group(doc, "", [], colors)}</div>'


def rows_of(group: Sequence[Span]) -> list[tuple[Span, int]]:
    """Each span with its row: the first that no earlier span takes where it stands; long spans choose first.

    >>> import engine
    >>> doc = engine.blank("en")("a b c d")
    >>> doc.set_spans("x", [(0, 2, "P"), (1, 4, "Q"), (2, 3, "R")])
    >>> [(span.label, row) for span, row in rows_of(doc.spans["x"])]
    [('P', 0), ('Q', 1), ('R', 0)]
    """
    taken: list[list[Span]] = []
    placed = []
    for span in sorted(group, key=lambda s: (s.start, -s.end)):
        row = next(
            (
                i
                for i, others in enumerate(taken)
                if all(o.end <= span.start or span.end <= o.start for o in others)
            ),
            len(taken),
        )
        if row == len(taken):
            taken.append([])
        taken[row].append(span)
        placed.append((span, row))
    return placed


def _group(doc: Doc, key: str, group: Sequence[Span], colors: Mapping[str, str] | None) -> str:
    placed = rows_of(group)
    covering: list[dict[int, Span]] = [{} for _ in range(len(doc))]
    for span, row in placed:
        for i in range(span.start, span.end):
            covering[i][row] = span
    tokens = "".join(_token(text, i, covering[i], colors) for i, text in enumerate(_pieces(doc)))
    heading = f'<p class="fr-key">{escape_text(key)}</p>' if key else ""
    return f'{heading}<div class="fr-spans">{tokens}</div>'


def _pieces(doc: Doc) -> list[str]:
    return [text + " " * space for text, space in zip(doc.words, doc.spaces, strict=True)]


def _token(text: str, i: int, covering: Mapping[int, Span], colors: Mapping[str, str] | None) -> str:
    rows = range(max(covering, default=-1) + 1)
    bars = "".join(_bar(covering.get(row), i, colors) for row in rows)
    blank = "" if text.strip() == text else " "
    return f'<span class="fr-tok">{show_word(text.rstrip(" ") or text)}{blank}{bars}</span>'


def _bar(span: Span | None, i: int, colors: Mapping[str, str] | None) -> str:
    if span is None:
        return '<span class="fr-bar"></span>'
    ends = (" fr-start" if i == span.start else "") + (" fr-end" if i == span.end - 1 else "")
    label = escape_text(span.label) if i == span.start else ""
    return f'<span class="fr-bar{ends}" style="background:{colour(span.label, colors)}">{label}</span>'
