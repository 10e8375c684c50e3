# SPDX-License-Identifier: Apache-2.0
"""Real versions of the starter, a real Redis, a real log: swaps under load, a registry that dies, versions
that were tampered with."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import engine
from schemas import decode_annotation, header_value
from tests.servers.redis import RedisServer
from tests.workers.support import (
    Outcome,
    create_topics,
    outcome,
    running,
    send,
    settings_for_tests,
    texts,
    wait_until,
)
from workers.bundled import STARTER, find_model
from workers.model_registry import ModelRegistry, Signing, Version, open_registry
from workers.serving import LiveModel, Model, ModelLoader, ModelUpdater, SwapMetrics, wait_for_champion
from workers.serving.pipeline_model import PipelineModel, version_ref
from workers.settings import BatchingSettings, WorkerSettings
from workers.transports.address import open_transport
from workers.transports.base import Transport

pytestmark = pytest.mark.redis


@dataclass
class Scene:
    """A worker that serves out of a registry."""

    registry: ModelRegistry
    transport: Transport
    settings: WorkerSettings
    updater: ModelUpdater
    live: LiveModel

    def outcome(self) -> Outcome:
        """What came out so far."""
        return outcome(self.transport, self.settings)

    def say(self, n: int) -> None:
        """Send texts to the worker's topic."""
        send(self.transport, texts(n, "Ada met Grace in Kigali and left"), self.settings.input_topic)

    def all_done(self) -> None:
        """Wait until every text has an output."""
        wait_until(lambda: not self.outcome().lost, 60)

    def serves(self, version: Version) -> None:
        """Wait until that version annotates."""
        wait_until(lambda: self.live.current().ref.version == str(version.number))


def load(folder: Path, version: Version) -> Model:
    """As the annotator does."""
    pipeline = engine.load(folder)
    return PipelineModel(pipeline, ref=version_ref(pipeline, version))


@pytest.fixture
def versions(tmp_path: Path) -> list[Path]:
    """Folders of two models: the starter, and one that was given other words to begin with."""
    nlp = engine.load(find_model(STARTER))
    nlp.meta["name"] = "second"
    nlp.to_disk(tmp_path / "second")
    return [find_model(STARTER), tmp_path / "second"]


@contextmanager
def serve(registry: ModelRegistry, broker: str, **changes: object) -> Iterator[Scene]:
    """A worker in this process, on topics of its own."""
    name = f"t{uuid.uuid4().hex[:8]}"
    own = {"input_topic": name, "output_topic": f"{name}.out", "group": name, "commit_interval": 0.1}
    settings, stop = settings_for_tests(broker=broker, **own, **changes), threading.Event()
    with closing(open_transport(broker)) as transport:
        create_topics(transport, 2, (settings.input_topic, settings.output_topic, settings.dead_letters_to))
        loader = ModelLoader(registry, load, settings)
        model = wait_for_champion(registry, loader, stop)
        assert model is not None
        live = LiveModel(model)
        with running(transport, settings, live) as state:
            wait_until(lambda: state.worker is not None and state.worker.health.joined)
            metrics, health = SwapMetrics(state.worker.telemetry.registry), state.worker.health
            updater = ModelUpdater(registry, loader, live, settings, metrics, health, stop)
            updater.start()
            yield Scene(registry, transport, settings, updater, live)
            assert state.finish() == 0
        stop.set()
        updater.close()


@pytest.fixture
def registry(redis_server: RedisServer) -> Iterator[ModelRegistry]:
    """A registry of its own on the shared server."""
    with open_registry(redis_server.url, f"swaps-{uuid.uuid4().hex[:8]}", signing=Signing()) as opened:
        yield opened


def promote(registry: ModelRegistry, folder: Path, **corrections: int) -> Version:
    """Put a version and make it champion."""
    version = registry.put(folder, actor="test", corrections=corrections)
    registry.promote(
        version.number, expected_epoch=registry.head().epoch, actor="test", reason="a test", force=True
    )
    return version


def test_swaps_under_load_lose_and_double_nothing(
    broker: str, registry: ModelRegistry, versions: list[Path]
) -> None:
    """Six champions take turns while texts pass, on an embedded log and on Kafka: each text has one
    annotation, by one version."""
    first = promote(registry, versions[0], **{"0": 5})
    with serve(registry, broker, batching=BatchingSettings(max_batch_records=50)) as scene:
        served = [first]
        for turn in range(1, 6):
            scene.say(300)
            served.append(promote(registry, versions[turn % 2], **{"0": 5 + turn}))
            scene.serves(served[-1])
        scene.say(100)
        scene.all_done()
        result = scene.outcome()
    assert result.exact
    assert result.dead_letters == []
    watermarks = {str(version.number): dict(version.corrections) for version in served}
    for record in result.annotations:
        model = decode_annotation(record.value).model
        assert header_value(record.headers, "model_version") == model.version.encode()
        assert model.corrections == watermarks[model.version]
    assert len(Counter(decode_annotation(record.value).model.version for record in result.annotations)) >= 3


def test_a_registry_that_is_killed_stops_nothing(tmp_path: Path, versions: list[Path]) -> None:
    """Redis dies by SIGKILL: texts are annotated all the time; back again, it knows its champion, and the
    next swap comes."""
    server = RedisServer(tmp_path / "redis")
    server.start()
    try:
        with open_registry(server.url, "killed", signing=Signing()) as registry:
            promote(registry, versions[0])
            with serve(registry, f"embedded:{tmp_path}/log.sqlite") as scene:
                scene.say(100)
                scene.all_done()
                server.stop(kill=True)
                wait_until(lambda: scene.updater.details()["registry"]["error"] != "")
                scene.say(300)
                scene.all_done()
                server.start()
                second = promote(registry, versions[1])
                scene.serves(second)
                scene.say(100)
                scene.all_done()
                assert scene.outcome().exact
                counts = Counter(
                    decode_annotation(record.value).model.version for record in scene.outcome().annotations
                )
                assert counts == {"1": 400, str(second.number): 100}
    finally:
        server.stop(kill=True)


def test_a_tampered_version_is_refused(registry: ModelRegistry, versions: list[Path], tmp_path: Path) -> None:
    """One changed byte of a stored weight: the version is refused by name, and the champion in memory serves
    on."""
    promote(registry, versions[0])
    with serve(registry, f"embedded:{tmp_path}/log.sqlite") as scene:
        bad = registry.put(versions[1], actor="test")
        blob = next(
            sha for path, sha in ((p, f.sha256) for p, f in bad.files.items()) if path.endswith("meta.json")
        )
        key = next(
            key
            for key in registry.server.client.scan_iter(f"{registry.server.root}*{blob}*")
            if registry.server.client.type(key) == b"hash"
        )
        field, data = next(iter(registry.server.client.hgetall(key).items()))
        registry.server.client.hset(key, field, data[:-1] + bytes([data[-1] ^ 1]))
        registry.promote(
            bad.number, expected_epoch=registry.head().epoch, actor="test", reason="a test", force=True
        )
        wait_until(lambda: scene.updater.details()["refused"] != {})
        scene.say(20)
        scene.all_done()
        refused = scene.updater.details()["refused"]
        assert "TamperedError" in refused[str(bad.number)]
        assert {decode_annotation(record.value).model.version for record in scene.outcome().annotations} == {
            "1"
        }
        assert registry.head().champion == bad.number


def test_an_unsigned_version_is_refused_where_a_key_is_trusted(
    redis_server: RedisServer, versions: list[Path], tmp_path: Path
) -> None:
    """A worker that trusts a key serves signed versions only; somebody without the key cannot make it
    swap."""
    name, key = f"signed-{uuid.uuid4().hex[:8]}", Ed25519PrivateKey.generate()
    with (
        open_registry(redis_server.url, name, signing=Signing(private=key)) as trusted,
        open_registry(redis_server.url, name, signing=Signing()) as stranger,
    ):
        promote(trusted, versions[0])
        with serve(trusted, f"embedded:{tmp_path}/log.sqlite") as scene:
            unsigned = promote(stranger, versions[1])
            wait_until(lambda: str(unsigned.number) in scene.updater.details()["refused"])
            scene.say(20)
            scene.all_done()
            signed = promote(trusted, versions[1])
            scene.serves(signed)


def test_a_version_that_cannot_be_loaded_is_taken_back(
    registry: ModelRegistry, versions: list[Path], tmp_path: Path
) -> None:
    """Signed and whole, but no pipeline: the worker refuses it and rolls the registry back, with the reason
    in the audit."""
    first = promote(registry, versions[0])
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.cfg").write_text("[nlp]\nlang = 7\n", encoding="utf-8")
    with serve(registry, f"embedded:{tmp_path}/log.sqlite") as scene:
        promote(registry, broken)
        wait_until(lambda: registry.head().champion == first.number)
        scene.say(20)
        scene.all_done()
    assert any(entry.action == "rollback" and entry.reason.startswith("load: ") for entry in registry.audit())
