# SPDX-License-Identifier: Apache-2.0
"""Beam search: a beam of one is the greedy way, a wide one holds the best way of all, and both learn."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from thinc.api import Adam, fix_random_seed

from engine import EngineError, Example, Pipeline
from engine.components import BeamDependencyParser, BeamEntityRecognizer
from engine.decoders.beam import search
from engine.decoders.parser_costs import GoldTree, move_costs
from engine.decoders.parser_state import ParserState
from engine.doc.example_batch import batch_of
from engine.kernels.parser.oracle import gold_arcs, write_costs
from engine.kernels.parser.state import N_KINDS, apply_action, begin_document, state_arrays
from tests.engine.toy import TOK2VEC, layers_of, section_of, toy_examples, toy_pipeline, trained_toy

TEXTS = ["Ada met Grace Hopper.", "New York City sleeps! They live in Kigali.", "", "Rain?"]


def beam_pipeline(factory: str, **settings: Any) -> Pipeline:
    """One component with beams."""
    return toy_pipeline({factory: {**section_of(factory, TOK2VEC), **settings}})


@pytest.mark.parametrize("factory", ["ner", "parser"])
def test_a_beam_of_one_is_the_greedy_way(factory: str) -> None:
    """With the same weights it finds what the greedy component finds."""
    greedy = trained_toy({factory: section_of(factory, TOK2VEC)}, n_steps=5)
    beam = beam_pipeline(f"beam_{factory}", beam_width=1, beam_update_prob=0.0)
    beam.component(f"beam_{factory}").load_state(greedy.component(factory).state())
    assert [layers_of(doc) for doc in beam.pipe(TEXTS)] == [layers_of(doc) for doc in greedy.pipe(TEXTS)]


class Digits:
    """Words of three letters; the first one decides what the others are worth."""

    def features(self, states: Any) -> Any:
        """The letters so far, as one number."""
        return np.array([[sum(4**i * (c + 1) for i, c in enumerate(state))] for state in states])

    def valid(self, states: Any) -> Any:
        """All letters."""
        return np.ones((len(states), 3), dtype=bool)

    def after(self, state: Any, action: int) -> Any:
        """One letter more."""
        return (*state, action)

    def is_final(self, state: Any) -> bool:
        """Three letters."""
        return len(state) == 3


def test_a_wide_beam_finds_the_best_way_of_all() -> None:
    """One as wide as there are ways gives them by their score."""
    table = np.random.default_rng(0).normal(size=(200, 3)).astype("float32")
    system = Digits()

    def total(word: tuple[int, ...]) -> float:
        parts = [table[system.features([word[:i]])[0, 0], word[i]] for i in range(3)]
        return float(sum(parts))

    (beam,) = search(system, [()], lambda features: table[features[:, 0]], 27, 0.0)
    words = sorted(itertools.product(range(3), repeat=3), key=total, reverse=True)
    assert [way.state for way in beam] == words
    (narrow,) = search(system, [()], lambda features: table[features[:, 0]], 27, 0.9)
    assert len(narrow) < len(beam)


@pytest.mark.parametrize("factory", ["beam_ner", "beam_parser"])
def test_whole_ways_are_learned(factory: str) -> None:
    """The loss falls, and what gold says is found."""
    fix_random_seed(0)
    nlp = beam_pipeline(factory, beam_update_prob=1.0)
    optimizer, examples = Adam(0.01), toy_examples(nlp)
    losses = [nlp.update(examples, optimizer=optimizer)[factory] for _ in range(25)]
    assert losses[-1] < 0.2 * losses[0]
    scores = nlp.evaluate(toy_examples(nlp))
    assert scores["ents_f" if factory == "beam_ner" else "dep_las"] == pytest.approx(1.0)


@pytest.mark.parametrize("factory", ["beam_ner", "beam_parser"])
def test_an_empty_document_in_a_batch_is_passed_over(factory: str) -> None:
    """It has no way to learn from; the others are learned as without it."""
    nlp = beam_pipeline(factory, beam_update_prob=1.0)
    alone, beside = ({}, {})
    examples = toy_examples(nlp)
    empty = Example(nlp.make_doc(""), nlp.make_doc(""))
    nlp.update(examples, sgd=False, losses=alone)
    nlp.update([*examples[:1], empty, *examples[1:]], sgd=False, losses=beside)
    assert beside[factory] == pytest.approx(alone[factory], rel=1e-5)


def test_entities_of_all_ways_have_probabilities() -> None:
    """`scored_ents` sums the ways that have an entity; where all have it, it is sure."""
    nlp = beam_pipeline("beam_ner", beam_width=8, beam_density=0.0)
    component = nlp.component("beam_ner")
    assert isinstance(component, BeamEntityRecognizer)
    batch = nlp.tokenizer.tokenize([TEXTS[0]])
    (scores,) = component.scored_ents(batch)
    assert scores
    assert all(0.0 < share <= 1.0 + 1e-9 for share in scores.values())


def test_arcs_of_all_ways_have_probabilities() -> None:
    """Each token has one head in each way: its arcs add up to one at most."""
    nlp = beam_pipeline("beam_parser", beam_width=8, beam_density=0.0)
    component = nlp.component("beam_parser")
    assert isinstance(component, BeamDependencyParser)
    (scores,) = component.scored_parses(nlp.tokenizer.tokenize([TEXTS[0]]))
    by_child = {child: 0.0 for _, child, _ in scores}
    for (_, child, _), share in scores.items():
        by_child[child] += share
    assert all(total <= 1.0 + 1e-9 for total in by_child.values())


@pytest.mark.parametrize("setting", [{"beam_width": 0}, {"beam_density": 2.0}, {"beam_update_prob": -0.1}])
def test_settings_out_of_bounds_are_refused(setting: dict[str, Any]) -> None:
    """They are named."""
    with pytest.raises(EngineError, match="expected beam_width of 'beam_ner' from 1 on"):
        beam_pipeline("beam_ner", **setting)


def test_costs_are_those_of_the_compiled_oracle() -> None:
    """On random walks with random gold both say the same of every state."""
    random = np.random.default_rng(0)
    for _ in range(40):
        n = int(random.integers(1, 9))
        heads = random.integers(-1, n, n)
        starts = random.integers(-1, 2, n).astype(np.int8)
        gold = gold_arcs(heads, heads, starts)
        tree = GoldTree(heads.tolist(), heads.tolist(), starts.tolist())
        state, arrays = ParserState([0] * n), state_arrays(n, None)
        begin_document(0, 0, n, arrays)
        while not state.is_final:
            costs = np.zeros(N_KINDS, dtype=np.int64)
            write_costs(arrays, gold, costs)
            assert move_costs(state, tree) == costs[:5].tolist()
            moves = [move for move in range(5) if state.is_valid(move)]
            if not moves:
                break
            move = int(random.choice(moves))
            state.apply(move, 0)
            apply_action(move, 0, 0, arrays)


def test_a_batch_of_unknown_gold_teaches_nothing() -> None:
    """Where gold says nothing of entities, all ways are right."""
    nlp = beam_pipeline("beam_ner")
    component = nlp.component("beam_ner")
    assert isinstance(component, BeamEntityRecognizer)
    examples = toy_examples(nlp)
    for example in examples:
        del example.reference.batch.spans["ents"]
    assert not len(component.beam_states(batch_of(examples, nlp.tokenizer), examples).features)
