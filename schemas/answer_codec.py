# SPDX-License-Identifier: Apache-2.0
"""Bytes to answers and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import answer as schema
from .annotation import CharSpan
from .answer import Answer, AnswerKind
from .correction import Correction
from .correction_checks import check_correction
from .correction_codec import layers_as_json, layers_of_json, tokens_of_json
from .errors import DecodeError
from .headers import check_schema
from .json_fields import check_length, dumps, get, json_object, source_of, value_of, wrong_type

COUNTS = ("shown_ms", "keys", "edits")
SWITCHES = ("blind", "overlap")
MAX_NAME_CHARS = 300
MAX_COMMENT_CHARS = 2_000


def decode_answer(
    value: bytes | None, *, headers: Sequence[tuple[str, bytes]] = (), max_text_chars: int = 1_000_000
) -> Answer:
    """The answer that a record holds. Fields that this version does not know are passed over. Raises:
    DecodeError, and nothing else."""
    check_schema(headers, schema.NAME, schema.MAJORS)
    return answer_of_json(json_object(value_of(value, "an answer")), max_text_chars)


def answer_of_json(row: Mapping[str, Any], max_text_chars: int = 1_000_000) -> Answer:
    """The answer that a JSON object is. Raises: DecodeError, with the reason that its correction's dead
    letter would have."""
    source = get(row, "source", dict, None)
    answer = Answer(
        answer_id=_name(row, "answer_id"),
        author=_name(row, "author"),
        created=get(row, "created", str, ""),
        id=_name(row, "id"),
        answer=_kind(row),
        text=get(row, "text", str),
        source=None if source is None else source_of(source),
        model_version=get(row, "model_version", str, None),
        queue=get(row, "queue", str, "")[:MAX_NAME_CHARS],
        layers=layers_of_json(get(row, "layers", dict, {})),
        tokens=None if row.get("tokens") is None else tokens_of_json(get(row, "tokens", dict)),
        correction_id=get(row, "correction_id", str, None),
        supersedes=get(row, "supersedes", str, None),
        review=tuple(_strings(row, "review")),
        comment=get(row, "comment", str, "")[:MAX_COMMENT_CHARS],
        **{name: max(0, get(row, name, int, 0)) for name in COUNTS},
        **{name: _switch(row, name) for name in SWITCHES},
    )
    check_length(answer.text, max_text_chars, "answer about a part of the text")
    if answer.layers:
        check_correction(
            Correction("-", answer.author, "", answer.id, answer.text, answer.layers, tokens=answer.tokens),
            max_text_chars,
        )
    return answer


def encode_answer(answer: Answer) -> bytes:
    """The bytes of an answer, without the fields that say nothing. Raises: EncodeError."""
    names: tuple[str, ...] = (
        "answer_id",
        "author",
        "created",
        "id",
        "answer",
        "source",
        "model_version",
        "queue",
    )
    names += (*SWITCHES, *COUNTS, "correction_id", "supersedes", "review", "comment", "text")
    fields = {name: value for name in names if (value := getattr(answer, name)) not in (None, "", (), False)}
    fields["text"] = answer.text
    if answer.tokens is not None:
        fields["tokens"] = _tokens_as_json(answer.tokens)
    said = Correction("", answer.author, "", answer.id, answer.text, answer.layers)
    if answer.layers:
        fields["layers"] = layers_as_json(said)
    return dumps(fields, answer.answer_id)


def _tokens_as_json(tokens: Sequence[CharSpan]) -> dict[str, list[int]]:
    return {end: [getattr(token, end) for token in tokens] for end in ("start", "end")}


def _name(row: Mapping[str, Any], field: str) -> str:
    value: str = get(row, field, str)
    if not value or len(value) > MAX_NAME_CHARS:
        raise DecodeError(
            "missing-field", f'expected 1 to {MAX_NAME_CHARS} characters in "{field}", got {len(value)}'
        )
    return value


def _kind(row: Mapping[str, Any]) -> AnswerKind:
    value = get(row, "answer", str)
    if value not in tuple(AnswerKind):
        raise DecodeError("answer", f"expected {', '.join(AnswerKind)}, got {value[:40]!r}")
    return AnswerKind(value)


def _switch(row: Mapping[str, Any], name: str) -> bool:
    value = row.get(name) or False
    if not isinstance(value, bool):
        raise wrong_type(name, bool, value)
    return value


def _strings(row: Mapping[str, Any], name: str) -> list[str]:
    values: list[Any] = get(row, name, list, [])
    for value in values:
        if not isinstance(value, str):
            raise wrong_type(name, str, value)
    return values
