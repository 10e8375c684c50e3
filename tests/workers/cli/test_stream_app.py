# SPDX-License-Identifier: Apache-2.0
"""`freshet stream-app` where its extra is not installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BASE_INSTALL = Path(__file__).parents[2] / "base_install"


def test_on_kafka_the_extra_is_asked_for_before_a_connection_is_tried() -> None:
    """The line to type is said, before a socket is opened."""
    path = os.pathsep.join(filter(None, (str(BASE_INSTALL), os.environ.get("PYTHONPATH"))))
    environ = {**os.environ, "PYTHONPATH": path, "FRESHET_WITHOUT": "faust,aiokafka"}
    command = [sys.executable, "-m", "workers.cli", "stream-app", "--broker", "kafka://127.0.0.1:9"]
    found = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)
    assert found.returncode == 1
    said = " ".join(found.stderr.split())
    assert "needs the extra 'faust', which is not installed; type: pip install 'freshet[faust]'" in said
