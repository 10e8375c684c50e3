# SPDX-License-Identifier: Apache-2.0
"""Whether arcs cross, in one pass."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.doc.projectivity import _is_projective, _may_cross


@st.composite
def forests(draw: st.DrawFn) -> list[int]:
    """Heads that lead to roots; a root's is its own."""
    n = draw(st.integers(0, 9))
    order = draw(st.permutations(range(n)))
    heads = [0] * n
    for place, token in enumerate(order):
        heads[token] = draw(st.sampled_from([token, *order[:place]]))
    return heads


@given(forests())
def test_one_pass_finds_what_a_look_at_every_arc_finds(heads: list[int]) -> None:
    """Some arc passes over a token that does not hang below its head, or none does."""
    crossing = any(not _is_projective(i, heads) for i in range(len(heads)))
    assert _may_cross(heads) == crossing


def test_unknown_heads_are_looked_at_arc_by_arc() -> None:
    """A head that gold does not say stops nobody, which one pass cannot see."""
    assert _may_cross([1, 1, -1])
