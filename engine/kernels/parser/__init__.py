# SPDX-License-Identifier: Apache-2.0
"""Dependency parsing over whole batches: the arc-eager system in compiled loops.

decoder.py   `CompiledParser`: greedy parsing, several documents in step
state.py     stack, buffer and arcs as arrays              the truth: `decoders.parser_state`
products.py  products of tokens with feature slots, made when they are needed
scores.py    state vector, scores, the best valid action   the truth: `decoders.parser_decoder`
oracle.py    what a parser learns from: states, and what gold wants in each
forest.py    trees out of arcs                             the truth: `doc.tree`, `doc.projectivity`
"""

from .decoder import CompiledParser
from .forest import finish_trees
from .oracle import GoldArcs, ParserStates, StateVectors, gold_arcs, walk, walk_rows

__all__ = [
    "CompiledParser",
    "GoldArcs",
    "ParserStates",
    "StateVectors",
    "finish_trees",
    "gold_arcs",
    "walk",
    "walk_rows",
]
