# SPDX-License-Identifier: Apache-2.0
"""Reading a dependency tree by token positions: children, subtrees, ancestors, the top of a span."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .projectivity import edges_of


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
        found, position = [token], 0
        while position < len(found):
            found.extend(self.children[found[position]])
            position += 1
        return sorted(found)

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
