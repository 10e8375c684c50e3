# SPDX-License-Identifier: Apache-2.0
"""A knowledge base in memory: entities, and the names that they go by."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ComponentError
from ..vocab.strings import string_id
from .candidate import Candidate
from .kb_files import AliasTable, Contents, read_bytes, read_folder, write_bytes, write_folder
from .knowledge_base import KnowledgeBase, Mention

SLACK = 1e-5
"""By how much probabilities may exceed one: they are kept as 32-bit floats."""


@dataclass(slots=True)
class _Entities:
    """Entities in the order in which they came. Each has a frequency and a vector."""

    ids: list[int] = field(default_factory=list)
    freqs: list[float] = field(default_factory=list)
    vectors: list[list[float]] = field(default_factory=list)
    place_of: dict[int, int] = field(default_factory=dict)

    def add(self, key: int, freq: float, vector: Sequence[float]) -> None:
        """One more."""
        self.place_of[key] = len(self.ids)
        self.ids.append(key)
        self.freqs.append(float(np.float32(freq)))
        self.vectors.append(np.asarray(vector, dtype=np.float32).tolist())


class InMemoryLookupKB(KnowledgeBase):
    """Entities with frequency and vector; names with the entities that they may mean, and how often.

    >>> kb = InMemoryLookupKB(None, entity_vector_length=2)
    >>> _ = kb.add_entity("Q42", freq=32, entity_vector=[1.0, 0.0])
    >>> _ = kb.add_alias("Douglas", entities=["Q42"], probabilities=[0.75])
    >>> [(found.entity_, found.prior_prob) for found in kb.get_alias_candidates("Douglas")]
    [('Q42', 0.75)]
    """

    def __init__(self, vocab: Any, entity_vector_length: int) -> None:
        super().__init__(vocab, entity_vector_length)
        self._entities = _Entities()
        self._aliases: dict[int, AliasTable] = {}

    def __len__(self) -> int:
        """Number of entities."""
        return len(self._entities.ids)

    def __bool__(self) -> bool:
        """An empty base is one."""
        return True

    def is_empty(self) -> bool:
        """Whether there is no entity."""
        return not self._entities.ids

    def get_size_entities(self) -> int:
        """Number of entities."""
        return len(self)

    def get_size_aliases(self) -> int:
        """Number of names."""
        return len(self._aliases)

    def get_entity_strings(self) -> list[str]:
        """Ids of all entities."""
        return [self.text_of(key) for key in self._entities.ids]

    def get_alias_strings(self) -> list[str]:
        """All names."""
        return [self.text_of(key) for key in self._aliases]

    def contains_entity(self, entity: str) -> bool:
        """Whether there is an entity with this id."""
        return string_id(entity) in self._entities.place_of

    def contains_alias(self, alias: str) -> bool:
        """Whether there is an entity of this name."""
        return string_id(alias) in self._aliases

    def add_entity(self, entity: str, freq: float, entity_vector: Sequence[float]) -> int:
        """Add an entity, and give its number; one that is there stays as it is, with a warning.

        Raises: EngineError where the vector has another length.
        """
        key = self.hash_of(entity)
        if key in self._entities.place_of:
            warnings.warn(
                f"entity {entity!r} is in the knowledge base already; it stays as it was", stacklevel=2
            )
            return key
        self._check_vector(entity, entity_vector)
        self._entities.add(key, freq, entity_vector)
        return key

    def set_entities(
        self,
        entity_list: Sequence[str],
        freq_list: Sequence[float],
        vector_list: Sequence[Sequence[float]],
    ) -> None:
        """Put these entities in place of all. Raises: EngineError where the lists differ in length."""
        if not len(entity_list) == len(freq_list) == len(vector_list):
            sizes = f"{len(entity_list)}, {len(freq_list)} and {len(vector_list)}"
            raise ComponentError(f"expected as many frequencies and vectors as entities, got {sizes}")
        entities = _Entities()
        for entity, freq, vector in zip(entity_list, freq_list, vector_list, strict=True):
            key = self.hash_of(entity)
            if key in entities.place_of:
                warnings.warn(f"entity {entity!r} is given twice; the first one stays", stacklevel=2)
                continue
            self._check_vector(entity, vector)
            entities.add(key, freq, vector)
        self._entities = entities

    def add_alias(self, alias: str, entities: Sequence[str], probabilities: Sequence[float]) -> int | None:
        """Add a name of entities, with how often each is meant by it; the name's hash. One that is there
        stays as it is, with a warning.

        Raises: EngineError where an entity is unknown, the lists differ in length, or the probabilities add
        up to more than one.
        """
        if len(entities) != len(probabilities):
            raise ComponentError(
                f"expected as many probabilities as entities of the name {alias!r}, got "
                f"{len(entities)} entities and {len(probabilities)} probabilities"
            )
        self._check_sum(alias, sum(probabilities))
        key = string_id(alias)
        if key in self._aliases:
            warnings.warn(
                f"the name {alias!r} is in the knowledge base already; it stays as it was", stacklevel=2
            )
            return None
        places = [self._place(entity) for entity in entities]
        self.hash_of(alias)
        self._aliases[key] = AliasTable(places, [float(np.float32(value)) for value in probabilities])
        return key

    def append_alias(self, alias: str, entity: str, prior_prob: float, ignore_warnings: bool = False) -> None:
        """Say of a name that is there that it may mean one more entity.

        Raises: EngineError where name or entity is unknown, or the probabilities add up to more than one.
        """
        table = self._aliases.get(string_id(alias))
        if table is None:
            known = ", ".join(self.get_alias_strings()[:10]) or "none"
            raise ComponentError(f"expected a name of the knowledge base, got {alias!r}; there are: {known}")
        place = self._place(entity)
        self._check_sum(alias, sum(table.probs) + prior_prob)
        if place in table.places:
            if not ignore_warnings:
                warnings.warn(
                    f"the name {alias!r} means entity {entity!r} already; it stays as it was", stacklevel=2
                )
            return
        table.places.append(place)
        table.probs.append(float(np.float32(prior_prob)))

    def get_candidates(self, mention: Mention) -> list[Candidate]:
        """What a mention may mean, by its text."""
        return self.get_alias_candidates(mention.text)

    def get_alias_candidates(self, alias: str) -> list[Candidate]:
        """What a name may mean; nothing where it is unknown."""
        key, known = string_id(alias), self._entities
        table = self._aliases.get(key, AliasTable([], []))
        return [
            Candidate(self, known.ids[place], known.freqs[place], known.vectors[place], key, prob)
            for place, prob in zip(table.places, table.probs, strict=True)
        ]

    def get_vector(self, entity: str) -> Sequence[float]:
        """The vector of an entity; zeros for an unknown one."""
        place = self._entities.place_of.get(string_id(entity))
        return [0.0] * self.entity_vector_length if place is None else self._entities.vectors[place]

    def get_prior_prob(self, entity: str, alias: str) -> float:
        """How often a name means an entity; 0 where one of them is unknown."""
        table, place = self._aliases.get(string_id(alias)), self._entities.place_of.get(string_id(entity))
        if table is None or place not in table.places:
            return 0.0
        return table.probs[table.places.index(place)]

    def to_bytes(self, **kwargs: Any) -> bytes:
        """Entities and names; their strings are the vocabulary's, and are given beside."""
        return write_bytes(self._contents())

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> InMemoryLookupKB:
        """Take over what `to_bytes` gave. Raises: ModelFileError where it is something else."""
        self._take(read_bytes(bytes_data))
        return self

    def to_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> None:
        """Write the files `contents` and `strings.json` to a folder."""
        write_folder(Path(path), self._contents(), set(exclude))

    def from_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> InMemoryLookupKB:
        """Take over what `to_disk` wrote, here or in spaCy. Raises: ModelFileError, which names the file."""
        self._take(read_folder(Path(path), set(exclude)))
        return self

    def use_texts(self, texts: Iterable[str]) -> None:
        """Learn the strings that ids stand for."""
        for text in texts:
            self.hash_of(text)

    def _contents(self) -> Contents:
        known = self._entities
        return Contents(
            self.entity_vector_length, known.ids, known.freqs, known.vectors, self._aliases, self._strings()
        )

    def _strings(self) -> list[str]:
        keys = dict.fromkeys([*self._entities.ids, *self._aliases])
        return [self._texts[key] for key in keys if key in self._texts]

    def _take(self, contents: Contents) -> None:
        self.use_texts(contents.strings)
        self.entity_vector_length = contents.vector_length
        self._entities = _Entities()
        for key, freq, vector in zip(contents.ids, contents.freqs, contents.vectors, strict=True):
            self._entities.add(key, freq, vector)
        self._aliases = dict(contents.aliases)

    def _place(self, entity: str) -> int:
        place = self._entities.place_of.get(string_id(entity))
        if place is None:
            raise ComponentError(
                f"expected an entity of the knowledge base, got {entity!r}; give it with add_entity first"
            )
        return place

    def _check_vector(self, entity: str, vector: Sequence[float]) -> None:
        if len(vector) != self.entity_vector_length:
            raise ComponentError(
                f"expected a vector of {self.entity_vector_length} numbers for entity {entity!r}, got "
                f"{len(vector)}"
            )

    def _check_sum(self, alias: str, total: float) -> None:
        if total > 1.0 + SLACK:
            raise ComponentError(
                f"expected probabilities of the name {alias!r} that add up to 1 at most, got {total:.4g}"
            )
