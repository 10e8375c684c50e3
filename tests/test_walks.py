# SPDX-License-Identifier: Apache-2.0
"""The walks of docs/architecture.md are those that a text and a correction take at run time."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType

import pytest

import workers
from tests.engine.toy import shared, toy_pipeline
from tests.workers.support import create_topics, running, send, settings_for_tests, texts, wait_until
from tests.workers.trainer.support import Workshop, correction, record_of
from workers.serving.pipeline_model import PipelineModel
from workers.transports import open_transport

PAGE = (Path(__file__).parent.parent / "docs" / "architecture.md").read_text(encoding="utf8")
ROOMS = Path(workers.__file__).parents[1]
MOST_PLACES = 12


def places(heading: str) -> list[str]:
    """The files of a walk, in its order."""
    section = PAGE.partition(f"## {heading}")[2].partition("\n## ")[0]
    return re.findall(r"^\| \d+ \| `([^`]+)`", section, re.MULTILINE)


TEXT, CORRECTION = places("A text"), places("A correction")


@contextmanager
def entered(among: list[str]) -> Iterator[list[str]]:
    """The files in which functions begin, in the order of time, in all threads that start meanwhile."""
    order: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(str(ROOMS)) and file[len(str(ROOMS)) + 1 :] in among:
            order.append(file[len(str(ROOMS)) + 1 :])

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield order
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def in_order(walk: list[str], order: list[str]) -> list[str]:
    """The part of the walk that was taken in its order, from its beginning on."""
    steps, taken = iter(order), []
    for place in walk:
        if place not in steps:
            break
        taken.append(place)
    return taken


@pytest.mark.parametrize("walk", [TEXT, CORRECTION], ids=["text", "correction"])
def test_a_walk_has_few_places_and_none_twice(walk: list[str]) -> None:
    """At most twelve files, each once, all of them there."""
    assert 8 <= len(walk) <= MOST_PLACES
    assert len(set(walk)) == len(walk)
    assert [place for place in walk if not (ROOMS / place).is_file()] == []


@pytest.mark.timeout(200)  # the first text on a machine compiles
def test_a_text_takes_its_walk(tmp_path: Path) -> None:
    """A record of the embedded log passes the files of the page, from its own consumer to the commit."""
    walk = [place.replace("transports/kafka", "transports/embedded") for place in TEXT]
    model = PipelineModel(toy_pipeline(shared("tagger", "ner")))
    with closing(open_transport(f"embedded:{tmp_path / 'log'}")) as log:
        create_topics(log, 1)
        with entered(walk) as order, running(log, settings_for_tests(threads=1), model):
            send(log, texts(1))
            wait_until(lambda: len(list(log.read("annotations"))) == 1, timeout=150.0)
    assert in_order(walk, order) == walk


@pytest.mark.redis
def test_a_correction_takes_its_walk(tmp_path: Path) -> None:
    """A correction passes the files of the page, from its being read to the checkpoint."""
    shop = Workshop(tmp_path)
    shop.send([record_of(correction(1))])
    with entered(CORRECTION) as order:
        shop.learn(learner__held_out_percent=0.0)
    assert in_order(CORRECTION, order) == CORRECTION
