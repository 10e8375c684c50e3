"""Trees in the terminal."""

from __future__ import annotations

import io

from rich.console import Console

from schemas import Annotation, CharSpan, ModelRef, Source
from workers.cli.dependency_tree import draw_tree, draw_trees
from workers.cli.pretty import format_annotation

TOKENS = {
    "start": [0, 4, 10, 12, 17],
    "end": [3, 10, 11, 16, 22],
    "head": [1, 1, 1, 4, 4],
    "dep": ["nsubj", "ROOT", "punct", "nsubj", "ROOT"],
}
ADA = Annotation(
    "a",
    "Ada sleeps. Rain falls",
    "en",
    TOKENS,
    ModelRef("m", "1", "d"),
    Source("t", 0, 7),
    sents=[CharSpan(0, 11), CharSpan(12, 22)],
)


def test_every_sentence_has_its_tree() -> None:
    """Words stand below each other, arcs lead from heads to their dependents."""
    assert [drawn.plain.splitlines() for drawn in draw_trees(ADA)] == [
        ["  ┌─► Ada       nsubj", "  ├── sleeps    ROOT", "  └─► .         punct"],
        ["  ┌─► Rain     nsubj", "  └── falls    ROOT"],
    ]


def test_longer_arcs_are_further_out() -> None:
    """An arc over another is drawn left of it; arcs of one head meet."""
    drawn = draw_tree(["a", "b", "c", "d"], [""] * 4, [""] * 4, [3, 0, 3, 3]).plain.splitlines()
    assert [line.rstrip() for line in drawn] == ["  ┌─┬─► a", "  │ └─► b", "  │ ┌─► c", "  └─┴── d"]


def test_heads_beyond_the_sentence_have_no_arc() -> None:
    """What came over a log may be anything; it is shown as far as it can be."""
    assert draw_tree(["a", "b"], ["", ""], ["x", "y"], [5, -3]).plain.splitlines() == [
        "    a    x",
        "    b    y",
    ]


def test_trees_are_drawn_where_they_are_asked_for() -> None:
    """`read --pretty` asks for arcs; without heads there are none."""
    console = Console(width=80, record=True, file=io.StringIO(), color_system=None)
    console.print(format_annotation(ADA, arcs=True))
    assert "┌─► Ada" in console.export_text()
    plain = Annotation("a", "Ada", None, {"start": [0], "end": [3]}, ADA.model, ADA.source)
    assert list(draw_trees(plain)) == []
