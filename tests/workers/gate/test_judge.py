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
from engine.training.keyed_example import KeyedExample
from workers.bundled import STARTER, find_model
from workers.cli.demo.samples import read_samples
from workers.errors import SettingsError
from workers.gate import History, StreamEvidence, Verdict, judge, needs_rollback, since
from workers.gate.answers import answers_of
from workers.settings import GateSettings, read_trainer_settings

SETTINGS = GateSettings(max_latency_ratio=100.0)
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
    assert list(verdict.reasons) == [
        f"nothing is gained: both say the same of the {len(examples)} documents that judge"
    ]
    assert all(delta.worse <= 1 for delta in verdict.holdout)


def test_a_gain_that_may_be_luck_is_not_enough(
    good: Pipeline, spoiled: Pipeline, examples: list[Example]
) -> None:
    """The same two models on few documents: refused for lack of evidence, with the number that is missing;
    with as many more, it passes."""
    some = judge(spoiled, good, examples[60:66], examples[:3], replace(SETTINGS, max_hidden_loss=1.0))
    assert not some.passed
    (reason,) = some.reasons
    assert reason.startswith("too little evidence: on 9 documents that judge (")
    assert some.evidence is not None
    assert some.evidence.more_documents is not None
    assert f"about {some.evidence.more_documents} more like these would do" in reason
    assert some.evidence.estimate > 0
    enough = judge(spoiled, good, examples[60:], examples[:60], SETTINGS)
    assert enough.evidence is not None
    assert enough.evidence.evidence >= enough.evidence.needed == pytest.approx(200)
    assert enough.evidence.more_documents == 0


def test_nobody_is_promoted_by_the_stream_alone(
    good: Pipeline, spoiled: Pipeline, examples: list[Example]
) -> None:
    """Without a holdout and without a base, what people said is judged by what people said: refused. A base
    stands in for the holdout where a great loss is to be excluded."""
    alone = judge(spoiled, good, [], examples, replace(SETTINGS, min_holdout=0))
    assert [reason[:42] for reason in alone.reasons] == ["nothing but the stream judges the stream: "]
    based = judge(spoiled, good, [], examples, replace(SETTINGS, min_holdout=0), base=examples)
    assert based.passed, based.reasons
    assert based.as_json()["guard"] == "base"
    lost = judge(good, spoiled, [], examples, replace(SETTINGS, min_holdout=0), base=examples)
    assert any(reason.startswith("ents on the base, ") for reason in lost.reasons)


def test_evidence_is_shared_among_a_champions_candidates(
    good: Pipeline, spoiled: Pipeline, examples: list[Example]
) -> None:
    """The tenth candidate needs more than the first, so that all of them together are promoted by luck no
    more often than one; what earlier ones had counts."""
    first = judge(spoiled, good, examples[60:], examples[:60], SETTINGS)
    tenth = judge(
        spoiled, good, examples[60:], examples[:60], SETTINGS, history=History(3, looks=9, spent=50.0)
    )
    assert first.evidence is not None
    assert tenth.evidence is not None
    assert first.evidence.needed == pytest.approx(200)
    assert tenth.evidence.needed == pytest.approx((100 - 50) * 10 * 11)
    again = History.from_verdicts(3, None, [tenth.as_json(), first.as_json()])
    assert (again.looks, again.proven) == (10, False)
    assert again.spent == pytest.approx(50.0 + tenth.evidence.evidence / 110, rel=1e-5)


def test_what_cannot_be_shown_costs_nothing(
    good: Pipeline, spoiled: Pipeline, examples: list[Example]
) -> None:
    """A candidate on so few documents that none could pass takes no share of the error from others."""
    verdict = judge(spoiled, good, examples[60:64], examples[:2], SETTINGS)
    assert verdict.evidence is not None
    assert (verdict.evidence.looks, verdict.evidence.spent) == (0, 0.0)


def test_the_same_student_gone_on_refreshes_a_champion_that_was_proven(
    good: Pipeline, spoiled: Pipeline, examples: list[Example]
) -> None:
    """Where the champion was itself shown to be better than one before it, an estimate above 0 that nothing
    speaks against is enough; not where it was not, nor where refreshing is off."""
    some, few = (examples[60:66], examples[:3]), replace(SETTINGS, max_hidden_loss=1.0)
    proven = History(2, proven=True)
    assert judge(spoiled, good, *some, few, history=proven).as_json()["evidence"]["basis"] == "refresh"  # type: ignore[index]
    assert judge(spoiled, good, *some, few, history=proven).passed
    assert not judge(spoiled, good, *some, replace(few, refresh=False), history=proven).passed
    assert not judge(good, spoiled, *some, few, history=proven).passed
    assert not judge(good, good, *some, few, history=proven).passed


def test_the_stream_can_show_a_gain_that_few_documents_cannot(
    good: Pipeline, spoiled: Pipeline, examples: list[Example]
) -> None:
    """All corrections were answered before they were learned: where that shows a better student, few held-out
    ones must only not speak against the candidate."""
    some, few = (examples[60:66], examples[:3]), replace(SETTINGS, max_hidden_loss=1.0)
    evidence = StreamEvidence(rival=1)
    evidence.score(spoiled, examples, answers_of(good, examples))
    assert evidence.process.value > 200
    shown = History(1, stream=evidence.process)
    assert judge(spoiled, good, *some, few, history=shown).passed
    assert not judge(good, good, *some, few, history=shown).passed
    assert not judge(good, spoiled, *some, few, history=shown).passed


def test_a_worse_candidate_is_refused_with_all_reasons(
    good: Pipeline, spoiled: Pipeline, examples: list[Example]
) -> None:
    """What is lost, what flips and what is not gained, each with figures; layers that stay as they were are
    not blamed."""
    verdict = judged(good, spoiled, examples)
    said = "\n".join(verdict.reasons)
    assert not verdict.passed
    assert "ents on the holdout loses: from 1.0000 to " in said
    assert "right answers of ents become wrong" in said
    assert "ents on recent held-out corrections loses" in said
    assert "nothing is gained: on " in said
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
    assert [reason[:40] for reason in verdict.reasons] == [
        "nothing but the stream judges the stream",
        "expected at least 1 documents in the hol",
        "expected at least 1 recent held-out corr",
        "nothing is gained: both say the same of ",
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
    assert needs_rollback(spoiled, good, examples[:9], SETTINGS) == ""
    assert needs_rollback(spoiled, good, examples[:60], replace(SETTINGS, min_regret=0)) == ""


def test_only_what_came_since_its_promotion_speaks_against_a_champion(examples: list[Example]) -> None:
    """The corrections that promoted it cannot take it back; where none of them is kept any more, it has stood
    its time; where nothing is known, as after a promotion by hand, all count."""
    recent = [
        KeyedExample(e.predicted, e.reference, key=f"c{i}", source="") for i, e in enumerate(examples[:9])
    ]
    assert since(recent, ["c3", "c4", "gone"]) == recent[5:]
    assert since(recent, ["gone"]) == []


def test_a_verdict_is_json(good: Pipeline, spoiled: Pipeline, examples: list[Example]) -> None:
    """It is stored with the version, so JSON must express it whole."""
    row = orjson.loads(orjson.dumps(judged(good, spoiled, examples).as_json()))
    assert row["passed"] is False
    assert row["holdout"]["ents"]["champion"] == 1.0
    assert row["flips"]["ents"]["negative"] > 0
    assert row["cost"]["champion_bytes"] > 1_000_000
    assert row["evidence"]["documents"] == len(examples)
    assert row["evidence"]["basis"] == ""


def test_the_verdict_is_the_same_each_time(
    good: Pipeline, spoiled: Pipeline, examples: list[Example]
) -> None:
    """All but the clock follows from the models, the examples and the seed."""
    one, other = (judged(good, spoiled, examples) for _ in range(2))
    assert replace(one, cost=None) == replace(other, cost=None)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"tolerence": 0.1}, "no such setting; those that exist: alpha, confidence"),
        ({"tolerance": "0.1"}, "tolerance: expected float, got '0.1'"),
        ({"confidence": 2.0}, "confidence: expected a number from 0.5"),
        ({"min_recent": 1.5}, "min_recent: expected int"),
        ({"guarded_layers": "ents"}, "guarded_layers: expected a list of names"),
        ({"alpha": 0.0}, "alpha: expected a number from 1e-06 to 0.5"),
    ],
)
def test_wrong_settings_are_named(section: dict[str, object], said: str) -> None:
    """An error says which key, what was expected and what came."""
    with pytest.raises(SettingsError, match="learner -> gate") as caught:
        read_trainer_settings({"gate": section})
    assert said in str(caught.value)


def test_settings_of_the_bootstrap_are_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    """A config that was written for Freshet 0.2 is read; what nothing reads any more is named."""
    settings = read_trainer_settings({"gate": {"resamples": 1000, "seed": 0, "tolerance": 0.02}})
    assert settings.gate == GateSettings(tolerance=0.02)
    assert "learner -> gate -> resamples is ignored" in caplog.text
    assert "learner -> gate -> seed is ignored" in caplog.text
