# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

from engine.config.registry import registry
from engine.doc.example import Example
from engine.tokenizers import tokenizer_for
from engine.training.keyed_example import fingerprint, keyed_from_json
from engine.training.rehearsal import Rehearsal

TOKENIZER = tokenizer_for("en")
BY_NUMBER = {"@batchers": "freshet.batch_by_sequence.v1", "size": 4, "get_length": None}


def batcher_of(block: dict[str, Any]) -> Any:
    """What a config's block makes."""
    return registry.resolve({"batcher": block})["batcher"]


def tagged(tag: str) -> Example:
    """One word with a tag."""
    doc = TOKENIZER.from_words(["rain"])
    doc.set_tags([tag])
    return Example(TOKENIZER("rain"), doc)


def test_no_two_examples_of_a_batch_say_the_same() -> None:
    """A double waits for a later batch; nothing is lost, and another annotation of the same text is no
    double."""
    first, double, other = tagged("NN"), tagged("NN"), tagged("VB")
    filtering = batcher_of({"@batchers": "freshet.filtering_batch.v1", "batcher": BY_NUMBER})
    batches = list(filtering([first, double, other, double]))
    assert [len(batch) for batch in batches] == [2, 1, 1]
    assert batches[0] == [first, other]
    for batch in batches:
        assert len({fingerprint(example) for example in batch}) == len(batch)


def test_rehearsed_examples_join_every_batch() -> None:
    """As many old ones as new ones, and none of the batch itself."""
    mix = batcher_of(
        {
            "@batchers": "freshet.replay_mix.v1",
            "batcher": BY_NUMBER,
            "ratio": 1.0,
            "capacity": 50,
            "base_share": 0.2,
            "seed": 1,
        }
    )
    assert isinstance(mix, Rehearsal)
    batches = list(mix(range(20)))
    assert batches[0] == [0, 1, 2, 3]
    for i, batch in enumerate(batches[1:], 1):
        assert batch[:4] == list(range(4 * i, 4 * i + 4))
        assert len(batch) == 8
        assert max(batch[4:]) < 4 * i
    assert len(mix.reservoir) == 20


def test_the_base_is_rehearsed_from_the_first_batch_on() -> None:
    """What the caller put in beforehand is drawn."""
    mix = batcher_of(
        {
            "@batchers": "freshet.replay_mix.v1",
            "batcher": BY_NUMBER,
            "ratio": 0.5,
            "capacity": 8,
            "base_share": 0.5,
            "seed": 1,
        }
    )
    for i in range(8):
        mix.reservoir.add_base(f"b{i}", f"base {i}")
    batch = next(mix([1, 2, 3, 4]))
    assert batch[:4] == [1, 2, 3, 4]
    assert all(str(item).startswith("base") for item in batch[4:])
    assert len(batch) == 6


def test_a_keyed_example_is_made_again_from_its_source() -> None:
    """The same text, annotation and key come back, and so does its fingerprint."""
    gold = TOKENIZER.from_words(["Ada", "met", "Grace"])
    gold.set_tags(["NNP", "VBD", "NNP"])
    gold.set_ents([(0, 1, "PER"), (2, 3, "PER")])
    example = keyed_from_json(TOKENIZER, "corpus:7", json.dumps(gold.to_json()))
    again = keyed_from_json(TOKENIZER, example.key, example.source)
    assert fingerprint(again) == fingerprint(example)
    assert again.aligned_ner() == ["U-PER", "O", "U-PER"]
    assert not again.has("pos")


def test_each_batch_is_given_as_often_as_there_are_passes() -> None:
    """With others to rehearse each time; what is rehearsed is never in the batch itself."""
    block = {
        "@batchers": "freshet.replay_mix.v1",
        "batcher": BY_NUMBER,
        "ratio": 1.0,
        "capacity": 50,
        "passes": 3,
    }
    batches = list(batcher_of(block)(range(12)))
    assert [batch[0] for batch in batches] == [0, 0, 0, 4, 4, 4, 8, 8, 8]
    assert all(len(set(batch)) == len(batch) for batch in batches)
    assert batches[4] != batches[5]


def test_the_first_examples_are_given_more_often() -> None:
    """As long as fewer than `early` of the stream are known, a base not counted: also where batching begins
    anew in between."""
    block = {
        "@batchers": "freshet.replay_mix.v1",
        "batcher": BY_NUMBER,
        "ratio": 1.0,
        "capacity": 50,
        "passes": 1,
        "early": 5,
        "early_passes": 3,
    }
    batcher = batcher_of(block)
    for number in range(100, 110):
        batcher.reservoir.add_base(str(number), number)
    firsts = [batch[0] for items in (range(4), range(4, 16)) for batch in batcher(items)]
    assert firsts == [0, 0, 0, 4, 4, 4, 8, 12]
