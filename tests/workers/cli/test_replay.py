# SPDX-License-Identifier: Apache-2.0
"""`freshet explain` and `freshet replay` on an embedded log and registry."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from engine import load
from schemas import Correction, LabelledSpan, Layer, decode_annotation, encode_correction, header_value
from tests.workers.cli.conftest import Run
from tests.workers.support import (
    annotate_all,
    create_topics,
    send,
    settings_for_tests,
    texts,
    words_model,
    write,
)
from workers.model_registry import Lineage, ModelRegistry, Signing, Version, open_registry
from workers.reprocess.topic_replay import Stretch, bounds_of, group_of, replay
from workers.serving.pipeline_model import PipelineModel, version_ref
from workers.transports.address import open_transport
from workers.transports.base import OutgoingRecord
from workers.transports.memory import MemoryTransport

BROKER = "embedded:log"


def put(registry: ModelRegistry, folder: Path, parent: int | None, learned: int) -> Version:
    """A version that has learned so many corrections of partition 0, as champion."""
    lineage = Lineage({"corrections:0": (0, learned)} if learned else {})
    version = registry.put(
        folder, actor="test", parent=parent, lineage=lineage, corrections={"0": learned} if learned else {}
    )
    registry.promote(
        version.number, expected_epoch=registry.head().epoch, actor="test", reason="a test", force=True
    )
    return version


@pytest.fixture
def annotated(run: Run, tokens_only: Path) -> list[Version]:
    """Two versions; four texts, annotated by the second; two corrections of the first text, one of them
    learned."""
    with open_registry("embedded:log", signing=Signing()) as registry:
        first = put(registry, tokens_only, None, 0)
        second = put(registry, tokens_only, first.number, 1)
    pipeline = load(tokens_only)
    with closing(open_transport(BROKER)) as log:
        create_topics(log, 1, ["texts", "annotations", "texts.dlq", "corrections"])
        send(log, [b'{"id":"m-%d","text":"Ada met Grace"}' % i for i in range(4)])
        for i in range(2):
            layers = {"ents": Layer(spans=[LabelledSpan(0, 3, "PER")])}
            value = encode_correction(
                Correction(f"c-{i}", "eva", "2026-11-21T00:00:00Z", "m-0", "Ada met Grace", layers)
            )
            write(log, [OutgoingRecord("corrections", value, b"m-0", partition=0)])
        annotate_all(
            log,
            settings_for_tests(broker=BROKER),
            PipelineModel(pipeline, ref=version_ref(pipeline, second)),
        )
    return [first, second]


@pytest.mark.parametrize("message", ["m-0", "texts:0:0", "annotations:0:0"])
def test_an_annotation_is_explained(run: Run, annotated: list[Version], message: str) -> None:
    """By id, by its text's place or its own: the version, its parent, and which corrections of the text it
    had learned."""
    result = run("explain", message, "--json", "--broker", BROKER, "--registry", BROKER)
    assert result.exit_code == 0, result.output
    row = json.loads(result.stdout)
    assert [version["version"] for version in row["chain"]] == [2, 1]
    assert [version["learned"] for version in row["chain"]] == [{"corrections:0": [0, 1]}, {}]
    assert row["model"]["corrections"] == {"0": 1}
    assert [(said["correction_id"], said["learned"]) for said in row["corrections"]] == [
        ("c-0", True),
        ("c-1", False),
    ]


def test_people_see_a_table(run: Run, annotated: list[Version]) -> None:
    """Without --json the same as tables."""
    result = run("explain", "m-0", "--broker", BROKER, "--registry", BROKER)
    assert "partition 0 up to offset 1" in result.stdout
    assert "not learned by this model" in result.stdout


def test_an_annotation_on_stdin_is_explained(run: Run, annotated: list[Version]) -> None:
    """A line out of a pipe is enough, as `freshet read` prints it."""
    line = run("read", "annotations", "--limit", 1, "--broker", BROKER).stdout
    row = json.loads(
        run("explain", "-", "--json", "--broker", BROKER, "--registry", BROKER, input=line).stdout
    )
    assert (row["id"], row["annotation"], len(row["chain"])) == ("m-0", None, 2)


def test_what_is_not_there_is_said(run: Run, annotated: list[Version]) -> None:
    """An unknown id and an unknown version are named."""
    assert "found none; give an id" in run("explain", "m-99", "--broker", BROKER, "--registry", BROKER).stderr
    source = '{"topic":"t","partition":0,"offset":1}'
    line = f'{{"id":"x","model":{{"name":"m","version":"77","digest":"d"}},"source":{source}}}'
    row = json.loads(
        run("explain", "-", "--json", "--broker", BROKER, "--registry", BROKER, input=line).stdout
    )
    assert (row["chain"], "got 77; there are: 1, 2" in row["remark"]) == ([], True)


def test_a_stretch_is_annotated_again_with_an_older_version(run: Run, annotated: list[Version]) -> None:
    """The offsets asked for, once, under the older version's name; the same command again does nothing."""
    command = (
        "replay",
        "texts",
        "--version",
        1,
        "--from",
        1,
        "--to",
        3,
        "--broker",
        BROKER,
        "--registry",
        BROKER,
    )
    result = run(*command)
    assert result.exit_code == 0, result.output
    assert "2 annotations in annotations.replay" in result.stdout
    assert "0 annotations" in run(*command).stdout
    with closing(open_transport(BROKER)) as log:
        found = [decode_annotation(record.value) for record in log.read("annotations.replay")]
    assert [(a.id, a.model.version, a.source.offset) for a in found] == [("m-1", "1", 1), ("m-2", "1", 2)]


def test_a_replay_does_not_write_where_annotators_write(run: Run, annotated: list[Version]) -> None:
    """Annotations of a replay stand apart."""
    assert run("replay", "texts", "--into", "annotations", "--broker", BROKER).exit_code == 2


def test_a_replay_that_is_killed_goes_on_once() -> None:
    """Stopped after each step and begun anew: every offset of the stretch has one annotation."""
    log, model = MemoryTransport(), words_model()
    create_topics(log, 3, ["texts", "again"])
    send(log, texts(200))
    stretch = Stretch("texts", "again", bounds_of(log.admin(), "texts", 5, 60), rate=100.0)
    for _ in range(100):
        steps = replay(
            log,
            stretch,
            model,
            settings_for_tests(),
            group=group_of(stretch, model),
            sleep=lambda seconds: None,
        )
        progress = [next(steps), next(steps, None)]
        steps.close()
        if progress[0].offsets == stretch.n_offsets:
            break
    seen = Counter((header_value(record.headers, "src") or b"").decode() for record in log.read("again"))
    assert set(seen) == {
        f"texts:{p}:{o}" for p, (first, end) in stretch.bounds.items() for o in range(first, end)
    }
    assert set(seen.values()) == {1}


def test_a_replay_keeps_to_its_rate() -> None:
    """So many texts a second: the pauses add up to the time that the rate asks for."""
    log, model = MemoryTransport(), words_model()
    create_topics(log, 1, ["texts", "again"])
    send(log, texts(100))
    stretch, pauses = (
        Stretch("texts", "again", bounds_of(log.admin(), "texts", None, None), rate=1000.0),
        list[float](),
    )
    list(replay(log, stretch, model, settings_for_tests(), group="g", sleep=pauses.append))
    assert 0.05 < pauses[-1] <= 0.1


def test_no_such_topic_is_said(run: Run) -> None:
    """The topics that exist are named."""
    result = run("replay", "nothing", "--broker", BROKER)
    assert result.exit_code == 1
    assert "expected a topic that exists, got 'nothing'" in result.stderr
