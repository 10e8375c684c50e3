# SPDX-License-Identifier: Apache-2.0
"""The codecs of compressed batches: small packages that come with Freshet, and what to type where one was
taken out."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

PACKAGES = {"snappy": ("snappy", "python-snappy"), "lz4": ("lz4", "lz4"), "zstd": ("zstandard", "zstandard")}
"""Each codec's module and the package that has it; gzip is Python's own."""


def missing_codecs() -> Iterator[tuple[str, str]]:
    """Codecs that cannot be read here, each with the package to install."""
    for codec, (module, package) in PACKAGES.items():
        if find_spec(module) is None:
            yield codec, package


def advice() -> str:
    """What to type so that every batch can be read."""
    packages = [package for _, package in missing_codecs()] or [package for _, package in PACKAGES.values()]
    return f"type: pip install {' '.join(packages)}"
