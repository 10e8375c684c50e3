# SPDX-License-Identifier: Apache-2.0
"""Compiled functions are read from disk, and reading them wakes no compiler."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.jit.loops import jit

COMPILER = (
    "numba.np.npyimpl",
    "numba.np.arrayobj",
    "numba.np.linalg",
    "numba.core.typing.cffi_utils",
    "cffi",
)
"""Modules that Numba imports to compile, not to run."""

HEAVY = ("torch", "scipy", "pandas", "numba.typed.typeddict", "faust", "kafka", "redis", "typer")

ANNOTATE = (
    "import engine, sys; engine.load('models/en_starter')('Ada Lovelace met Charles Babbage in London.'); "
)

FUNCTIONS = """
from engine.jit.loops import jit

@jit
def squared(numbers):
    return numbers * numbers

@jit
def sum_of_squares(numbers):
    return squared(numbers).sum()
"""


def _run(code: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | environment
    )
    return done.stdout.split()


def test_annotating_again_loads_no_compiler_and_nothing_heavy() -> None:
    """Once its functions are kept, a pipeline is loaded and run without Numba's compiler and other rooms'
    libraries."""
    _run(ANNOTATE)
    assert _run(ANNOTATE + f"print(*({{*sys.modules}} & {{*{COMPILER + HEAVY}}}))") == []


def test_a_function_that_is_compiled_calls_one_that_was_loaded(tmp_path: Path) -> None:
    """What was loaded without its bitcode can still be built into a function that is compiled later, in the
    same process."""
    (tmp_path / "squares.py").write_text(FUNCTIONS)
    paths = {
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]),
        "NUMBA_CACHE_DIR": str(tmp_path / "kept"),
    }
    call = "import numpy, squares; numbers = numpy.arange(4.0); print(*squares.squared(numbers)); "
    hits = "print(*(sum(f.stats.cache_hits.values()) for f in (squares.squared, squares.sum_of_squares)))"
    first = _run(call + hits, **paths)
    then = _run(call + "print(squares.sum_of_squares(numbers)); " + hits, **paths)
    last = _run("import numpy, squares; print(squares.sum_of_squares(numpy.arange(4.0))); " + hits, **paths)
    assert first == ["0.0", "1.0", "4.0", "9.0", "0", "0"]
    assert then == ["0.0", "1.0", "4.0", "9.0", "14.0", "1", "0"]
    assert last == ["14.0", "0", "1"]


def test_a_function_that_cannot_be_kept_is_compiled_all_the_same() -> None:
    """Where there is no folder for it, as for a function without a file, a function is compiled in each
    process."""
    names: dict[str, object] = {}
    exec("def plus_one(number):\n    return number + 1", names)
    assert jit(names["plus_one"])(1) == 2


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_damaged_files_are_compiled_anew(tmp_path: Path, suffix: str) -> None:
    """What is kept may be cut off, or hold classes that an update has renamed: it counts as nothing kept."""
    (tmp_path / "squares.py").write_text(FUNCTIONS)
    paths = {
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]),
        "NUMBA_CACHE_DIR": str(tmp_path / "kept"),
    }
    call = "import numpy, squares; print(*squares.squared(numpy.arange(4.0)))"
    expected = _run(call, **paths)
    damaged = list((tmp_path / "kept").rglob(f"*{suffix}"))
    for file in damaged:
        file.write_bytes(file.read_bytes()[:-20] + b"!" * 20)
    assert damaged
    assert [_run(call, **paths), _run(call, **paths)] == [expected, expected]
