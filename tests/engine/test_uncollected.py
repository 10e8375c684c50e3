# SPDX-License-Identifier: Apache-2.0
"""Circles of garbage are not looked for while much is made that stays."""

from __future__ import annotations

import gc

import pytest

from engine.uncollected import uncollected


@pytest.mark.parametrize("forever", [False, True])
def test_collecting_goes_on_afterwards(forever: bool) -> None:
    """Also where making it failed."""
    inside: list[bool] = []

    def fail() -> None:
        with uncollected(forever=forever):
            inside.append(gc.isenabled())
            raise ValueError("of the block")

    with pytest.raises(ValueError, match="of the block"):
        fail()
    assert inside == [False]
    assert gc.isenabled()


def test_who_switched_collecting_off_finds_it_off() -> None:
    """Nothing is switched on that was off."""
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_others_froze_stays_frozen() -> None:
    """A program that froze its objects before it forks keeps them so."""
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with uncollected(forever=True):
            pass
        assert gc.get_freeze_count() >= frozen - 10  # some of them are freed
    finally:
        gc.unfreeze()
