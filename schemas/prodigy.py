# SPDX-License-Identifier: Apache-2.0
"""Prodigy's annotation tasks as corrections.

Source: Prodigy's documentation of its annotation interfaces (`ner_manual`, `ner`, `spans_manual`, `spans`,
`classification`, `choice`) and of their JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .annotation import Source
from .correction import Correction, Layer, Status
from .correction_checks import check_correction
from .correction_codec import NO_DEFAULTS, Defaults, correction_of_json, correction_row, with_id
from .errors import DecodeError
from .headers import parse_source
from .json_fields import get, json_object, labelled_spans, wrong_type

ANSWERS = ("accept", "reject", "ignore")
TASK_FIELDS = ("_task_hash", "_input_hash", "_view_id", "answer")
COMPLETE_VIEWS = ("ner_manual", "spans_manual")


def read_correction(
    value: bytes | None,
    *,
    headers: Sequence[tuple[str, bytes]] = (),
    default_id: str = "",
    default_author: str = "",
    default_created: str = "",
    max_text_chars: int = 1_000_000,
    complete: bool | None = None,
) -> Correction | None:
    """The correction that a record holds, in our form or as Prodigy's task; None for a task that says
    nothing.

    `complete` is as in `read_task`. Raises: DecodeError, and nothing else.
    """
    row = correction_row(value, headers)
    defaults = Defaults(default_id, default_author, default_created)
    if is_task(row):
        return correction_of_task(row, defaults, complete=complete, max_text_chars=max_text_chars)
    return correction_of_json(row, defaults, max_text_chars)


def read_task(
    value: bytes,
    *,
    default_id: str = "",
    default_author: str = "",
    default_created: str = "",
    complete: bool | None = None,
) -> Correction | None:
    """The correction that a Prodigy task makes; None where it says nothing: ignored, or rejected as a whole.

    `complete` overrules what the task's `_view_id` says about spans: whether the person marked all that there
    are.
    Raises: DecodeError, and nothing else.
    """
    defaults = Defaults(default_id, default_author, default_created)
    return correction_of_task(json_object(value), defaults, complete=complete)


def is_task(row: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a Prodigy task rather than a correction in our own form."""
    return "layers" not in row and any(name in row for name in TASK_FIELDS)


def correction_of_task(
    row: Mapping[str, Any],
    defaults: Defaults = NO_DEFAULTS,
    *,
    complete: bool | None = None,
    max_text_chars: int = 1_000_000,
) -> Correction | None:
    """As `read_task`, of a task that is parsed already.

    A task becomes the layer `ents` (interfaces `ner_manual`, `ner`), `spans` (`spans_manual`, `spans`) or
    `cats` (`classification`, `choice`). The manual interfaces show the whole text, so their spans are
    complete; spans of others, of tasks with `_is_binary` and of tasks without `_view_id` are partial. Of a
    rejected task only single decisions count: its spans are `wrong`, its label has score 0; a manual or
    choice task that is rejected as a whole says that the task is bad, not what is right.
    """
    text, answer = get(row, "text", str), get(row, "answer", str, "")
    if answer not in ANSWERS:
        raise DecodeError(
            "answer",
            f'expected an "answer" of {", ".join(ANSWERS)}, got {answer[:40]!r}; without one nobody did '
            "the task",
        )
    layers = {} if answer == "ignore" else _layers(row, answer == "accept", complete)
    if not layers:
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
        layers=layers,
        source=_source(row),
        model_version=get(row, "model_version", str, None),
    )
    return check_correction(with_id(found), max_text_chars)


def _layers(row: Mapping[str, Any], accepted: bool, complete: bool | None) -> dict[str, Layer]:
    view = get(row, "_view_id", str, "")
    if view == "choice" or (not view and row.get("options") is not None):
        return {"cats": _choice(row)} if accepted else {}
    if view == "classification" or (
        not view.startswith(("ner", "spans")) and row.get("spans") is None and row.get("label") is not None
    ):
        return {"cats": Layer("partial", scores={get(row, "label", str): float(accepted)})}
    if row.get("spans") is None and view not in COMPLETE_VIEWS:
        raise DecodeError(
            "layer", f'expected a task with "spans", "label" or "options", got {sorted(row)[:10]}'
        )
    spans = [] if row.get("spans") is None else labelled_spans(row, "spans")
    name = "spans" if view.startswith("spans") else "ents"
    whole = (view in COMPLETE_VIEWS and row.get("_is_binary") is not True) if complete is None else complete
    status: Status = "complete" if whole else "partial"
    if accepted:
        return {name: Layer(status, spans=spans)} if spans or whole else {}
    return {name: Layer("partial", wrong=spans)} if spans and not whole else {}


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
