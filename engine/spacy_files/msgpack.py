# SPDX-License-Identifier: Apache-2.0
"""msgpack documents, read within limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgpack

from ..errors import ModelFileError
from ..safe_files import check_depth

MAX_ITEMS = 1 << 22
"""Items of one list or map: a header that claims more is a lie, or a table of more than four million
words."""
MAX_CONTAINERS = 1 << 22
"""Lists and maps of one document: an empty one is a byte of it, and 64 bytes of memory."""

Container = TypeVar("Container")


def unpack(data: bytes, file: Path, *, use_list: bool = True) -> Any:
    """The one value of a msgpack document, made of maps, lists, texts, bytes, numbers and null.

    What is allocated is bounded by the size of the document; extension types are refused.
    Raises: ModelFileError, which names the file.
    """
    size = len(data)
    items = min(size, MAX_ITEMS)
    counted = _counter()
    try:
        value = msgpack.unpackb(
            data,
            raw=False,
            use_list=use_list,
            strict_map_key=False,
            max_str_len=size,
            max_bin_len=size,
            max_array_len=items,
            max_map_len=items,
            max_ext_len=0,
            object_hook=counted,
            list_hook=counted,
        )
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException) as error:
        what = f"{size} bytes that are none ({type(error).__name__}: {error})"
        raise ModelFileError(
            f"{file}: expected a msgpack document, got {what}; fetch the file again"
        ) from None
    return check_depth(value, file, "a msgpack document")


def _counter() -> Callable[[Container], Container]:
    """Gives back each list or map, up to so many. Raises: ValueError."""
    left = iter(range(MAX_CONTAINERS))

    def counted(container: Container) -> Container:
        if next(left, None) is None:
            raise ValueError(f"more than {MAX_CONTAINERS:,} lists and maps")
        return container

    return counted
