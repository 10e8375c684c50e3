# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.broker)])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a log that outlives its workers: an embedded one, and a real Kafka."""
    if request.param == "embedded":
        return f"embedded:{tmp_path}/log.sqlite"
    address: str = request.getfixturevalue("kafka_broker").address
    return f"kafka://{address}"
