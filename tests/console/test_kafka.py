# SPDX-License-Identifier: Apache-2.0
"""The console on a real Kafka: publish, once, groups undisturbed, dead letters back."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from tests.console.local import local_console
from tests.console.support import wait_for
from tests.servers.kafka import KafkaBroker
from workers.dead_letters import dead_letter
from workers.transports import ConsumerOptions, Record, open_transport

ENTS = {"ents": {"status": "complete", "spans": [{"start": 0, "end": 3, "label": "PER"}]}}


@pytest.mark.broker
@pytest.mark.timeout(180)
def test_the_same_on_a_real_kafka(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    """An answer and its correction are written, once; no group is made or moved; a letter goes back."""
    broker = f"kafka://{kafka_broker.address}"
    with closing(open_transport(broker)) as log:
        _new_topics(log)
        with local_console(tmp_path, broker=broker, look_interval=0.1) as local:
            local.write(["Ada went.", "Ada stayed."])
            before = _lags(log)
            item = local.post("/api/items/claim", {"n": 1})["items"][0]
            first = local.answer(item, "answer-1", layers=ENTS)
            assert local.answer(item, "answer-1", layers=ENTS)["correction_id"] == first["correction_id"]
            stages = ("in the log", "held out")
            wait_for(lambda: local.get("/api/answers")["answers"][0]["progress"]["stage"] in stages)
            assert [json.loads(r.value or b"")["correction_id"] for r in log.read("corrections")] == [
                first["correction_id"]
            ]
            letter = dead_letter(
                Record("texts", 0, 0, 0, b"k", b"{"),
                ValueError("broken"),
                topic="texts.dlq",
                stage="decode",
                model_version="1",
            )
            with closing(log.producer()) as producer:
                producer.send([letter])
            wait_for(lambda: local.get("/api/letters")["topics"][0]["count"] == 1)
            assert (
                local.post("/api/letters/redrive", {"topic": "texts.dlq", "reason": "ValueError"})["sent"]
                == 1
            )
            assert local.get(f"/api/texts/{item['source']}")["answers"]
            assert _lags(log) == before
        assert [record.value for record in log.read("texts")][-1] == b"{"


def _new_topics(log: object) -> None:
    with closing(log.admin()) as admin:  # type: ignore[attr-defined]
        known = {topic.name for topic in admin.topics()}
        for topic in {
            "texts",
            "annotations",
            "texts.dlq",
            "corrections",
            "answers",
            "corrections.dlq",
        } & known:
            admin.delete_topic(topic)


def _lags(log: object) -> list[tuple[int | None, int]]:
    consumer = log.consumer(ConsumerOptions("workers", ("annotations",)))  # type: ignore[attr-defined]
    consumer.close()
    with closing(log.admin()) as admin:  # type: ignore[attr-defined]
        groups = ("workers", "freshet-console")
        return [
            (one.committed, one.lag) for group in groups for one in admin.group_lag(group, ["annotations"])
        ]
