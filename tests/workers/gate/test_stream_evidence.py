# SPDX-License-Identifier: Apache-2.0
"""What the stream says of champion and student, correction by correction."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine import Example, Pipeline
from engine.scoring.units import Counts
from engine.training.keyed_example import KeyedExample
from tests.engine.toy import shared, toy_pipeline
from workers.gate import StreamEvidence
from workers.gate.answers import answers_of
from workers.gate.counts import f_scores

RIGHT, WRONG = {"ents": Counts(1, 0, 0)}, {"ents": Counts(0, 1, 1)}


def games(
    won: float, lost: float, n: int, seed: int = 0
) -> list[tuple[dict[str, Counts], dict[str, Counts]]]:
    """Documents of one entity, of which the student wins and loses these shares."""
    rows = np.random.default_rng(seed).choice(3, p=[won, lost, 1 - won - lost], size=n)
    return [((WRONG, RIGHT), (RIGHT, WRONG), (RIGHT, RIGHT))[row] for row in rows]


def test_a_better_student_is_shown_and_an_equal_one_is_not() -> None:
    """Sixteen documents in a hundred won against four lost are enough in three hundred; eight against eight
    are not."""
    better, equal = StreamEvidence(), StreamEvidence()
    better.weigh(games(0.16, 0.04, 300))
    equal.weigh(games(0.08, 0.08, 300))
    assert better.process.shows(0.01)
    assert equal.process.value < 5
    assert better.process.documents == 300


def test_evidence_has_the_sign_of_the_difference_of_f() -> None:
    """Where the student finds more and invents more, F decides what that is worth."""
    found = {"ents": Counts(1, 0, 0)}, {"ents": Counts(1, 0, 1)}
    bolder = [
        ({"ents": Counts(0, 0, 1)}, {"ents": Counts(1, 0, 0)}),
        ({"ents": Counts(1, 0, 0)}, {"ents": Counts(1, 3, 0)}),
    ]
    evidence = StreamEvidence()
    evidence.weigh([found, found, *bolder * 60])
    totals = [
        np.array([sum(getattr(row[side]["ents"], f) for row in bolder) for f in ("tp", "fp", "fn")])
        for side in (0, 1)
    ]
    assert f_scores(totals[1].astype(float)) < f_scores(totals[0].astype(float))
    assert evidence.process.value < 1


def test_it_goes_on_from_its_state() -> None:
    """Kept as JSON in the middle, and begun again: the same to the last bit."""
    rows = games(0.2, 0.1, 100)
    whole, half = StreamEvidence(rival=3), StreamEvidence(rival=3)
    for at in range(0, 100, 10):
        whole.weigh(rows[at : at + 10])
        half.weigh(rows[at : at + 10])
        kept = json.loads(json.dumps(half.state()))
        half = StreamEvidence()
        half.load_state(kept)
    assert half.state() == whole.state()


def test_each_champion_is_compared_anew() -> None:
    """What was won against one says nothing about the next; the same one again changes nothing."""
    evidence = StreamEvidence()
    evidence.face(1)
    evidence.weigh(games(0.5, 0.0, 100))
    evidence.face(1)
    assert evidence.process.value > 100
    evidence.face(2)
    assert (evidence.process.value, evidence.process.documents) == (1.0, 0)


@pytest.fixture
def toy() -> Pipeline:
    """A pipeline that has learned nothing."""
    return toy_pipeline(shared("tagger", "ner", "textcat"))


def made(nlp: Pipeline, i: int, author: str, supersedes: str | None = None) -> KeyedExample:
    """A correction's example, whose gold is what the pipeline says."""
    doc = nlp(f"Ada met Grace in Lima {i} .")
    example = Example(nlp.tokenizer(doc.text), doc)
    return KeyedExample(example.predicted, doc, key=f"c{i}", source="", author=author, supersedes=supersedes)


def test_a_revision_does_not_judge(toy: Pipeline) -> None:
    """What takes an earlier correction's place may have been learned in its old form."""
    evidence = StreamEvidence()
    examples = [made(toy, 1, "ada"), made(toy, 2, "ada", supersedes="c0")]
    evidence.score(toy, examples, answers_of(toy, examples))
    assert evidence.process.documents == 1


def test_one_author_does_not_carry_a_student(toy: Pipeline) -> None:
    """Of the corrections of several, one author's count up to his share."""
    evidence = StreamEvidence(share=0.0)
    examples = [made(toy, i, "mallory" if i else "ada") for i in range(30)]
    evidence.score(toy, examples, answers_of(toy, examples))
    assert evidence.process.documents == 14
