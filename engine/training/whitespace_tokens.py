# SPDX-License-Identifier: Apache-2.0
"""Tokens of white space put into gold documents, as real texts have them."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..doc.batch import UNSET, LabelColumn
from ..doc.doc import Doc
from ..doc.example import entities_of
from ..tokenizers import Tokenizer

TAG, POS, DEP = "_SP", "SPACE", "dep"
"""What is said of a token of white space, where its layer is annotated at all."""


def with_whitespace(tokenizer: Tokenizer, doc: Doc, variants: Sequence[str], count: int) -> Doc:
    """The gold document with so many more tokens, each at a place of its own that is chosen by chance.

    They depend on the token before, the first one on the one behind; they are part of an entity, a span or
    a sentence where they stand amid one.
    """
    n_tokens = len(doc)
    places = sorted(random.sample(range(n_tokens + 1), min(count, n_tokens + 1)))
    if not places or not n_tokens:
        return doc
    blanks = {place: random.choice(variants) for place in places}
    words, spaces, sources = _woven(doc, blanks)
    whole = tokenizer.from_words(words, spaces)
    new_place = {source: i for i, source in enumerate(sources) if source >= 0}
    _write_columns(whole, doc, sources)
    _write_tree(whole, doc, sources, new_place)

    def moved(start: int, end: int) -> tuple[int, int]:
        return new_place[start], new_place[end - 1] + 1

    if "ents" in doc.batch.spans:
        whole.set_ents([(*moved(start, end), label) for start, end, label in entities_of(doc)])
    for key, group in doc.spans.items():
        whole.set_spans(key, [(*moved(span.start, span.end), span.label) for span in group])
    whole.set_cats(doc.cats)
    return whole


def _woven(doc: Doc, blanks: dict[int, str]) -> tuple[list[str], list[bool], list[int]]:
    """Words, whether a blank follows each, and the token that each is, -1 for a new one."""
    words, spaces, sources = [], [], []
    for i in range(len(doc) + 1):
        if i in blanks:
            words.append(blanks[i])
            spaces.append(False)
            sources.append(-1)
        if i < len(doc):
            words.append(doc.words[i])
            spaces.append(doc.spaces[i])
            sources.append(i)
    return words, spaces, sources


def _write_columns(whole: Doc, doc: Doc, sources: Sequence[int]) -> None:
    rows = np.array(sources)
    new = rows < 0
    for name, column in doc.batch.columns.items():
        label = {"tag": TAG, "pos": POS, "dep": DEP}.get(name)
        ids = column.ids[doc.start_row + np.maximum(rows, 0)].astype(np.int64)
        labels = column.labels
        if name == "lemma":
            ids[new], labels = len(labels) + np.arange(int(new.sum())), (*labels, *_texts_of(whole, new))
        elif label is None:
            ids[new] = UNSET
        else:
            ids[new], labels = len(labels), (*labels, label)
        whole.batch.columns[name] = LabelColumn(ids, labels)


def _texts_of(whole: Doc, new: npt.NDArray[np.bool_]) -> list[str]:
    return [word for word, is_new in zip(whole.words, new.tolist(), strict=True) if is_new]


def _write_tree(whole: Doc, doc: Doc, sources: Sequence[int], new_place: dict[int, int]) -> None:
    if doc.batch.sent_starts is not None:
        starts, begins = doc.sent_starts, []
        for i, source in enumerate(sources):
            first = i == 0 and source < 0
            after_first = i == 1 and sources[0] < 0
            begins.append(1 if first else -1 if source < 0 or after_first else starts[source])
        whole.batch.sent_starts = np.array(begins, dtype=np.int8)
    if doc.batch.heads is not None:
        heads = [
            new_place[doc.heads[source]] if source >= 0 else (i - 1 if i else 1)
            for i, source in enumerate(sources)
        ]
        whole.batch.heads = np.array(heads, dtype=np.int32)
