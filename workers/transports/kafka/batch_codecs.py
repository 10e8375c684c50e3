# SPDX-License-Identifier: Apache-2.0
"""What kafka-python reads compressed batches by: cramjam, which has snappy, lz4 and zstd in one wheel of
4 MB, where the three packages that it looks for take 31.

A megabyte of zstd may inflate to tens of gigabytes, and brokers do not mind: a batch has a size here, beyond
which it is refused before memory is full of it.
"""

from __future__ import annotations

import zlib
from typing import Any

from kafka import codec
from kafka.record import default_records, legacy_records

try:
    import cramjam
except ImportError:  # taken out: batches are refused, with what to type (../codecs.py)
    cramjam = None  # type: ignore[assignment]

MAX_BATCH = 1 << 28
"""Bytes of a batch when inflated; as a broker takes them by default, it has one megabyte before."""
RATIOS = (8, 64)
"""So many bytes for each stored one are made room for first: text is packed to a third, rarely to less than
an eighth."""
_GZIP = 16 + zlib.MAX_WBITS


class RawSnappy:
    """The one function of python-snappy that kafka-python's own decoder of snappy calls."""

    @staticmethod
    def decompress(data: bytes) -> bytes:
        """A block without frame."""
        if cramjam.snappy.decompress_raw_len(data) > MAX_BATCH:
            raise _too_large("snappy", len(data))
        return bytes(cramjam.snappy.decompress_raw(data))


def decode_lz4(data: bytes) -> bytearray:
    """One frame or several."""
    return _inflated("lz4", data)


def decode_zstd(data: bytes) -> bytearray:
    """One frame or several, with their sizes in them or without."""
    return _inflated("zstd", data)


def decode_gzip(data: bytes) -> bytearray:
    """One member or several."""
    out = bytearray()  # a megabyte may be tens of thousands of members: what is there is not copied for each
    while data:
        stream = zlib.decompressobj(_GZIP)
        out += stream.decompress(data, MAX_BATCH + 1 - len(out))
        if len(out) > MAX_BATCH:
            raise _too_large("gzip", len(data))
        if not stream.eof:
            raise ValueError("a batch is compressed by gzip, and cut off")
        data = stream.unused_data
    return out


def _inflated(name: str, data: bytes) -> bytearray:
    inflate: Any = getattr(cramjam, name).decompress_into
    for size in (*(min(ratio * len(data) + (1 << 16), MAX_BATCH) for ratio in RATIOS), MAX_BATCH):
        out = bytearray(size)
        try:
            del out[inflate(data, out) :]
        except cramjam.DecompressionError as error:
            if "whole buffer" not in str(error):
                raise
        else:
            return out
    raise _too_large(name, len(data))


def _too_large(name: str, size: int) -> ValueError:
    return ValueError(
        f"a batch of {size:,} bytes, compressed by {name}, inflates to more than {MAX_BATCH:,}; let the "
        "group begin behind it (kafka-consumer-groups.sh --reset-offsets)"
    )


def has_codec() -> bool:
    """Whether cramjam is there."""
    return cramjam is not None


def read_by_cramjam() -> None:
    """Give kafka-python these decoders, for messages of every age."""
    library: Any = codec
    library.snappy = RawSnappy if has_codec() else None
    library.has_snappy = library.has_lz4 = library.has_zstd = has_codec
    default_records.lz4_decode = legacy_records.lz4_decode = library.lz4_decode = decode_lz4
    default_records.gzip_decode = legacy_records.gzip_decode = library.gzip_decode = decode_gzip
    default_records.zstd_decode = library.zstd_decode = decode_zstd
