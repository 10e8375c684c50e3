# SPDX-License-Identifier: Apache-2.0
"""Bytes to corrections and back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from . import correction as schema
from .annotation import CharSpan
from .correction import DEFAULT_KEY, LAYERS, SPAN_LAYERS, STATUSES, Correction, Layer, correction_id_of
from .correction_checks import check_correction
from .errors import DecodeError
from .headers import check_schema
from .json_fields import column, dumps, get, json_object, labelled_spans, source_of, value_of, wrong_type


@dataclass(frozen=True, slots=True)
class Defaults:
    """What stands where a correction does not say it."""

    id: str = ""
    author: str = ""
    created: str = ""


NO_DEFAULTS = Defaults()


def decode_correction(
    value: bytes | None,
    *,
    headers: Sequence[tuple[str, bytes]] = (),
    default_id: str = "",
    default_author: str = "",
    default_created: str = "",
    max_text_chars: int = 1_000_000,
) -> Correction:
    """The correction that a record holds; the defaults are for one that does not bring the field, or an empty
    one.

    Fields that this version does not know are passed over, unknown layers are not. Raises: DecodeError, and
    nothing else, for whatever is no correction that one could learn from; its `reason` says what is wrong.
    """
    row = correction_row(value, headers)
    return correction_of_json(row, Defaults(default_id, default_author, default_created), max_text_chars)


def correction_row(value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> Mapping[str, Any]:
    """The JSON object of a record of corrections, whichever form it has. Raises: DecodeError."""
    check_schema(headers, schema.NAME, schema.MAJORS)
    return json_object(value_of(value, "a correction"))


def correction_of_json(row: Mapping[str, Any], defaults: Defaults, max_text_chars: int) -> Correction:
    """The correction that a JSON object is. Raises: DecodeError."""
    text = get(row, "text", str)
    layers = layers_of_json(get(row, "layers", dict))
    named = {name: get(row, name, str, None) or default for name, default in asdict(defaults).items()}
    missing = [name for name in ("id", "author") if not named[name]]
    if missing:
        raise DecodeError("missing-field", f'expected a field "{missing[0]}", got {sorted(row)[:10]}')
    source = get(row, "source", dict, None)
    found = Correction(
        correction_id=get(row, "correction_id", str, None) or "",
        author=named["author"],
        created=named["created"],
        id=named["id"],
        text=text,
        layers=layers,
        supersedes=get(row, "supersedes", str, None),
        source=None if source is None else source_of(source),
        model_version=get(row, "model_version", str, None),
        tokens=None if row.get("tokens") is None else tokens_of_json(get(row, "tokens", dict)),
    )
    revision = row.get("revision")
    return check_correction(with_id(found, "" if revision is None else str(revision)[:200]), max_text_chars)


def encode_correction(correction: Correction) -> bytes:
    """The bytes of a correction, without the fields that are None. Raises: EncodeError."""
    names = ("correction_id", "supersedes", "author", "created", "id", "text", "source", "model_version")
    fields = {name: value for name in names if (value := getattr(correction, name)) is not None}
    if correction.tokens is not None:
        fields["tokens"] = {
            end: [getattr(token, end) for token in correction.tokens] for end in ("start", "end")
        }
    fields["layers"] = layers_as_json(correction)
    return dumps(fields, correction.id)


def layers_of_json(rows: Mapping[str, Any]) -> dict[str, Layer]:
    """The layers of a JSON object, in their order. Raises: DecodeError."""
    layers = {name: _layer(name, layer) for name, layer in rows.items()}
    return {name: layers[name] for name in LAYERS if name in layers}


def layers_as_json(correction: Correction) -> dict[str, dict[str, Any]]:
    """The layers as the JSON values that are written."""
    return {
        name: _layer_as_json(name, correction.layers[name]) for name in LAYERS if name in correction.layers
    }


def with_id(correction: Correction, revision: str = "") -> Correction:
    """With its id where it has none; without a `revision` its content is the revision."""
    if correction.correction_id:
        return correction
    content = [correction.text, layers_as_json(correction), correction.supersedes, correction.tokens]
    revision = revision or hashlib.sha256(dumps({"content": content}, correction.id)).hexdigest()
    found = correction_id_of(correction.id, list(correction.layers), correction.author, revision)
    return replace(correction, correction_id=found)


def _layer(name: str, row: object) -> Layer:
    if name not in LAYERS:
        raise DecodeError("layer", f"expected layers of {', '.join(LAYERS)}, got {name[:40]!r}")
    if not isinstance(row, dict):
        raise wrong_type(f"layers.{name}", dict, row)
    status = get(row, "status", str)
    if status not in STATUSES:
        raise DecodeError(
            "status", f"expected the status of {name} to be complete or partial, got {status[:40]!r}"
        )
    if name in SPAN_LAYERS:
        key = get(row, "key", str, DEFAULT_KEY) if name == "spans" else DEFAULT_KEY
        wrong = () if row.get("wrong") is None else labelled_spans(row, "wrong", "")
        return Layer(status, labelled_spans(row, "spans", ""), wrong or (), key)
    if name == "cats":
        scores = get(row, "scores", dict)
        return Layer(status, scores={label: float(get(scores, label, (int, float))) for label in scores})
    if name == "deps":
        return Layer(
            status, heads=column(row, "heads", int, nulls=True), labels=column(row, "labels", str, nulls=True)
        )
    return Layer(status, values=column(row, "values", str, nulls=True))


def tokens_of_json(row: Mapping[str, Any]) -> list[CharSpan]:
    """The places of tokens, of their columns. Raises: DecodeError."""
    starts, ends = (column(row, name, int, nulls=True) for name in ("start", "end"))
    if len(starts) != len(ends) or None in starts or None in ends:
        raise DecodeError(
            "tokens",
            f"expected as many starts as ends of tokens, none of them null, got {len(starts)} and "
            f"{len(ends)}",
        )
    return [CharSpan(start, end) for start, end in zip(starts, ends, strict=True)]


def _layer_as_json(name: str, layer: Layer) -> dict[str, Any]:
    fields: dict[str, Any] = {"status": layer.status}
    if name == "sents":
        return fields | {"spans": [CharSpan(span.start, span.end) for span in layer.spans]}
    if name in SPAN_LAYERS:
        fields |= ({"key": layer.key} if name == "spans" else {}) | {"spans": list(layer.spans)}
        return fields | ({"wrong": list(layer.wrong)} if layer.wrong else {})
    if name == "cats":
        return fields | {"scores": dict(layer.scores)}
    if name == "deps":
        return fields | {"heads": list(layer.heads), "labels": list(layer.labels)}
    return fields | {"values": list(layer.values)}
