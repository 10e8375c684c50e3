# SPDX-License-Identifier: Apache-2.0
"""Documents of a DocBin file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...doc.batch import UNSET, Batch, LabelColumn
from ...doc.doc import Doc
from ...doc.doc_state import state_of
from ...doc.tree import edges_of, sentence_starts
from ...errors import EngineError, MissingFileError
from ...vocab.lexemes import LexemeTable
from .container import FREE_BYTES, LABEL_COLUMNS, MAX_MEAN_CHARS, NO_FEATURES, Container, UInt64Array
from .entity_columns import entity_spans
from .span_groups import read_span_groups

SENT_STARTS = {0: 0, 1: 1, (1 << 64) - 1: -1}
"""Stored values of sentence starts, and ours."""


def read_docbin(file: Path, lexemes: LexemeTable) -> Iterator[Doc]:
    """The documents of a file, each of its own batch, their words added to the given table
    (`tokenizer.lexemes`).

    A document has the layers that any of its tokens has a value for. Where it has a tree, its sentences are
    the tree's.
    Raises: EngineError, which names the file, where it is cut, changed, or grows beyond reason when inflated.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        kind = MissingFileError if isinstance(error, FileNotFoundError) else EngineError
        raise kind(f"{file}: expected a DocBin file, got: {error.strerror}") from None
    return docs_of(Container.of(data, file), lexemes, file)


def docs_of(container: Container, lexemes: LexemeTable, file: Path) -> Iterator[Doc]:
    """The documents of a container; `file` is what errors name."""
    return _Documents(container, lexemes, file).all()


class _Documents:
    """The documents of a container, with what is computed once for all of them."""

    def __init__(self, container: Container, lexemes: LexemeTable, file: Path) -> None:
        self.container, self.lexemes, self.file = container, lexemes, file
        self.texts = container.texts()
        orths, self.which = np.unique(container.columns["ORTH"], return_inverse=True)
        with _Naming(file):
            self.words = [self.text_of(orth) for orth in orths.tolist()]
            if not all(self.words):
                raise ValueError("a token without text")
            self.lengths = np.array([len(word) for word in self.words], dtype=np.int32)[self.which]
            self._check_size()
            self.lexeme_ids = self._lexeme_ids()

    def all(self) -> Iterator[Doc]:
        end = 0
        for index, length in enumerate(self.container.lengths.tolist()):
            start, end = end, end + length
            with _Naming(self.file, index):
                doc = self._doc(slice(start, end), index)
            yield doc

    def text_of(self, number: int) -> str:
        text = self.texts.get(number)
        if text is None:
            raise ValueError(f"the id {number} of a string that is not in the file")
        return text

    def _check_size(self) -> None:
        n_chars = int(self.lengths.sum(dtype=np.int64))
        limit = max(FREE_BYTES, MAX_MEAN_CHARS * len(self.lengths))
        if n_chars > limit:
            raise ValueError(
                f"{n_chars:,} characters in {len(self.lengths):,} tokens, more than the {limit:,} of any "
                "honest text"
            )

    def _lexeme_ids(self) -> npt.NDArray[Any]:
        """Ids of the words; a word whose norm is not the one that it has anyhow gets a lexeme of its own."""
        if not self.words:
            return np.zeros(0, dtype=np.int32)
        ids: npt.NDArray[Any] = self.lexemes.add_keys(self.words)[self.which]
        norms = self.container.columns.get("NORM")
        if norms is None:
            return ids
        for row in np.flatnonzero((norms != 0) & (norms != self.lexemes.attribute("NORM")[ids])).tolist():
            ids[row] = self.lexemes.add(self.words[self.which[row]], self.text_of(int(norms[row])))
        return ids

    def _doc(self, rows: slice, index: int) -> Doc:
        lengths, spaces = self.lengths[rows], self.container.spaces[rows]
        words = [self.words[i] for i in self.which[rows].tolist()]
        text = "".join(word + " " * space for word, space in zip(words, spaces.tolist(), strict=True))
        ends = np.cumsum(lengths + spaces, dtype=np.int32)
        starts = (ends - lengths - spaces).astype(np.int32)
        offsets = np.array([0, len(words)], dtype=np.int64)
        doc = Doc(Batch([text], offsets, self.lexeme_ids[rows], starts, lengths, spaces, self.lexemes), 0)
        self._give_columns(doc, rows)
        self._give_tree(doc, rows)
        self._give_spans(doc, rows, index)
        if self.container.cats[index]:
            doc.set_cats(self.container.cats[index])
        if self.container.flags()[index]:
            doc.state.has_unknown_spaces = True
        return doc

    def _give_columns(self, doc: Doc, rows: slice) -> None:
        for name, attribute in LABEL_COLUMNS.items():
            values = self._values(attribute, rows)
            if values.any():
                doc.batch.columns[name] = self._label_column(values)
        morph = doc.batch.columns.get("morph")
        if morph is not None:
            labels = tuple("" if label == NO_FEATURES else label for label in morph.labels)
            doc.batch.columns["morph"] = LabelColumn(morph.ids, labels)

    def _label_column(self, values: UInt64Array) -> LabelColumn:
        numbers, which = np.unique(values, return_inverse=True)
        unset = int(numbers[0] == 0)
        ids = which.reshape(-1).astype(np.int32) - unset
        return LabelColumn(
            np.where(ids < 0, UNSET, ids), tuple(self.text_of(number) for number in numbers[unset:].tolist())
        )

    def _give_tree(self, doc: Doc, rows: slice) -> None:
        offsets = self._values("HEAD", rows).astype(np.int64)
        has_labels = "dep" in doc.batch.columns
        if has_labels or offsets.any():
            places = np.arange(len(doc)) + offsets
            if ((places < 0) | (places >= len(doc))).any():
                raise ValueError(f"heads beyond its {len(doc)} tokens")
            doc.batch.heads = places.astype(np.int32)
        if has_labels and "HEAD" in self.container.columns:
            heads = doc.heads
            doc.set_sent_starts(sentence_starts(heads, edges_of(heads)[0]))
            return
        starts = self._values("SENT_START", rows)
        if starts.any():
            doc.set_sent_starts([SENT_STARTS[value] for value in starts.tolist()])

    def _give_spans(self, doc: Doc, rows: slice, index: int) -> None:
        iob = self._values("ENT_IOB", rows).tolist()
        if any(iob):
            labels = [self.text_of(number) for number in self._values("ENT_TYPE", rows).tolist()]
            doc.set_ents(entity_spans(iob, labels))
        groups = read_span_groups(self.container.span_groups[index], len(doc), self.text_of, self.file)
        for key, group in groups.items():
            doc.batch.spans[key] = group.column
            if group.attrs:
                state_of(doc.batch, doc.index).group_attrs[key] = dict(group.attrs)

    def _values(self, attribute: str, rows: slice) -> UInt64Array:
        column = self.container.columns.get(attribute)
        return np.zeros(rows.stop - rows.start, dtype=np.uint64) if column is None else column[rows]


class _Naming:
    """Errors raised inside say which file, and which of its documents, they are about."""

    def __init__(self, file: Path, index: int | None = None) -> None:
        self.place = "" if index is None else f" in document {index}"
        self.file = file

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Raises: EngineError in place of what malformed values raise."""
        if isinstance(error, EngineError) and str(error).startswith(str(self.file)):
            return
        if isinstance(
            error, KeyError | TypeError | ValueError | OverflowError | AttributeError | EngineError
        ):
            what = f"{type(error).__name__}: {error}{self.place}"
            raise EngineError(
                f"{self.file}: expected a DocBin file, got one that does not hold together ({what}); fetch "
                "it again"
            ) from None
