# SPDX-License-Identifier: Apache-2.0
"""Sets of machine code: what is used, what is refused, what is said about it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.jit.code_set import DIGESTS
from engine.jit.cpu_level import LEVELS, VARIABLE, host_levels, pretended_level

HOST = [level.name for level in host_levels()]

pytestmark = pytest.mark.skipif(not HOST, reason="this CPU has no level")

FUNCTIONS = """
from engine.jit.loops import jit, jit_fastmath

@jit
def squared(numbers):
    return numbers * numbers

@jit_fastmath
def total(numbers):
    found = numbers[0] * 0
    for number in numbers:
        found += number
    return found

@jit
def sum_of_squares(numbers):
    return squared(numbers).sum()
"""

MAKE = """
import sys, numpy, squares
from pathlib import Path
from engine.jit.code_set import CodeOrigin, file_name, write_set
from engine.jit.function_code import take_apart
from engine.jit.loops import compiled_functions
squares.squared(numpy.arange(4.0)), squares.total(numpy.arange(4.0))
level = sys.argv[1]
found = [take_apart(one) for one in compiled_functions()]
write_set(Path(sys.argv[2]) / file_name(level), CodeOrigin.here(level), found)
"""

CALL = """
import logging, numpy, sys, squares
logging.basicConfig(level="INFO", stream=sys.stdout, format="%(levelname)s %(message)s")
print(*squares.squared(numpy.arange(4.0)), squares.total(numpy.arange(4.0)))
"""

RESULT = "0.0 1.0 4.0 9.0 6.0"


class Place:
    """A folder with functions, their set and a cache of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sets = root / "sets"
        self.sets.mkdir()
        (root / "squares.py").write_text(FUNCTIONS)
        (root / "__pycache__").touch()  # no folder beside the source

    def run(self, code: str, *arguments: str, **environment: str) -> list[str]:
        """The lines that code prints in a process of its own, whose cache cannot be written to unless it is
        told."""
        settings = {
            "PYTHONPATH": os.pathsep.join([str(self.root), *filter(None, sys.path), os.getcwd()]),
            "PYTHONDONTWRITEBYTECODE": "1",
            **{
                name: "/dev/null/none" for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "IPYTHONDIR")
            },
            "FRESHET_MACHINE_CODE": str(self.sets),
            VARIABLE: "",
        }
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
            env=os.environ | settings | environment,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def make(self, level: str) -> Path:
        """A set of two functions for a level."""
        self.run(MAKE, level, str(self.sets), **{VARIABLE: level, "FRESHET_MACHINE_CODE": ""})
        (path,) = self.sets.glob(f"{level}-*.code")
        return path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Functions without a set."""
    return Place(tmp_path)


@pytest.fixture
def shipped(place: Place) -> Place:
    """Functions with a set for this CPU."""
    place.make(HOST[0])
    return place


def test_a_function_of_the_set_is_not_compiled_and_nothing_is_said(shipped: Place) -> None:
    """Its result is that of the compiled one, no compiler wakes, no cache is needed."""
    modules = "print(sorted({'numba.np.npyimpl', 'cffi'} & {*sys.modules}))"
    assert shipped.run(CALL + modules) == [RESULT, "[]"]


def test_what_the_set_lacks_is_compiled_with_one_line(shipped: Place) -> None:
    """Also where it calls a function that came with the set; the line says how long, and that it is kept
    nowhere."""
    lines = shipped.run(CALL + "print(squares.sum_of_squares(numpy.arange(4.0)))")
    assert lines[:2] == [RESULT, "14.0"]
    (line,) = lines[2:]
    assert line.startswith("WARNING compiled 1 functions in ")
    assert "lacks them); kept nowhere" in line
    assert "set NUMBA_CACHE_DIR" in line


def test_the_line_names_the_folder_that_keeps_what_was_compiled(place: Place) -> None:
    """The next process compiles nothing."""
    kept = {"NUMBA_CACHE_DIR": str(place.root / "kept"), "FRESHET_MACHINE_CODE": ""}
    first, then = place.run(CALL, **kept), place.run(CALL, **kept)
    assert first[0] == RESULT
    assert "compiled 2 functions in " in first[1]
    assert f"kept in {place.root / 'kept'}" in first[1]
    assert then == [RESULT]


def test_a_set_that_was_changed_is_not_used(shipped: Place) -> None:
    """One byte is enough; the functions are compiled, and the line says why."""
    (path,) = shipped.sets.glob("*.code")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    result, line = shipped.run(CALL)
    assert result == RESULT
    assert "it was changed since" in line


@pytest.mark.parametrize(("name", "words"), [("numba", "numba 0.1, not "), ("sources", "other sources")])
def test_a_set_of_another_compiler_or_other_sources_is_not_used(
    shipped: Place, name: str, words: str
) -> None:
    """Though its own digest agrees."""
    _claim(shipped, name, "0.1")
    result, line = shipped.run(CALL)
    assert result == RESULT
    assert words in line


@pytest.mark.skipif(len(HOST) < 2, reason="this CPU has one level")
def test_the_set_of_the_level_in_force_is_taken_and_no_other(place: Place) -> None:
    """A process that pretends a lower level does not run a set of the CPU's own, and counts lanes by its own
    level."""
    place.make(HOST[0])
    lower = {VARIABLE: HOST[1]}
    result, line = place.run(CALL, **lower)
    assert result == RESULT
    assert f"no {HOST[1]}-" in line
    place.make(HOST[1])
    assert place.run(CALL, **lower) == [RESULT]
    lanes = {"x86-64-v4": "16", "x86-64-v3": "8"}.get(HOST[1], "4")
    assert place.run("from engine.kernels import cpu_features; print(cpu_features().lanes)", **lower) == [
        lanes
    ]


def test_what_is_compiled_is_of_the_level_in_force(place: Place) -> None:
    """The compiler is told the level, not this very CPU."""
    code = (
        "from engine.jit.loops import jit; from numba.core.registry import cpu_target as target; "
        "print(*target.target_context.codegen().magic_tuple()[1:])"
    )
    assert place.run(code, **{VARIABLE: HOST[-1]}) == [f"{HOST[-1]} "]


@pytest.mark.parametrize("name", ["x86-64-v9", *(level.name for level in LEVELS if level.name not in HOST)])
def test_a_level_that_the_cpu_lacks_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, with those that it has."""
    monkeypatch.setenv(VARIABLE, name)
    with pytest.raises(EngineError, match=f"{HOST[0]}.*{name}"):
        pretended_level()


def _claim(place: Place, name: str, value: str) -> None:
    """Rewrite what a set says it was made from, its digest too."""
    from hashlib import sha256

    (path,) = place.sets.glob("*.code")
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["origin"][name] = value
    changed = json.dumps(header).encode()
    content = len(changed).to_bytes(8, "little") + changed + content[end:]
    path.write_bytes(content)
    (path.parent / DIGESTS).write_text(json.dumps({path.name: sha256(content).hexdigest()}))
