# SPDX-License-Identifier: Apache-2.0
"""Annotations in colour."""

from __future__ import annotations

import io

from rich.console import Console

from schemas import Annotation, LabelledSpan, ModelRef, Source
from workers.cli.pretty import colour_entities, format_annotation, label_colour

TOKENS = {"start": [0, 4, 12], "end": [3, 11, 19], "pos": ["PROPN", "", "PROPN"]}
ADA = Annotation(
    "a",
    "Ada visited Kigali!",
    "en",
    TOKENS,
    ModelRef("m", "1", "d"),
    Source("texts", 0, 7),
    ents=[LabelledSpan(12, 18, "LOC")],
)


def _printed(annotation: Annotation, width: int = 80) -> list[str]:
    console = Console(width=width, record=True, file=io.StringIO(), color_system=None)
    console.print(format_annotation(annotation, width))
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_entities_stand_with_their_labels() -> None:
    """The text is whole, and the label follows its entity."""
    assert colour_entities(ADA.text, ADA.ents or ()).plain == "Ada visited Kigali LOC !"


def test_words_stand_over_their_tags() -> None:
    """Columns begin at the same place; a word without a tag has a dash."""
    lines = _printed(ADA)
    assert lines[2:4] == ["  Ada   visited Kigali!", "  PROPN -       PROPN"]


def test_wide_characters_keep_the_columns() -> None:
    """A character that takes two cells counts as two."""
    wide = Annotation(
        "a", "京都 へ", "ja", {"start": [0, 3], "end": [2, 4], "pos": ["X", "Y"]}, ADA.model, ADA.source
    )
    assert _printed(wide)[2:4] == ["  京都 へ", "  X    Y"]


def test_long_lines_are_wrapped_between_words() -> None:
    """No line is wider than the screen."""
    starts = list(range(0, 400, 5))
    many = Annotation(
        "a",
        "word " * 80,
        "en",
        {"start": starts, "end": [s + 4 for s in starts], "pos": ["NOUN"] * 80},
        ADA.model,
        ADA.source,
    )
    assert max(len(line) for line in _printed(many, 40)[4:]) <= 40


def test_a_label_keeps_its_colour() -> None:
    """Unknown labels have a colour that does not depend on the run."""
    assert label_colour("GENE") == label_colour("GENE")


def test_a_text_without_any_layer_is_shown() -> None:
    """Nothing but a text is enough."""
    assert _printed(Annotation("a", "Hi", None, {"start": [0], "end": [2]}, ADA.model, ADA.source))[:2] == [
        "a  texts:0:7  m 1",
        "Hi",
    ]
