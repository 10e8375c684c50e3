# SPDX-License-Identifier: Apache-2.0
"""Text messages, corrections and Prodigy's tasks: a reason, or a message that is written and read back
equal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from schemas import Correction, decode_correction, decode_text, encode_correction, encode_text
from schemas.errors import DecodeError
from schemas.prodigy import read_correction

from ..trial import Target, words_of

GOLDEN = Path(__file__).parents[2] / "schemas" / "golden"
TASKS: tuple[dict[str, object], ...] = (
    {"text": "Ada met Bob.", "spans": [{"start": 0, "end": 3, "label": "PER"}], "answer": "accept"},
    {"text": "Hi", "label": "HELLO", "answer": "reject", "_view_id": "classification"},
    {
        "text": "A b",
        "options": [{"id": "X"}, {"id": "Y"}],
        "accept": ["X"],
        "answer": "accept",
        "_view_id": "choice",
    },
    {
        "text": "a b",
        "tokens": [
            {"text": "a", "start": 0, "end": 1, "id": 0},
            {"text": "b", "start": 2, "end": 3, "id": 1},
        ],
        "relations": [{"head": 0, "child": 1, "label": "dep"}],
        "answer": "accept",
        "_timestamp": 1700000000,
        "_annotator_id": "ann",
    },
)


def _golden(*names: str) -> Sequence[bytes]:
    return [file.read_bytes() for name in names for file in sorted(GOLDEN.glob(f"{name}*.json"))]


def _texts() -> Sequence[bytes]:
    return [*_golden("text"), b"plain text", b'{"text": "a"}']


def _message(data: bytes) -> None:
    for form in ("json", "text"):
        try:
            message = decode_text(data, default_id="texts:0:0", format=form)  # type: ignore[arg-type]
        except DecodeError as error:
            assert error.reason
            continue
        again = decode_text(encode_text(message), default_id="other")
        assert again.text == message.text and again.id == message.id, "read back as something else"
        assert again.meta == message.meta and again.lang == message.lang, "read back as something else"


def _correction(data: bytes) -> None:
    correction = decode_correction(data)
    _reads_back(correction)


def _reads_back(correction: Correction) -> None:
    data = encode_correction(correction)
    assert encode_correction(decode_correction(data)) == data, "read back as something else"


def _task(data: bytes) -> None:
    correction = read_correction(
        data,
        headers=(),
        default_id=("corrections:0:0"),
        default_created="2026-01-01T00:00:00Z",
        max_text_chars=10_000,
    )
    if correction is not None:
        _reads_back(correction)


messages = Target("messages", _message, _texts, words_of("messages"))
corrections = Target(
    "corrections", _correction, lambda: _golden("correction", "answer"), words_of("messages"), rounds=2
)
prodigy = Target(
    "prodigy", _task, lambda: [json.dumps(task).encode() for task in TASKS], words_of("messages"), rounds=3
)
