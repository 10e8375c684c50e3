# SPDX-License-Identifier: Apache-2.0
"""The annotator that follows a model registry: swaps without loss, refusals, going back, a registry that is
away."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from schemas import ModelRef, decode_annotation
from tests.workers.serving.support import FakeRegistry, first_live
from tests.workers.support import (
    FunctionModel,
    memory_log,
    outcome,
    running,
    send,
    settings_for_tests,
    texts,
    wait_until,
    words_model,
)
from workers.http.health import Health
from workers.model_registry import (
    TamperedError,
)
from workers.serving import LiveModel, Model, ModelLoader, ModelUpdater, SwapMetrics, wait_for_champion
from workers.settings import BatchingSettings


@dataclass
class Scene:
    """A worker that follows a registry, over a log in memory."""

    registry: FakeRegistry
    live: LiveModel
    log: object
    worker: Callable[[], object]
    details: Callable[[], dict[str, object]]

    def versions(self) -> list[str]:
        """The versions of all annotations, in order of their writing."""
        return [decode_annotation(record.value).model.version for record in outcome(self.log).annotations]

    def say(self, n: int, text: str = "some words") -> None:
        """Send texts and wait until each has its output."""
        send(self.log, texts(n, text))
        wait_until(lambda: not outcome(self.log).lost)

    def serves(self, version: int) -> bool:
        """Whether that version annotates."""
        return self.live.current().ref.version == str(version)


@contextmanager
def following(registry: FakeRegistry, **changes: object) -> Iterator[Scene]:
    """A worker that follows the registry; at the end every record must have exactly one output."""
    log, settings, stop = memory_log(2), settings_for_tests(**changes), threading.Event()
    loader, live = first_live(registry, settings, stop)
    with running(log, settings, live) as state:
        wait_until(lambda: state.worker is not None and state.worker.health.joined)
        worker = state.worker
        metrics = SwapMetrics(worker.telemetry.registry)
        updater = ModelUpdater(registry, loader, live, settings, metrics, worker.health, stop)
        updater.start()
        yield Scene(registry, live, log, lambda: worker, lambda: dict(updater.details()))
        assert state.finish() == 0
        assert state.error is None
    stop.set()
    updater.close()
    assert outcome(log).exact


def test_a_new_champion_serves_without_a_restart(registry: FakeRegistry) -> None:
    """The next batch is the new champion's, under the registry's number, digest and watermark; the one before
    is kept."""
    with following(registry) as scene:
        scene.say(20)
        registry.place(champion=2)
        wait_until(lambda: scene.serves(2))
        scene.say(20)
        assert scene.live.previous is not None
        assert scene.live.previous.ref.version == "1"
        assert scene.live.current().ref == ModelRef("words", "2", "digest-2", {"0": 20})
        assert Counter(scene.versions()) == {"1": 20, "2": 20}


def test_swaps_under_load_lose_and_double_nothing(registry: FakeRegistry) -> None:
    """Fifty swaps, with and without a canary, while thousands of records pass: each record has exactly one
    annotation."""
    with following(registry, batching=BatchingSettings(max_batch_records=25)) as scene:
        send(scene.log, texts(6000))
        for i in range(50):
            registry.place(champion=1 + i % 3, canary=1 + (i + 1) % 3, canary_percent=30)
            wait_until(lambda i=i: scene.serves(1 + i % 3))
        wait_until(lambda: not outcome(scene.log).lost)
        assert len(set(scene.versions())) > 1


def test_a_canary_annotates_its_share(registry: FakeRegistry) -> None:
    """A share of the keys bears the canary's version until it is taken away."""
    with following(registry) as scene:
        registry.place(canary=2, canary_percent=50)
        wait_until(lambda: scene.live.deployment().canary is not None)
        scene.say(200)
        assert 50 < Counter(scene.versions())["2"] < 150
        assert scene.details()["canary"] == {"version": "2", "percent": 50}
        registry.place(canary=None, canary_percent=0)
        wait_until(lambda: scene.live.deployment().canary is None)


@pytest.mark.parametrize(
    "fault", [TamperedError("weights.safetensors is not what was put"), OSError("no space left")]
)
def test_what_cannot_be_trusted_or_read_is_refused(registry: FakeRegistry, fault: Exception) -> None:
    """A tampered or unreadable version is refused, counted and shown; the one before serves on, and the
    registry is left alone."""
    registry.put(2, fault)
    with following(registry) as scene:
        registry.place(champion=2)
        wait_until(lambda: scene.details()["refused"] != {})
        scene.say(20)
        assert set(scene.versions()) == {"1"}
        assert str(fault) in scene.details()["refused"]["2"]
        assert b"freshet_model_swap_failures_total{reason=" in scene.worker().telemetry.text()
        assert registry.done == []
        registry.place(champion=3)
        wait_until(lambda: scene.serves(3))
        wait_until(lambda: scene.details()["refused"] == {})


def test_a_version_that_makes_no_model_is_taken_back(registry: FakeRegistry) -> None:
    """Its files are what was put, yet it cannot be loaded: refused, and the registry is rolled back."""
    registry.put(2, ValueError("expected nO = 12, got 7"))
    with following(registry) as scene:
        registry.place(champion=2)
        wait_until(lambda: bool(registry.done))
        assert registry.done == ["rollback 2: load: ValueError: expected nO = 12, got 7"]
        assert registry.head.champion == 1
        scene.say(5)


def test_a_version_that_fails_on_the_canary_text_is_taken_back(registry: FakeRegistry) -> None:
    """Every version annotates a known text before it serves."""
    registry.put(2, words_model("2", poison="Kigali"))
    with following(registry) as scene:
        registry.place(champion=2)
        wait_until(lambda: registry.head.champion == 1)
        scene.say(5)
        assert set(scene.versions()) == {"1"}


def test_a_new_model_that_fails_on_live_texts_is_rolled_back(registry: FakeRegistry) -> None:
    """It passes the canary text and fails on many live ones: those are annotated by the one before, and the
    registry goes back."""
    registry.put(2, words_model("2", poison="fatal"))
    with following(registry) as scene:
        registry.place(champion=2)
        wait_until(lambda: scene.serves(2))
        scene.say(40, "fatal words")
        wait_until(lambda: registry.head.champion == 1)
        assert registry.done[0].startswith("rollback 2: errors: it failed on ")
        scene.say(10)
        assert set(scene.versions()) == {"1"}
        assert outcome(scene.log).dead_letters == []
        assert b'freshet_model_rollbacks_total{reason="errors"} 1.0' in scene.worker().telemetry.text()


def test_a_champion_put_back_by_hand_serves_again(registry: FakeRegistry) -> None:
    """A complaint ends with the champion's term: who promotes the version again gets it."""
    registry.put(2, words_model("2", poison="fatal"))
    with following(registry) as scene:
        registry.place(champion=2)
        wait_until(lambda: scene.serves(2))
        scene.say(40, "fatal words")
        wait_until(lambda: scene.details()["withdrawn"] == {})
        registry.place(champion=2)
        wait_until(lambda: scene.serves(2))


def test_while_the_registry_is_away_annotating_goes_on(registry: FakeRegistry) -> None:
    """With the registry down texts are annotated; the swap that was missed comes when it is back; readiness
    does not suffer."""
    with following(registry) as scene:
        registry.away = True
        wait_until(lambda: scene.details()["registry"]["error"] != "")
        scene.say(50)
        assert scene.worker().health.ready() == ""
        registry.place(champion=2)
        scene.say(50)
        assert set(scene.versions()) == {"1"}
        registry.away = False
        wait_until(lambda: scene.serves(2))
        scene.say(50)
        assert Counter(scene.versions()) == {"1": 100, "2": 50}


def test_a_shadow_is_scored_and_writes_nothing(registry: FakeRegistry) -> None:
    """Its agreement with the champion is measured on live texts; all annotations are the champion's."""
    with following(registry, shadow_sample=1.0) as scene:
        registry.place(shadow=2)
        wait_until(lambda: scene.details()["shadow"] == "2")
        scene.say(50)
        wait_until(lambda: b'freshet_shadow_documents{role="shadow"}' in scene.worker().telemetry.text())
        assert set(scene.versions()) == {"1"}


def test_a_canary_that_says_other_things_is_taken_away(registry: FakeRegistry) -> None:
    """A canary that gives too few of the champion's answers is withdrawn from the registry."""
    one, other = tagging("A"), tagging("B")
    registry.put(1, one)
    registry.put(2, other)
    with following(registry, shadow_sample=1.0) as scene:
        registry.place(canary=2, canary_percent=100)
        wait_until(lambda: scene.live.deployment().canary is not None)
        while not registry.done:
            scene.say(100)
        assert "agreement: it says too little of what the champion says (tag 0.00)" in registry.done[0]
        wait_until(lambda: scene.live.deployment().canary is None)


def test_a_worker_starts_without_the_registry_from_what_it_kept(
    registry: FakeRegistry, tmp_path: Path
) -> None:
    """With a cache the last champion serves, under its number and watermark; without one the worker waits."""
    settings = settings_for_tests(model_cache=str(tmp_path / "cache"))
    with following(registry, model_cache=str(tmp_path / "cache")) as scene:
        registry.place(champion=2)
        wait_until(lambda: scene.serves(2))
    registry.away = True
    _, live = first_live(registry, settings, threading.Event())
    assert live.current().ref == ModelRef("words", "2", "digest-2", {"0": 20})
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    loader = ModelLoader(registry, registry.load, settings_for_tests())
    assert wait_for_champion(registry, loader, stop) is None


def test_a_kept_champion_gives_way_to_the_present_one(registry: FakeRegistry, tmp_path: Path) -> None:
    """When the registry is back its champion serves, and only its files and those of the one before are
    kept."""
    cache = str(tmp_path / "cache")
    with following(registry, model_cache=cache):
        pass
    registry.away = True
    settings, stop = settings_for_tests(model_cache=cache), threading.Event()
    loader, live = first_live(registry, settings, stop)
    metrics = SwapMetrics(CollectorRegistry())
    updater = ModelUpdater(registry, loader, live, settings, metrics, Health(10.0), stop)
    updater.start()
    for champion in (2, 3):
        registry.place(champion=champion)
    registry.away = False
    wait_until(lambda: live.current().ref.version == "3")
    wait_until(
        lambda: (
            sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["3-digest-3", "champion.json"]
        )
    )
    stop.set()
    updater.close()


def tagging(tag: str) -> Model:
    """A model that gives every word the same tag."""

    def annotate(messages, sources, timer):
        ref = ModelRef("tags", tag, "")
        return [
            b'{"id":"x","text":"t","lang":null,"tokens":{"start":[0],"end":[1],"tag":["%s"]},"model":%s,"source":%s}'
            % (
                tag.encode(),
                b'{"name":"tags","version":"%s","digest":"","corrections":{}}' % tag.encode(),
                b'{"topic":"%s","partition":%d,"offset":%d}'
                % (source.topic.encode(), source.partition, source.offset),
            )
            for source in sources
            if ref
        ]

    return FunctionModel(ModelRef("tags", tag, ""), annotate)
