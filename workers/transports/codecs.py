# SPDX-License-Identifier: Apache-2.0
"""The codecs of compressed batches: one small package that comes with Freshet, and what to type where it was
taken out."""

from __future__ import annotations

from importlib.util import find_spec

PACKAGE = "cramjam"
"""Has snappy, lz4 and zstd; gzip is Python's own."""


def missing_codecs() -> tuple[str, ...]:
    """Codecs that cannot be read here."""
    return () if find_spec(PACKAGE) else ("snappy", "lz4", "zstd")


def advice() -> str:
    """What to type so that every batch can be read."""
    return f"type: pip install {PACKAGE}"
