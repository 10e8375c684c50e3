# SPDX-License-Identifier: Apache-2.0
"""Knowledge bases: which things in the world an entity of a text may mean.

- `knowledge_base`: what every knowledge base can be asked; derive from it to bring one of your own
- `candidate`: one thing that a mention may mean, and how likely it is by its name alone
- `lookup_kb`: entities with vectors, and the names that they go by, in memory
- `kb_files`: such a base as files and bytes, in the form that spaCy reads and writes
- `kb_makers`: what a config names: an empty base, one from a folder, generators of candidates
"""

from __future__ import annotations

from .candidate import Candidate
from .kb_makers import CandidateGenerator, CandidatesOfMany, get_candidates, get_candidates_batch
from .knowledge_base import KnowledgeBase, Mention
from .lookup_kb import InMemoryLookupKB

__all__ = [
    "Candidate",
    "CandidateGenerator",
    "CandidatesOfMany",
    "InMemoryLookupKB",
    "KnowledgeBase",
    "Mention",
    "get_candidates",
    "get_candidates_batch",
]
