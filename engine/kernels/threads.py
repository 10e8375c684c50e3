# SPDX-License-Identifier: Apache-2.0
"""Threads: each slice of a batch runs whole on one thread, so the libraries below must not start more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_lock = threading.Lock()
_users = 0
_before = 1


@contextmanager
def one_library_thread() -> Iterator[None]:
    """Inside, torch computes each product on the calling thread alone; nested and concurrent use is counted.

    Two slices on two threads are faster than one slice on two threads (each product is small), and both at once would
    ask for more threads than there are cores. The setting belongs to the process: it comes back when the last user leaves.
    """
    global _users, _before
    with _lock:
        if _users == 0:
            _before = torch.get_num_threads()
            torch.set_num_threads(1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                torch.set_num_threads(_before)
