# SPDX-License-Identifier: Apache-2.0
"""What served before comes back by a rollback, or by force with a reason: both are in the audit chain."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.model_registry import ModelRegistry, RefusedError, RegistryError

from .conftest import MakeModel

pytestmark = pytest.mark.redis
PASSED = {"passed": True, "reasons": []}


def promoted(registry: ModelRegistry, directory: Path) -> int:
    """A version that passed the gate and serves."""
    number = registry.put(directory, actor="t").number
    registry.set_verdict(number, PASSED, registry.head().epoch)
    registry.promote(number, expected_epoch=registry.head().epoch, actor="t")
    return number


def test_the_champion_before_needs_force_even_with_a_verdict(
    registry: ModelRegistry, make_model: MakeModel
) -> None:
    """A verdict against the present champion does not put the one before back; force and a reason do, and
    show."""
    one, two = (promoted(registry, make_model(weights)) for weights in "ab")
    registry.set_verdict(one, PASSED, registry.head().epoch)
    with pytest.raises(RefusedError, match="it was champion before; roll back"):
        registry.promote(one, expected_epoch=registry.head().epoch, actor="t")
    with pytest.raises(RegistryError, match="expected a reason"):
        registry.promote(one, expected_epoch=registry.head().epoch, actor="t", force=True)
    registry.promote(one, expected_epoch=registry.head().epoch, actor="eva", force=True, reason="two loses")
    last = registry.audit()[-1]
    assert (last.action, last.version, last.reason) == ("force", one, "two loses")
    assert registry.head().previous == two


def test_a_former_champion_that_became_a_candidate_again_needs_force_too(
    registry: ModelRegistry, make_model: MakeModel
) -> None:
    """The way over the shadow's role makes nobody forget that a version served."""
    one, _ = (promoted(registry, make_model(weights)) for weights in "ab")
    registry.set_shadow(one, actor="t")
    registry.set_shadow(None, actor="t")
    assert registry.version(one).state == "candidate"
    registry.set_verdict(one, PASSED, registry.head().epoch)
    with pytest.raises(RefusedError, match="it was champion before"):
        registry.promote(one, expected_epoch=registry.head().epoch, actor="t")


def test_a_rollback_goes_back_and_is_audited(registry: ModelRegistry, make_model: MakeModel) -> None:
    """The way back that everybody has stays: one call, one entry with its reason."""
    one, _ = (promoted(registry, make_model(weights)) for weights in "ab")
    assert registry.rollback(actor="eva", reason="loses people").champion == one
    last = registry.audit()[-1]
    assert (last.action, last.version, last.reason) == ("rollback", one, "loses people")


def test_a_rollback_to_what_was_written_into_the_head_is_refused(
    registry: ModelRegistry, make_model: MakeModel
) -> None:
    """Who changes the predecessor by hand gets no rollback to it."""
    one, two, _ = (promoted(registry, make_model(weights)) for weights in "abc")
    registry.server.client.hset(registry.server.key("head"), "previous", str(one))
    with pytest.raises(RefusedError, match=rf"follows version {two}, the head names {one}"):
        registry.rollback(actor="t", reason="x")
