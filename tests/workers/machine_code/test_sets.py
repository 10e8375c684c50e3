# SPDX-License-Identifier: Apache-2.0
"""A set that is shipped holds what real work calls, and computes the bits that compiling on the spot does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.jit.cpu_level import VARIABLE, host_levels
from workers.machine_code.__main__ import SHIPPED

LEVELS = [level.name for level in host_levels() if level.name in SHIPPED]

DIGESTS = """
import hashlib, logging, sys
import numpy as np
from thinc.api import Adam, fix_random_seed
import engine
from engine import Example
from engine.training.stream_learner import LearnerSettings, StreamLearner
from workers.bundled import find_model
from workers.machine_code.work import TEXTS

logging.basicConfig(level="INFO", stream=sys.stdout, format="%(message)s")
folder = find_model("en_starter")
teacher, student = engine.load(folder), engine.load(folder)
batch = teacher.predict([*TEXTS, *TEXTS])
found = hashlib.sha256()
for name in sorted(batch.vectors):
    found.update(np.ascontiguousarray(batch.vectors[name]).tobytes())
for doc in teacher.pipe(TEXTS):
    found.update(repr((doc.tags, doc.heads, doc.deps, doc.morphs, doc.lemmas, doc.ents)).encode())
print("annotated", found.hexdigest())
fix_random_seed(0)
texts = [text for text in TEXTS if text.strip()]
learner = StreamLearner(student, teacher, LearnerSettings())
for _ in range(3):
    examples = [Example(student.tokenizer(text), teacher(text)) for text in texts]
    learner.update(examples, dropout=0.1, optimizer=Adam(0.001))
print("learned", student.digest)
"""


def _run(command: list[str], **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False, env=os.environ | environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("level", LEVELS)
def test_a_set_has_all_that_work_calls_and_gives_the_same_bits(level: str, tmp_path: Path) -> None:
    """Annotations, vectors and learned weights; where something was compiled beside the set, a line more says
    so."""
    sets = tmp_path / "sets"
    _run(["-m", "workers.machine_code", level, str(sets)])
    here = {VARIABLE: level, "NUMBA_CACHE_DIR": str(tmp_path / "kept"), "FRESHET_MACHINE_CODE": str(sets)}
    with_set = _run(["-c", DIGESTS], **here)
    assert [line.split()[0] for line in with_set] == ["annotated", "learned"]
    assert not (tmp_path / "kept").exists()
    compiled = _run(["-c", DIGESTS], **here | {"FRESHET_MACHINE_CODE": ""})
    assert [line for line in compiled if not line.startswith("compiled ")] == with_set
    assert (tmp_path / "kept").exists()
