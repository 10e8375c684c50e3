# SPDX-License-Identifier: Apache-2.0
"""An example with a name and the text that it was made from, so that it can be kept, replaced and made
again."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ..doc.batch import Spans
from ..doc.doc import Doc
from ..doc.example import Example, entities_of
from ..tokenizers import Tokenizer
from .gold import doc_of_record


class KeyedExample(Example):
    """An example that a stream brought: `key` names it, `supersedes` the one that it takes the place of,
    `source` remakes it; `author` is who said it, empty where nobody is named."""

    def __init__(
        self,
        predicted: Doc,
        reference: Doc,
        *,
        key: str,
        source: str,
        supersedes: str | None = None,
        author: str = "",
    ) -> None:
        super().__init__(predicted, reference)
        self.key = key
        self.source = source
        self.supersedes = supersedes
        self.author = author


def keyed_from_json(tokenizer: Tokenizer, key: str, source: str) -> KeyedExample:
    """An example of a document in the form of `Doc.to_json`."""
    gold = doc_of_record(tokenizer, json.loads(source))
    return KeyedExample(tokenizer(gold.text), gold, key=key, source=source)


def key_of(item: Any) -> str:
    """An item's own key, or one made of what it says."""
    key = getattr(item, "key", None)
    return key if isinstance(key, str) else fingerprint(item)


def fingerprint(item: Any) -> str:
    """One hash of text and annotation: two items with the same teach the same. Items that are no examples are
    hashed by their form."""
    if not isinstance(item, Example):
        return hashlib.sha256(repr(item).encode("utf8", "surrogatepass")).hexdigest()
    gold = item.reference
    batch = gold.batch
    columns = {
        name: column.strings(gold.start_row, gold.start_row + len(gold))
        for name, column in sorted(batch.columns.items())
    }
    ents: Spans | None = entities_of(gold) if "ents" in batch.spans else None
    content: list[object] = [
        item.text,
        gold.words,
        columns,
        ents,
        gold.heads if batch.heads is not None else None,
        sorted(item.cats.items()),
    ]
    starts = gold.sent_starts if batch.sent_starts is not None else None
    groups = [(key, batch.spans_of(key, gold.index)) for key in sorted(batch.spans) if key != "ents"]
    content += [groups, batch.names_all_cats] if groups or batch.names_all_cats else []
    return hashlib.sha256(repr([*content, starts]).encode("utf8", "surrogatepass")).hexdigest()
