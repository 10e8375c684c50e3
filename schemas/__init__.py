# SPDX-License-Identifier: Apache-2.0
"""The messages that travel between programs: their fields, versions and bytes."""

from __future__ import annotations

from .annotation import Annotation, CharSpan, LabelledSpan, ModelRef, Source
from .codec import decode_annotation, decode_text, encode_annotation, encode_text
from .correction import Correction, Layer
from .correction_codec import decode_correction, encode_correction
from .dead_letter import DeadLetter, attempts, dead_letter_headers, parse_dead_letter, redrive_headers
from .errors import DecodeError, EncodeError, SchemaError
from .headers import (
    Headers,
    check_schema,
    header_value,
    output_headers,
    parse_source,
    schema_header,
    source_header,
)
from .prodigy import read_correction, read_task
from .text import TextMessage

__all__ = [
    "Annotation",
    "CharSpan",
    "Correction",
    "DeadLetter",
    "DecodeError",
    "EncodeError",
    "Headers",
    "LabelledSpan",
    "Layer",
    "ModelRef",
    "SchemaError",
    "Source",
    "TextMessage",
    "attempts",
    "check_schema",
    "dead_letter_headers",
    "decode_annotation",
    "decode_correction",
    "decode_text",
    "encode_annotation",
    "encode_correction",
    "encode_text",
    "header_value",
    "output_headers",
    "parse_dead_letter",
    "parse_source",
    "read_correction",
    "read_task",
    "redrive_headers",
    "schema_header",
    "source_header",
]
