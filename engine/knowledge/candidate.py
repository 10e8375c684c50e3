# SPDX-License-Identifier: Apache-2.0
"""One thing that a mention may mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .knowledge_base import KnowledgeBase


class Candidate:
    """An entity of a knowledge base that goes by a name, with how often it is meant by that name.

    Ids are hashes of strings; the names with an underscore are the strings. `entity_freq` is how often the
    entity is seen at all.
    """

    __slots__ = ("alias", "entity", "entity_freq", "entity_vector", "kb", "prior_prob")

    def __init__(
        self,
        kb: KnowledgeBase,
        entity_hash: int,
        entity_freq: float,
        entity_vector: Sequence[float],
        alias_hash: int,
        prior_prob: float,
    ) -> None:
        self.kb, self.entity, self.alias = kb, entity_hash, alias_hash
        self.entity_freq, self.entity_vector, self.prior_prob = entity_freq, entity_vector, prior_prob

    def __repr__(self) -> str:
        """Entity, name and likelihood."""
        return f"Candidate({self.entity_!r}, {self.alias_!r}, {self.prior_prob:.3g})"

    @property
    def entity_(self) -> str:
        """The entity's id as a string."""
        return self.kb.text_of(self.entity)

    @property
    def alias_(self) -> str:
        """The name as a string."""
        return self.kb.text_of(self.alias)
