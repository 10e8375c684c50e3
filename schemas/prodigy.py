# SPDX-License-Identifier: Apache-2.0
"""Prodigy's annotation tasks as corrections.

Source: Prodigy's documentation of its annotation interfaces and of their JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from .annotation import Source
from .correction import Correction
from .correction_checks import check_correction
from .correction_codec import NO_DEFAULTS, Defaults, correction_of_json, correction_row, with_id
from .errors import DecodeError
from .headers import parse_source
from .json_fields import get, json_object
from .prodigy_layers import TaskLayers, layers_of_task

ANSWERS = ("accept", "reject", "ignore")
TASK_FIELDS = ("_task_hash", "_input_hash", "_view_id", "answer")


class Silence(StrEnum):
    """Why a task says nothing."""

    ignored = "ignored"
    rejected = "rejected as a whole, which does not say what is right"
    partial = "accepted without spans, and said to be partial"
    unnamed = "accepted without spans, label or interface; --layer ents says that no entity is there"


def read_correction(
    value: bytes | None,
    *,
    headers: Sequence[tuple[str, bytes]] = (),
    default_id: str = "",
    default_author: str = "",
    default_created: str = "",
    max_text_chars: int = 1_000_000,
    complete: bool | None = None,
    layer: str = "",
) -> Correction | None:
    """The correction that a record holds, in our form or as Prodigy's task; None for a task that says
    nothing.

    `complete` and `layer` are as in `read_task`. Raises: DecodeError, and nothing else.
    """
    row = correction_row(value, headers)
    defaults = Defaults(default_id, default_author, default_created)
    if is_task(row):
        return correction_of_task(
            row, defaults, complete=complete, layer=layer, max_text_chars=max_text_chars
        )
    return correction_of_json(row, defaults, max_text_chars)


def read_task(
    value: bytes,
    *,
    default_id: str = "",
    default_author: str = "",
    default_created: str = "",
    complete: bool | None = None,
    layer: str = "",
) -> Correction | None:
    """The correction that a Prodigy task makes; None where it says nothing, see `silence_of`.

    `complete` overrules what the task's `_view_id` says about spans: whether the person marked all that there
    are. `layer` (`ents` or `spans`) is what a task without `_view_id` is about. Raises: DecodeError, and
    nothing else.
    """
    defaults = Defaults(default_id, default_author, default_created)
    return correction_of_task(json_object(value), defaults, complete=complete, layer=layer)


def silence_of(row: Mapping[str, Any]) -> Silence:
    """Why a task makes no correction, of one that makes none or `lacks_layer`."""
    if row.get("answer") != "accept":
        return Silence.ignored if row.get("answer") == "ignore" else Silence.rejected
    return Silence.unnamed if lacks_layer(row) else Silence.partial


def lacks_layer(row: Mapping[str, Any]) -> bool:
    """Whether an accepted task does not tell what it is about: an older export, without spans."""
    told = ("spans", "label", "options", "_view_id")
    return is_task(row) and row.get("answer") == "accept" and all(row.get(name) is None for name in told)


def is_task(row: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a Prodigy task rather than a correction in our own form."""
    return "layers" not in row and any(name in row for name in TASK_FIELDS)


def correction_of_task(
    row: Mapping[str, Any],
    defaults: Defaults = NO_DEFAULTS,
    *,
    complete: bool | None = None,
    layer: str = "",
    max_text_chars: int = 1_000_000,
) -> Correction | None:
    """As `read_task`, of a task that is parsed already.

    A task becomes the layer `ents` (interfaces `ner_manual`, `ner`), `spans` (`spans_manual`, `spans`),
    `cats` (`classification`, `choice`), `pos` or `tags` (`pos_manual`, `pos`), or, of `blocks`, all that its
    parts say; other interfaces say nothing beyond the spans that they have. The manual interfaces show the
    whole text, so their spans are complete; spans of others, of tasks with `_is_binary` and of tasks without
    `_view_id` are partial. An accepted task without any span is complete all the same: nothing is there to be
    seen, and the person said so. Of a rejected task only single decisions count: its spans are `wrong`, its
    label has score 0; a manual or choice task that is rejected as a whole says that the task is bad, not what
    is right.
    """
    text, answer = get(row, "text", str), get(row, "answer", str, "")
    if answer not in ANSWERS:
        raise DecodeError(
            "answer",
            f'expected an "answer" of {", ".join(ANSWERS)}, got {answer[:40]!r}; without one nobody did '
            "the task",
        )
    said = TaskLayers({}) if answer == "ignore" else layers_of_task(row, answer == "accept", complete, layer)
    if not said.layers:
        return None
    author = (
        next((get(row, name, str) for name in ("_annotator_id", "_session_id") if row.get(name)), "")
        or defaults.author
    )
    found = Correction(
        correction_id="",
        author=author or "prodigy",
        created=_created(row) or defaults.created,
        id=_text_id(row, text) or defaults.id or f"text:{hashlib.sha256(text.encode()).hexdigest()[:32]}",
        text=text,
        layers=said.layers,
        tokens=said.tokens,
        source=_source(row),
        model_version=get(row, "model_version", str, None),
    )
    return check_correction(with_id(found), max_text_chars)


def _text_id(row: Mapping[str, Any], text: str) -> str:
    """The sender's own id, at the top or in `meta`, else Prodigy's hash of the input."""
    meta = row.get("meta")
    for value in (row.get("id"), meta.get("id") if isinstance(meta, dict) else None):
        if isinstance(value, str) and value:
            return value
    return f"prodigy:{get(row, '_input_hash', int)}" if row.get("_input_hash") is not None else ""


def _created(row: Mapping[str, Any]) -> str:
    stamp = get(row, "_timestamp", (int, float), 0)
    if not 0 < stamp < 1e11:
        return ""
    return datetime.fromtimestamp(stamp, UTC).isoformat()


def _source(row: Mapping[str, Any]) -> Source | None:
    """Where a task that was made of our annotation says that its text stands: `source`, as an object or as
    its header has it."""
    match row.get("source"):
        case {"topic": str(topic), "partition": int(partition), "offset": int(offset)}:
            return Source(topic, partition, offset)
        case str(place) if place.count(":") >= 2:
            try:
                return parse_source(place.encode())
            except DecodeError:
                return None
    return None
