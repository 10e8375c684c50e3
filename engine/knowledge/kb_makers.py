# SPDX-License-Identifier: Apache-2.0
"""What a config of an entity linker names: knowledge bases, and functions that find candidates in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

from ..config.registry import registry
from ..safe_files import named_path
from .candidate import Candidate
from .knowledge_base import KnowledgeBase, Mention
from .lookup_kb import InMemoryLookupKB

CandidateGenerator: TypeAlias = Callable[[KnowledgeBase, Mention], Iterable[Candidate]]
CandidatesOfMany: TypeAlias = Callable[[KnowledgeBase, Iterable[Mention]], Iterable[Iterable[Candidate]]]


@registry.misc("freshet.EmptyKB.v1")
def empty_kb() -> Callable[[Any, int], KnowledgeBase]:
    """An empty base with vectors as long as the component wants them."""
    return InMemoryLookupKB


@registry.misc("freshet.EmptyKBOfLength.v1")
def empty_kb_of_length(entity_vector_length: int) -> Callable[[Any], KnowledgeBase]:
    """An empty base with vectors of this length."""
    return lambda vocab: InMemoryLookupKB(vocab, entity_vector_length)


@registry.misc("freshet.KBFromFile.v1")
def kb_from_file(kb_path: str | Path) -> Callable[[Any], KnowledgeBase]:
    """A base from the folder that `to_disk` wrote. Raises: ModelFileError, which names the file."""
    return lambda vocab: InMemoryLookupKB(vocab, 1).from_disk(named_path(kb_path))


@registry.misc("freshet.CandidateGenerator.v1")
def candidate_generator() -> CandidateGenerator:
    """What the base says a mention may mean."""
    return get_candidates


@registry.misc("freshet.CandidateBatchGenerator.v1")
def candidates_of_many() -> CandidatesOfMany:
    """The same for several mentions at once."""
    return get_candidates_batch


def get_candidates(kb: KnowledgeBase, mention: Mention) -> Iterable[Candidate]:
    """What the base says a mention may mean."""
    return kb.get_candidates(mention)


def get_candidates_batch(kb: KnowledgeBase, mentions: Iterable[Mention]) -> Iterable[Iterable[Candidate]]:
    """What the base says each of several mentions may mean."""
    return kb.get_candidates_batch(mentions)
