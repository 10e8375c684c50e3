# SPDX-License-Identifier: Apache-2.0
"""`doc._.trf_data`: what the last encoder said about a document, made when somebody reads it."""

from __future__ import annotations

from typing import Any

from ...doc.doc import Doc
from ...doc.underscore import MARK
from .piece_output import PieceOutput
from .views import data_of_doc, layers_of_doc

NAME = "trf_data"
KEY = (MARK, NAME, None, None)


def install_extensions() -> None:
    """Let every document have `doc._.trf_data`, unless somebody gave it another one."""
    if not Doc.has_extension(NAME):
        Doc.set_extension(NAME, getter=_read, setter=_write)


def _read(doc: Doc) -> Any:
    """What was set, else what the encoder that ran last left on the batch; None where none ran."""
    known = doc.user_data.get(KEY)
    if known is not None:
        return known
    outputs = [output for output in doc.batch.pieces.values() if isinstance(output, PieceOutput)]
    if not outputs:
        return None
    output = outputs[-1]
    make = layers_of_doc if getattr(output.maker, "shows_layers", False) else data_of_doc
    if doc.index not in output.seen:
        output.seen[doc.index] = make(output, doc.batch, doc.index)
    return output.seen[doc.index]


def _write(doc: Doc, data: Any) -> None:
    doc.user_data[KEY] = data
