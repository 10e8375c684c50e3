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

from . import annotation, answer, correction, dead_letter, text

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def json_schemas() -> dict[str, Schema]:
    """JSON Schema by `NAME-MAJOR`; that of the dead letter describes its headers as strings, its value being
    the record's own."""
    versions = {(text.NAME, text.MAJOR): _text(), (annotation.NAME, annotation.MAJOR): _annotation()}
    versions[dead_letter.NAME, dead_letter.MAJOR] = _dead_letter_headers()
    versions[correction.NAME, correction.MAJOR] = _correction()
    versions[answer.NAME, answer.MAJOR] = _answer()
    return {
        f"{name}-{major}": {"$schema": DIALECT, "title": f"{name}/{major}"} | schema
        for (name, major), schema in versions.items()
    }


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
        "id": _string(
            "Names the text for its sender; repeated in the annotation. Without one: topic:partition:offset.",
            null=True,
        ),
        "text": _string("The text to annotate; may be empty."),
        "lang": _string("Language of the text, a BCP 47 tag.", null=True),
        "meta": {"type": ["object", "null"], "description": "The sender's own; not looked at."},
    }
    return _object("A text to annotate. Unknown fields are passed over.", properties, required=("text",))


def _annotation() -> Schema:
    tokens = {
        name: _array(_offset(), about)
        for name, about in (("start", "First character."), ("end", "Behind the last character."))
    }
    for name in annotation.TOKEN_COLUMNS[2:]:
        about = "Position of the head token; its own for a root." if name == "head" else "Empty: no value."
        tokens[name] = _array({"type": "integer"} if name == "head" else {"type": "string"}, about)
    model = {name: _string(f"The model's {name}.") for name in ("name", "version", "digest")}
    model["corrections"] = _map(
        _offset(), "Up to where it has learned: partition of the corrections topic, next offset."
    )
    properties = {
        "id": _string("Id of the text."),
        "text": _string("The text, as it came."),
        "lang": _string("Language of the text, a BCP 47 tag.", null=True),
        "tokens": _object(
            "Columns of equal length, of the layers that the pipeline has.", tokens, required=("start", "end")
        ),
        "sents": _array(_span(), "Sentences."),
        "ents": _array(_span(label=True), "Entities."),
        "spans": _map(_array(_span(label=True), "Spans of one group."), "Other spans by group."),
        "cats": _map({"type": "number"}, "Score of each category."),
        "confidence": _confidence(),
        "route": _route(),
        "kb_ids": _array(
            {"type": "string"},
            "What each entity means, in their order: its id in a knowledge base; NIL: nothing known; empty: "
            "nobody looked. Since 1.2, where the pipeline links entities.",
        ),
        "pieces_cut": {
            "type": "integer",
            "minimum": 1,
            "description": "Pieces of the text that an encoder's limit left out. Since 1.3, where it did.",
        },
        "adapter": _adapter(),
        "model": _object("What made the annotation.", model),
        "source": _object("Where the text stands in the log.", _place()),
    }
    required = ("id", "text", "lang", "tokens", "model", "source")
    about = (
        "What a model found in one text. Places count code points, ends are exclusive; layers that "
        "the pipeline lacks are missing."
    )
    return _object(about, properties, required=required)


def _route() -> Schema:
    about = (
        "Use it as it is; ask a person; ask a person although it could be used as it is, as one of a random "
        "share. Since 1.1, where a worker routes."
    )
    return {"enum": [route.value for route in annotation.Route], "description": about}


def _adapter() -> Schema:
    properties = {
        "name": _string("Its name."),
        "version": _string("Its version in a registry; empty for one of a folder."),
        "digest": _string("sha256 over its files."),
    }
    return _object("The adapter that the text's record chose. Since 1.4, where it chose one.", properties)


def _confidence() -> Schema:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    properties = {
        "calibrated": _array(
            {"type": "string"},
            "Those of the fields below that held-out documents stand behind; the others are the model's own "
            "word.",
        ),
        "layers": _array({"type": "string"}, "The layers that `text` speaks of."),
        "text": share | {"description": "Probability that all of these layers are right."},
        "ents": _array(share, "That of each entity, in their order."),
        "sents": _array(share, "That no entity of the sentence is wrong or missing, in their order."),
        "cats": _map(share, "That each category applies."),
    }
    about = "How sure the model is. Since 1.1, where a worker is asked for it."
    return _object(about, properties, required=("calibrated", "layers", "text"))


def _correction() -> Schema:
    tokens = {
        name: _array(_offset(), about)
        for name, about in (("start", "First character."), ("end", "Behind the last character."))
    }
    properties = {
        "correction_id": _string(
            "Names the correction. Without one: a hash of id, layers, author and revision.", null=True
        ),
        "supersedes": _string("Id of an earlier correction whose place this one takes.", null=True),
        "revision": {
            "type": ["string", "integer", "null"],
            "description": "Part of the id of a correction that brings none; else the content is.",
        },
        "author": _string("Who says so."),
        "created": _string("When, in ISO 8601.", null=True),
        "id": _string("Id of the text; the record's key."),
        "text": _string("The text, as it was annotated."),
        "source": _object("Where the text stands in the log.", _place()) | {"type": ["object", "null"]},
        "model_version": _string("Version of the model whose annotation the person saw.", null=True),
        "tokens": _object("Places of the words that token layers speak of, in order.", tokens)
        | {"type": ["object", "null"]},
        "layers": _object("What is said, by layer; may be empty beside `supersedes`.", _layers(), required=())
        | {"additionalProperties": False},
    }
    about = (
        "What a person says about one text. Places count code points, ends are exclusive; what a "
        "partial layer does not say is unknown."
    )
    return _object(about, properties, required=("id", "author", "text", "layers"))


def _answer() -> Schema:
    tokens = {
        name: _array(_offset(), about)
        for name, about in (("start", "First character."), ("end", "Behind the last character."))
    }
    count = {"type": "integer", "minimum": 0}
    properties = {
        "answer_id": _string("Names the answer; made when the text was shown."),
        "author": _string("Who says so."),
        "created": _string("When, in ISO 8601."),
        "id": _string("Id of the text; the record's key."),
        "answer": {
            "enum": [kind.value for kind in answer.AnswerKind],
            "description": "Right as it is shown now; wrong and not mended; says nothing.",
        },
        "source": _object("Where the text stands in the log.", _place()) | {"type": ["object", "null"]},
        "model_version": _string("Version of the model whose annotation was shown.", null=True),
        "queue": _string("The order of work that gave the text; only `random` stands for the stream."),
        "blind": {"type": "boolean", "description": "The model's opinion was not shown."},
        "overlap": {"type": "boolean", "description": "Two people are asked."},
        "shown_ms": count | {"description": "Milliseconds for which it was shown."},
        "keys": count | {"description": "Keys that were pressed."},
        "edits": count | {"description": "Changes that were made."},
        "correction_id": _string("The correction that came of it at once.", null=True),
        "supersedes": _string("Id of an earlier answer whose place this one takes.", null=True),
        "review": _array({"type": "string"}, "Ids of the answers that this one decides between."),
        "comment": _string("For who reviews."),
        "text": _string("The text, as it was shown."),
        "tokens": _object("Places of the words that token layers speak of, in order.", tokens)
        | {"type": ["object", "null"]},
        "layers": _object("What is said, by layer, as in a correction.", _layers(), required=())
        | {"additionalProperties": False},
    }
    about = "What a person did with a text that the console showed. Fields that say nothing are missing."
    return _object(about, properties, required=("answer_id", "author", "id", "answer", "text"))


def _layers() -> dict[str, Schema]:
    status = {
        "enum": list(correction.STATUSES),
        "description": "Complete: what is not said is not there. Partial: it is unknown.",
    }
    span = _span(label=True)
    wrong = _array(span, "Spans that are known not to be of that label.")
    unlabelled = span | {"required": ["start", "end"]}
    values = _array({"type": ["string", "null"]}, "One for each of `tokens`; null: not said.")
    heads = _array(
        {"type": ["integer", "null"]},
        "Position of each token's head among `tokens`; its own for a root; null: not said.",
    )
    fields: dict[str, dict[str, Schema]] = {
        "ents": {
            "spans": _array(unlabelled, "Entities; in a partial layer, without a label: no entity here."),
            "wrong": wrong,
        },
        "spans": {
            "key": _string("Group of the spans."),
            "spans": _array(span, "Spans, which may overlap."),
            "wrong": wrong,
        },
        "sents": {"spans": _array(_span(), "Sentences.")},
        "cats": {
            "scores": _map(
                {"type": "number", "minimum": 0, "maximum": 1},
                "Score of each category; complete: others are 0.",
            )
        },
        "deps": {"heads": heads, "labels": values},
    } | {name: {"values": values} for name in correction.VALUE_LAYERS}
    optional = {"key", "wrong"}
    return {
        name: _object(
            f"The layer {name}.",
            {"status": status} | own,
            required=("status", *(field for field in own if field not in optional)),
        )
        for name, own in fields.items()
    }


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
    about = (
        "Headers of a record that could not be processed, in UTF-8, behind those it came with; "
        "key, value and timestamp are its own."
    )
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


def _place() -> dict[str, Schema]:
    return {"topic": _string("Topic of the text."), "partition": _offset(), "offset": _offset()}


def _offset() -> Schema:
    return {"type": "integer", "minimum": 0}


def _span(*, label: bool = False) -> Schema:
    properties = {"start": _offset(), "end": _offset()} | ({"label": {"type": "string"}} if label else {})
    return {"type": "object", "properties": properties, "required": list(properties)}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m schemas.json_schema DIR")
    export(Path(sys.argv[1]))
