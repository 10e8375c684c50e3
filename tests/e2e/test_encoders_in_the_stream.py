# SPDX-License-Identifier: Apache-2.0
"""Pipelines on an encoder in the stream: the same annotations through the log, what was cut, one encoder for
many versions."""

from __future__ import annotations

import json
import lzma
import os
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from thinc.api import fix_random_seed

import engine
from engine.extras import TRANSFORMERS
from engine.training.learner_state import capture
from engine.training.stream_learner import LearnerSettings, StreamLearner
from schemas import PIECES_CUT, decode_annotation, header_value
from tests.engine.tiny_encoder import encoder_config, tagger_block, transformer_block, write_encoder
from tests.engine.toy import toy_examples
from tests.workers.support import create_topics, outcome, running, send, settings_for_tests, wait_until
from workers.serving.live_model import LiveModel
from workers.serving.pipeline_model import PipelineModel
from workers.settings import OutputFormat
from workers.transports.address import open_transport

DATA = os.environ.get("FRESHET_DATA")

pytestmark = pytest.mark.skipif(not TRANSFORMERS.is_installed, reason="needs freshet[transformers]")


def initialized(folder: Path, **settings: Any) -> engine.Pipeline:
    """An encoder and a tagger."""
    blocks = {"transformer": transformer_block(folder, **settings), "tagger": tagger_block()}
    nlp = engine.from_config(engine.fill_config(encoder_config(folder, **blocks)))
    fix_random_seed(0)
    nlp.initialize(lambda: toy_examples(nlp))
    return nlp


def through_the_log(nlp: engine.Pipeline, texts: list[str], folder: Path, form: OutputFormat) -> list[Any]:
    """The annotations of a worker on an embedded log, in the order of the texts."""
    broker = f"embedded:{folder}"
    settings = settings_for_tests(
        broker=broker, input_topic="t", output_topic="t.out", group="g", output_format=form
    )
    with closing(open_transport(broker)) as transport:
        create_topics(transport, 1, (settings.input_topic, settings.output_topic, settings.dead_letters_to))
        send(transport, [orjson.dumps({"text": text}) for text in texts], "t")
        with running(transport, settings, LiveModel(PipelineModel(nlp, form))) as state:
            wait_until(lambda: not outcome(transport, settings).lost, 60)
            assert state.finish() == 0
        result = outcome(transport, settings)
    assert not result.dead_letters
    return sorted(result.annotations, key=lambda record: int(record.key))


@pytest.mark.skipif(DATA is None, reason="set FRESHET_DATA to the folder of the test data")
@pytest.mark.parametrize("name", ["st_bert_strided", "sct_bert_weighted"])
def test_a_worker_says_what_the_ecosystem_says(name: str, tmp_path: Path) -> None:
    """150 texts of a pipeline with a transformer, through the log."""
    folder = Path(str(DATA)) / "pipelines_transformers"
    with tarfile.open(folder / f"{name}.tar.xz") as files:
        files.extractall(tmp_path, filter="data")
    with lzma.open(folder / f"{name}.jsonl.xz", "rt", encoding="utf8") as lines:
        docs = [doc for doc in map(json.loads, lines) if "error" not in doc]
    nlp = engine.load(tmp_path / name)
    found = through_the_log(nlp, [doc["text"] for doc in docs], tmp_path / "log", OutputFormat.SPACY)
    said = [orjson.loads(record.value) for record in found]
    assert [{key: mine[key] for key in doc} for mine, doc in zip(said, docs, strict=True)] == docs


def test_what_a_limit_cuts_is_said(tmp_path: Path) -> None:
    """A field and a header of that annotation alone."""
    spans = {"get_spans": {"@span_getters": "spacy-transformers.doc_spans.v1"}}
    nlp = initialized(write_encoder(tmp_path / "tiny"), model=spans)
    long, short = through_the_log(
        nlp, ["Ada met Grace Hopper. " * 30, "Rain fell."], tmp_path / "log", OutputFormat.FRESHET
    )
    cut = decode_annotation(long.value).pieces_cut
    assert cut
    assert header_value(long.headers, PIECES_CUT) == str(cut).encode()
    assert decode_annotation(short.value).pieces_cut is None
    assert header_value(short.headers, PIECES_CUT) is None


def test_a_frozen_lower_half_is_the_same_file_in_every_version(tmp_path: Path) -> None:
    """What a learner saves after steps differs in the parts that learn alone, its checkpoints too."""
    nlp = initialized(write_encoder(tmp_path / "tiny"))
    rates = {"transformer/embeddings.*": 0.0, "transformer/layer.[01]/*": 0.0}
    learner = StreamLearner(nlp, None, LearnerSettings(distillation=0.0, average=0.5, rates=rates))
    optimizer = nlp.create_optimizer()
    nlp.to_disk(tmp_path / "first")
    before = capture(learner, optimizer, {}).to_files()
    for _ in range(3):
        learner.update(toy_examples(nlp), dropout=0.1)
        learner.finish_update(optimizer)
    after = capture(learner, optimizer, {}).to_files()
    with learner.candidate() as candidate:
        candidate.to_disk(tmp_path / "second")
    names = sorted(file.name for file in (tmp_path / "first" / "transformer").iterdir())
    changed = [
        name
        for name in names
        if (tmp_path / "first/transformer" / name).read_bytes()
        != (tmp_path / "second/transformer" / name).read_bytes()
    ]
    assert changed == ["weights.004.layer.safetensors"]
    parts = [name for name in before if name.startswith("weights/transformer")]
    assert [name for name in parts if before[name] != after[name]] == [
        "weights/transformer/004.layer.safetensors"
    ]


def test_a_teacher_keeps_a_student_near(tmp_path: Path) -> None:
    """Learning from corrections beside a teacher runs through both encoders, and says the distance."""
    folder = write_encoder(tmp_path / "tiny")
    nlp, teacher = initialized(folder), initialized(folder)
    learner = StreamLearner(nlp, teacher, LearnerSettings(distillation=0.5, average=0.9))
    optimizer = nlp.create_optimizer()
    for _ in range(2):
        losses = learner.update(toy_examples(nlp), dropout=0.0)
        learner.finish_update(optimizer)
    assert losses["tagger.rehearsal"] > 0.0
    assert losses["transformer"] > 0.0
