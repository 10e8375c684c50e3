# SPDX-License-Identifier: Apache-2.0
"""Documents as bytes, files and maps, and back; copies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from ..errors import DocError, DocValueError
from ..vocab.lexemes import LexemeTable
from ..vocab.vocab import Vocab
from .batch import Batch
from .doc_arrays import DocArrays
from .gather import as_one, gather, part_of
from .json import batch_from_json, batch_to_json
from .written_doc import batch_of_map, map_of_batch


class DocStorage(DocArrays):
    """What a document becomes elsewhere, and how it is made of that again."""

    def to_dict(self, *, exclude: Iterable[str] = ()) -> dict[str, Any]:
        """The document as a map of plain values, which `from_dict` reads."""
        left_out = set(exclude)
        data = map_of_batch(self.batch, self.index)
        if "user_data" not in left_out and self.state.user_data:
            data["user_data"] = [
                [list(key) if isinstance(key, tuple) else key, value]
                for key, value in self.state.user_data.items()
            ]
        tensor = self.state.tensor
        if "tensor" not in left_out and tensor is not None:
            array = np.ascontiguousarray(tensor.get() if hasattr(tensor, "get") else tensor)
            data["tensor"] = [str(array.dtype), list(array.shape), array.tobytes()]
        return {key: value for key, value in data.items() if key not in left_out}

    def from_dict(self, msg: Mapping[str, Any], *, exclude: Iterable[str] = ()) -> Any:
        """Become the document of such a map. Raises: DocValueError where this one has words."""
        self._expect_empty()
        left_out = set(exclude)
        known = {key: value for key, value in msg.items() if key not in left_out}
        self._become(batch_of_map(known, self.batch.lexemes))
        for key, value in known.get("user_data", ()):
            self.state.user_data[tuple(key) if isinstance(key, list) else key] = value
        if "tensor" in known:
            dtype, shape, data = known["tensor"]
            self.state.tensor = np.frombuffer(data, dtype=dtype).reshape(shape).copy()
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """The document as bytes. Raises: TypeError where user data cannot be written."""
        data: bytes = msgpack.packb(self.to_dict(exclude=exclude))
        return data

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> Any:
        """Become the document of such bytes. Raises: DocError where they are none."""
        try:
            loaded = msgpack.unpackb(bytes_data, strict_map_key=False)
        except (ValueError, msgpack.UnpackException) as error:
            raise DocError(f"expected what Doc.to_bytes gave, got {error}") from None
        return self.from_dict(loaded, exclude=exclude)

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the document into a file."""
        Path(path).write_bytes(self.to_bytes(exclude=exclude))

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Any:
        """Become the document of such a file."""
        return self.from_bytes(Path(path).read_bytes(), exclude=exclude)

    def copy(self) -> Any:
        """The same document in a batch of its own."""
        out = self._of(gather([(self.batch, self.index)]))
        if out.batch.states:
            out.batch.states = {0: out.batch.states[0].copy()}
        return out

    def part(self, start: int, end: int, *, copy_user_data: bool = False) -> Any:
        """The tokens `start:end` as a document of its own."""
        out = self._of(part_of(self.batch, self.index, start, end))
        if copy_user_data:
            shift, stop = (self.starts[start], self.ends[end - 1]) if end > start else (0, 0)
            for key, value in self.state.user_data.items():
                at = key[2] if isinstance(key, tuple) and key[:1] == ("._.",) else None
                if at is None:
                    out.state.user_data[key] = value
                elif shift <= at < stop:
                    end_at = key[3] - shift if key[3] is not None else None
                    out.state.user_data[(*key[:2], at - shift, end_at, *key[4:])] = value
        if self.state.tensor is not None and len(self.state.tensor) == len(self):
            out.state.tensor = self.state.tensor[start:end]
        return out

    @classmethod
    def from_docs(
        cls,
        docs: Sequence[Any],
        ensure_whitespace: bool = True,
        attrs: Any = None,
        *,
        exclude: Iterable[str] = (),
    ) -> Any:
        """One document of several, on end, with their annotations; None for none.

        `ensure_whitespace`: with a blank between two that have none there. Raises: DocValueError where they
        have vocabularies of their own.
        """
        docs = list(docs)
        if not docs:
            return None
        if any(doc.vocab is not docs[0].vocab for doc in docs):
            raise DocValueError("expected documents that share one vocabulary, got several")
        left_out = set(exclude)
        parts = gather([(doc.batch, doc.index) for doc in docs])
        between = [
            " "
            if ensure_whitespace and i + 1 < len(docs) and len(doc) and not doc.text[-1:].isspace()
            else ""
            for i, doc in enumerate(docs)
        ]
        batch = as_one(parts, between)
        if "spans" in left_out:
            batch.spans = {key: column for key, column in batch.spans.items() if key == "ents"}
        out = cls(batch, 0)
        first = 0
        for doc, blank in zip(docs, between, strict=True):
            if "user_data" not in left_out:
                _move_user_data(doc.state.user_data, out.state.user_data, first)
            first += len(doc.text) + len(blank)
        tensors = [doc.state.tensor for doc in docs]
        if "tensor" not in left_out and all(tensor is not None for tensor in tensors):
            out.state.tensor = np.concatenate(tensors)
        return out

    def to_json(self, underscore: Sequence[str] | None = None) -> dict[str, Any]:
        """The document in the JSON form that spaCy reads; `underscore` names attributes of one's own to add.

        Raises: DocValueError where one of these is not there.
        """
        data = batch_to_json(self.batch, self.index)
        if underscore:
            data["_"] = {name: self._own_value(name) for name in underscore}
        return data

    def _own_value(self, name: str) -> Any:
        if not self._.has(name):  # type: ignore[attr-defined]  # of Doc
            raise DocValueError(f"expected an attribute of Doc._ to write, got {name!r}")
        return self._.get(name)  # type: ignore[attr-defined]  # of Doc

    def _read_json(self, data: Mapping[str, Any], lexemes: LexemeTable) -> Any:
        self._become(batch_from_json(data, lexemes))
        for name, value in data.get("_", {}).items():
            self.state.user_data[("._.", name, None, None)] = value
        return self

    def __reduce__(self) -> Any:
        """Vocabulary, annotations, user data and hooks."""
        state = self.state
        hooks = (state.user_data, state.user_hooks, state.user_token_hooks, state.user_span_hooks)
        data = self.to_bytes(exclude=("user_data",))
        return _restore, (type(self), self.vocab, data, hooks)

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    def _expect_empty(self) -> None:
        if len(self):
            raise DocValueError(
                f"expected an empty document to read into, got one of {len(self)} words; take Doc(vocab)"
            )

    def _become(self, batch: Batch) -> None:
        """Be the only document of a batch."""
        state = self.batch.states.get(self.index) if self.batch.states else None
        if state is not None:
            batch.states = {0: state}
        self._take(batch, 0)
        self.refresh()

    def detach(self) -> None:
        """Leave a batch of several documents for one of its own."""
        if self.batch.n_docs > 1:
            self._become(gather([(self.batch, self.index)]))

    def _of(self, batch: Batch) -> Any:
        return type(self)(batch, 0)


def _restore(kind: Any, vocab: Vocab, data: bytes, hooks: tuple[Any, ...]) -> Any:
    doc = kind(vocab).from_bytes(data)
    state = doc.state
    state.user_data, state.user_hooks, state.user_token_hooks, state.user_span_hooks = hooks
    return doc


def _move_user_data(source: Mapping[Any, Any], target: dict[Any, Any], first: int) -> None:
    """Take over user data; keys of places count from the new beginning."""
    for key, value in source.items():
        if isinstance(key, tuple) and key[:1] == ("._.",) and key[2] is not None:
            end = None if key[3] is None else key[3] + first
            target[(*key[:2], key[2] + first, end, *key[4:])] = value
        elif not (isinstance(key, tuple) and key[:1] == ("._.",)):
            target.setdefault(key, value)
