# SPDX-License-Identifier: Apache-2.0
"""Defaults of what only learning needs are written into a loaded config when somebody looks at it."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from engine import load
from engine.spacy_files import read_spacy_folder

GOLDEN = Path(__file__).parent / "golden" / "heads"
OF_LEARNING = re.compile(r"(?m)^(\[(?:corpora|training)\..*\n@.*\n)(?:\w.*\n)+")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pipeline whose config leaves out what the functions of learning have as defaults."""
    copy = tmp_path / "heads"
    shutil.copytree(GOLDEN, copy)
    config = copy / "config.cfg"
    config.write_text(OF_LEARNING.sub(r"\1", config.read_text("utf-8")), "utf-8")
    return copy


def test_a_config_is_whole_for_who_looks_at_it(folder: Path) -> None:
    """Byte by byte as if all had been written at once."""
    whole = read_spacy_folder(folder).config.to_str()
    assert read_spacy_folder(folder, whole=False).config.to_str() != whole
    assert load(folder).config.to_str() == whole


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads that take turns all the time."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hasty_threads")
def test_of_several_threads_none_sees_half_a_config(folder: Path) -> None:
    """Each waits until all is written, whoever writes it."""
    whole = read_spacy_folder(folder).config.to_str()
    half = read_spacy_folder(folder, whole=False).config
    nlp, n_threads = load(folder), 4
    barrier = Barrier(n_threads)

    def look(_: int) -> bool:
        barrier.wait()
        return nlp.config.to_str() == whole

    with ThreadPoolExecutor(n_threads) as threads:
        for _ in range(20):
            nlp.config, nlp.fills_learning = half.copy(), True
            assert all(threads.map(look, range(n_threads)))
