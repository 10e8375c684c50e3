# SPDX-License-Identifier: Apache-2.0
"""Dependency trees in the terminal: a word a line, arcs to the left of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rich.cells import cell_len
from rich.text import Text

from engine.displacy.arcs import Arc, arcs_of, levels_of
from schemas import Annotation

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
LINES = " ╵╷│╴┘┐┤╶└┌├─┴┬┼"
"""The character that reaches out in the directions of which the position is the sum."""

HEAD = "►"


def draw_trees(annotation: Annotation) -> Iterator[Text]:
    """A tree for each sentence, nothing where there are no heads."""
    tokens = annotation.tokens
    if tokens.get("head") is None or tokens.get("dep") is None:
        return
    words = [
        "".join(annotation.text[s:e].split()) or "␣"
        for s, e in zip(tokens["start"], tokens["end"], strict=True)
    ]
    tags: Sequence[str] = tokens.get("pos") or tokens.get("tag") or [""] * len(words)
    for first, end in _sentences(annotation):
        rows = slice(first, end)
        yield draw_tree(
            words[rows], tags[rows], tokens["dep"][rows], [head - first for head in tokens["head"][rows]]
        )


def draw_tree(words: Sequence[str], tags: Sequence[str], deps: Sequence[str], heads: Sequence[int]) -> Text:
    """The lines of one sentence.

    >>> words, tags = ["Ada", "sees", "Kigali"], ["PROPN", "VERB", "PROPN"]
    >>> print(draw_tree(words, tags, ["nsubj", "ROOT", "obj"], [1, 1, 1]).plain)
      ┌─► Ada     PROPN  nsubj
      ├── sees    VERB   ROOT
      └─► Kigali  PROPN  obj
    """
    pictures = draw_arcs(arcs_of(heads, deps), len(words))
    widths = [max(map(cell_len, column), default=0) for column in (words, tags)]
    text = Text()
    for picture, word, tag, dep in zip(pictures, words, tags, deps, strict=True):
        text.append(f"  {picture} ", style="dim")
        text.append(word + " " * (widths[0] - cell_len(word)) + "  ")
        text.append(tag + " " * (widths[1] - cell_len(tag)) + "  ", style="dim")
        text.append(f"{dep}\n", style="cyan")
    text.right_crop(1)
    return text


def draw_arcs(arcs: Sequence[Arc], n_words: int) -> list[str]:
    """The arcs beside each word; short ones are nearer to the words."""
    levels = levels_of(arcs)
    width = 2 * max(levels, default=0) + 1
    cells = [[0] * width for _ in range(n_words)]
    for arc, level in zip(arcs, levels, strict=True):
        _draw_arc(cells, arc, width - 1 - 2 * level)
    rows = ["".join(LINES[cell] for cell in row) for row in cells]
    for arc in arcs:
        rows[arc.child] = rows[arc.child][:-1] + HEAD
    return rows


def _draw_arc(cells: list[list[int]], arc: Arc, column: int) -> None:
    cells[arc.left][column] |= DOWN | RIGHT
    cells[arc.right][column] |= UP | RIGHT
    for row in range(arc.left + 1, arc.right):
        cells[row][column] |= UP | DOWN
    for row in (arc.left, arc.right):
        for place in range(column + 1, len(cells[row])):
            cells[row][place] |= LEFT | RIGHT


def _sentences(annotation: Annotation) -> list[tuple[int, int]]:
    starts = list(annotation.tokens["start"])
    begins = {sent.start for sent in annotation.sents or ()}
    bounds = [i for i, start in enumerate(starts) if i == 0 or start in begins] + [len(starts)]
    return list(pairwise(bounds)) if starts else []
