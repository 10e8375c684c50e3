# SPDX-License-Identifier: Apache-2.0
"""Pipelines that spaCy trained, outside of this repository, on a stream."""

from __future__ import annotations

import json
import lzma
import os
import tarfile
import uuid
from contextlib import closing
from pathlib import Path

import orjson
import pytest

import engine
from tests.workers.support import create_topics, outcome, running, send, settings_for_tests, wait_until
from workers.serving.live_model import LiveModel
from workers.serving.pipeline_model import PipelineModel
from workers.settings import OutputFormat
from workers.transports.address import open_transport

DATA = os.environ.get("FRESHET_DATA")

pytestmark = pytest.mark.skipif(
    DATA is None, reason="set FRESHET_DATA to the folder of the test data (with pipelines/ in it)"
)


@pytest.mark.parametrize("name", ["ud_cnn", "uner_cnn"])
def test_what_comes_out_of_a_stream_is_what_spacy_said(broker: str, name: str, tmp_path: Path) -> None:
    """All layers of all 318 documents, on an embedded log and through Kafka, in spaCy's own JSON form."""
    folder = Path(str(DATA)) / "pipelines"
    with tarfile.open(folder / f"{name}.tar.xz") as files:
        files.extractall(tmp_path, filter="data")
    with lzma.open(folder / f"{name}.dev.jsonl.xz", "rt", encoding="utf8") as lines:
        docs = [json.loads(line) for line in lines]
    topic = f"t{uuid.uuid4().hex[:8]}"
    settings = settings_for_tests(
        broker=broker,
        input_topic=topic,
        output_topic=f"{topic}.out",
        group=topic,
        output_format=OutputFormat.SPACY,
    )
    with closing(open_transport(broker)) as transport:
        create_topics(transport, 2, (settings.input_topic, settings.output_topic, settings.dead_letters_to))
        send(transport, [orjson.dumps({"text": doc["text"]}) for doc in docs], topic)
        with running(
            transport,
            settings,
            LiveModel(PipelineModel(engine.load(tmp_path / name), settings.output_format)),
        ) as state:
            wait_until(lambda: not outcome(transport, settings).lost, 60)
            assert state.finish() == 0
        result = outcome(transport, settings)
    assert result.exact
    assert not result.dead_letters
    by_number = {int(record.key): orjson.loads(record.value) for record in result.annotations}  # type: ignore[arg-type]
    assert [{key: by_number[i][key] for key in doc} for i, doc in enumerate(docs)] == docs
