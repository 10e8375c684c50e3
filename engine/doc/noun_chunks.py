# SPDX-License-Identifier: Apache-2.0
"""Base noun phrases of English: a noun with what stands before it and depends on it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from .tree import Tree

NOMINAL = ("NOUN", "PROPN", "PRON")

ENGLISH_ROLES = frozenset(
    ("ROOT", "appos", "attr", "dative", "dobj", "nsubj", "nsubjpass", "oprd", "pcomp", "pobj")
)
"""Labels of arcs to phrases in the scheme of spaCy's English pipelines; what `Doc.noun_chunks` goes
by."""

UD_ROLES = frozenset(
    ("ROOT", "appos", "dislocated", "iobj", "nmod", "nsubj", "nsubj:pass", "obj", "obl", "vocative")
)
"""The same for trees of Universal Dependencies, for those who call `noun_chunks` themselves."""

CONJUNCT = "conj"


def noun_chunks(
    tree: Tree, pos: Sequence[str], deps: Sequence[str], roles: Collection[str] = ENGLISH_ROLES
) -> Iterator[tuple[int, int]]:
    """Phrases as `(start, end)` token positions, in order, none inside another.

    A phrase ends with a noun, proper noun or pronoun in one of the `roles`, or joined to one that is, and
    begins with its leftmost descendant. One that would begin before the end of the phrase before it is left
    out.
    """
    covered = -1
    for i, part in enumerate(pos):
        if part in NOMINAL and tree.left_edges[i] > covered and deps[first_conjunct(i, tree, deps)] in roles:
            covered = i
            yield tree.left_edges[i], i + 1


def first_conjunct(token: int, tree: Tree, deps: Sequence[str]) -> int:
    """The token that a chain of conjuncts hangs on; the token itself where it is none."""
    if deps[token] != CONJUNCT:
        return token
    head = tree.heads[token]
    while deps[head] == CONJUNCT and tree.heads[head] < head:
        head = tree.heads[head]
    return head
