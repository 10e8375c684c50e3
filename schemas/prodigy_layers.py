# SPDX-License-Identifier: Apache-2.0
"""What a Prodigy task says, by its interface: spans, categories, parts of speech, or several of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from .annotation import CharSpan, LabelledSpan
from .correction import Layer
from .errors import DecodeError
from .json_fields import get, labelled_spans, wrong_type

COMPLETE_VIEWS = ("ner_manual", "spans_manual")
SPEECHLESS_VIEWS = ("audio", "dep", "diff", "compare", "html", "image", "llm", "relations", "review", "text")
"""Beginnings of interfaces that say nothing about text but the spans that they may show."""
OPEN_POS = ("ADJ", "ADV", "INTJ", "NOUN", "PROPN", "VERB", "NUM", "SYM", "X")
CLOSED_POS = ("ADP", "AUX", "CCONJ", "CONJ", "DET", "PART", "PRON", "PUNCT", "SCONJ", "SPACE")
UNIVERSAL_POS = frozenset((*OPEN_POS, *CLOSED_POS))


class TaskLayers(NamedTuple):
    """The layers of a correction, and the places of the tokens that some of them speak of."""

    layers: dict[str, Layer]
    tokens: Sequence[CharSpan] | None = None


def layers_of_task(
    row: Mapping[str, Any], accepted: bool, complete: bool | None = None, layer: str = ""
) -> TaskLayers:
    """All that an answered task says; `complete` and `layer` are as in `read_task`. Raises: DecodeError."""
    view = get(row, "_view_id", str, "")
    if view.startswith("pos"):
        return _parts_of_speech(row) if accepted else TaskLayers({})
    if view == "blocks":
        return TaskLayers(_of_blocks(row, accepted, complete, layer))
    if view == "choice" or (not view and row.get("options") is not None):
        return TaskLayers({"cats": _choice(row)} if accepted else {})
    if view == "classification" or (
        not view.startswith(("ner", "spans")) and not row.get("spans") and row.get("label") is not None
    ):
        return TaskLayers({"cats": _label(row, accepted)})
    if view.startswith(SPEECHLESS_VIEWS) and not row.get("spans"):
        return TaskLayers({})
    return TaskLayers(_spans(row, view, accepted, complete, layer))


def _of_blocks(row: Mapping[str, Any], accepted: bool, complete: bool | None, layer: str) -> dict[str, Layer]:
    """The parts of a page that has several: a choice or a label, and spans."""
    layers: dict[str, Layer] = {}
    if row.get("options") is not None:
        layers |= {"cats": _choice(row)} if accepted else {}
    elif row.get("label") is not None:
        layers["cats"] = _label(row, accepted)
    if row.get("spans") is not None:
        layers |= _spans(row, "", accepted, complete, layer)
    return layers


def _spans(
    row: Mapping[str, Any], view: str, accepted: bool, complete: bool | None, layer: str
) -> dict[str, Layer]:
    spans = [] if row.get("spans") is None else labelled_spans(row, "spans")
    name = _span_layer(row, view, layer, spans)
    if not spans:
        return {name: Layer("complete", spans=[])} if accepted and complete is not False else {}
    whole = (view in COMPLETE_VIEWS and row.get("_is_binary") is not True) if complete is None else complete
    if accepted:
        return {name: Layer("complete" if whole else "partial", spans=spans)}
    return {} if whole else {name: Layer("partial", wrong=spans)}


def _span_layer(row: Mapping[str, Any], view: str, layer: str, spans: Sequence[LabelledSpan]) -> str:
    """What the task's spans, or the lack of them, are about. Raises: DecodeError (`layer`) where nothing
    tells it."""
    if view.startswith("spans"):
        return "spans"
    if view.startswith("ner"):
        return "ents"
    if get(row, "_view_id", str, "") == "blocks" and _overlap(spans):
        return "spans"
    if layer:
        return layer
    if row.get("spans") is None:
        raise DecodeError(
            "layer",
            'expected a task with "_view_id", "spans", "label" or "options", got '
            f"{sorted(row)[:10]}; `freshet send corrections FILE --layer ents` says what it is about",
        )
    return "ents"


def _overlap(spans: Sequence[LabelledSpan]) -> bool:
    """Whether some share a character, which entities cannot."""
    placed = sorted((span.start, span.end) for span in spans)
    return any(right[0] < left[1] for left, right in pairwise(placed))


def _parts_of_speech(row: Mapping[str, Any]) -> TaskLayers:
    """Each span is a word with its part of speech; labels of one's own are fine-grained tags."""
    spans = sorted(labelled_spans(row, "spans"), key=lambda span: span.start) if row.get("spans") else []
    if not spans:
        return TaskLayers({})
    name = "pos" if all(span.label in UNIVERSAL_POS for span in spans) else "tags"
    values = [span.label or None for span in spans]
    return TaskLayers({name: Layer("partial", values=values)}, [CharSpan(s.start, s.end) for s in spans])


def _label(row: Mapping[str, Any], accepted: bool) -> Layer:
    return Layer("partial", scores={get(row, "label", str): float(accepted)})


def _choice(row: Mapping[str, Any]) -> Layer:
    chosen = {_option_id(option) for option in get(row, "accept", list, [])}
    options = [
        _option_id(option.get("id") if isinstance(option, dict) else option)
        for option in get(row, "options", list)
    ]
    unknown = sorted(chosen - set(options))
    if unknown or not options:
        raise DecodeError("layer", f"expected a choice among the options {options[:10]}, got {unknown[:10]}")
    return Layer("complete", scores={option: float(option in chosen) for option in options})


def _option_id(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise wrong_type("options", (str, int), value)
    return str(value)
