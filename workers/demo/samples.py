# SPDX-License-Identifier: Apache-2.0
"""The bundled sample texts: lines of JSON, a few of them broken on purpose."""

from __future__ import annotations

from pathlib import Path

SAMPLES = Path(__file__).with_name("texts.jsonl")


def sample_values() -> list[bytes]:
    """The values of the sample records, as they go into the log.

    >>> len(sample_values()) > 200
    True
    """
    return SAMPLES.read_bytes().splitlines()
