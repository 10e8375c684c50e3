# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from thinc.api import Adam, compounding, fix_random_seed

from engine.errors import EngineError
from engine.training.learner_state import LearnerState, capture, restore
from engine.training.stream_learner import LearnerSettings, StreamLearner

from ..toy import shared, toy_examples, toy_pipeline

HEADS = ("tagger", "ner", "parser", "textcat")
SETTINGS = LearnerSettings(distillation=0.5, average=0.9, rates={"tok2vec/embed/*": 0.0, "tok2vec/*": 0.5})


def learner(seed: int = 0) -> tuple[StreamLearner, Adam]:
    """A fresh learner with its teacher, and a fresh optimizer whose rate grows."""
    nlp = toy_pipeline(shared(*HEADS), seed)
    return StreamLearner(nlp, toy_pipeline(shared(*HEADS), seed), SETTINGS), Adam(
        compounding(0.001, 0.1, 1.1)
    )


def learn(student: StreamLearner, optimizer: Adam, steps: int) -> None:
    """So many steps with dropout."""
    for _ in range(steps):
        student.update(toy_examples(student.pipeline), dropout=0.3, optimizer=optimizer)
        optimizer.step_schedules()


def test_a_restored_learner_goes_on_to_the_same_bytes() -> None:
    """Three steps, a stop, and three more in a fresh learner give the digest of six steps without a stop."""
    fix_random_seed(7)
    whole, optimizer = learner()
    learn(whole, optimizer, 3)
    files = capture(whole, optimizer, {"positions": {"0": 12}}).to_files()
    learn(whole, optimizer, 3)

    fix_random_seed(99)
    state = LearnerState.from_files(files)
    resumed, fresh = learner()
    restore(state, resumed, fresh, n_steps=3)
    assert capture(resumed, fresh, state.values).to_files() == files
    learn(resumed, fresh, 3)
    assert capture(resumed, fresh, state.values).digest == capture(whole, optimizer, state.values).digest


def test_what_is_frozen_keeps_its_bytes() -> None:
    """Files of components that did not change are the same, so that a store keeps them once."""
    nlp = toy_pipeline(shared(*HEADS))
    student = StreamLearner(nlp, None, LearnerSettings(0.0, 0.0, {"tok2vec/*": 0.0}))
    optimizer = Adam(0.1)
    before = capture(student, optimizer, {}).to_files()
    learn(student, optimizer, 1)
    after = capture(student, optimizer, {}).to_files()
    assert before["weights/tok2vec.safetensors"] == after["weights/tok2vec.safetensors"]
    assert before["weights/ner.safetensors"] != after["weights/ner.safetensors"]


def test_a_state_of_another_model_is_refused() -> None:
    """A missing parameter is named."""
    nlp = toy_pipeline(shared("tagger"))
    other = StreamLearner(nlp, None, LearnerSettings(0.0, 0.0))
    student, optimizer = learner()
    with pytest.raises(EngineError, match="expected weights ner/"):
        restore(capture(other, optimizer, {}), student, optimizer, 0)


def test_damaged_files_are_refused() -> None:
    """Neither a cut file nor a missing one goes through."""
    student, optimizer = learner()
    files = capture(student, optimizer, {}).to_files()
    with pytest.raises(EngineError, match="files of a learner's state"):
        LearnerState.from_files({**files, "random.safetensors": files["random.safetensors"][:50]})
    with pytest.raises(EngineError, match="files of a learner's state"):
        LearnerState.from_files({name: data for name, data in files.items() if name != "state.json"})
