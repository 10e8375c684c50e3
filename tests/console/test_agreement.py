# SPDX-License-Identifier: Apache-2.0
"""How far people agree: the measures, and whether their intervals hold."""

from __future__ import annotations

import random

import pytest

from schemas import Answer, AnswerKind, LabelledSpan, Layer
from workers.console.agreement import FEW, Pair, alpha, anchoring, interval, pairwise_f, report


def _pairs(n: int, error: float, dice: random.Random) -> list[Pair]:
    """Two people who each say one of three labels of one span, the right one but for an error."""
    found = []
    for _ in range(n):
        right = dice.choice("ABC")
        one, other = (
            right if dice.random() >= error else dice.choice([x for x in "ABC" if x != right])
            for _ in range(2)
        )
        found.append(Pair(frozenset({(0, 1, one)}), frozenset({(0, 1, other)}), [(one, other), ("", "")]))
    return found


def test_all_who_say_the_same_agree() -> None:
    """F and alpha are 1; with one label alone there is nothing to agree about."""
    same = [Pair(frozenset({(0, 1, "A")}), frozenset({(0, 1, "A")}), [("A", "A"), ("", "")])] * FEW
    assert pairwise_f(same).value == alpha(same).value == 1.0
    assert interval(pairwise_f(same))["lower"] == 1.0
    assert alpha([Pair(frozenset(), frozenset(), [("", "")])]).value is None
    assert pairwise_f([]).value is None


def test_alpha_is_that_of_the_book() -> None:
    """Krippendorff's own example of nominal data with two observers, 10 units: alpha = 0.095."""
    one, other = "0100000000", "1110010010"
    pairs = [Pair(frozenset(), frozenset(), [(a, b)]) for a, b in zip(one, other, strict=True)]
    assert alpha(pairs).value == pytest.approx(0.095, abs=0.001)


def test_few_texts_are_not_claimed_to_say_anything() -> None:
    """Below 20 no interval."""
    told = report(_pairs(FEW - 1, 0.1, random.Random(1)))
    assert told["f"]["few"]
    assert "lower" not in told["f"]


@pytest.mark.parametrize("runs", [20, pytest.param(100, marks=pytest.mark.nightly)])
def test_the_true_value_is_inside_of_the_interval(runs: int) -> None:
    """Of simulated people of a known error, 200 texts a run: in nine of ten runs at least."""
    dice, error = random.Random(3), 0.15
    true = (1 - error) ** 2 + error**2 / 2
    told = [interval(pairwise_f(_pairs(200, error, dice))) for _ in range(runs)]
    assert sum(one["lower"] <= true <= one["upper"] for one in told) >= 0.9 * runs


def test_anchoring_is_the_lead_of_those_who_saw_the_models_opinion() -> None:
    """Only random texts count, and blind ones are the yardstick."""
    span, other = LabelledSpan(0, 3, "PER"), LabelledSpan(0, 3, "LOC")

    def answer(i: int, blind: bool, said: LabelledSpan) -> Answer:
        return Answer(
            f"a-{i}",
            "ada",
            "",
            f"t-{i}",
            AnswerKind.ACCEPT,
            "Ada",
            queue="random",
            blind=blind,
            layers={"ents": Layer("complete", [said])},
        )

    answers = [answer(i, False, span) for i in range(FEW)] + [
        answer(i, True, other if i % 2 else span) for i in range(FEW, 2 * FEW)
    ]
    told = anchoring(answers, {one.answer_id: frozenset({(0, 3, "PER")}) for one in answers})
    assert told["difference"] == {"value": 0.5, "few": False}
