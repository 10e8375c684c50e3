# SPDX-License-Identifier: Apache-2.0
"""What comes in: texts and documents become a batch, or an error that says what came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.gather import gather
from ..tokenizers import Tokenizer
from .errors import InputError


def expect_text(text: object, max_length: int) -> str:
    """The text. Raises: InputError where it is none, or too long."""
    if not isinstance(text, str):
        got = f"bytes, {len(text)} of them; decode them first" if isinstance(text, bytes) else repr(text)[:60]
        raise InputError(f"expected a text or a document, got {got}")
    if len(text) > max_length:
        raise InputError(
            f"expected a text of at most {max_length} characters, got {len(text)}; split it, or set "
            "nlp.max_length higher where there is memory for it"
        )
    return text


def batch_of_items(items: Sequence[Any], tokenizer: Tokenizer, max_length: int) -> Batch:
    """Texts and documents as one batch; documents keep what is known of them. Raises: InputError."""
    if all(type(item) is str and len(item) <= max_length for item in items):
        return tokenizer.tokenize(items)
    docs = [item if isinstance(item, Doc) else tokenizer(expect_text(item, max_length)) for item in items]
    if len(docs) == 1 and docs[0].batch.n_docs == 1:
        return docs[0].batch
    return gather([(doc.batch, doc.index) for doc in docs]) if docs else tokenizer.tokenize([])


def doc_of_item(item: Any, batch: Batch, index: int) -> Doc:
    """The document of an item: that which came in, or one of the batch."""
    if not isinstance(item, Doc):
        return Doc(batch, index)
    item.move_to(batch, index)
    return item
