# SPDX-License-Identifier: Apache-2.0
"""A set that is shipped holds what real work calls, and computes the bits that compiling on the spot does.

Where the installed wheel brings a set for this CPU, that one is tried; from a checkout one is made first,
which takes a minute of a core.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import engine
from engine.jit.code_set import file_name
from engine.jit.cpu_level import LEVELS, VARIABLE, host_levels
from engine.jit.shipped import FOLDER_VARIABLE, shipped_code
from workers.machine_code.__main__ import SHIPPED

HOST = [level.name for level in host_levels() if level.name in SHIPPED]

SECONDS = 1800.0
"""For a process that compiles a minute of a core, on a machine that has other things to do."""

NOWHERE = {name: "/dev/null/none" for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "IPYTHONDIR")}
"""An environment without a folder that machine code could be kept in."""

COUNTED = """
import sys
from numba.core.event import Listener, register

class Compilations(Listener):
    names = []
    def on_start(self, event):
        self.names.append(event.data["dispatcher"].py_func.__qualname__)
    def on_end(self, event):
        pass

register("numba:compile", Compilations())
import engine
from workers.bundled import find_model
print(len(engine.load(find_model("en_starter"))("Ada Lovelace met Charles Babbage in London.")))
print(*Compilations.names)
"""

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

UNCALLED = """
import sys
from workers.machine_code.target import tell_target
tell_target(sys.argv[1])
from workers.machine_code.making import make_foreign_set
make_foreign_set(*sys.argv[1:])
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3 * SECONDS),
    pytest.mark.skipif(not HOST, reason="this CPU has no level"),
]


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the set for this CPU."""
    if shipped_code().set is not None:
        return Path(os.environ.get(FOLDER_VARIABLE) or Path(engine.__file__).parent / "jit" / "sets")
    return make_set(HOST[0], tmp_path_factory.mktemp("sets"))


def test_a_first_text_compiles_nothing(sets: Path) -> None:
    """Though nothing was kept, and there is no folder to keep anything in."""
    assert run(["-c", COUNTED], **NOWHERE, **{FOLDER_VARIABLE: str(sets)}) == ["8", ""]


def test_the_command_says_nothing_about_compiling(sets: Path, tmp_path: Path) -> None:
    """`freshet apply` writes annotations, and not a line about compiling beside them."""
    texts, out = tmp_path / "texts.txt", tmp_path / "out.jsonl"
    texts.write_text("Ada met Charles.\n")
    command = ["-m", "workers.cli", "apply", "en_starter", str(texts), str(out)]
    lines = run(command, **NOWHERE, **{FOLDER_VARIABLE: str(sets)})
    assert [line for line in lines if "compiled" in line] == []
    assert out.read_text().count("\n") == 1


def test_a_set_gives_the_bits_of_compiling_on_the_spot(sets: Path, tmp_path: Path) -> None:
    """Annotations, vectors and learned weights, and nothing is compiled for them."""
    compare_bits(HOST[0], sets, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("level", HOST)
def test_a_set_of_every_level_gives_the_same_bits(level: str, tmp_path: Path) -> None:
    """Of each that this CPU can pretend."""
    compare_bits(level, make_set(level, tmp_path / "sets"), tmp_path)


@pytest.mark.nightly
@pytest.mark.skipif(len(HOST) < 2, reason="this CPU has one level")
def test_a_set_that_was_made_without_calling_anything_gives_the_same_bits(tmp_path: Path) -> None:
    """As one is for a CPU that is not at hand: compiled for the functions that another set lists."""
    folder = make_set(HOST[0], tmp_path / "sets")
    run(["-c", UNCALLED, HOST[1], str(folder), str(folder / file_name(HOST[0]))])
    compare_bits(HOST[1], folder, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("level", [level.name for level in LEVELS if level.name not in HOST])
def test_a_set_for_another_cpu_can_be_made_here(level: str, tmp_path: Path) -> None:
    """It has as many functions as that of this CPU, and is not run."""
    make_set(level, tmp_path)
    assert (tmp_path / file_name(level)).stat().st_size > 1e6


def compare_bits(level: str, sets: Path, scratch: Path) -> None:
    """Results by a set and by compiling, both of them at that level."""
    kept = scratch / "kept"
    here = {VARIABLE: level, "NUMBA_CACHE_DIR": str(kept)}
    with_set = run(["-c", DIGESTS], **here, **{FOLDER_VARIABLE: str(sets)})
    assert [line.split()[0] for line in with_set] == ["annotated", "learned"]
    assert not kept.exists()
    compiled = run(["-c", DIGESTS], **here, **{FOLDER_VARIABLE: ""})
    assert [line for line in compiled if not line.startswith("compiled ")] == with_set
    assert kept.exists()


def make_set(level: str, folder: Path) -> Path:
    """The folder, with a set in it."""
    run(["-m", "workers.machine_code", level, str(folder)])
    return folder


def run(command: list[str], **environment: str) -> list[str]:
    """The lines that a process of its own writes."""
    done = subprocess.run(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=SECONDS,
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()
