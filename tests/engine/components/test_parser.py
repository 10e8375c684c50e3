# SPDX-License-Identifier: Apache-2.0
"""The parser as a component: actions, gold trees, learning, scores."""

from __future__ import annotations

import numpy as np
import pytest
from thinc.api import Adam

from engine import EngineError, Example
from engine.components import DependencyParser
from engine.components.parser import actions_of, count_actions
from engine.decoders import ParserActions
from engine.decoders.parser_actions import BREAK, LEFT, RIGHT, SHIFT
from engine.doc.projectivity import deprojectivize, projectivize
from engine.scoring.scorer import score_deps

from ..gradients import shake
from ..toy import alone, shared, toy_examples, toy_pipeline


def test_actions_survive_json() -> None:
    """Classes of a trained model keep their places; decorated labels know their parts."""
    actions = actions_of(["obj", "obj||nsubj", "root"])
    assert ParserActions.from_json(actions.to_json()) == actions
    assert {"obj", "nsubj", "ROOT", "dep"} <= set(actions.labels)
    assert "root" not in actions.labels


def test_what_is_no_label_set_is_refused() -> None:
    """The error says what is expected."""
    with pytest.raises(EngineError, match="dependency labels"):
        actions_of(7)


@pytest.mark.parametrize("heads", [[1, 1, 1, 1, 2, 3], [2, 2, 2, 0, 2]])
def test_crossing_arcs_are_lifted_and_put_back(heads: list[int]) -> None:
    """A tree without crossing arcs says in its labels where the lifted ones were."""
    labels = [f"l{i}" if head != i else "ROOT" for i, head in enumerate(heads)]
    lifted, decorated = projectivize(heads, labels)
    assert lifted != heads
    assert projectivize(lifted, labels)[0] == lifted
    assert deprojectivize(lifted, decorated, [False] * len(heads)) == (heads, labels)


def test_gold_trees_are_counted_by_kind_of_action() -> None:
    """Roots count for a break, others for their side, and for the shift or reduce that goes with it."""
    nlp = toy_pipeline(alone("sentencizer"))
    counts = count_actions(toy_examples(nlp))
    assert counts[BREAK] == {"ROOT": 4}
    assert counts[LEFT] == {"nsubj": 4}
    assert counts[SHIFT] == {"": 4}
    assert counts[RIGHT] == {"dep": 9}


def test_gold_tree_is_given_in_our_tokens() -> None:
    """A token over several gold words has the head of their top; a word cut into tokens has none, nor can it
    be one."""
    nlp = toy_pipeline(alone("sentencizer"))
    gold = nlp.tokenizer.from_words(["can", "not", "seeit", "."], [False, True, False, False])
    gold.set_heads([2, 0, 2, 2], ["aux", "advmod", "ROOT", "punct"])
    merged = Example(nlp.tokenizer.from_words(["cannot", "seeit", "."], [True, False, False]), gold)
    cut = Example(
        nlp.tokenizer.from_words(["can", "not", "see", "it", "."], [False, True, False, False, False]), gold
    )
    assert merged.aligned_parse() == ([1, 1, 1], ["aux", "ROOT", "punct"])
    assert cut.aligned_parse() == ([-1, 0, -1, -1, -1], [None, "advmod", None, None, None])


def test_parser_learns_the_toy_trees() -> None:
    """After some steps over its own embedding, heads, labels and sentences are gold's."""
    nlp = toy_pipeline(shared("parser"))
    examples, optimizer = toy_examples(nlp), Adam(0.01)
    for _ in range(60):
        nlp.update(examples, optimizer=optimizer)
    scores = nlp.evaluate(examples)
    assert scores["dep_uas"] == scores["dep_las"] == 1.0
    assert scores["sents_f"] == 1.0


@pytest.mark.parametrize("extra", [False, True])
@pytest.mark.parametrize("use_upper", [False, True])
def test_compiled_parser_agrees_with_the_plain_one(extra: bool, use_upper: bool) -> None:
    """On random weights, with sentence starts set before or not, both make the same trees."""
    sections = alone("parser")
    sections["parser"]["model"] |= {"extra_state_tokens": extra, "use_upper": use_upper}
    nlp = toy_pipeline(sections)
    shake(nlp)
    component = nlp.component("parser")
    assert isinstance(component, DependencyParser)
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(["Ada", "New", "York", "\n", "met", "?"], 9)) for _ in range(20)]
    for starts in (False, True):
        plain, fast = (nlp.tokenizer.tokenize(texts) for _ in range(2))
        for batch in (plain, fast):
            batch.sent_starts = random.choice([0, 1, -1], batch.n_tokens).astype(np.int8) if starts else None
            random = np.random.default_rng(1)
        plain.sent_starts = fast.sent_starts
        component.predict_plain(plain)
        component.predict(fast)
        assert plain.heads is not None
        assert fast.heads is not None
        assert plain.heads.tolist() == fast.heads.tolist()
        assert plain.columns["dep"].ids.tolist() == fast.columns["dep"].ids.tolist()


def test_scores_leave_punctuation_out() -> None:
    """Labelled and unlabelled arcs are counted by gold words, those of punctuation are not."""
    nlp = toy_pipeline(alone("sentencizer"))
    gold, found = (nlp.tokenizer.from_words(["Ada", "met", "Grace", "."]) for _ in range(2))
    gold.set_heads([1, 1, 1, 1], ["nsubj", "ROOT", "obj", "punct"])
    found.set_heads([1, 1, 1, 2], ["obj", "ROOT", "obj", "punct"])
    scores = score_deps([Example(found, gold)])
    assert scores["dep_uas"] == 1.0
    assert scores["dep_las"] == pytest.approx(2 / 3)
    assert scores["dep_las_per_type"]["nsubj"]["r"] == 0.0  # type: ignore[index]  # a table per label
