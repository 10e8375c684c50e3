# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.servers.redis import RedisServer
from workers.model_registry import (
    DirectoryBlobs,
    MissingBlobError,
    ModelRegistry,
    RegistryError,
    Signing,
    TamperedError,
    open_registry,
)
from workers.model_registry.blobs import CHUNK, chunks_of

from .conftest import MakeModel

pytestmark = pytest.mark.redis


def test_garbage_leaves_what_is_named(registry: ModelRegistry, make_model: MakeModel, tmp_path: Path) -> None:
    """Collection drops the files of retired versions alone; blobs that others, or the checkpoint, name
    stay."""
    for weights in "abc":
        registry.put(make_model(weights), actor="t")
    registry.promote(1, expected_epoch=0, actor="t")
    fence, blob, orphan = (
        registry.acquire_fence(),
        registry.states.put(b"state"),
        registry.states.put(b"orphan"),
    )
    registry.commit_checkpoint(fence, None, "d1", {}, {"w": blob}, op_id="c1")
    registry.retire(2, actor="t")
    assert registry.collect_garbage(older_than=3600) == (0, 0)
    assert registry.collect_garbage(older_than=0) == (1, 2)  # version 2's own weights, and the orphan
    assert [version.collected for version in registry.versions()] == [False, True, False]
    for number in (1, 3):
        registry.verify(number)
    assert (registry.states.get(blob), registry.states.has(orphan)) == (b"state", False)
    with pytest.raises(MissingBlobError, match="were collected"):
        registry.fetch(2, tmp_path / "out")
    with pytest.raises(RegistryError, match="were collected"):
        registry.promote(2, expected_epoch=1, actor="t", force=True, reason="x")
    assert registry.collect_garbage(older_than=0) == (0, 0)


def test_only_the_newest_that_ended_keep_their_files(registry: ModelRegistry, make_model: MakeModel) -> None:
    """Versions that the gate refused or that served go, however young; what serves, is next in line, waits
    for its verdict, is protected or is among the newest of them stays, and so do shared blobs."""
    for weights in "abcdefg":
        registry.put(make_model(weights), actor="t")
    for number in (1, 2, 3):
        epoch = registry.head().epoch
        registry.promote(number, expected_epoch=epoch, actor="t", force=True, reason="x")
    for number in (4, 5, 6):
        registry.set_verdict(number, {"passed": False}, registry.head().epoch)
    assert registry.discard(1, protect=[4], actor="t") == 2
    assert [v.number for v in registry.versions() if v.collected] == [1, 5]
    for number in (2, 3, 4, 6, 7):
        registry.verify(number)
    assert [entry.action for entry in registry.audit()][-2:] == ["collect", "collect"]
    assert registry.discard(1, protect=[4], actor="t") == 0


def test_put_survives_collection_meanwhile(
    registry: ModelRegistry, make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blobs that are collected between upload and put are uploaded again."""
    upload, sent = registry.blobs.put_file, []

    def upload_then_collect(path: Path, sha256: str, size: int) -> None:
        upload(path, sha256, size)
        sent.append(path.name)
        if len(sent) == 4:
            registry.server.client.delete(f"{registry.server.root}blob:{sha256}")

    monkeypatch.setattr(registry.blobs, "put_file", upload_then_collect)
    registry.verify(registry.put(make_model("a"), actor="t").number)
    assert len(sent) == 8


def test_states_in_redis_follow_the_checkpoint(registry: ModelRegistry, make_model: MakeModel) -> None:
    """The states of the last two checkpoints stay, older ones go, but for bytes that a version has as
    well."""
    registry.put(make_model("a"), actor="t")
    shared = registry.states.put((make_model("a") / "tok2vec" / "weights.safetensors").read_bytes())
    fence, blobs = registry.acquire_fence(), []
    for step in range(4):
        blobs.append(registry.states.put(f"state {step}".encode()))
        named = {"w": blobs[-1]} | ({"encoder": shared} if step == 0 else {})
        registry.commit_checkpoint(
            fence, f"d{step}" if step else None, f"d{step + 1}", {}, named, op_id=f"c{step}"
        )
    assert [registry.states.has(blob) for blob in blobs] == [False, False, True, True]
    registry.verify(1)


def test_states_in_a_directory_follow_the_checkpoint(
    redis_server: RedisServer, registry: ModelRegistry, tmp_path: Path
) -> None:
    """With a folder for states, the blobs of the last two checkpoints stay there, and older ones go with the
    next commit."""
    with open_registry(redis_server.url, registry.name, signing=Signing(), states=tmp_path / "states") as own:
        fence, blobs = own.acquire_fence(), []
        for step in range(4):
            blobs.append(own.states.put(f"state {step}".encode()))
            own.commit_checkpoint(
                fence, f"d{step}" if step else None, f"d{step + 1}", {}, {"w": blobs[-1]}, op_id=f"c{step}"
            )
        assert [own.states.has(blob) for blob in blobs] == [False, False, True, True]
        own.states.put(b"orphan")
        own.collect_garbage(0)
        assert sum(len(files) for _, _, files in os.walk(tmp_path / "states")) == 2


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 9 * CHUNK])
def test_blobs_of_any_size_come_back(registry: ModelRegistry, tmp_path: Path, size: int) -> None:
    """Both stores give back what was put, an empty blob too."""
    data = bytes(size)
    for store in (registry.blobs, DirectoryBlobs(tmp_path)):
        sha256 = store.put(data)
        assert store.put(data) == sha256
        assert store.get(sha256) == data
    assert registry.server.client.hlen(f"{registry.server.root}blob:{sha256}") == chunks_of(size)


def test_directory_store_verifies(tmp_path: Path) -> None:
    """A file that is missing or was changed is refused."""
    store = DirectoryBlobs(tmp_path)
    sha256 = store.put(b"data")
    (tmp_path / sha256[:2] / sha256).write_bytes(b"DATA")
    with pytest.raises(TamperedError, match=sha256):
        store.get(sha256)
    store.delete(sha256)
    with pytest.raises(MissingBlobError, match=sha256[:12]):
        store.get(sha256)


def test_fetch_keeps_a_directory_that_holds_the_version(
    registry: ModelRegistry, make_model: MakeModel, tmp_path: Path
) -> None:
    """Fetching again into the same directory is free; into one with other files it is refused."""
    registry.put(make_model("a"), actor="t")
    registry.put(make_model("b"), actor="t")
    out = registry.fetch(1, tmp_path / "out")
    before = (out / "config.cfg").stat().st_ino
    assert registry.fetch(1, out) == out
    assert (out / "config.cfg").stat().st_ino == before
    with pytest.raises(RegistryError, match="holds other files"):
        registry.fetch(2, out)
    (tmp_path / "empty").mkdir()
    registry.fetch(2, tmp_path / "empty")
