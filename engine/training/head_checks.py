# SPDX-License-Identifier: Apache-2.0
"""Whether the heads of a document make trees."""

from __future__ import annotations

from collections.abc import Sequence


def first_circle(heads: Sequence[int]) -> int | None:
    """A word that hangs on itself over others, and on no root; None where all heads lead to one.

    >>> first_circle([1, 1, 1]), first_circle([1, 2, 0])
    (None, 0)
    """
    rooted = [False] * len(heads)
    for start in range(len(heads)):
        if rooted[start]:
            continue
        path: list[int] = []
        passed: set[int] = set()
        word = start
        while not rooted[word] and heads[word] != word:
            if word in passed:
                return word
            path.append(word)
            passed.add(word)
            word = heads[word]
        for seen in (*path, word):
            rooted[seen] = True
    return None


def wrong_head(heads: Sequence[int], words: Sequence[str]) -> str:
    """What is wrong with the heads of a document, in words; an empty string where nothing is."""
    for i, head in enumerate(heads):
        if not 0 <= head < len(heads):
            return (
                f"expected the head of token {i} ({words[i]!r}) to be one of {len(heads)} tokens, got {head}"
            )
    circle = first_circle(heads)
    if circle is None:
        return ""
    return (
        f"expected heads that lead to a root, but those of token {circle} ({words[circle]!r}) lead round in "
        "a circle"
    )
