# SPDX-License-Identifier: Apache-2.0
"""A base install: what works without the extras, and what is said where one is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from engine.extras import CUDA12, Extra, MissingExtraError, extras

BASE_INSTALL = Path(__file__).parents[1] / "base_install"

LEARN = """
import hashlib, sys
sys.path.insert(0, ".")
from engine.training.learner_state import capture
from engine.training.random_state import seed_all
from engine.training.stream_learner import LearnerSettings, StreamLearner
from tests.engine.toy import shared, toy_examples, toy_pipeline
from thinc.api import Adam

seed_all(7)
heads = ("tagger", "ner", "parser", "textcat", "spancat")
nlp = toy_pipeline(shared(*heads), 0)
teacher = toy_pipeline(shared(*heads), 0)
learner, optimizer = StreamLearner(nlp, teacher, LearnerSettings(distillation=0.5, average=0.9)), Adam(0.01)
for _ in range(3):
    learner.update(toy_examples(nlp), dropout=0.3, optimizer=optimizer)
print(capture(learner, optimizer, {}).digest)
print(hashlib.sha256(nlp("The cat sat in Kigali.").to_json().__repr__().encode()).hexdigest())
"""

REFUSED = """
import sys
import engine
from engine.extras import MissingExtraError
try:
    engine.load("models/en_starter", {how})
except MissingExtraError as error:
    print(error)
"""


def run(code: str, without: str) -> str:
    """What a process prints that runs as if these packages were not installed."""
    path = os.pathsep.join(filter(None, (str(BASE_INSTALL), os.environ.get("PYTHONPATH"))))
    environ = {**os.environ, "PYTHONPATH": path, "FRESHET_WITHOUT": without}
    return subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.timeout(400)  # two processes that may have to compile all kernels
def test_learning_has_the_same_bits_with_torch_and_without() -> None:
    """Weights, averages, optimizer and generators have one digest, and so have annotations."""
    found = run(LEARN, "torch,cryptography")
    assert found == run(LEARN, "")
    assert len(found.split()) == 2


@pytest.mark.parametrize("how", ["precision='bf16'", "precision='torch'", "device='cuda'"])
def test_what_needs_torch_says_so_before_a_text_is_read(how: str) -> None:
    """A pipeline that is loaded for a back end of an extra names it and the line to type."""
    said = run(REFUSED.format(how=how), "torch")
    assert how.partition("=")[2] in said
    assert "needs the extra 'torch', which is not installed; type: pip install 'freshet[torch]'" in said


def test_a_module_that_put_something_else_in_its_place_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faust does, when it is imported; what stands there has no spec."""
    monkeypatch.setitem(sys.modules, "changeling", ModuleType("changeling"))
    assert Extra("changeling", "changeling", "no-such-distribution", "nothing").is_installed


def test_an_extra_knows_whether_it_is_there() -> None:
    """It is looked for, not imported; one that is missing is required in vain."""
    absent = Extra("absent", "no_such_module_of_anyone", "no-such-distribution", "nothing")
    assert not absent.is_installed
    assert absent.version == ""
    with pytest.raises(MissingExtraError, match=r"this needs the extra 'absent'.*freshet\[absent\]"):
        absent.require("this")
    here = Extra("here", "pytest", "pytest", "tests")
    assert here.version == pytest.__version__
    here.require("this")
    assert CUDA12 in extras()
