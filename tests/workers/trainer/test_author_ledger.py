# SPDX-License-Identifier: Apache-2.0
"""Whose corrections are learned as they come: limits, evidence, decisions."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from engine.scoring.unit_pairs import UnitPair
from engine.scoring.units import Unit
from schemas import LabelledSpan, Layer
from workers.corrections import AuthorDecision, Decided
from workers.settings import AuthorSettings
from workers.trainer.author_evidence import Evidence
from workers.trainer.author_ledger import AuthorLedger, Refusal, Standing

from .support import correction

UNIT = Unit("ents", "PER", 0, 1)
OTHER = Unit("ents", "LOC", 0, 1)
RIGHT, WRONG = {"ents": UnitPair({UNIT}, {UNIT})}, {"ents": UnitPair({UNIT}, {OTHER})}


def ledger(**settings: Any) -> AuthorLedger:
    """A ledger with these settings."""
    return AuthorLedger(AuthorSettings(**settings))


def judge(book: AuthorLedger, share_right: dict[str, float], n: int, seed: int = 0) -> AuthorLedger:
    """Corrections of these authors in turn; the model had so large a share of each one's right."""
    rng = random.Random(seed)
    for _ in range(n):
        for author, share in share_right.items():
            book.judge(author, RIGHT if rng.random() < share else WRONG)
    return book


def test_who_disagrees_far_more_than_the_others_is_held_back() -> None:
    """And nobody else, though the model is wrong on three of ten of everybody's texts."""
    book = judge(ledger(), {"ada": 0.7, "bo": 0.7, "flip": 0.05}, 60)
    assert {name: book.standing(name) for name in ("ada", "bo", "flip")} == {
        "ada": Standing.OPEN,
        "bo": Standing.OPEN,
        "flip": Standing.HELD,
    }
    assert book.refuse(correction(1, author="flip"), 0) is Refusal.AUTHOR
    assert book.refuse(correction(1, author="ada"), 0) is None


def test_harder_texts_are_no_reason() -> None:
    """An author within what is tolerated is held back with a probability of at most `false_alarm`, however
    often one looks: at the limit, in 100 streams, at most twice."""
    held = [judge(ledger(), {"ada": 0.7, "hard": 0.6}, 200, seed).standing("hard") for seed in range(100)]
    assert held.count(Standing.HELD) <= 2


def test_nobody_is_held_back_who_is_alone() -> None:
    """Without others there is no measure: a model may simply be wrong."""
    assert judge(ledger(), {"ada": 0.0}, 300).standing("ada") is Standing.OPEN


def test_the_wealth_of_bets_seldom_grows_where_the_excess_is_tolerable() -> None:
    """Ville: over 2,000 authors at the limit, at most 1 in 20 ever reaches 20."""
    rng, reached = random.Random(1), 0
    for _ in range(2000):
        evidence, top = Evidence(), 1.0
        for _ in range(100):
            excess = 0.7 if rng.random() < 0.5 else -0.3  # 0.2 in the mean
            evidence.bet(0, excess, 0.2)
            evidence.bet(1, excess, 0.2)
            top = max(top, evidence.wealth)
        reached += top >= 20
    assert reached <= 2000 / 20


def test_a_limit_a_minute_holds_back_what_is_beyond_it() -> None:
    """Minutes are those of the records; the next one begins anew."""
    book = ledger(per_minute=2)
    told = [book.refuse(correction(i), ms) for i, ms in enumerate((0, 1000, 59_000, 60_000))]
    assert told == [None, None, Refusal.RATE, None]


def test_a_share_holds_back_what_is_beyond_it() -> None:
    """Of any ten corrections five are of one author at most; the others are free."""
    book = ledger(max_share=0.5, share_window=10)
    told = [book.refuse(correction(i), 0) for i in range(12)]
    assert told[:5] == [None] * 5
    assert told[5:10] == [Refusal.SHARE] * 5
    assert told[10] is None
    assert book.refuse(correction(20, author="bo"), 0) is None


@pytest.mark.parametrize(
    ("decided", "refusal"),
    [(Decided.HOLD, Refusal.AUTHOR), (Decided.ACCEPT, None), (Decided.REVOKE, Refusal.REVOKED)],
)
def test_a_decision_holds_whatever_the_evidence_says(decided: Decided, refusal: Refusal | None) -> None:
    """Who was accepted is not held back again unasked."""
    book = judge(ledger(), {"ada": 0.7, "flip": 0.0}, 60)
    book.apply(AuthorDecision("5-0", "flip", decided))
    judge(book, {"ada": 0.7, "flip": 0.0}, 60)
    assert book.refuse(correction(1, author="flip"), 0) is refusal
    assert book.applied == "5-0"


def test_people_who_correct_the_same_text_are_compared() -> None:
    """Both are told how far they agree; one who corrects himself is not compared."""
    book = ledger()
    book.refuse(correction(1), 0)
    book.refuse(correction(1, correction_id="again"), 0)
    only = Layer(spans=[LabelledSpan(0, 5, "PER")])
    book.refuse(correction(1, author="bo", layers={"ents": only}), 0)
    told = book.report()
    assert told["ada"]["others"] == told["bo"]["others"] == {"ents": [0.6667, 2.0]}


def test_a_state_is_read_as_it_was() -> None:
    """Through JSON, with all that decides."""
    book = judge(ledger(per_minute=2, max_share=0.5), {"ada": 0.7, "bo": 0.3}, 15)
    book.apply(AuthorDecision("5-0", "cy", Decided.ACCEPT))
    for i in range(3):
        book.refuse(correction(i, author="bo"), 1000)
    other = ledger(per_minute=2, max_share=0.5)
    other.load_state(json.loads(json.dumps(book.state())))
    for one in (book, other):
        judge(one, {"ada": 0.6, "bo": 0.1}, 9, seed=3)
    assert json.dumps(other.state()) == json.dumps(book.state())
    assert other.report() == book.report()
