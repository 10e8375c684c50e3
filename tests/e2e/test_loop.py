# SPDX-License-Identifier: Apache-2.0
"""The whole loop on a real Kafka and a real Redis, by the commands that people use: annotate, learn, models,
explain, replay."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from schemas import Source, decode_annotation, header_value
from tests.servers.kafka import KafkaBroker
from tests.servers.redis import RedisServer
from workers.cli.demo.feed import DemoFeed, ends_of
from workers.cli.demo.outcomes import Outcome
from workers.cli.demo.people import People
from workers.cli.demo.samples import BASE, HOLDOUT, Gold, read_corrected
from workers.cli.worker_process import start_annotator, start_trainer
from workers.model_registry import open_registry
from workers.transports.address import open_transport
from workers.transports.base import OutgoingRecord, Record, Transport

pytestmark = [pytest.mark.broker, pytest.mark.redis, pytest.mark.slow, pytest.mark.timeout(400)]


def freshet(*words: object) -> str:
    """Run a command in a process of its own; what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "workers.cli", *map(str, words)], capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_for(check: Callable[[], bool], what: str, seconds: float = 150.0) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.2)


def seen(gold: Gold, topic: str) -> Outcome:
    """What the person saw: an annotation by version 1."""
    row = {"id": gold.id, "model": {"version": "1"}}
    return Outcome(Record("annotations", 0, 0, 0, None, None), Source(topic, 0, 0), row)


def versions_of(log: Transport, topic: str) -> Counter[str]:
    """How many annotations each version made."""
    return Counter(decode_annotation(record.value).model.version for record in log.read(topic))


def test_corrections_on_kafka_become_a_champion_in_redis(
    kafka_broker: KafkaBroker, redis_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Annotator and trainer as processes: texts are annotated, corrections learned and judged, what passes
    serves; each text once."""
    broker, registry, name = (
        f"kafka://{kafka_broker.address}",
        redis_server.url,
        f"loop-{uuid.uuid4().hex[:8]}",
    )
    places = ("--broker", broker, "--registry", registry)
    texts, annotations, corrections = f"{name}.texts", f"{name}.annotations", f"{name}.corrections"
    monkeypatch.setattr("workers.cli.demo.people.CORRECTIONS", corrections)
    freshet(
        "topics",
        "create",
        texts,
        annotations,
        f"{texts}.dlq",
        corrections,
        "--broker",
        broker,
        "--partitions",
        2,
    )
    topics = (
        "--worker.input_topic",
        texts,
        "--worker.output_topic",
        annotations,
        "--worker.reread_topic",
        corrections,
    )
    learning = (
        "--learner.name",
        name,
        "--corpora.train.topic",
        corrections,
        "--paths.base",
        str(BASE),
        "--paths.holdout",
        str(HOLDOUT),
    )
    with ExitStack() as stack:
        models = stack.enter_context(open_registry(registry, name))
        log = stack.enter_context(closing(open_transport(broker)))
        admin, producer = (
            stack.enter_context(closing(log.admin())),
            stack.enter_context(closing(log.producer())),
        )
        stack.enter_context(
            start_trainer("learn_demo.cfg", broker, registry, tmp_path / "trainer.log", *learning)
        )
        group = ("--worker.group", name)
        process = start_annotator(
            f"registry:{name}", broker, tmp_path / "annotator.log", "--registry", registry, *topics, *group
        )
        stack.enter_context(process)
        gold = read_corrected()
        producer.send([OutgoingRecord(texts, text.value, text.id.encode()) for text in gold])
        wait_for(lambda: versions_of(log, annotations)["1"] == len(gold), "annotations by version 1")
        people = People(producer, gold, "run")
        for text in gold:
            people.see(seen(text, texts))
        feed = DemoFeed(models, 1)
        wait_for(lambda: feed.look().has_read(ends_of(admin, corrections)), "the last version's verdict")
        found = feed.look()
        assert all(version.verdict is not None for version in found.versions)
        if found.champion == 1:
            pytest.skip(
                "the gate refused all candidates: "
                f"{[v.verdict and v.verdict['reasons'] for v in found.versions]}"
            )
        n_learned = found.n_learned
        wait_for(
            lambda: sum(versions_of(log, annotations).values()) == len(gold) + n_learned,
            "corrected texts annotated again",
        )
        producer.send([OutgoingRecord(texts, b'{"id":"late","text":"Oslo beat Bari 2-1."}', b"late")])
        wait_for(
            lambda: versions_of(log, annotations).total() == len(gold) + n_learned + 1,
            "a text for the new champion",
        )
        sources = Counter(header_value(record.headers, "src") for record in log.read(annotations))
    assert set(sources.values()) == {1}
    row = json.loads(
        freshet(
            "explain",
            "late",
            "--topic",
            annotations,
            "--corrections",
            corrections,
            "--name",
            name,
            "--json",
            *places,
        )
    )
    assert row["chain"][0]["version"] == found.champion
    assert sum(row["model"]["corrections"].values()) == n_learned
    into = f"{name}.again"
    told = freshet("replay", texts, "--version", 1, "--into", into, "--name", name, *places)
    assert f"{len(gold) + 1} annotations" in told
    assert f'"champion": {found.champion}' in freshet(
        "models", "list", "--name", name, "--registry", registry, "--json"
    )
