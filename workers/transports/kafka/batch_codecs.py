# SPDX-License-Identifier: Apache-2.0
"""What kafka-python reads compressed batches by: cramjam, which has snappy, lz4 and zstd in one wheel of
4 MB, where the three packages that it looks for take 31."""

from __future__ import annotations

from typing import Any

from kafka import codec
from kafka.record import default_records, legacy_records

try:
    import cramjam
except ImportError:  # taken out: batches are refused, with what to type (../codecs.py)
    cramjam = None  # type: ignore[assignment]


class RawSnappy:
    """The one function of python-snappy that kafka-python's own decoder of snappy calls."""

    @staticmethod
    def decompress(data: bytes) -> bytes:
        """A block without frame."""
        return bytes(cramjam.snappy.decompress_raw(data))


def decode_lz4(data: bytes) -> bytes:
    """One frame or several."""
    return bytes(cramjam.lz4.decompress(data))


def decode_zstd(data: bytes) -> bytes:
    """One frame or several, with their sizes in them or without."""
    return bytes(cramjam.zstd.decompress(data))


def has_codec() -> bool:
    """Whether cramjam is there."""
    return cramjam is not None


def read_by_cramjam() -> None:
    """Give kafka-python these decoders, for messages of every age."""
    library: Any = codec
    library.snappy = RawSnappy if has_codec() else None
    library.has_snappy = library.has_lz4 = library.has_zstd = has_codec
    default_records.lz4_decode = legacy_records.lz4_decode = library.lz4_decode = decode_lz4
    default_records.zstd_decode = library.zstd_decode = decode_zstd
