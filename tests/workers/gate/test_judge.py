# SPDX-License-Identifier: Apache-2.0
"""The gate's verdict on real pipelines: the starter, and the same with some of its weights spoiled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest

import engine
from engine import Example, Pipeline
from engine.components import TrainableComponent
from workers.bundled import STARTER, find_model
from workers.cli.demo.samples import read_samples
from workers.errors import SettingsError
from workers.gate import Verdict, judge, needs_rollback
from workers.settings import GateSettings, read_trainer_settings

SETTINGS = GateSettings(resamples=200, max_latency_ratio=100.0)
"""Without the clock: a loaded machine is no rule of the gate."""


def starter(name: str = "", noise: float = 0.0) -> Pipeline:
    """The starter, one component's output layer disturbed by so much noise."""
    nlp = engine.load(find_model(STARTER))
    if noise:
        component = nlp.component(name)
        assert isinstance(component, TrainableComponent)
        rng = np.random.default_rng(0)
        for node in component.model.walk():
            if node.has_param("W") and node.name != "precomputable_affine":
                weights = node.get_param("W")
                node.set_param("W", weights + noise * rng.normal(size=weights.shape).astype(weights.dtype))
        component.weights_changed()
        nlp._digest = None
    return nlp


def texts() -> list[str]:
    """The demo's texts."""
    rows = [orjson.loads(value) for value in read_samples() if value.startswith(b'{"id":"demo-')]
    return [row["text"] for row in rows]


@pytest.fixture(scope="module")
def good() -> Pipeline:
    """The starter as it is."""
    return starter()


@pytest.fixture(scope="module")
def spoiled() -> Pipeline:
    """The starter with a disturbed entity recognizer."""
    return starter("ner", 0.3)


@pytest.fixture(scope="module")
def examples(good: Pipeline) -> list[Example]:
    """Texts whose gold is what the starter says, so that its scores are 1."""
    return [Example(good.tokenizer(text), good(text)) for text in texts()]


def judged(
    champion: Pipeline, candidate: Pipeline, examples: list[Example], settings: GateSettings = SETTINGS
) -> Verdict:
    """The verdict with two thirds as holdout and one third as recent corrections."""
    return judge(champion, candidate, examples[60:], examples[:60], settings)


def test_a_better_candidate_passes(good: Pipeline, spoiled: Pipeline, examples: list[Example]) -> None:
    """Gain on recent corrections, no loss on the holdout: the candidate passes, and the verdict says by how
    much."""
    verdict = judged(spoiled, good, examples)
    assert verdict.passed, verdict.reasons
    assert verdict.gain > 0
    assert verdict.scores["ents"] == verdict.scores["recent.ents"] == 1.0
    assert verdict.n_holdout == len(examples) - 60


def test_a_candidate_that_is_the_champion_gains_nothing(good: Pipeline, examples: list[Example]) -> None:
    """Equal models: nothing is lost and nothing flips, and the lack of a gain alone speaks against it."""
    verdict = judged(good, good, examples)
    assert not verdict.passed
    assert [reason[:40] for reason in verdict.reasons] == ["on recent held-out corrections F changes"]
    assert all(delta.lower == 0 for delta in verdict.holdout)


def test_a_worse_candidate_is_refused_with_all_reasons(
    good: Pipeline, spoiled: Pipeline, examples: list[Example]
) -> None:
    """What is lost, what flips and what is not gained, each with figures; layers that stay as they were are
    not blamed."""
    verdict = judged(good, spoiled, examples)
    said = "\n".join(verdict.reasons)
    assert not verdict.passed
    assert "ents on the holdout may lose" in said
    assert "right answers of ents become wrong" in said
    assert "recent held-out corrections" in said
    assert "tag on the holdout" not in said
    assert next(f for f in verdict.flips if f.layer == "tag").negative == 0


def test_only_guarded_layers_can_stop_a_candidate(
    good: Pipeline, spoiled: Pipeline, examples: list[Example]
) -> None:
    """With only tags guarded, lost entities do not count on the holdout."""
    verdict = judged(
        good,
        spoiled,
        examples,
        replace(SETTINGS, guarded_layers=("tag",), guarded_label_layers=(), min_gain=-1.0),
    )
    assert verdict.passed, verdict.reasons


def test_without_held_out_documents_nothing_passes(good: Pipeline) -> None:
    """No evidence, no promotion."""
    verdict = judge(good, good, [], [], SETTINGS)
    assert not verdict.passed
    assert [reason.split(",")[0] for reason in verdict.reasons] == [
        "expected at least 1 documents in the holdout",
        "expected at least 1 recent held-out corrections",
    ]


def test_weights_that_are_no_numbers_are_refused(good: Pipeline, examples: list[Example]) -> None:
    """NaN in the weights stops a candidate before anything is scored."""
    broken = starter()
    component = broken.component("tagger")
    assert isinstance(component, TrainableComponent)
    node = next(node for node in component.model.walk() if node.has_param("W"))
    node.set_param("W", np.full_like(node.get_param("W"), np.nan))
    component.weights_changed()
    verdict = judged(good, broken, examples)
    assert not verdict.passed
    assert "layer softmax, got some that are not finite" in verdict.reasons[0]
    assert verdict.holdout == ()


def test_a_candidate_without_a_component_is_refused(
    good: Pipeline, examples: list[Example], tmp_path: Path
) -> None:
    """What the champion annotates the candidate must annotate too."""
    good.to_disk(tmp_path)
    verdict = judged(good, engine.load(tmp_path, exclude=["ner"]), examples)
    assert any("lacks components of the champion: ner" in reason for reason in verdict.reasons)


def test_a_cost_above_the_budget_is_refused(
    good: Pipeline, spoiled: Pipeline, examples: list[Example]
) -> None:
    """Twice the size allowed at half: the reason names the ratio."""
    verdict = judged(spoiled, good, examples, replace(SETTINGS, max_size_ratio=0.5))
    assert [reason for reason in verdict.reasons if "files are 1.00 times" in reason]


def test_a_promotion_is_regretted_where_the_one_before_is_better(
    good: Pipeline, spoiled: Pipeline, examples: list[Example]
) -> None:
    """New corrections that show a worse champion beyond doubt speak for the version before, with figures;
    never the other way round."""
    assert "ents from 1.0000 to 0." in needs_rollback(spoiled, good, examples[:60], SETTINGS)
    assert needs_rollback(good, spoiled, examples[:60], SETTINGS) == ""
    assert needs_rollback(good, good, examples[:60], SETTINGS) == ""


def test_few_corrections_are_no_reason_for_regret(
    good: Pipeline, spoiled: Pipeline, examples: list[Example]
) -> None:
    """Below the number asked for nothing is taken back; at 0 never."""
    assert needs_rollback(spoiled, good, examples[:29], SETTINGS) == ""
    assert needs_rollback(spoiled, good, examples[:60], replace(SETTINGS, min_regret=0)) == ""


def test_a_verdict_is_json(good: Pipeline, spoiled: Pipeline, examples: list[Example]) -> None:
    """It is stored with the version, so JSON must express it whole."""
    row = orjson.loads(orjson.dumps(judged(good, spoiled, examples).as_json()))
    assert row["passed"] is False
    assert row["holdout"]["ents"]["champion"] == 1.0
    assert row["flips"]["ents"]["negative"] > 0
    assert row["cost"]["champion_bytes"] > 1_000_000


def test_the_verdict_is_the_same_each_time(
    good: Pipeline, spoiled: Pipeline, examples: list[Example]
) -> None:
    """All but the clock follows from the models, the examples and the seed."""
    one, other = (judged(good, spoiled, examples) for _ in range(2))
    assert replace(one, cost=None) == replace(other, cost=None)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"tolerence": 0.1}, "no such setting; those that exist: confidence"),
        ({"tolerance": "0.1"}, "tolerance: expected float, got '0.1'"),
        ({"confidence": 2.0}, "confidence: expected a number from 0.5"),
        ({"resamples": 1.5}, "resamples: expected int"),
        ({"guarded_layers": "ents"}, "guarded_layers: expected a list of names"),
        ({"resamples": 0}, "resamples: expected a number from 1"),
    ],
)
def test_wrong_settings_are_named(section: dict[str, object], said: str) -> None:
    """An error says which key, what was expected and what came."""
    with pytest.raises(SettingsError, match="learner -> gate") as caught:
        read_trainer_settings({"gate": section})
    assert said in str(caught.value)
