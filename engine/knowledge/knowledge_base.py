# SPDX-License-Identifier: Apache-2.0
"""What every knowledge base can be asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..vocab.strings import string_id
from .candidate import Candidate


class Mention(Protocol):
    """A stretch of a text that names something: a span."""

    @property
    def text(self) -> str:
        """Its text."""


class KnowledgeBase(ABC):
    """Entities by id, each with a vector, and what a mention may mean.

    Derive from it to ask a store of your own, and hand it to the component `entity_linker` by a function
    registered under `misc`. `vocab` is what the pipeline hands over and may be None.
    """

    def __init__(self, vocab: Any, entity_vector_length: int) -> None:
        self.vocab = vocab
        self.entity_vector_length = entity_vector_length
        self._texts: dict[int, str] = {}

    @abstractmethod
    def get_candidates(self, mention: Mention) -> Iterable[Candidate]:
        """What a mention may mean; nothing where it is unknown."""

    def get_candidates_batch(self, mentions: Iterable[Mention]) -> Iterable[Iterable[Candidate]]:
        """What each of several mentions may mean."""
        return [self.get_candidates(mention) for mention in mentions]

    @abstractmethod
    def get_vector(self, entity: str) -> Sequence[float]:
        """The vector of an entity. Shape: `(entity_vector_length,)`; zeros for an unknown one."""

    def get_vectors(self, entities: Iterable[str]) -> Iterable[Sequence[float]]:
        """The vectors of entities."""
        return [self.get_vector(entity) for entity in entities]

    @abstractmethod
    def to_bytes(self, **kwargs: Any) -> bytes:
        """All of it."""

    @abstractmethod
    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> KnowledgeBase:
        """Take over what `to_bytes` gave."""

    @abstractmethod
    def to_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> None:
        """Write it to a folder."""

    @abstractmethod
    def from_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> KnowledgeBase:
        """Take over what `to_disk` wrote."""

    def is_empty(self) -> bool:
        """Whether it is known to hold nothing."""
        return False

    def hash_of(self, text: str) -> int:
        """The id of a string, which is remembered here, and by the vocabulary where there is one."""
        key = string_id(text)
        self._texts[key] = text
        strings = getattr(self.vocab, "strings", None)
        if strings is not None:
            strings.add(text)
        return key

    def text_of(self, key: int) -> str:
        """The string of an id; the empty one where nobody named it."""
        known = self._texts.get(key)
        strings = getattr(self.vocab, "strings", None)
        if known is None and strings is not None and key in strings:
            return str(strings[key])
        return known or ""
