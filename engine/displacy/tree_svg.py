# SPDX-License-Identifier: Apache-2.0
"""Dependency trees as SVG: the words of a sentence on a line, arcs from heads to their dependents above
it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..doc.doc import Doc
from ..errors import EngineError
from .arcs import Arc, arcs_of, levels_of
from .html_text import escape_text, show_word

CHAR, GAP, LEVEL, MARGIN = 8.6, 26, 34, 14
"""Pixels: of a character, between words, between arcs, around it all."""

ROOT_HEIGHT = 26
"""Pixels of the arrow into a root."""

INK, MUTED, LINE = "#1b2330", "#5b6675", "#3d6fb4"


@dataclass(frozen=True, slots=True)
class _Word:
    """A word, the two lines under it, and where it stands."""

    text: str
    pos: str
    x: float
    width: float

    @property
    def centre(self) -> float:
        """Its middle."""
        return self.x + self.width / 2


def dependencies(doc: Doc) -> str:
    """A tree for each sentence. Raises: EngineError where the document has no heads."""
    if len(doc) and not doc.has("heads"):
        raise EngineError(
            "expected heads to draw arcs from, but this document has none; add a parser to the pipeline"
        )
    drawn = "\n".join(_tree(doc, start, end) for start, end in _sentences(doc))
    return f'<div class="fr-doc fr-tree">{drawn}</div>'


def _sentences(doc: Doc) -> list[tuple[int, int]]:
    if not len(doc):
        return []
    return [(sent.start, sent.end) for sent in doc.sents] if doc.has("sents") else [(0, len(doc))]


def _tree(doc: Doc, start: int, end: int) -> str:
    arcs = arcs_of(doc.heads[start:end], doc.deps[start:end], start)
    levels = levels_of(arcs)
    words = _words(doc, start, end, _room(arcs))
    top = MARGIN + ROOT_HEIGHT + LEVEL * max(levels, default=0)
    drawn = [_arc(arc, level, words, top) for arc, level in zip(arcs, levels, strict=True)]
    roots = [i for i in range(end - start) if doc.heads[start + i] == start + i]
    drawn += [_root(words[i], doc.deps[start + i], top) for i in roots]
    drawn += [_label(item, top) for item in words]
    width, height = words[-1].x + words[-1].width + MARGIN, top + 60
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" '
        f'font-family="system-ui,sans-serif" role="img">{"".join(drawn)}</svg>'
    )


def _room(arcs: Iterable[Arc]) -> dict[int, float]:
    """Pixels that the label of an arc between neighbours needs, by the left one's position."""
    needed: dict[int, float] = {}
    for arc in arcs:
        if arc.right - arc.left == 1:
            needed[arc.left] = max(needed.get(arc.left, 0.0), 7.0 * len(arc.label) + 16)
    return needed


def _words(doc: Doc, start: int, end: int, room: dict[int, float]) -> list[_Word]:
    words: list[_Word] = []
    x = float(MARGIN)
    for i in range(start, end):
        pos = doc.pos_tags[i] or doc.tags[i]
        item = _Word(doc.words[i], pos, x, max(_pixels(doc.words[i]), 7.0 * len(pos), 24.0))
        if words and (lacking := room.get(i - 1 - start, 0.0) - (item.centre - words[-1].centre)) > 0:
            item = _Word(item.text, item.pos, x + lacking, item.width)
        words.append(item)
        x = item.x + item.width + GAP
    return words


def _pixels(text: str) -> float:
    """About the width of a text; ideographs and the like take twice a letter's."""
    return CHAR * sum(2 if ord(char) >= 0x1100 else 1 for char in text)


def _arc(arc: Arc, level: int, words: Sequence[_Word], base: float) -> str:
    """A flat arch; the dependent's end has the arrow and stands a little to the head's side, so that ends do
    not meet."""
    head, child = words[arc.head].centre, words[arc.child].centre
    away = 1 if child > head else -1
    x0, x1, y = head + 5 * away, child - 3 * away, base - LEVEL * level
    bend = min(12.0, abs(x1 - x0) / 2)
    path = (
        f"M{x0:.1f} {base:.1f}V{y + bend:.1f}Q{x0:.1f} {y:.1f} {x0 + bend * away:.1f} "
        f"{y:.1f}H{x1 - bend * away:.1f}"
    )
    path += f"Q{x1:.1f} {y:.1f} {x1:.1f} {y + bend:.1f}V{base - 5:.1f}"
    text = (
        f'<text x="{(x0 + x1) / 2:.1f}" y="{y - 5:.1f}" font-size="11" text-anchor="middle" '
        f'fill="{MUTED}">{escape_text(arc.label)}</text>'
    )
    return f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="1.5"/>{_arrow(x1, base)}{text}'


def _root(item: _Word, label: str, base: float) -> str:
    x = item.centre
    line = (
        f'<path d="M{x:.1f} {MARGIN + 12:.1f}V{base - 5:.1f}" fill="none" stroke="{MUTED}" '
        'stroke-width="1.2" stroke-dasharray="3 3"/>'
    )
    text = (
        f'<text x="{x:.1f}" y="{MARGIN + 6}" font-size="11" text-anchor="middle" '
        f'fill="{MUTED}">{escape_text(label)}</text>'
    )
    return line + _arrow(x, base) + text


def _arrow(x: float, base: float) -> str:
    return (
        f'<path d="M{x - 4:.1f} {base - 7:.1f}L{x + 4:.1f} {base - 7:.1f}L{x:.1f} {base:.1f}Z" '
        f'fill="{LINE}"/>'
    )


def _label(item: _Word, base: float) -> str:
    middle = f'x="{item.centre:.1f}" text-anchor="middle"'
    text = f'<text {middle} y="{base + 22:.1f}" font-size="15" fill="{INK}">{show_word(item.text)}</text>'
    return (
        text
        + f'<text {middle} y="{base + 42:.1f}" font-size="11" fill="{MUTED}">{escape_text(item.pos)}</text>'
    )
