# SPDX-License-Identifier: Apache-2.0
"""Files of tables, mapped: of a table of 500 MB a process holds the rows that it reads."""

from __future__ import annotations

import io
import mmap
import tokenize
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ModelFileError

Floats = npt.NDArray[np.float32]


def mapped(file: Path) -> memoryview:
    """The bytes of a file, read as far as they are touched; the file may be replaced, but not written to.

    Raises: ModelFileError where there is none.
    """
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, io.SEEK_END)
            if not size:
                return memoryview(b"")
            pages = mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_READ)
    except OSError as error:
        raise ModelFileError(f"{file}: expected a file to read, got: {error.strerror}") from None
    if hasattr(pages, "madvise"):
        pages.madvise(mmap.MADV_RANDOM)  # words are looked up anywhere: what stands beside one is not needed
    return memoryview(pages)


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
