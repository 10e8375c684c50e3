# SPDX-License-Identifier: Apache-2.0
"""Batches of documents as a DocBin file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...doc.batch import Batch, LabelColumn
from ...doc.json import category_scores
from ...errors import DocError
from ...vocab.strings import string_ids
from .container import ATTRIBUTES, FIRST_POS, LABEL_COLUMNS, LAST_POS, NO_FEATURES, Container, UInt64Array
from .entity_columns import entity_columns
from .span_groups import packed_span_groups


class DocBinWriter:
    """Collects documents, a batch at a time, and gives the bytes of the file that holds them all."""

    def __init__(self) -> None:
        self._columns: dict[str, list[UInt64Array]] = {name: [] for name in ATTRIBUTES}
        self._spaces: list[npt.NDArray[np.uint8]] = []
        self._lengths: list[npt.NDArray[np.int64]] = []
        self._texts: set[str] = {""}
        self._cats: list[dict[str, float]] = []
        self._groups: list[bytes] = []
        self._unknown_spaces: list[bool] = []

    def __len__(self) -> int:
        """Number of documents so far."""
        return len(self._groups)

    def add(self, batch: Batch) -> None:
        """Add all documents of a batch. Raises: DocError where the form cannot hold a value."""
        columns = {**self._words(batch), **self._labels(batch), **self._entities(batch), **_tree(batch)}
        for name in ATTRIBUTES:
            self._columns[name].append(columns.get(name, np.zeros(batch.n_tokens, dtype=np.uint64)))
        self._spaces.append(batch.spaces.astype(np.uint8))
        self._lengths.append(np.diff(batch.doc_offsets))
        self._cats += category_scores(batch, 0, batch.n_docs) if batch.cats else [{}] * batch.n_docs
        for index in range(batch.n_docs):
            group, labels = packed_span_groups(batch, index)
            self._groups.append(group)
            self._texts |= labels
            state = batch.states.get(index) if batch.states else None
            self._unknown_spaces.append(state is not None and state.has_unknown_spaces)

    def add_container(self, container: Container) -> None:
        """Add all documents of a container."""
        n_tokens = len(container.spaces)
        for name in ATTRIBUTES:
            column = container.columns.get(name)
            self._columns[name].append(np.zeros(n_tokens, dtype=np.uint64) if column is None else column)
        self._spaces.append(container.spaces)
        self._lengths.append(container.lengths)
        self._texts.update(container.strings)
        self._cats += [dict(cats) for cats in container.cats]
        self._groups += container.span_groups
        self._unknown_spaces += container.flags()

    def to_bytes(self) -> bytes:
        """The bytes of a file of all documents. Raises: DocError where a text holds half of a surrogate
        pair."""
        return self.container().to_bytes()

    def container(
        self, attributes: Sequence[str] = ATTRIBUTES, user_data: Sequence[bytes | None] = ()
    ) -> Container:
        """All documents, with these attributes of their tokens."""
        columns = {
            name: np.concatenate([np.zeros(0, dtype=np.uint64), *parts])
            for name, parts in self._columns.items()
            if name in attributes or name == "ORTH"
        }
        spaces = np.concatenate([np.zeros(0, dtype=np.uint8), *self._spaces])
        lengths = np.concatenate([np.zeros(0, dtype=np.int64), *self._lengths])
        return Container(
            columns,
            spaces,
            lengths,
            list(self._texts),
            self._cats,
            self._groups,
            self._unknown_spaces,
            user_data,
        )

    def write(self, file: Path) -> None:
        """Write the file."""
        file.write_bytes(self.to_bytes())

    def _words(self, batch: Batch) -> dict[str, UInt64Array]:
        used = np.unique(batch.lexeme_ids)
        self._texts.update(batch.lexemes.texts(used))
        self._texts.update(batch.lexemes.norms(used))
        return {name: batch.lexemes.attribute(name)[batch.lexeme_ids] for name in ("ORTH", "NORM")}

    def _labels(self, batch: Batch) -> dict[str, UInt64Array]:
        columns = {}
        for name, attribute in LABEL_COLUMNS.items():
            if name in batch.columns:
                columns[attribute] = self._label_ids(name, batch.columns[name])
        pos = columns.get("POS")
        if (
            pos is not None
            and (wrong := np.flatnonzero((pos != 0) & ((pos < FIRST_POS) | (pos > LAST_POS)))).size
        ):
            label = batch.columns["pos"].strings(int(wrong[0]), int(wrong[0]) + 1)[0]
            raise DocError(
                "expected universal parts of speech, which are all that a DocBin file can hold, got "
                f"{label!r}"
            )
        return columns

    def _label_ids(self, name: str, column: LabelColumn) -> UInt64Array:
        """String ids of a column's values, 0 where unset, which is the last of the list."""
        if name != "pos":
            self._texts.update(column.labels[i] for i in np.unique(column.ids).tolist() if i >= 0)
        labels = [label or NO_FEATURES for label in column.labels] if name == "morph" else column.labels
        return np.append(string_ids(labels), np.uint64(0))[column.ids]

    def _entities(self, batch: Batch) -> dict[str, UInt64Array]:
        iob, types, labels = entity_columns(batch)
        self._texts |= labels
        return {"ENT_IOB": iob, "ENT_TYPE": types}


def _tree(batch: Batch) -> dict[str, UInt64Array]:
    """Heads as signed distances, sentence starts as signed numbers, both in unsigned columns."""
    columns = {}
    if batch.heads is not None:
        sizes = np.diff(batch.doc_offsets)
        places = np.arange(batch.n_tokens) - np.repeat(batch.doc_offsets[:-1], sizes)
        columns["HEAD"] = np.where(batch.heads < 0, 0, batch.heads - places).astype(np.int64).view(np.uint64)
    if batch.sent_starts is not None:
        columns["SENT_START"] = batch.sent_starts.astype(np.int64).view(np.uint64)
    return columns
