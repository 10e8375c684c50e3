# SPDX-License-Identifier: Apache-2.0
"""The messages that travel between programs: their fields, versions and bytes.

This is the only room that knows a field's name. A message is a frozen dataclass in a file of its own, its
bytes are read and written by the codec beside it.

- `text`, `text_codec`: what comes in
- `annotation`, `annotation_codec`: what goes out; `layout`: the keys of its JSON and their order, made of the
  classes' fields, for whoever writes annotations in another way
- `correction`, `correction_codec`, `correction_checks`: what a person says about a text, and whether one can
  learn from it; `prodigy`: Prodigy's tasks as corrections
- `answer`, `answer_codec`: what a person did with a text that was shown
- `dead_letter`: a record that could not be processed, with the reason in its headers
- `headers`: what travels beside every value: schema, source, model version, trace
- `json_fields`: JSON objects with fields of known kinds, the one place where kinds are checked
- `errors`: `DecodeError` with its reasons, `EncodeError`
- `json_schema`: writes `docs/schemas`, for readers in other languages
"""

from __future__ import annotations

from .annotation import (
    TOKEN_COLUMNS,
    AdapterRef,
    Annotation,
    CharSpan,
    Confidence,
    LabelledSpan,
    ModelRef,
    Route,
    Source,
)
from .annotation_codec import decode_annotation, encode_annotation
from .answer import TOPIC as ANSWERS
from .answer import Answer, AnswerKind
from .answer_codec import answer_of_json, decode_answer, encode_answer
from .correction import TOPIC as CORRECTIONS
from .correction import VALUE_LAYERS, Correction, Layer, correction_id_of
from .correction_checks import check_correction
from .correction_codec import Defaults, correction_of_json, decode_correction, encode_correction
from .dead_letter import (
    DeadLetter,
    attempts,
    dead_letter_headers,
    parse_dead_letter,
    redrive_headers,
    redriven_headers,
    redriven_place,
)
from .errors import DecodeError, EncodeError, SchemaError
from .headers import (
    ADAPTER,
    MODEL_VERSION,
    PIECES_CUT,
    ROUTE,
    SRC,
    TRACEPARENT,
    Headers,
    check_schema,
    header_value,
    output_headers,
    parse_source,
    schema_header,
    source_header,
)
from .json_fields import json_object
from .layout import LAYOUT, AnnotationLayout, annotation_layout
from .prodigy import (
    correction_of_task,
    is_task,
    lacks_layer,
    read_correction,
    read_task,
    silence_of,
)
from .text import TextMessage
from .text_codec import decode_text, encode_text

__all__ = [
    "ADAPTER",
    "ANSWERS",
    "CORRECTIONS",
    "LAYOUT",
    "MODEL_VERSION",
    "PIECES_CUT",
    "ROUTE",
    "SRC",
    "TOKEN_COLUMNS",
    "TRACEPARENT",
    "VALUE_LAYERS",
    "AdapterRef",
    "Annotation",
    "AnnotationLayout",
    "Answer",
    "AnswerKind",
    "CharSpan",
    "Confidence",
    "Correction",
    "DeadLetter",
    "DecodeError",
    "Defaults",
    "EncodeError",
    "Headers",
    "LabelledSpan",
    "Layer",
    "ModelRef",
    "Route",
    "SchemaError",
    "Source",
    "TextMessage",
    "annotation_layout",
    "answer_of_json",
    "attempts",
    "check_correction",
    "check_schema",
    "correction_id_of",
    "correction_of_json",
    "correction_of_task",
    "dead_letter_headers",
    "decode_annotation",
    "decode_answer",
    "decode_correction",
    "decode_text",
    "encode_annotation",
    "encode_answer",
    "encode_correction",
    "encode_text",
    "header_value",
    "is_task",
    "json_object",
    "lacks_layer",
    "output_headers",
    "parse_dead_letter",
    "parse_source",
    "read_correction",
    "read_task",
    "redrive_headers",
    "redriven_headers",
    "redriven_place",
    "schema_header",
    "silence_of",
    "source_header",
]
