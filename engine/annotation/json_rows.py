# SPDX-License-Identifier: Apache-2.0
"""Gold documents of what people said in JSON: Prodigy's tasks and corrections in our own form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from schemas import Correction, Defaults, SchemaError, correction_of_json, correction_of_task, is_task

from ..doc.doc import Doc
from ..errors import EngineError
from ..tokenizers import Tokenizer
from .wire import gold_of

SAID = ("answer", "label", "options")
"""Fields of a task that say something without any span."""
DOCUMENT = ("ents", "entities", "sents", "cats")
"""Fields of a document in the form of `Doc.to_json`."""
NOBODY = Defaults(id="-", author="-")
"""Stands where a correction in a corpus does not name its text and its author."""


class SaidGold(NamedTuple):
    """What a person said, as a gold document; none where the task says nothing."""

    gold: Doc | None


def gold_of_row(tokenizer: Tokenizer, row: Mapping[str, Any]) -> SaidGold | None:
    """The gold document of a Prodigy task or of a correction in our own form; None where the object is
    neither.

    A task's spans are taken as all that there are: a corpus is of texts that somebody went through. One that
    was accepted without spans says that nothing is there. Raises: EngineError for what does not fit its text.
    """
    try:
        if isinstance(row.get("layers"), Mapping):
            return _gold(correction_of_json(row, NOBODY, len(str(row.get("text")))), tokenizer)
        if not _is_task(row):
            return SaidGold(None) if row.get("answer", "accept") != "accept" else None
        said = correction_of_task({"answer": "accept"} | dict(row), complete=True, layer="ents")
        return _gold(said, tokenizer)
    except SchemaError as error:
        raise EngineError(str(error)) from error


def _is_task(row: Mapping[str, Any]) -> bool:
    """A task has a list of spans, where a document has groups of them; or it is about the whole text."""
    if isinstance(row.get("spans"), list):
        return True
    return (
        is_task(row)
        and any(row.get(name) is not None for name in SAID)
        and all(row.get(name) is None for name in DOCUMENT)
    )


def _gold(said: Correction | None, tokenizer: Tokenizer) -> SaidGold:
    """Of what a correction says; one that only takes another back says nothing."""
    return SaidGold(gold_of(said, tokenizer) if said is not None and said.layers else None)
