# SPDX-License-Identifier: Apache-2.0
"""A document's attributes as arrays of numbers, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DocValueError
from ..vocab.attrs import IDS, TEXTS, attribute_name, attribute_names
from ..vocab.flags import FLAGS
from ..vocab.lexeme_features import shape_of
from ..vocab.morphology import NO_FEATURES
from ..vocab.strings import string_ids
from .batch_writer import ENTS, SpanValue, writer_of
from .biluo import MISSING
from .doc_setters import COLUMNS, DocSetters
from .token import Token

UInt64Array = npt.NDArray[np.uint64]

IOB_NUMBERS = {"": 0, "I": 1, "O": 2, "B": 3}


class DocArrays(DocSetters):
    """Attributes as numbers: string ids of texts, positions, counts and flags."""

    def to_array(self, py_attr_ids: str | int | Iterable[str | int]) -> UInt64Array:
        """Attributes of all tokens as numbers. Shape: `(len(self), n)`; `(len(self),)` for a single one.

        Raises: KeyError where there is no such attribute.
        """
        columns = [self.attribute_ids(name) for name in attribute_names(py_attr_ids)]
        single = isinstance(py_attr_ids, str | int) or len(columns) == 1
        return columns[0] if single and columns else np.stack(columns, axis=1)

    def attribute_ids(self, name: str) -> UInt64Array:
        """One attribute of all tokens as numbers; its texts are found in the vocabulary from then on."""
        if name in TEXTS:
            texts = self._texts(name)
            for text in set(texts):
                self.vocab.strings.add(text)
            return string_ids(texts)
        return np.array(self._numbers(name), dtype=np.int64).astype(np.uint64)

    def count_by(
        self, attr_id: str | int, exclude: Callable[[Any], bool] | None = None, counts: Any = None
    ) -> dict[int, int]:
        """How often each value of an attribute occurs, by its number."""
        ids = self.attribute_ids(attribute_name(attr_id)).tolist()
        tokens = map(Token, repeat(self), range(len(self)))
        kept = [i for i, token in zip(ids, tokens, strict=True) if exclude is None or not exclude(token)]
        return dict(Counter(kept))

    def from_array(self, attrs: str | int | Sequence[str | int], array: Any) -> Any:
        """Set attributes of all tokens from numbers, and give the document; those that cannot be set, such as
        LENGTH, stay as they are.

        Raises: DocValueError where the sizes differ; KeyError for an id of no known text.
        """
        names = attribute_names(attrs)
        values = np.asarray(array)
        rows = values if values.ndim == 2 else values.reshape(-1, 1 if values.size else len(names))
        if len(rows) != len(self) or rows.shape[1] != len(names):
            raise DocValueError(
                f"expected numbers for {len(self)} tokens and {len(names)} attributes, got {values.shape}"
            )
        given = {name: rows[:, i] for i, name in enumerate(names)}
        self._set_texts(given)
        if "HEAD" in given:
            offsets = given["HEAD"].astype(np.uint64).astype(np.int64)
            deps = self.column("dep") if "DEP" in given or self.has("dep") else [""] * len(self)
            self.set_heads((np.arange(len(self)) + offsets).tolist(), deps)
        if "SENT_START" in given:
            self.set_sent_starts(given["SENT_START"].astype(np.uint64).astype(np.int64).tolist())
        elif "HEAD" in given and any(self.deps):
            self.sentences_from_tree()
        if "ENT_IOB" in given or "ENT_TYPE" in given:
            self._set_entities(given)
        return self

    def has_annotation(self, attr: str | int, *, require_complete: bool = False) -> bool:
        """Whether some token, or with `require_complete` every one, has a value of an attribute.

        Sentence starts are asked of all tokens but the first. An empty document has everything.
        """
        name = attribute_name(attr)
        if not len(self):
            return True
        if name == "SENT_START":
            known = [value != 0 for value in self.sent_starts[1:]]
            return not known or (all(known) if require_complete else any(known))
        if name in ("ENT_IOB", "ENT_TYPE"):
            known = [mark != "" for mark in self.ent_iobs]
        elif name == "MORPH":
            known = [self.is_known("morph", i) for i in range(len(self))]
        elif name in COLUMNS or name == "HEAD":
            known = [value != "" for value in self.column(COLUMNS.get(name, "dep"))]
        else:
            return True
        return all(known) if require_complete else any(known)

    is_tagged = property(lambda doc: doc.has_annotation("TAG"), doc="Whether there are tags.")
    is_parsed = property(lambda doc: doc.has_annotation("DEP"), doc="Whether there is a tree.")
    is_nered = property(lambda doc: doc.has_annotation("ENT_IOB"), doc="Whether entities are known.")
    is_sentenced = property(lambda doc: doc.has_annotation("SENT_START"), doc="Whether sentences are known.")

    def get_lca_matrix(self, start: int = 0, end: int | None = None) -> npt.NDArray[np.int32]:
        """Lowest common ancestor of each two tokens by position; -1 where there is none.

        Shape: `(len(self), len(self))`. For tokens `start:end` alone, positions count from the first.
        """
        stop = len(self) if end is None else end
        tree = self.tree
        paths = [[i, *tree.ancestors(i)] for i in range(start, stop)]
        out = np.full((stop - start, stop - start), -1, dtype=np.int32)
        for i, path in enumerate(paths):
            known = {node: rank for rank, node in enumerate(path)}
            for j, other in enumerate(paths):
                common = next((node for node in other if node in known), -1)
                out[i, j] = common - start if start <= common < stop else -1
        return out

    def _texts(self, name: str) -> list[str]:
        """Values of an attribute whose numbers stand for texts."""
        if name in COLUMNS:
            return self.column(COLUMNS[name])
        if name == "MORPH":
            known = [self.is_known("morph", i) for i in range(len(self))]
            return [text or NO_FEATURES * is_known for text, is_known in zip(self.morphs, known, strict=True)]
        words = self.words
        made: dict[str, Callable[[], list[str]]] = {
            "ORTH": lambda: words,
            "NORM": lambda: self.norms,
            "ENT_TYPE": lambda: self.ent_types,
            "LOWER": lambda: [word.lower() for word in words],
            "SHAPE": lambda: [shape_of(word) for word in words],
            "PREFIX": lambda: [word[:1] for word in words],
            "SUFFIX": lambda: [word[-3:] for word in words],
            "LANG": lambda: [self.vocab.lang] * len(words),
        }
        return made[name]()

    def _numbers(self, name: str) -> list[Any]:
        """Values of an attribute that are numbers."""
        if name in FLAGS:
            return self.flags(name)
        if name.startswith("FLAG"):
            return [self.vocab.check_flag(word, name) for word in self.words]
        made: dict[str, Callable[[], list[Any]]] = {
            "LENGTH": lambda: [len(word) for word in self.words],
            "SPACY": lambda: self.spaces,
            "IDX": lambda: self.starts,
            "HEAD": lambda: [head - i for i, head in enumerate(self.heads)],
            "SENT_START": lambda: [v or int(i == 0) for i, v in enumerate(self.sent_starts)],
            "ENT_IOB": lambda: [IOB_NUMBERS[mark] for mark in self.ent_iobs],
            "CLUSTER": lambda: [int(self.vocab.values_of(word).get("cluster", 0)) for word in self.words],
            "PROB": lambda: [int(self.vocab[word].prob) for word in self.words],
            "ID": lambda: self.batch.lexemes.ranks(self._rows(self.batch.lexeme_ids)).view(np.int64).tolist(),
        }
        if name not in made:
            raise KeyError(f"expected an attribute of tokens, got {name!r}; there are: {', '.join(IDS)}")
        return made[name]()

    def _set_texts(self, given: dict[str, Any]) -> None:
        strings = self.vocab.strings
        for name in (name for name in given if name in (*COLUMNS, "MORPH", "NORM")):
            texts = [strings[number] if number else "" for number in given[name].astype(np.uint64).tolist()]
            if name == "NORM":
                for i, norm in enumerate(texts):
                    if norm and norm != self.norms[i]:
                        self.write_norm(i, norm)
            elif name == "MORPH":
                known = [None if not text else text if text != NO_FEATURES else "" for text in texts]
                writer_of(self.batch).set_labels("morph", self._token_rows, known)
                self._forget("morph")
            else:
                self.set_layer(COLUMNS[name], texts)

    def _set_entities(self, given: dict[str, Any]) -> None:
        """Entities of marks and types; where marks are missing, each run of one type is an entity."""
        types = self.ent_types
        if "ENT_TYPE" in given:
            types = [self.vocab.strings[n] if n else "" for n in given["ENT_TYPE"].astype(np.uint64).tolist()]
        marks = (
            given["ENT_IOB"].astype(np.int64).tolist()
            if "ENT_IOB" in given
            else [2 if not t else 1 if i and types[i - 1] == t else 3 for i, t in enumerate(types)]
        )
        spans: list[SpanValue] = []
        for i, (mark, label) in enumerate(zip(marks, types, strict=True)):
            if mark == IOB_NUMBERS["O"]:
                continue
            name = MISSING if mark == IOB_NUMBERS[""] else label
            if mark != IOB_NUMBERS["B"] and spans and spans[-1].end == i and spans[-1].label == name:
                spans[-1] = spans[-1]._replace(end=i + 1)
            else:
                spans.append(SpanValue(i, i + 1, name))
        ids = [
            self.column(COLUMNS[name]) if name in given else [""] * len(self)
            for name in ("ENT_KB_ID", "ENT_ID")
        ]
        spans = [span._replace(kb_id=ids[0][span.start], id=ids[1][span.start]) for span in spans]
        writer_of(self.batch).set_spans(ENTS, self.index, spans)
        self._forget(ENTS)
