# SPDX-License-Identifier: Apache-2.0
"""What a process that a test started serves over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any


def read_json(address: str) -> Any:
    """The JSON that stands there; None while nobody answers, or the answer is that it is too early."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()  # it is the answer, with its connection
        return None
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None
