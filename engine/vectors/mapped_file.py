# SPDX-License-Identifier: Apache-2.0
"""Files of tables, mapped: of a table of 500 MB a process holds the rows that it reads."""

from __future__ import annotations

import io
import mmap
import os
import tokenize
from pathlib import Path
from typing import Any
from weakref import finalize

import numpy as np
import numpy.typing as npt

from ..errors import ModelFileError
from ..safe_files import open_file

Floats = npt.NDArray[np.float32]

HAS_PREADV = hasattr(os, "preadv")


class Pages(mmap.mmap):
    """A mapped file, and the same file to read single rows of."""

    fd: int


def mapped(file: Path) -> memoryview:
    """The bytes of a file, read as far as they are touched; the file may be replaced, but not written to.

    Raises: ModelFileError where there is none, and what `open_file` raises.
    """
    try:
        with open_file(file) as stream:
            size = stream.seek(0, io.SEEK_END)
            if not size:
                return memoryview(b"")
            pages = Pages(stream.fileno(), size, access=mmap.ACCESS_READ)
            pages.fd = os.dup(stream.fileno())
            finalize(pages, os.close, pages.fd)
    except OSError as error:
        raise ModelFileError(f"{file}: expected a file to read, got: {error.strerror}") from None
    if hasattr(pages, "madvise"):
        pages.madvise(mmap.MADV_RANDOM)  # words are looked up anywhere: what stands beside one is not needed
    return memoryview(pages)


def take_rows(data: Floats, rows: npt.NDArray[np.int64]) -> Floats:
    """A copy of rows. Of a mapped table they are read one by one: touching a page makes Linux map what is
    around it, so that some thousand rows, anywhere, would be all of a large table.

    Shape: `(n_rows, width)`.
    """
    pages = _pages_of(data) if HAS_PREADV else None
    if pages is None or not data.flags.c_contiguous:
        taken: Floats = data[rows]
        return taken
    out = np.empty((len(rows), data.shape[1]), dtype=data.dtype)
    first = _address(data) - _address(np.frombuffer(pages, dtype=np.uint8))
    size, n_rows = out.itemsize * out.shape[1], len(data)
    for row, target in zip(rows.tolist(), out, strict=True):
        place = row + n_rows if row < 0 else row
        if not 0 <= place < n_rows or os.preadv(pages.fd, [target.data], first + place * size) != size:
            raise IndexError(f"expected a row below {n_rows}, got {row}, or the file was cut")
    return out


def _address(array: npt.NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


def _pages_of(array: Any) -> Pages | None:
    """The mapped file that an array is a view of."""
    base = array
    while isinstance(base, np.ndarray):
        base = base.base
    pages = base.obj if isinstance(base, memoryview) else None
    return pages if isinstance(pages, Pages) else None


def matrix_to_bytes(data: npt.NDArray[Any]) -> bytes:
    """A matrix as a NumPy file."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.ascontiguousarray(data), allow_pickle=False)
    return stream.getvalue()


def read_matrix(data: bytes | memoryview, file: Path) -> Floats:
    """The matrix of a NumPy file; its header must promise exactly the numbers that are there. Of 32-bit
    floats it is a view.

    Raises: ModelFileError, which names the file.
    """
    try:
        stream = io.BytesIO(data[:HEADER])
        version = np.lib.format.read_magic(stream)
        reader = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, fortran, dtype = reader(stream)
        body = memoryview(data)[stream.tell() :]
        if (
            len(shape) != 2
            or fortran
            or dtype not in ("<f4", "<f2")
            or shape[0] * shape[1] * dtype.itemsize != len(body)
        ):
            raise ValueError(f"{len(body)} bytes for shape {shape} of {dtype}")
        return np.ascontiguousarray(np.frombuffer(body, dtype=dtype).reshape(shape), dtype=np.float32)
    except (
        ValueError,
        TypeError,
        LookupError,
        SyntaxError,
        tokenize.TokenError,
        OverflowError,
        RecursionError,
        MemoryError,
    ) as error:
        what = f"{type(error).__name__}: {str(error).partition('<')[0]}"
        raise ModelFileError(
            f"{file}: expected a NumPy matrix of 32-bit floats, got {what}; fetch the file again"
        ) from None


HEADER = 1 << 16
"""Bytes within which a header of a matrix has to end."""
