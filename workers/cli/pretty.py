# SPDX-License-Identifier: Apache-2.0
"""Annotations as people like to see them: entities in colour, each word over its tag."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from zlib import crc32

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from schemas import Annotation, Correction, DecodeError, LabelledSpan, decode_annotation, decode_correction

from ..transports import Record
from .console import out
from .dependency_tree import draw_trees
from .record_json import encode_value

LABEL_COLOURS = {
    "PER": "black on bright_cyan",
    "PERSON": "black on bright_cyan",
    "LOC": "black on bright_green",
    "ORG": "black on bright_yellow",
}
OTHER_COLOURS = (
    "black on bright_magenta",
    "black on bright_blue",
    "black on bright_red",
    "black on bright_white",
)
TAG_COLOURS = {
    "NOUN": "green",
    "PROPN": "bright_green",
    "VERB": "red",
    "AUX": "red",
    "ADJ": "yellow",
    "ADV": "magenta",
    "PRON": "cyan",
    "NUM": "blue",
}


def print_pretty(record: Record) -> None:
    """A record on stdout: an annotation or a correction in colour, anything else as it is."""
    with suppress(DecodeError):
        annotation = decode_annotation(record.value, headers=record.headers)
        return out.print(format_annotation(annotation, out.width, arcs=True))
    with suppress(DecodeError):
        return out.print(format_correction(decode_correction(record.value, headers=record.headers)))
    out.print(encode_value(record.value).decode("utf-8"), markup=False)


def format_annotation(
    annotation: Annotation, width: int = 100, *, tags: bool = True, arcs: bool = False
) -> RenderableType:
    """A heading, the text with its entities, and under it the words over their tags.

    `arcs`: where there are heads, a dependency tree for each sentence takes the place of the tags.

    >>> from schemas import ModelRef, Source
    >>> hi = Annotation("a", "Hi", None, {}, ModelRef("m", "1", "d"), Source("texts", 0, 7))
    >>> print(_format_heading(hi))
    a  texts:0:7  m 1
    """
    parts: list[RenderableType] = [
        _format_heading(annotation),
        colour_entities(annotation.text, annotation.ents or ()),
    ]
    trees = list(draw_trees(annotation)) if arcs else []
    parts += trees
    if not trees and tags and (annotation.tokens.get("pos") or annotation.tokens.get("tag")):
        parts.extend(_lines(_words(annotation), width))
    if annotation.cats:
        parts.append(_categories(annotation.cats))
    return Group(*parts, Text())


def format_correction(correction: Correction) -> RenderableType:
    """A heading, the text with the entities that were said, and what else was corrected."""
    heading = Text(correction.id, style="bold")
    heading.append(
        f"  {correction.source or ''}  {correction.author}  {correction.correction_id}", style="not bold dim"
    )
    ents = correction.layers.get("ents")
    spans = [span for span in ents.spans if span.label] if ents else []
    parts = [heading, colour_entities(correction.text, spans)]
    said = ", ".join(f"{name} ({layer.status})" for name, layer in correction.layers.items())
    parts.append(Text(f"  {said or 'taken back'}", style="dim"))
    if "cats" in correction.layers:
        parts.append(_categories(correction.layers["cats"].scores))
    return Group(*parts, Text())


def colour_entities(text: str, entities: Iterable[LabelledSpan]) -> Text:
    """The text, each entity on its label's colour and followed by the label."""
    shown, at = Text(), 0
    for entity in sorted(entities, key=lambda e: e.start):
        shown.append(text[at : entity.start])
        shown.append(text[entity.start : entity.end], style=label_colour(entity.label))
        shown.append(f" {entity.label} ", style="bold dim")
        at = entity.end
    return shown.append(text[at:])


def label_colour(label: str) -> str:
    """The colour of an entity label: the same in every run."""
    return (
        LABEL_COLOURS.get(label)
        or OTHER_COLOURS[crc32(label.encode("utf-8", "replace")) % len(OTHER_COLOURS)]
    )


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    tag: str
    style: str

    @property
    def width(self) -> int:
        return max(cell_len(self.text), cell_len(self.tag)) + 1


def _format_heading(annotation: Annotation) -> Text:
    heading = Text(annotation.id, style="bold")
    return heading.append(
        f"  {annotation.source}  {annotation.model.name} {annotation.model.version}", style="not bold dim"
    )


def _words(annotation: Annotation) -> list[_Word]:
    tokens, text = annotation.tokens, annotation.text
    tags: Sequence[str] = tokens.get("pos") or tokens["tag"]
    styles = _entity_styles(annotation)
    rows = zip(tokens["start"], tokens["end"], tags, strict=True)
    words = ((start, "".join(text[start:end].split()), tag) for start, end, tag in rows)
    return [_Word(word, tag or "-", styles.get(start, "")) for start, word, tag in words if word]


def _entity_styles(annotation: Annotation) -> dict[int, str]:
    return {
        at: label_colour(entity.label)
        for entity in annotation.ents or ()
        for at in range(entity.start, entity.end)
    }


def _lines(words: Iterable[_Word], width: int) -> Iterator[Text]:
    for line in _wrap(words, width - 2):
        yield Text("  ").append_text(
            Text.assemble(
                *((_pad(word.text, word.width), "bold dim" if word.style else "dim") for word in line)
            )
        )
        yield Text("  ").append_text(
            Text.assemble(*((_pad(word.tag, word.width), TAG_COLOURS.get(word.tag, "dim")) for word in line))
        )


def _wrap(words: Iterable[_Word], width: int) -> Iterator[list[_Word]]:
    line: list[_Word] = []
    for word in words:
        if line and sum(w.width for w in line) + word.width > width:
            yield line
            line = []
        line.append(word)
    if line:
        yield line


def _pad(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def _categories(cats: Mapping[str, float]) -> Text:
    scores = sorted(cats.items(), key=lambda item: -item[1])
    return Text("  " + "  ".join(f"{label} {score:.2f}" for label, score in scores[:5]), style="dim")
