# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from workers.model_registry import (
    Head,
    Lineage,
    ModelRegistry,
    RefusedError,
    RegistryError,
    StaleHeadError,
    UnknownVersionError,
)

from .conftest import MakeModel

pytestmark = pytest.mark.redis
PASSED = {"passed": True, "reasons": []}


def blessed(registry: ModelRegistry, directory: Path) -> int:
    """A version that may be promoted now."""
    number = registry.put(directory, actor="t").number
    registry.set_verdict(number, PASSED, registry.head().epoch)
    return number


def test_what_is_put_is_fetched(registry: ModelRegistry, make_model: MakeModel, tmp_path: Path) -> None:
    """A version's directory comes back file by file, with everything that was said about it."""
    lineage = Lineage({"corrections:0": (3, 9)}, "d" * 8, "c" * 8, "1.2", {"torch": "2"}, 7)
    put = registry.put(
        make_model("a"), actor="eva", lineage=lineage, corrections={"0": 9}, scores={"ents_f": 0.5}
    )
    fetched = registry.fetch(put.number, tmp_path / "out")
    assert {
        path.relative_to(fetched).as_posix(): path.read_bytes()
        for path in fetched.rglob("*")
        if path.is_file()
    } == {
        path.relative_to(make_model("a")).as_posix(): path.read_bytes()
        for path in make_model("a").rglob("*")
        if path.is_file()
    }
    version = registry.version(put.number)
    assert version == put == registry.versions()[0]
    assert (version.state, version.lineage, version.corrections, version.scores, version.actor) == (
        "candidate",
        lineage,
        {"0": 9},
        {"ents_f": 0.5},
        "eva",
    )


def test_same_operation_puts_once(registry: ModelRegistry, make_model: MakeModel) -> None:
    """A put that is repeated with its op_id gives the version that is there; with other files it is
    refused."""
    first = registry.put(make_model("a"), actor="t", op_id="x")
    assert registry.put(make_model("a"), actor="t", op_id="x") == first
    assert len(registry.versions()) == 1
    with pytest.raises(RegistryError, match="put other files before"):
        registry.put(make_model("b"), actor="t", op_id="x")


def test_shared_files_are_stored_once(registry: ModelRegistry, make_model: MakeModel) -> None:
    """Versions that share an encoder share its blob."""
    for weights in "abc":
        registry.put(make_model(weights), actor="t")
    digests = {file.sha256 for version in registry.versions() for file in version.files.values()}
    assert len(digests) == 3 + 3  # config, encoder and an empty file are common


def test_promote_needs_a_verdict_against_this_champion(
    registry: ModelRegistry, make_model: MakeModel
) -> None:
    """Without a verdict, with a failed one or with one against an older champion a version is not
    promoted."""
    registry.promote(registry.put(make_model("a"), actor="t").number, expected_epoch=0, actor="t")
    b, c = (registry.put(make_model(weights), actor="t", parent=1).number for weights in "bc")
    with pytest.raises(RefusedError, match="no verdict"):
        registry.promote(b, expected_epoch=1, actor="t")
    registry.set_verdict(b, {"passed": False}, 1)
    with pytest.raises(RefusedError, match="the gate refused it"):
        registry.promote(b, expected_epoch=1, actor="t")
    registry.set_verdict(b, PASSED, 1)
    registry.set_verdict(c, PASSED, 1)
    assert registry.promote(b, expected_epoch=1, actor="t").champion == b
    with pytest.raises(RefusedError, match="against epoch 1, the champion is of epoch 2"):
        registry.promote(c, expected_epoch=2, actor="t")


def test_promote_refuses_a_stale_head(registry: ModelRegistry, make_model: MakeModel) -> None:
    """Who decided on the head of an earlier champion must decide again; a new shadow in between does no
    harm."""
    a, b = blessed(registry, make_model("a")), blessed(registry, make_model("b"))
    registry.promote(a, expected_epoch=0, actor="t")
    registry.set_verdict(b, PASSED, 1)
    with pytest.raises(StaleHeadError, match="another champion serves"):
        registry.promote(b, expected_epoch=0, actor="t")
    registry.set_shadow(b, actor="t")
    assert registry.promote(b, expected_epoch=1, actor="t") == registry.head()
    assert registry.head().shadow is None


def test_force_needs_a_reason(registry: ModelRegistry, make_model: MakeModel) -> None:
    """The gate can be overruled, by someone who says why; the audit chain shows it."""
    registry.promote(blessed(registry, make_model("a")), expected_epoch=0, actor="t")
    bad = registry.put(make_model("b"), actor="t").number
    for reason in ("", "  "):
        with pytest.raises(RegistryError, match="expected a reason for promoting by force"):
            registry.promote(bad, expected_epoch=1, actor="eva", force=True, reason=reason)
    registry.promote(bad, expected_epoch=1, actor="eva", force=True, reason="urgent")
    last = registry.audit()[-1]
    assert (last.action, last.version, last.actor, last.reason) == ("force", bad, "eva", "urgent")


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_rollback_needs_a_reason(registry: ModelRegistry, make_model: MakeModel, reason: str) -> None:
    """Who looks at the chain later wants to know why; nothing changes without one."""
    for weights in "ab":
        registry.promote(
            blessed(registry, make_model(weights)), expected_epoch=registry.head().epoch, actor="t"
        )
    before = registry.head()
    with pytest.raises(RegistryError, match="expected a reason for a rollback"):
        registry.rollback(actor="eva", reason=reason)
    assert registry.head() == before


def test_rollback_goes_back_step_by_step(registry: ModelRegistry, make_model: MakeModel) -> None:
    """Each rollback serves the champion before and retires the one that failed; at the first there is nothing
    to go back to."""
    for weights in "abc":
        registry.promote(
            blessed(registry, make_model(weights)), expected_epoch=registry.head().epoch, actor="t"
        )
    assert [version.state for version in registry.versions()] == ["retired", "previous", "champion"]
    assert registry.rollback(actor="t", reason="bad").champion == 2
    head = registry.rollback(actor="t", reason="worse")
    assert (head.champion, head.previous, head.epoch) == (1, None, 5)
    assert [version.state for version in registry.versions()] == ["champion", "retired", "retired"]
    with pytest.raises(RefusedError, match="no version to go back to"):
        registry.rollback(actor="t", reason="again")


def test_shadow_and_canary_are_exclusive_roles(registry: ModelRegistry, make_model: MakeModel) -> None:
    """A version plays one role; whoever played it before is a candidate again; a canary needs a verdict."""
    a, b, c = (blessed(registry, make_model(weights)) for weights in "abc")
    registry.promote(a, expected_epoch=0, actor="t")
    assert registry.set_shadow(b, actor="t").shadow == b
    with pytest.raises(RefusedError, match="against epoch 0"):
        registry.set_canary(b, 10, actor="t")
    registry.set_verdict(b, PASSED, 1)
    head = registry.set_canary(b, 10, actor="t")
    assert (head.shadow, head.canary, head.canary_percent) == (None, b, 10)
    registry.set_canary(c, 5, actor="t", force=True, reason="try")
    assert [version.state for version in registry.versions()] == ["champion", "candidate", "canary"]
    assert registry.set_canary(None, actor="t").canary is None
    with pytest.raises(RefusedError, match="it is champion"):
        registry.set_shadow(a, actor="t")


def test_champion_cannot_be_retired(registry: ModelRegistry, make_model: MakeModel) -> None:
    """What serves stays; a retired version leaves its role and needs force to come back."""
    a, b = blessed(registry, make_model("a")), blessed(registry, make_model("b"))
    registry.promote(a, expected_epoch=0, actor="t")
    with pytest.raises(RefusedError, match="it is the champion"):
        registry.retire(a, actor="t")
    registry.set_shadow(b, actor="t")
    assert registry.retire(b, actor="t").state == "retired"
    assert registry.head().shadow is None
    with pytest.raises(RefusedError, match="retired"):
        registry.promote(b, expected_epoch=1, actor="t")


def test_unknown_version_lists_those_that_exist(registry: ModelRegistry, make_model: MakeModel) -> None:
    """A wrong number is answered with the right ones, whatever was asked."""
    registry.put(make_model("a"), actor="t")
    for ask in (
        lambda: registry.version(9),
        lambda: registry.promote(9, expected_epoch=0, actor="t"),
        lambda: registry.retire(9, actor="t"),
        lambda: registry.set_shadow(9, actor="t"),
        lambda: registry.set_verdict(9, PASSED, 0),
        lambda: registry.put(make_model("b"), parent=9, actor="t"),
    ):
        with pytest.raises(UnknownVersionError, match="there are: 1"):
            ask()


def test_empty_registry_has_an_empty_head(registry: ModelRegistry) -> None:
    """Before the first version there is no champion, no version, no checkpoint and no history."""
    assert (registry.head(), registry.versions(), registry.checkpoint(), registry.audit()) == (
        Head(),
        [],
        None,
        [],
    )


@pytest.mark.parametrize(
    ("name", "data"),
    [("weights.pt", b"x"), ("model.bin", b"PK\x03\x04..."), ("model", b"\x80\x04\x95abc"), ("a.pkl", b"")],
)
def test_runnable_files_are_refused(
    registry: ModelRegistry, make_model: MakeModel, name: str, data: bytes
) -> None:
    """Pickles and archives, which may run code when they are loaded, do not get in."""
    folder = make_model("a")
    (folder / name).write_bytes(data)
    with pytest.raises(RegistryError, match="without code"):
        registry.put(folder, actor="t")


def test_a_large_file_that_lies_beside_is_linked(
    registry: ModelRegistry, make_model: MakeModel, tmp_path: Path
) -> None:
    """What two versions share is fetched once; a file of the same size that is another one is not taken."""
    for name, fill in (("a", b"E"), ("b", b"E"), ("c", b"F")):
        (make_model(name) / "encoder.safetensors").write_bytes(fill * 300_000)
    folders = [
        registry.fetch(registry.put(make_model(name), actor="t").number, tmp_path / "out" / name)
        for name in "abc"
    ]
    first, second, third = (folder / "encoder.safetensors" for folder in folders)
    assert first.stat().st_ino == second.stat().st_ino != third.stat().st_ino
    assert third.read_bytes() == b"F" * 300_000
