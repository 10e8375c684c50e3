"""Training steps that take a while, so that a test can do something between two of them."""

from __future__ import annotations

from pathlib import Path

import engine

CODE = """\
import time

import engine


@engine.registry.callbacks("test_slow.v1")
def make():
    return lambda nlp, step: time.sleep(0.2)
"""


def slow_code(folder: Path) -> Path:
    """A file for --code, with a callback that sleeps."""
    file = folder / "slow.py"
    file.write_text(CODE)
    return file


def slow_config(config: engine.Config) -> engine.Config:
    """The config with that callback before each update."""
    config["training"]["before_update"] = {"@callbacks": "test_slow.v1"}
    return config
