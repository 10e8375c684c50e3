# SPDX-License-Identifier: Apache-2.0
"""A container of documents as people handle it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgpack

from ...doc.doc import Doc
from ...errors import EngineError, MissingFileError
from ...vocab.attrs import attribute_names
from ...vocab.vocab import Vocab
from ..msgpack import unpack
from .container import ATTRIBUTES, Container
from .reader import docs_of
from .writer import DocBinWriter

BYTES = Path("<bytes>")
"""What errors name where there is no file."""


class DocBin:
    """Documents in the form of `.spacy` files.

    >>> from engine.vocab import Vocab
    >>> vocab = Vocab()
    >>> data = DocBin(docs=[Doc(vocab, words=["Hello"], tags=["UH"])]).to_bytes()
    >>> [doc[0].tag_ for doc in DocBin().from_bytes(data).get_docs(vocab)]
    ['UH']
    """

    def __init__(
        self,
        attrs: Iterable[str | int] = ATTRIBUTES,
        store_user_data: bool = False,
        docs: Iterable[Doc] = (),
    ) -> None:
        """Take the attributes of tokens to keep; blanks are kept anyhow.

        Raises: KeyError where there is no such attribute; EngineError where it follows from the text.
        """
        names = [name for name in attribute_names(list(attrs)) if name not in ("ORTH", "SPACY")]
        unknown = [name for name in names if name not in ATTRIBUTES]
        if unknown:
            raise EngineError(
                f"expected attributes that a DocBin can keep, got {unknown[0]}; there are: "
                f"{', '.join(ATTRIBUTES)}"
            )
        self.attrs = [name for name in ATTRIBUTES if name in names or name == "ORTH"]
        self.store_user_data = store_user_data
        self._writer = DocBinWriter()
        self._user_data: list[bytes | None] = []
        for doc in docs:
            self.add(doc)

    def __len__(self) -> int:
        """Number of documents."""
        return len(self._writer)

    def add(self, doc: Doc) -> None:
        """Add a document. Raises: DocError where the form cannot hold a value; TypeError where user data
        cannot be written."""
        data = None
        if self.store_user_data:
            data = msgpack.packb(dict(doc.user_data), strict_types=False)
        self._writer.add(doc.copy().batch if doc.batch.n_docs > 1 else doc.batch)
        self._user_data.append(data)

    def get_docs(self, vocab: Vocab) -> Iterator[Doc]:
        """The documents, their words added to a vocabulary."""
        container = self._container()
        docs = docs_of(container, vocab.lexemes, BYTES)
        for doc, data in zip(docs, self._user_data, strict=True):
            if data is not None:
                doc.user_data.update(_user_data(data))
            yield doc

    def merge(self, other: DocBin) -> None:
        """Add the documents of another container. Raises: ValueError where it keeps other attributes."""
        if self.attrs != other.attrs:
            raise ValueError(f"expected a DocBin that keeps {self.attrs}, got one that keeps {other.attrs}")
        self._writer.add_container(other._container())
        self._user_data += other._user_data

    def to_bytes(self) -> bytes:
        """The bytes of a file."""
        return self._container().to_bytes()

    def from_bytes(self, bytes_data: bytes) -> DocBin:
        """Read the bytes of a file, in place of the documents that are here. Raises: EngineError."""
        return self._read(Container.of(bytes_data, BYTES))

    def to_disk(self, path: str | Path) -> None:
        """Write a file. Raises: EngineError where it is a folder, or lies in none."""
        try:
            Path(path).write_bytes(self.to_bytes())
        except OSError as error:
            raise EngineError(
                f"{path}: expected the place of a file to write, got: {error.strerror}"
            ) from error

    def from_disk(self, path: str | Path) -> DocBin:
        """Read a file, in place of the documents that are here. Raises: EngineError, which names it."""
        file = Path(path)
        try:
            data = file.read_bytes()
        except OSError as error:
            kind = MissingFileError if isinstance(error, FileNotFoundError) else EngineError
            raise kind(f"{file}: expected a DocBin file, got: {error.strerror}") from error
        return self._read(Container.of(data, file))

    def _read(self, container: Container) -> DocBin:
        self.attrs = [name for name in ATTRIBUTES if name in container.columns]
        self._writer = DocBinWriter()
        self._writer.add_container(container)
        self._user_data = list(container.user_data) or [None] * len(container.lengths)
        return self

    def _container(self) -> Container:
        return self._writer.container(self.attrs, self._user_data if self.store_user_data else ())


def _user_data(data: bytes) -> dict[Any, Any]:
    """User data of a document; keys of attributes of one's own are tuples."""
    try:
        return dict(unpack(data, BYTES, use_list=False))
    except (ValueError, TypeError) as error:
        raise EngineError(f"expected user data as msgpack, got {type(error).__name__}: {error}") from None
