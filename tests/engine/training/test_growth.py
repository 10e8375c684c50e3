# SPDX-License-Identifier: Apache-2.0
"""A learner whose heads are given labels: with them grow averages, moments and what a teacher has to say."""

from __future__ import annotations

import numpy as np
import pytest
from thinc.api import Adam

from engine import Example, Pipeline
from engine.components import TrainableComponent
from engine.errors import EngineError
from engine.training.growth import chosen_heads, grow_heads, labels_beyond, new_labels
from engine.training.learner_state import capture, restore
from engine.training.parameters import parameters_of
from engine.training.random_state import seed_all
from engine.training.stream_learner import LearnerSettings, StreamLearner

from ..components.test_growth import GROWING, Said, new_label, with_new_label
from ..toy import shared, toy_examples, toy_pipeline
from .test_distillation import copy_of, gradients, plain

GROWN = {"ner": ["NEW"], "textcat": ["NEW"], "tagger": ["NEW"]}


def learner_of(*heads: str, seed: int = 0, average: float = 0.9) -> tuple[StreamLearner, Adam]:
    """A learner on the toy corpus after some steps, without a teacher."""
    nlp = toy_pipeline(shared(*heads), seed)
    learner, optimizer = StreamLearner(nlp, None, LearnerSettings(0.5, average)), Adam(0.01)
    seed_all(1)
    for _ in range(5):
        learner.update(toy_examples(nlp), optimizer=optimizer, dropout=0.1)
    return learner, optimizer


def test_labels_that_examples_bring_are_found_by_head() -> None:
    """In order of first appearance; what heads have is none of them."""
    nlp = toy_pipeline(shared("ner", "tagger", "textcat", "senter", "parser"))
    examples = toy_examples(nlp)
    assert new_labels(nlp, examples) == {}
    examples[0].reference.set_ents([(0, 1, "B"), (2, 3, "A"), (3, 4, "-"), (4, 5, "B")])
    examples[1].reference.set_cats({"nature": 1.0, "NEW": 1.0, "not": 0.0})
    examples[1].reference.set_tags(["!NO" if i else "NN" for i in range(len(examples[1].reference))])
    assert new_labels(nlp, examples) == {"ner": ["B", "A"], "textcat": ["NEW"]}


def test_half_a_morphological_class_is_no_label() -> None:
    """Who gives parts of speech alone has said nothing of features."""
    nlp = toy_pipeline(shared("morphologizer"))
    example = toy_examples(nlp)[0]
    del example.reference.batch.columns["morph"]
    assert new_labels(nlp, [example]) == {}


def test_heads_are_chosen_by_name() -> None:
    """`*` means all that can grow; other names are refused, with those that there are."""
    nlp = toy_pipeline(shared("ner", "tagger", "senter"))
    assert chosen_heads(nlp, ["*"]) == ["ner", "tagger"]
    assert chosen_heads(nlp, ["tagger"]) == ["tagger"]
    with pytest.raises(EngineError, match="got 'senter'; there are: ner, tagger"):
        chosen_heads(nlp, ["senter"])


@pytest.mark.parametrize("factory", GROWING)
def test_the_candidate_says_what_it_said(factory: str) -> None:
    """With averaged weights, too, in which the new classes begin from averaged ones."""
    learner, optimizer = learner_of(factory)
    with learner.candidate() as candidate:
        before = Said(candidate, factory)
    learner.grow({factory: [new_label(factory)]}, optimizer)
    with learner.candidate() as candidate:
        assert Said(candidate, factory).is_as(before)


def test_moments_of_old_classes_stay_and_those_of_new_ones_begin_at_zero() -> None:
    """So that the next step goes on where the last one ended."""
    learner, optimizer = learner_of("tagger", "spancat_singlelabel")
    before = {p.model_key: optimizer.mom1[p.model_key].copy() for p in parameters_of(learner.pipeline)}
    learner.grow({"tagger": ["NEW"], "spancat_singlelabel": ["NEW"]}, optimizer)
    for parameter in parameters_of(learner.pipeline):
        old, now = before[parameter.model_key], optimizer.mom1[parameter.model_key]
        assert now.size == parameter.value().size
        if now.size != old.size:
            whole = now.reshape(parameter.value().shape)
            place = 2 if parameter.component.startswith("spancat") else len(whole) - 1
            assert not whole[place].any()
            assert np.array_equal(np.delete(whole, place, axis=0).reshape(-1), old)
    learner.update(toy_examples(learner.pipeline), optimizer=optimizer)


def test_a_restored_learner_goes_on_alike() -> None:
    """A learner of the first pipeline is given the same labels, then the state; the same bytes come out of
    the same steps."""
    digests = []
    first, optimizer = learner_of(*GROWN)
    first.grow(GROWN, optimizer)
    examples = [with_new_label(first.pipeline, "ner"), *toy_examples(first.pipeline)]
    first.update(examples, optimizer=optimizer, dropout=0.2)
    state = capture(first, optimizer, {})
    second, again = StreamLearner(toy_pipeline(shared(*GROWN)), None, first.settings), Adam(0.01)
    second.grow(first.grown, again)
    for learner, moments in ((first, optimizer), (second, again)):
        restore(state, learner, moments, 0)
        for _ in range(3):
            learner.update(examples, optimizer=moments, dropout=0.2)
        digests.append(capture(learner, moments, {}).digest)
    assert digests[0] == digests[1]


def test_sizes_that_a_config_gives_are_left_open() -> None:
    """Or the grown pipeline could not be loaded."""
    sections = shared("tagger", "textcat")
    sections["tagger"]["model"]["nO"] = 8
    nlp = toy_pipeline(sections)
    grow_heads(nlp, {"tagger": ["NEW"], "textcat": ["NEW"]})
    assert copy_of(nlp).labels == nlp.labels
    assert nlp.config["components"]["tagger"]["model"]["tok2vec"]["width"] == 16


def test_labels_of_another_pipeline_are_found() -> None:
    """What one needs to be given to become as the other."""
    old, new = toy_pipeline(shared("ner", "tagger")), toy_pipeline(shared("ner", "tagger"))
    grow_heads(new, {"ner": ["B", "A"]})
    assert labels_beyond(old, new) == {"ner": ["B", "A"]}
    assert labels_beyond(new, old) == {}


@pytest.mark.parametrize("factory", GROWING)
def test_a_teacher_that_lacks_a_label_teaches_the_others(factory: str) -> None:
    """A student that only grew learns nothing from its former self; one that has changed comes back to it."""
    nlp = toy_pipeline(shared(factory))
    optimizer = Adam(0.01)
    for _ in range(30):
        nlp.update(toy_examples(nlp), optimizer=optimizer)
    teacher = copy_of(nlp)
    learner = StreamLearner(nlp, teacher, LearnerSettings(1.0, 0.0))
    learner.grow({factory: [new_label(factory)]}, optimizer)
    texts = [plain(nlp, "Grace met Ada in York. Rain fell?"), plain(nlp, "They live in Kigali .")]
    losses = learner.update(texts)
    assert losses[f"{factory}.rehearsal"] < 1e-9
    assert max(float(np.abs(gradient).max()) for gradient in gradients(nlp).values()) < 1e-3
    change(nlp, factory)
    distances, optimizer = [], Adam(0.01)
    for _ in range(60):
        distances.append(learner.update(texts, optimizer=optimizer)[f"{factory}.rehearsal"])
    assert distances[-1] < 0.5 * distances[0]


def change(nlp: Pipeline, factory: str) -> None:
    """Move the head's weights a little."""
    component = nlp.component(factory)
    assert isinstance(component, TrainableComponent)
    random = np.random.default_rng(0)
    for node in component.model.walk():
        for name in node.param_names:
            value = node.get_param(name)
            node.set_param(name, value + random.normal(0, 0.2, value.shape).astype("float32"))
            node.set_grad(name, np.zeros_like(value))
    component.weights_changed()


def test_a_new_label_is_learned_against_a_teacher_that_lacks_it() -> None:
    """From one document; what the teacher knows of others stays."""
    learner, optimizer = learner_of("ner")
    for _ in range(30):
        learner.update(toy_examples(learner.pipeline), optimizer=optimizer)
    learner.teacher = copy_of(learner.pipeline)
    example: Example = with_new_label(learner.pipeline, "ner")
    learner.grow(new_labels(learner.pipeline, [example]), optimizer)
    for _ in range(40):
        learner.update([example, plain(learner.pipeline, "Ada met Grace Hopper .")], optimizer=optimizer)
    with learner.candidate() as candidate:
        assert [(e.text, e.label) for e in candidate(example.text).ents] == [("New York City", "NEW")]
        assert ("Ada", "PER") in [(e.text, e.label) for e in candidate("Ada met Grace Hopper .").ents]
