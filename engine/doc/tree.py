# SPDX-License-Identifier: Apache-2.0
"""The dependency tree of a document by token positions: children, subtrees, ancestors, the top of a span;
edges of subtrees, and the sentences that follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

ROOT = "ROOT"
"""Label of the arc of a root."""

MAX_ROUNDS = 12
"""Passes over a document after which edges are taken as they are; trees whose arcs cross sentences never
settle."""


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The tree of one document. `heads[i]` is the head of token `i`, itself for a root; the other lists
    follow from it."""

    heads: Sequence[int]
    children: Sequence[Sequence[int]]
    left_edges: Sequence[int]
    right_edges: Sequence[int]

    @classmethod
    def of(cls, heads: Sequence[int]) -> Tree:
        """The tree that these heads make."""
        children: list[list[int]] = [[] for _ in heads]
        for token, head in enumerate(heads):
            if head != token:
                children[head].append(token)
        return cls(heads, children, *edges_of(heads))

    def subtree(self, token: int) -> list[int]:
        """A token and all its descendants, in order of position."""
        below, position = [token], 0
        while position < len(below):
            below.extend(self.children[below[position]])
            position += 1
        return sorted(below)

    def ancestors(self, token: int) -> Iterator[int]:
        """The token's head, that one's head, and so on to the root."""
        for _ in self.heads:
            if self.heads[token] == token:
                return
            token = self.heads[token]
            yield token

    def top(self, start: int, end: int, is_mark: Sequence[bool]) -> int:
        """The root of the tokens `start:end`: a root of a tree, else of those with a head outside the one
        nearest to its root.

        Of several the first. Punctuation and whitespace (`is_mark`) that nothing hangs on counts only where
        there is nothing else.
        """
        tops = [
            token
            for token in range(start, end)
            if self.heads[token] == token or not start <= self.heads[token] < end
        ]
        root = next((token for token in tops if self.heads[token] == token), None)
        words = [token for token in tops if self.children[token] or not is_mark[token]]
        if root is not None or not words:
            return tops[0] if root is None and tops else start if root is None else root
        return min(words, key=lambda token: sum(1 for _ in self.ancestors(token)))


def edges_of(heads: Sequence[int]) -> tuple[list[int], list[int]]:
    """Leftmost and rightmost descendant of every token, as far as a few passes find them.

    A token's edges are passed to its head, once forwards and once backwards, until no head lies outside its
    sentence.
    """
    left, right = list(range(len(heads))), list(range(len(heads)))
    for _ in range(MAX_ROUNDS):
        for order in (range(len(heads)), range(len(heads) - 1, -1, -1)):
            for i in order:
                left[heads[i]] = min(left[heads[i]], left[i])
                right[heads[i]] = max(right[heads[i]], right[i])
        if _within_sentences(heads, sentence_starts(heads, left)):
            break
    return left, right


def sentence_starts(heads: Sequence[int], left_edges: Sequence[int]) -> list[int]:
    """1 at the left edge of each root's subtree, -1 elsewhere."""
    starts = [-1] * len(heads)
    for i, head in enumerate(heads):
        if head == i:
            starts[left_edges[i]] = 1
    return starts


def _within_sentences(heads: Sequence[int], starts: Sequence[int]) -> bool:
    """Whether every token but the last, which spaCy does not ask, has its head in its own
    sentence."""
    sentence, number = [], 0
    for start in starts:
        number += start == 1
        sentence.append(number)
    return all(sentence[i] == sentence[heads[i]] for i in range(len(heads) - 1))
