# SPDX-License-Identifier: Apache-2.0
"""JSON Schema of every message version, for those who write or read our topics in other languages.

`python -m schemas.json_schema DIR` writes one file for each; `docs/schemas` holds them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from . import annotation, dead_letter, text

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def json_schemas() -> dict[str, Schema]:
    """JSON Schema by `NAME-MAJOR`; that of the dead letter describes its headers as strings, its value being the record's own."""
    versions = {(text.NAME, text.MAJOR): _text(), (annotation.NAME, annotation.MAJOR): _annotation()}
    versions[dead_letter.NAME, dead_letter.MAJOR] = _dead_letter_headers()
    return {f"{name}-{major}": {"$schema": DIALECT, "title": f"{name}/{major}"} | schema for (name, major), schema in versions.items()}


def export(folder: Path) -> list[Path]:
    """Write all schemas into a folder, one file each, and name the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, schema in json_schemas().items():
        paths.append(folder / f"{name}.json")
        paths[-1].write_bytes(orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return paths


def _text() -> Schema:
    properties = {
        "id": _string("Names the text for its sender; repeated in the annotation. Without one: topic:partition:offset.", null=True),
        "text": _string("The text to annotate; may be empty."),
        "lang": _string("Language of the text, a BCP 47 tag.", null=True),
        "meta": {"type": ["object", "null"], "description": "The sender's own; not looked at."},
    }
    return _object("A text to annotate. Unknown fields are passed over.", properties, required=("text",))


def _annotation() -> Schema:
    tokens = {name: _array(_offset(), about) for name, about in (("start", "First character."), ("end", "Behind the last character."))}
    for name in annotation.TOKEN_COLUMNS[2:]:
        about = "Position of the head token; its own for a root." if name == "head" else "Empty: no value."
        tokens[name] = _array({"type": "integer"} if name == "head" else {"type": "string"}, about)
    model = {name: _string(f"The model's {name}.") for name in ("name", "version", "digest")}
    model["corrections"] = _map(_offset(), "Up to where it has learned: partition of the corrections topic, next offset.")
    source = {"topic": _string("Topic of the text."), "partition": _offset(), "offset": _offset()}
    properties = {
        "id": _string("Id of the text."),
        "text": _string("The text, as it came."),
        "lang": _string("Language of the text, a BCP 47 tag.", null=True),
        "tokens": _object("Columns of equal length, of the layers that the pipeline has.", tokens, required=("start", "end")),
        "sents": _array(_span(), "Sentences."),
        "ents": _array(_span(label=True), "Entities."),
        "spans": _map(_array(_span(label=True), "Spans of one group."), "Other spans by group."),
        "cats": _map({"type": "number"}, "Score of each category."),
        "model": _object("What made the annotation.", model),
        "source": _object("Where the text stands in the log.", source),
    }
    required = ("id", "text", "lang", "tokens", "model", "source")
    about = "What a model found in one text. Places count code points, ends are exclusive; layers that the pipeline lacks are missing."
    return _object(about, properties, required=required)


def _dead_letter_headers() -> Schema:
    properties = {
        dead_letter.EXCEPTION: _string("Class of the error, or the reason why a value could not be decoded."),
        dead_letter.MESSAGE: _string("What was expected, what came, what to do."),
        dead_letter.STACKTRACE: _string("The end of the stack trace, or empty."),
        dead_letter.TOPIC: _string("Topic of the record."),
        dead_letter.PARTITION: _string("Its partition."),
        dead_letter.OFFSET: _string("Its offset."),
        dead_letter.STAGE: _string("The step that failed."),
        dead_letter.ATTEMPTS: _string("How often the record was tried."),
        dead_letter.FAILED_MODEL_VERSION: _string("Version of the model at work, or empty."),
    }
    about = "Headers of a record that could not be processed, in UTF-8, behind those it came with; key, value and timestamp are its own."
    return _object(about, properties)


def _object(about: str, properties: Mapping[str, Schema], required: tuple[str, ...] | None = None) -> Schema:
    needed = list(properties) if required is None else list(required)
    return {"type": "object", "description": about, "properties": dict(properties), "required": needed}


def _map(values: Schema, about: str) -> Schema:
    return {"type": "object", "description": about, "additionalProperties": values}


def _array(items: Schema, about: str) -> Schema:
    return {"type": "array", "description": about, "items": items}


def _string(about: str, *, null: bool = False) -> Schema:
    return {"type": ["string", "null"] if null else "string", "description": about}


def _offset() -> Schema:
    return {"type": "integer", "minimum": 0}


def _span(*, label: bool = False) -> Schema:
    properties = {"start": _offset(), "end": _offset()} | ({"label": {"type": "string"}} if label else {})
    return {"type": "object", "properties": properties, "required": list(properties)}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m schemas.json_schema DIR")
    export(Path(sys.argv[1]))
