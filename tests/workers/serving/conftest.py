# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from tests.workers.serving.support import FakeRegistry
from tests.workers.support import words_model


@pytest.fixture
def registry() -> FakeRegistry:
    """Version 1 is champion; 2 and 3 are there."""
    registry = FakeRegistry()
    for number in (1, 2, 3):
        registry.put(number, words_model(str(number)))
    registry.place(champion=1)
    return registry
