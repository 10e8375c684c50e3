# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import orjson

import engine
from schemas import decode_annotation, parse_dead_letter
from tests.workers.support import create_topics, outcome, send, settings_for_tests, wait_until
from workers.transports import open_transport

RUNAWAY = r"(?:\w|\w\w)+(?<!\w)"
HOSTILE = "a" * 60


def test_a_runaway_pattern_costs_its_own_text_alone(tmp_path: Path) -> None:
    """A text that a rule would never end on becomes a dead letter that names component and pattern; all
    others are
    annotated, the worker goes on, and ends on SIGTERM within its drain limit while it is at such texts."""
    nlp = engine.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "X", "pattern": [{"TEXT": {"REGEX": RUNAWAY}}]}])
    nlp.to_disk(tmp_path / "model")
    settings = settings_for_tests(broker=f"embedded:{tmp_path}/log")
    words = [f"good {i}" for i in range(20)]
    words[10] = HOSTILE
    with closing(open_transport(settings.broker)) as log:
        create_topics(log, 1)
        send(log, [orjson.dumps({"id": str(i), "text": text}) for i, text in enumerate(words)])
        worker = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "workers.cli",
                "annotate",
                str(tmp_path / "model"),
                "--worker.health_port",
                "-1",
            ],
            env={**os.environ, "FRESHET_BROKER": settings.broker, "OMP_NUM_THREADS": "1"},
            cwd=tmp_path,
            stderr=subprocess.PIPE,
        )
        try:
            wait_until(lambda: worker.poll() is not None or not outcome(log, settings).lost, 90)
            found = outcome(log, settings)
            (letter,) = found.dead_letters
            told = parse_dead_letter(letter.headers)
            assert "entity_ruler" in told.message
            assert repr(RUNAWAY) in told.message
            assert HOSTILE not in told.message
            assert {decode_annotation(r.value).id for r in found.annotations} == {
                str(i) for i in range(20) if i != 10
            }
            send(log, [orjson.dumps({"text": f"{HOSTILE}{i}"}) for i in range(50)])
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(60) == 0
        finally:
            worker.kill()
            worker.communicate()
        assert not outcome(log, settings).doubled
