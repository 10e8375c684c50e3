# SPDX-License-Identifier: Apache-2.0
"""Annotated documents of JSONL, in each of the forms that people have: `Doc.to_json`'s, Prodigy's tasks,
corrections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from ..annotation import gold_of_row
from ..doc.doc import Doc
from ..errors import EngineError
from ..safe_files import check_depth
from ..tokenizers import Tokenizer
from .gold import doc_of_record

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_json_docs(tokenizer: Tokenizer, path: Path) -> Iterator[Doc]:
    """The documents of a JSONL file; the forms may be mixed, and tasks that nobody accepted are left out.

    Raises: EngineError, with file and line, at what cannot be read.
    """
    for where, row in read_rows(path):
        try:
            doc = doc_of_row(tokenizer, row)
        except EngineError as error:
            raise EngineError(
                f"{where}: {error}; `freshet convert --help` names the forms that are read"
            ) from error
        if doc is not None:
            yield doc


def doc_of_row(tokenizer: Tokenizer, row: Mapping[str, Any]) -> Doc | None:
    """The document of a JSON object; None of a task that says nothing. Raises: EngineError."""
    said = gold_of_row(tokenizer, row)
    return doc_of_record(tokenizer, row) if said is None else said.gold


def read_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a JSONL file, each with its place, `FILE:LINE`; empty lines are skipped. Raises:
    EngineError, with that place, where one is no JSON object."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            line = line.removeprefix(BYTE_ORDER_MARK if number == 1 else b"").strip()
            if line:
                yield f"{path}:{number}", _row(line, f"{path}:{number}")


def _row(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = orjson.loads(line)
        check_depth(row, where)
    except orjson.JSONDecodeError as error:
        raise EngineError(f"{where}: expected one JSON object a line, got {line[:60]!r} ({error})") from None
    if not isinstance(row, dict):
        raise EngineError(f"{where}: expected a JSON object, got {type(row).__name__}")
    return row
