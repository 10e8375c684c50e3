# SPDX-License-Identifier: Apache-2.0
"""Python's search for circles of garbage, put off while much is made that stays: it would go over all of that
again and again, a tenth of what a start takes."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected(*, forever: bool = False) -> Iterator[None]:
    """Inside, no circles of garbage are looked for, in no thread; afterwards as before.

    `forever`: what was made lasts as long as the process, so it is not looked through soon, either.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if forever and not gc.get_freeze_count():  # what others froze stays so
            gc.freeze()
            gc.unfreeze()  # all of it is of the oldest generation now
        gc.enable()
