# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from engine.config.config import parse_config
from engine.config.resolver import resolve
from workers.bundled import find_config


@pytest.mark.parametrize("name", ["learn.cfg", "learn_demo.cfg"])
def test_a_batcher_of_a_shipped_config_is_made(name: str) -> None:
    """As it stands, and as configs were written that know of no later argument."""
    config = parse_config(find_config(name).read_text(encoding="utf8"))
    resolve(config, "training")
    config["training"]["batcher"].pop("passes", None)
    assert resolve(config, "training.batcher").passes == 1
