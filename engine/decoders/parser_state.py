# SPDX-License-Identifier: Apache-2.0
"""A state of dependency parsing, written out plainly: stack, buffer, arcs, and what each action needs and
does."""

from __future__ import annotations

from collections.abc import Sequence

from .parser_actions import BREAK, LEFT, REDUCE, RIGHT, SHIFT

MISSING = -1
"""A feature token, or a head, that is not there."""


class ParserState:
    """Where the parse of one document stands. Tokens are positions in the document.

    `preset` holds sentence starts set before: 1 starts one, -1 does not, 0 is unknown.
    Source: the arc-eager system of Nivre 2003, "An efficient algorithm for projective dependency parsing"
    (IWPT), made non-monotonic as in Honnibal, Goldberg and Johnson 2013, "A non-monotonic arc-eager
    transition system for dependency parsing" (CoNLL), with the sentence break and the rules of validity of
    `arc_eager.pyx` in spaCy 3.
    """

    def __init__(self, preset: Sequence[int]) -> None:
        """Nothing read yet, nothing on the stack."""
        self.preset = list(preset)
        self.n_tokens = len(self.preset)
        self.stack: list[int] = []
        self.next = 0
        self.put_back: list[int] = []
        self.heads = [MISSING] * self.n_tokens
        self.labels = [MISSING] * self.n_tokens
        self.left: list[list[int]] = [[] for _ in range(self.n_tokens)]
        self.right: list[list[int]] = [[] for _ in range(self.n_tokens)]
        self.unshiftable: frozenset[int] = frozenset()
        self.breaks: frozenset[int] = frozenset()

    def copy(self) -> ParserState:
        """A state of its own that stands where this one does."""
        other = ParserState.__new__(ParserState)
        other.preset, other.n_tokens, other.next = self.preset, self.n_tokens, self.next
        other.stack, other.put_back = self.stack.copy(), self.put_back.copy()
        other.heads, other.labels = self.heads.copy(), self.labels.copy()
        other.left, other.right = self.left.copy(), self.right.copy()
        other.unshiftable, other.breaks = self.unshiftable, self.breaks
        return other

    @property
    def is_final(self) -> bool:
        """Whether stack and buffer are empty."""
        return not self.stack and not self.n_buffer

    @property
    def n_buffer(self) -> int:
        """Tokens in the buffer, those that were put back included."""
        return len(self.put_back) + self.n_tokens - self.next

    def B(self, k: int) -> int:
        """Token `k` of the buffer, counted from its front."""
        if k < len(self.put_back):
            return self.put_back[-1 - k]
        token = self.next + k - len(self.put_back)
        return token if token < self.n_tokens else MISSING

    def S(self, k: int) -> int:
        """Token `k` of the stack, counted from its top."""
        return self.stack[-1 - k] if k < len(self.stack) else MISSING

    def L(self, token: int, k: int) -> int:
        """The `k`-th most recent left child of a token, counted from 1."""
        return self.left[token][-k] if token != MISSING and k <= len(self.left[token]) else MISSING

    def R(self, token: int, k: int) -> int:
        """The `k`-th most recent right child of a token, counted from 1."""
        return self.right[token][-k] if token != MISSING and k <= len(self.right[token]) else MISSING

    def features(self, n_features: int) -> list[int]:
        """The tokens that a model of 8 or 13 features looks at."""
        first, top, second = self.B(0), self.S(0), self.S(1)
        common = [first, self.B(1), top, second, self.S(2)]
        if n_features == 8:
            return [*common, self.L(first, 1), self.L(top, 1), self.R(top, 1)]
        children = [self.L(top, 1), self.R(top, 1), self.L(first, 1), self.R(top, 2)]
        return [
            *common,
            *children,
            self.L(second, 1),
            self.L(second, 2),
            self.R(second, 1),
            self.R(second, 2),
        ]

    def starts_sentence(self, token: int) -> bool:
        """Whether a token starts a sentence, by an earlier component or by a break."""
        return self.preset[token] == 1 or token in self.breaks

    def is_valid(self, move: int, *, is_subtok: bool = False) -> bool:
        """Whether an action of this kind may be taken."""
        n, depth = self.n_buffer, len(self.stack)
        if move == SHIFT:
            return (depth == 0 and n > 0) or (
                n >= 2 and not self.starts_sentence(self.B(0)) and self.B(0) not in self.unshiftable
            )
        if move == REDUCE:
            return depth > 0 and (n == 0 or not (depth == 1 and self.preset[self.B(0)] == -1))
        if move == BREAK:
            return (
                n >= 2
                and self.B(1) == self.B(0) + 1
                and not self.starts_sentence(self.B(1))
                and self.preset[self.B(1)] != -1
            )
        if depth == 0 or n == 0 or self.starts_sentence(self.B(0)):
            return False
        return not is_subtok or self.S(0) == self.B(0) - 1

    def apply(self, move: int, label: int) -> None:
        """Take a valid action."""
        if move == SHIFT:
            self.stack.append(self._take())
        elif move == REDUCE:
            self._reduce()
        elif move == LEFT:
            self._attach(self.B(0), self.stack.pop(), label)
            self.unshiftable -= {self.B(0)}
        elif move == RIGHT:
            token = self._take()
            self._attach(self.S(0), token, label)
            self.stack.append(token)
        else:
            self.breaks |= {self.B(1)}

    def _take(self) -> int:
        if self.put_back:
            return self.put_back.pop()
        self.next += 1
        return self.next - 1

    def _reduce(self) -> None:
        top = self.stack.pop()
        if self.stack and self.heads[top] == MISSING:
            self.unshiftable |= {top}
            self.put_back.append(top)

    def _attach(self, head: int, child: int, label: int) -> None:
        # lists of children are put in place of others, never changed: copies of a state share them
        old = self.heads[child]
        if old != MISSING:
            children = self.left if child < old else self.right
            children[old] = [other for other in children[old] if other != child]
        children = self.left if child < head else self.right
        children[head] = [*children[head], child]
        self.heads[child], self.labels[child] = head, label
