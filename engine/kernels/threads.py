# SPDX-License-Identifier: Apache-2.0
"""Threads: each slice of a batch runs whole on one thread, so the libraries below must not start more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..lazy_torch import loaded_torch


@contextmanager
def one_library_thread() -> Iterator[None]:
    """Inside, torch computes the calling thread's products on that thread alone.

    Two slices on two threads are faster than one slice on two threads (each product is small), and both at
    once would ask for more threads than there are cores, which spin while they wait for each other.
    """
    torch = loaded_torch()
    before = torch.get_num_threads() if torch is not None else 1
    if torch is not None and before != 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if torch is not None and before != 1:
            torch.set_num_threads(before)
