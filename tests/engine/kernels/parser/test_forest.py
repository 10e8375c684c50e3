# SPDX-License-Identifier: Apache-2.0
"""Trees out of arcs are the plain functions' trees."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from engine.doc.projectivity import deprojectivize
from engine.doc.tree import edges_of, sentence_starts
from engine.kernels import finish_trees

from .random_parser import ACTIONS, ARCS


@pytest.mark.parametrize("seed", range(20))
def test_trees_equal_the_plain_ones(seed):
    """Roots, edges, sentence starts and decorated labels are finished as the plain functions do it, on any
    arcs."""
    rng = np.random.default_rng(seed)
    heads, labels, offsets = random_arcs(rng)
    is_space = rng.random(len(heads)) < 0.1
    expected = [plain_tree(heads, labels, is_space, a, b) for a, b in pairwise(offsets)]
    ids = np.array([ACTIONS.labels.index(label) for label in labels], dtype=np.int32)
    positions, starts = finish_trees(
        np.array(heads, np.int32), ids, offsets, is_space, ACTIONS.root_id, ACTIONS.label_parts
    )
    assert positions.tolist() == [head for tree in expected for head in tree[0]]
    assert [ACTIONS.labels[i] for i in ids] == [label for tree in expected for label in tree[1]]
    assert starts.tolist() == [start for tree in expected for start in tree[2]]


def random_arcs(rng: np.random.Generator) -> tuple[list[int], list[str], np.ndarray]:
    """Acyclic arcs, crossing or not, in a few documents; -1 for no head."""
    heads: list[int] = []
    offsets = [0]
    for size in rng.integers(0, 30, 5).tolist():
        first, reach = len(heads), int(rng.integers(2, 30))
        order = rng.permutation(size)
        for i in range(size):
            above = [j for j in range(size) if order[j] < order[i] and abs(i - j) < reach]
            heads.append(-1 if not above or rng.random() < 0.1 else first + int(rng.choice(above)))
        offsets.append(len(heads))
    labels = [str(rng.choice(ARCS)) if head >= 0 else "ROOT" for head in heads]
    return heads, labels, np.array(offsets)


def plain_tree(heads, labels, is_space, first, end):
    """Heads by position, labels and sentence starts of one document, by the plain functions."""
    local = [head - first if head >= 0 else i for i, head in enumerate(heads[first:end])]
    local, names = deprojectivize(local, labels[first:end], is_space[first:end])
    return local, names, sentence_starts(local, edges_of(local)[0])
