# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import Adam, Optimizer

from engine.components.ner import EntityRecognizer, actions_of, count_actions
from engine.decoders import NerActions, decode_entities, ner_actions_from_counts
from engine.decoders.ner_actions import BEGIN, IN, LAST, NO_LABEL, OUT, UNIT
from engine.decoders.ner_state import CLOSED, Here, is_valid, valid_without_presets
from engine.doc.batch import SpanColumn
from engine.doc.biluo import biluo
from engine.kernels.ner import gold_actions, gold_states, mixed_paths

from ..gradients import shake
from ..toy import alone, toy_examples, toy_pipeline

ACTIONS = actions_of(["LOC", "PER"])
PLAIN = Here(is_space=False, has_next=True, next_starts=False)
LOC, PER = (ACTIONS.labels.index(label) for label in ("LOC", "PER"))


def _of(labels: tuple[str, ...], name: str) -> int:
    return labels.index(name)


def test_actions_are_ordered_by_kind_then_frequency_then_label_both_descending() -> None:
    """Class order is the one that trained files rely on; a unit action without label and `O` are always
    there."""
    actions = ner_actions_from_counts(
        {move: {"ORG": 5, "LOC": 9, "PER": 9} for move in (BEGIN, IN, LAST, UNIT)}
    )
    assert actions.names[:3] == ("PER", "LOC", "ORG")
    assert [(move, name) for move, name in zip(actions.moves, actions.names, strict=True)][-2:] == [
        (UNIT, ""),
        (OUT, ""),
    ]
    assert actions.n_actions == 14


def test_actions_survive_json_and_take_new_labels_at_the_end() -> None:
    """Classes of a trained model keep their places when labels are added."""
    more = NerActions.from_json(ACTIONS.to_json()).with_labels(["LOC", "ORG"])
    assert more.moves[: ACTIONS.n_actions] == ACTIONS.moves
    assert more.names[ACTIONS.n_actions :] == ("ORG",) * 4


def test_gold_entities_are_counted_by_tokens() -> None:
    """Every kind of action counts all tokens of the type."""
    nlp = toy_pipeline(alone("sentencizer"))
    counts = count_actions(toy_examples(nlp))
    assert counts[BEGIN] == counts[UNIT] == {"PER": 3, "LOC": 4}


@pytest.mark.parametrize(
    ("move", "label", "open_label", "here", "valid"),
    [
        (BEGIN, LOC, CLOSED, PLAIN, True),
        (BEGIN, LOC, LOC, PLAIN, False),
        (BEGIN, LOC, CLOSED, Here(False, False, False), False),
        (BEGIN, LOC, CLOSED, Here(False, True, True), False),
        (BEGIN, LOC, CLOSED, Here(True, True, False), False),
        (BEGIN, LOC, CLOSED, Here(False, True, True, 3, LOC, 1), True),
        (BEGIN, PER, CLOSED, Here(False, True, False, 3, LOC, 1), False),
        (BEGIN, LOC, CLOSED, Here(False, True, False, next_preset=3), False),
        (IN, LOC, LOC, PLAIN, True),
        (IN, PER, LOC, PLAIN, False),
        (IN, LOC, LOC, Here(False, True, True), False),
        (IN, LOC, LOC, Here(True, True, False), True),
        (IN, LOC, LOC, Here(False, True, False, 1, LOC, 1), True),
        (IN, LOC, LOC, Here(False, True, False, 1, LOC, 2), False),
        (IN, LOC, CLOSED, PLAIN, False),
        (LAST, LOC, LOC, Here(True, False, False), True),
        (LAST, LOC, LOC, Here(False, True, False, next_preset=1), False),
        (LAST, PER, LOC, PLAIN, False),
        (UNIT, LOC, CLOSED, PLAIN, True),
        (UNIT, LOC, CLOSED, Here(True, True, False), False),
        (UNIT, NO_LABEL, CLOSED, PLAIN, False),
        (UNIT, NO_LABEL, LOC, Here(False, True, False, 3, NO_LABEL), True),
        (UNIT, LOC, CLOSED, Here(False, True, False, 3, LOC), True),
        (UNIT, LOC, CLOSED, Here(False, True, False, next_preset=1), False),
        (OUT, NO_LABEL, CLOSED, PLAIN, True),
        (OUT, NO_LABEL, LOC, PLAIN, False),
        (OUT, NO_LABEL, CLOSED, Here(False, True, False, 3, LOC), False),
        (OUT, NO_LABEL, CLOSED, Here(False, True, False, 2), True),
    ],
)
def test_validity_follows_the_rules(move: int, label: int, open_label: int, here: Here, valid: bool) -> None:
    """Each rule of the transition system, one case each."""
    assert is_valid(move, label, open_label, here) is valid


def test_validity_of_many_states_is_that_of_each() -> None:
    """Without presets the rules for arrays agree with those for one state."""
    for is_space, has_next, starts, open_label in itertools.product(
        (False, True), (False, True), (False, True), (CLOSED, LOC, PER)
    ):
        goes_on = np.array([has_next and not starts])
        many = valid_without_presets(ACTIONS, np.array([open_label]), np.array([is_space]), goes_on)[0]
        here = Here(is_space, has_next, has_next and starts)
        pairs = zip(ACTIONS.moves, ACTIONS.label_ids.tolist(), strict=True)
        assert many.tolist() == [is_valid(move, label, open_label, here) for move, label in pairs]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.sampled_from(["LOC", "PER"])), max_size=6))
def test_gold_actions_are_valid_and_decode_to_the_gold_entities(parts: list[tuple[int, int, str]]) -> None:
    """Following gold never leaves the valid actions, and scores that prefer gold give the gold entities
    back."""
    values, spans = [], []
    for gap, length, label in parts:
        values += ["O"] * gap
        spans.append((len(values), len(values) + length, _of(ACTIONS.labels, label)))
        values += biluo(length, label)
    offsets, is_space = np.array([0, len(values)]), np.zeros(len(values), dtype=bool)
    states = gold_states(ACTIONS, gold_actions(ACTIONS, values), offsets, is_space, None, 3)
    assert (states.wanted.sum(axis=1) == 1).all()
    assert states.valid[states.wanted].all()
    wanted = {
        tuple(row): action.astype(float)
        for row, action in zip(states.features.tolist(), states.wanted, strict=True)
    }
    assert decode_entities(ACTIONS, lambda row: wanted[tuple(row.tolist())], offsets, is_space, None, 3) == [
        spans
    ]


def test_gold_that_crosses_a_sentence_start_is_not_learned() -> None:
    """An entity over a known sentence border has no gold action where it would have to cross."""
    gold = gold_actions(ACTIONS, ["B-LOC", "L-LOC"])
    states = gold_states(
        ACTIONS, gold, np.array([0, 2]), np.zeros(2, dtype=bool), np.array([1, 1], dtype=np.int8), 3
    )
    assert states.wanted.any(axis=1).tolist() == [False, True]


def test_unknown_tokens_want_nothing() -> None:
    """Where gold says nothing there is nothing to learn."""
    states = gold_states(
        ACTIONS,
        gold_actions(ACTIONS, ["-", "O", "U-ORG"]),
        np.array([0, 3]),
        np.zeros(3, dtype=bool),
        None,
        3,
    )
    assert states.wanted.any(axis=1).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((0, 4, PER), ["B-LOC", "I-PER L-PER", "L-PER", "I-PER L-PER", "O"]),
        ((0, 2, LOC), ["B-LOC", "L-LOC", "O", "U-PER", "O"]),
        ((1, 2, LOC), ["B-LOC", "O", "O", "U-PER", "O"]),
    ],
)
def test_after_a_mistake_what_can_still_be_had_is_wanted(
    span: tuple[int, int, int], expected: list[str]
) -> None:
    """A wrong entity is to end before the next gold one begins; a missed one is passed over."""
    gold = gold_actions(ACTIONS, ["B-LOC", "L-LOC", "O", "U-PER", "O"])
    spans = (np.array([0, 1]), *(np.array([value]) for value in span))
    offsets, is_space = np.array([0, 5]), np.zeros(5, dtype=bool)
    states = gold_states(
        ACTIONS, gold, offsets, is_space, None, 3, mixed_paths(gold.paths, spans, offsets, np.array([True]))
    )
    names = list(ACTIONS.by_biluo)
    order = [" ".join(sorted(name for name in names if row[ACTIONS.by_biluo[name]])) for row in states.wanted]
    assert order == expected


@pytest.mark.parametrize("extra", [False, True])
@pytest.mark.parametrize("use_upper", [False, True])
@pytest.mark.parametrize("pieces", [1, 2])
def test_compiled_decoder_agrees_with_the_plain_one(extra: bool, use_upper: bool, pieces: int) -> None:
    """On random weights, random sentence starts and random preset entities both decoders find the same
    entities."""
    sections = alone("ner")
    sections["ner"]["model"] |= {"extra_state_tokens": extra, "use_upper": use_upper, "maxout_pieces": pieces}
    nlp = toy_pipeline(sections)
    shake(nlp)
    component = nlp.component("ner")
    assert isinstance(component, EntityRecognizer)
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(["Ada", "New", "York", "\n", "met", "?"], 9)) for _ in range(40)]
    for preset, starts in itertools.product((False, True), (False, True)):
        plain, fast = (nlp.tokenizer.tokenize(texts) for _ in range(2))
        for batch in (plain, fast):
            batch.sent_starts = (
                np.where(np.arange(batch.n_tokens) % 5 == 0, 1, -1).astype(np.int8) if starts else None
            )
            if preset:
                batch.spans["ents"] = _presets(batch.n_docs, component.labels)
        expected = component.predict_plain(plain)
        component.predict(fast)
        found = fast.spans["ents"]
        for name in ("doc_offsets", "starts", "ends", "label_ids"):
            assert getattr(found, name).tolist() == getattr(expected, name).tolist()


def _presets(n_docs: int, labels: tuple[str, ...]) -> SpanColumn:
    each = np.arange(n_docs, dtype=np.int32)
    return SpanColumn(np.arange(n_docs + 1), each % 4, each % 4 + 1 + each % 3, each % len(labels), labels)


def test_preset_entities_stay_and_may_have_types_that_the_model_does_not_know() -> None:
    """What an earlier component found is kept, whatever the model thinks."""
    nlp = toy_pipeline(alone("ner"))
    batch = nlp.tokenizer.tokenize(["Ada met Grace Hopper ."])
    batch.spans["ents"] = SpanColumn(
        np.array([0, 1]), np.array([1]), np.array([3]), np.array([0]), ("EVENT",)
    )
    nlp.predict_batch(batch)
    spans = batch.spans["ents"]
    assert (1, 3, "EVENT") in [
        (s, e, spans.labels[i]) for s, e, i in zip(spans.starts, spans.ends, spans.label_ids, strict=True)
    ]


@pytest.mark.parametrize("exploration", [0.0, 1.0])
def test_entities_are_learned(exploration: float) -> None:
    """A few dozen updates learn the toy entities by heart, along gold or along the model's own states."""
    sections = alone("ner")
    sections["ner"]["exploration"] = exploration
    nlp = toy_pipeline(sections)
    examples = toy_examples(nlp)
    optimizer = _adam()
    for _ in range(60):
        nlp.update(examples, optimizer=optimizer)
    assert nlp.evaluate(examples)["ents_f"] == 1.0


def _adam() -> Optimizer:
    return Adam(0.02)
