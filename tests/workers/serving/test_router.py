# SPDX-License-Identifier: Apache-2.0
"""Champion, canary and the champion before: who annotates what, and what becomes of a model that fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from schemas import Source, TextMessage, decode_annotation, header_value
from tests.workers.support import FunctionModel, settings_for_tests, words_model
from workers.errors import ModelError
from workers.serving.live_model import BatchServed, LiveModel
from workers.serving.model import Model, StageTimer
from workers.serving.outputs import BatchOutputs
from workers.serving.router import Router, in_canary
from workers.transports.base import Record
from workers.transports.partitioner import partition_of

SETTINGS = settings_for_tests()


def records(n: int, text: Callable[[int], str] = lambda i: f"text {i}") -> list[Record]:
    """Records with keys, of one partition."""
    return [Record("texts", 0, i, 0, b"key-%d" % i, b'{"text":"%s"}' % text(i).encode()) for i in range(n)]


def served(live: LiveModel, batch: Sequence[Record]) -> BatchOutputs:
    """One batch through the live models."""
    return Router(live, SETTINGS).annotate(batch)


def versions(outputs: BatchOutputs) -> list[str]:
    """The model version of each annotation, by its body; the header must say the same."""
    said = [decode_annotation(outgoing.value).model.version for outgoing in outputs.outgoing]
    assert said == [
        (header_value(outgoing.headers, "model_version") or b"").decode() for outgoing in outputs.outgoing
    ]
    return said


def failing(version: str) -> Model:
    """A model that fails on everything, the canary text included."""

    def annotate(
        messages: Sequence[TextMessage], sources: Sequence[Source], timer: StageTimer
    ) -> list[bytes]:
        raise RuntimeError("device lost")

    return FunctionModel(words_model(version).ref, annotate)


class Notes:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.batches: list[BatchServed] = []
        self.broken: list[str] = []

    def on_batch(self, batch: BatchServed) -> None:
        """Keep the batch."""
        self.batches.append(batch)

    def on_break(self, model: Model, error: Exception) -> None:
        """Keep the version."""
        self.broken.append(model.ref.version)


def test_the_canary_gets_its_share_by_key() -> None:
    """About that percentage of the keys, the same ones each time, in the order of the records; none is
    lost."""
    live = LiveModel(words_model("1"))
    live.set_canary(words_model("2"), 20)
    batch = records(2000)
    outputs = served(live, batch)
    assert versions(outputs) == ["2" if in_canary(record.key, 20) else "1" for record in batch]
    assert Counter(versions(outputs))["2"] == pytest.approx(400, abs=60)
    assert [outgoing.key for outgoing in outputs.outgoing] == [record.key for record in batch]


def test_the_share_is_spread_over_partitions() -> None:
    """Partitions are chosen by the same hash of the key; the canary's share must not be whole partitions."""
    keys = [b"%d" % i for i in range(20_000)]
    shares = Counter(partition_of(key, 10) for key in keys if in_canary(key, 10))
    assert all(shares[partition] == pytest.approx(200, abs=70) for partition in range(10))


def test_records_without_a_key_stay_with_the_champion() -> None:
    """There is nothing to choose them by."""
    live = LiveModel(words_model("1"))
    live.set_canary(words_model("2"), 100)
    assert versions(served(live, [Record("texts", 0, 0, 0, None, b'{"text":"a"}')])) == ["1"]


def test_a_batch_is_annotated_by_the_models_that_it_began_with() -> None:
    """A swap while a batch is annotated takes effect at the next one."""
    live = LiveModel(words_model("1"))
    slow = words_model("1")

    def annotate(
        messages: Sequence[TextMessage], sources: Sequence[Source], timer: StageTimer
    ) -> list[bytes]:
        live.swap(words_model("2"))
        return slow.annotate(messages, sources, timer)

    live.swap(FunctionModel(slow.ref, annotate))
    assert versions(served(live, records(10))) == ["1"] * 10
    assert versions(served(live, records(10))) == ["2"] * 10


def test_a_champion_that_breaks_is_replaced_by_the_one_before() -> None:
    """The batch is annotated by the previous model, which serves from then on; the observer hears of it."""
    live, notes = LiveModel(words_model("1")), Notes()
    live.observer = notes
    live.swap(failing("2"))
    assert versions(served(live, records(5))) == ["1"] * 5
    assert (live.current().ref.version, live.previous, notes.broken) == ("1", None, ["2"])


def test_a_canary_that_breaks_is_dropped() -> None:
    """Its share goes to the champion at once."""
    live, notes = LiveModel(words_model("1")), Notes()
    live.observer = notes
    live.set_canary(failing("2"), 50)
    assert versions(served(live, records(50))) == ["1"] * 50
    assert (live.deployment().canary, notes.broken) == (None, ["2"])


def test_the_last_model_breaks_with_an_error() -> None:
    """With nothing to go back to the worker must stop; no record is blamed."""
    with pytest.raises(ModelError, match="device lost"):
        served(LiveModel(failing("1")), records(5))


def test_what_a_new_model_fails_on_is_done_by_the_one_before() -> None:
    """Records that only the new champion fails on are annotated by the previous one, not dead letters; it is
    counted."""
    live, notes = LiveModel(words_model("1")), Notes()
    live.observer = notes
    live.swap(words_model("2", poison="7"))
    outputs = served(live, records(20))
    assert versions(outputs) == ["1" if i in (7, 17) else "2" for i in range(20)]
    assert (outputs.dead, [batch.n_fallback for batch in notes.batches]) == ({}, [2])


def test_what_both_fail_on_is_a_dead_letter() -> None:
    """A text that breaks every model is the text's fault."""
    live, notes = LiveModel(words_model("1")), Notes()
    live.observer = notes
    live.swap(words_model("2"))
    outputs = served(live, records(9, lambda i: "POISON" if i == 4 else "good"))
    assert (list(outputs.dead), [batch.n_fallback for batch in notes.batches]) == ([4], [0])


def test_a_promoted_canary_is_canary_no_longer() -> None:
    """When the canary becomes champion all keys are its own; another canary stays."""
    live, second, third = LiveModel(words_model("1")), words_model("2"), words_model("3")
    live.set_canary(second, 10)
    live.swap(second)
    assert (live.current(), live.deployment().canary) == (second, None)
    live.set_canary(third, 5)
    live.swap(words_model("4"))
    assert (live.deployment().canary, live.deployment().canary_percent) == (third, 5)
