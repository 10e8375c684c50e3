# SPDX-License-Identifier: Apache-2.0
"""The rooms: which way imports go, that importing one does nothing, and that what its documentation shows is
true."""

from __future__ import annotations

import doctest
import pkgutil
import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

import engine
import schemas
import workers
from engine.extras import SIGNING

ROOMS = (schemas, engine, workers)


def _modules() -> list[str]:
    found = []
    for room in ROOMS:
        found += [
            room.__name__,
            *(info.name for info in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")),
        ]
    gone = () if SIGNING.is_installed else ("ed25519",)
    return [name for name in found if not name.endswith(("__main__", *gone))]


@pytest.mark.parametrize("name", _modules())
def test_examples_in_docstrings_are_true(name: str) -> None:
    """Every example in a docstring prints what it says."""
    failed, _ = doctest.testmod(
        import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )
    assert failed == 0


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_a_room_names_what_it_offers_in_order(room: ModuleType) -> None:
    """A room's `__all__` is sorted, constants first and classes next, and every name in it exists."""
    names = getattr(room, "__all__", [])
    assert list(names) == sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert [name for name in names if not hasattr(room, name)] == []


@pytest.mark.parametrize(
    ("imported", "unwanted"),
    [
        ("schemas", ("engine", "workers", "torch", "thinc", "numba")),
        ("engine", ("workers", "kafka", "redis", "typer", "rich.console")),
        ("workers", ("torch", "kafka", "typer")),
        ("workers.reprocess.files", ("prometheus_client",)),
        ("workers.cli.app", ("engine", "torch", "kafka", "numba")),
        ("workers.cli.read", ("engine", "torch", "numba")),
        ("workers.cli.apply", ("torch", "kafka")),
    ],
)
def test_importing_a_room_brings_nothing_that_it_must_not_know(
    imported: str, unwanted: tuple[str, ...]
) -> None:
    """Importing a room loads no module of a room above it, and nothing heavy before it is needed."""
    code = f"import sys, {imported}; print(*(name for name in {unwanted!r} if name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=True
    )
    assert done.stdout.split() == []


def test_no_room_loads_the_measured_peer() -> None:
    """spaCy is measured against, never imported."""
    code = "import sys, engine, workers.cli.train, workers.annotator; sys.exit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=100, check=False).returncode == 0
