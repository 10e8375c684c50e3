# SPDX-License-Identifier: Apache-2.0
"""Whatever somebody writes into a registry's keys: what reads them says that they were changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from workers.model_registry import Head, ModelRegistry, RegistryError, TamperedError, WorkerEntry
from workers.model_registry.blobs import DirectoryBlobs
from workers.model_registry.manifest import read_manifest

from .conftest import MakeModel

pytestmark = pytest.mark.redis
VALUES: list[bytes] = [
    *(
        b"",
        b"\xff\xfe",
        b"\0",
        b"x",
        b"-1",
        b"1e999",
        b"NaN",
        b"null",
        b"[]",
        b"{}",
        b'"x"',
        b'{"passed": 1}',
    ),
    *(b"9" * 5000, b"[" * 100_000, b'{"a": ["b"]}', b'{"passed": true', b"../../x", b'"\\ud800"', b"\x1b[2J"),
]
READINGS: dict[str, Callable[[ModelRegistry, Path], object]] = {
    "versions": lambda registry, folder: registry.versions(),
    "version": lambda registry, folder: registry.version(1),
    "head": lambda registry, folder: registry.head(),
    "audit": lambda registry, folder: registry.audit(),
    "audit after": lambda registry, folder: registry.audit_after(Head()),
    "fetch": lambda registry, folder: registry.fetch(1, folder / "out"),
    "read": lambda registry, folder: registry.read_file(1, "meta.json"),
    "verify": lambda registry, folder: registry.verify(1),
    "workers": lambda registry, folder: registry.workers(),
    "checkpoint": lambda registry, folder: registry.checkpoint(),
    "metrics": lambda registry, folder: registry.metrics(),
}


@pytest.fixture
def filled(registry: ModelRegistry, make_model: MakeModel) -> ModelRegistry:
    """A registry with something of everything."""
    registry.put(make_model("a"), actor="t", scores={"a": 0.5}, corrections={"0": 3})
    registry.set_verdict(1, {"passed": True}, 0)
    registry.promote(1, expected_epoch=0, actor="t")
    fence = registry.acquire_fence()
    registry.commit_checkpoint(fence, None, "d", {"c:0": 1}, {"s": registry.states.put(b"s")}, op_id="1")
    registry.log_metrics({"loss": 1.0})
    registry.note_worker(WorkerEntry("w", lag={"a:0": 1}), 3600)
    return registry


def read_all(registry: ModelRegistry, folder: Path) -> None:
    """Every reading gives an answer, or an error of ours."""
    for read in READINGS.values():
        with suppress(RegistryError):
            read(registry, folder)


def test_every_field_may_hold_anything(filled: ModelRegistry, tmp_path: Path) -> None:
    """Each field of each hash, and each text, in turn: of another kind, damaged, gone."""
    client, root = filled.server.client, filled.server.root
    for key in sorted(client.scan_iter(f"{root}*")):
        kind = client.type(key)
        saved = client.dump(key)
        if kind == b"hash" and b"blob:" not in key:
            for i, field in enumerate(sorted(client.hgetall(key))):
                for value in VALUES[i % 6 :: 6]:  # others for the next field: all take a minute
                    client.hset(key, field, value)
                    read_all(filled, tmp_path)
                client.hdel(key, field)
                read_all(filled, tmp_path)
                client.restore(key, 0, saved, replace=True)
        elif kind == b"string":
            for value in VALUES:
                client.set(key, value)
                read_all(filled, tmp_path)
        else:
            client.delete(key)
            client.set(key, b"another kind")
            read_all(filled, tmp_path)
        client.restore(key, 0, saved, replace=True)
    assert [version.number for version in filled.versions()] == [1]


def test_rows_and_members_may_be_anything(filled: ModelRegistry, tmp_path: Path) -> None:
    """Of sorted sets and streams too."""
    client, key = filled.server.client, filled.server.key
    for value in VALUES:
        client.zadd(key("versions"), {value: 9})
        client.zadd(key("workers"), {value: 1e12})
        client.set(filled.server.root.encode() + b"worker:" + value, value)
        client.xadd(key("metrics"), {"row": value})
        client.xadd(key("audit"), {"action": value, value or b"a": value})
        read_all(filled, tmp_path)
        with pytest.raises(TamperedError):
            filled.audit()
        client.zrem(key("versions"), value)


MANIFEST = {
    "format": 1,
    "name": "m",
    "number": 1,
    "parent": None,
    "files": {"a": {"size": 1, "sha256": "0" * 64}},
    "lineage": {"offsets": {}},
    "corrections": {},
    "scores": {},
    "created": "",
    "actor": "",
}


@pytest.mark.parametrize("value", [None, True, -1, 1e999, [], {}, "x", {"a": None}, [["a", 1]]], ids=repr)
@pytest.mark.parametrize("key", MANIFEST)
def test_a_manifest_has_its_form(key: str, value: object) -> None:
    """Each part of another kind is refused, or is a value that the part may have."""
    assert read_manifest(json.dumps(MANIFEST).encode(), "m", 1).number == 1
    try:
        found = read_manifest(json.dumps({**MANIFEST, key: value}).encode(), "m", 1)
    except TamperedError:
        return
    assert isinstance(found.actor + found.created, str)
    assert sum(found.corrections.values()) + sum(found.scores.values()) == 0
    assert key in ("parent", "created", "actor", "corrections", "scores", "files", "lineage", "format")


def test_a_blob_with_more_bytes_than_its_file_is_not_written_out(
    filled: ModelRegistry, tmp_path: Path
) -> None:
    """Before a disk is full of it."""
    sha256 = filled.version(1).files["ner/weights.safetensors"].sha256
    key = f"{filled.server.root}blob:{sha256}"
    for number in range(40):
        filled.server.client.hset(key, str(number), b"a" * 100_000)
    with pytest.raises(TamperedError, match="its blob has more"):
        filled.fetch(1, tmp_path / "out")
    with pytest.raises(TamperedError, match="its blob has more"):
        filled.read_file(1, "ner/weights.safetensors")


@pytest.mark.parametrize("name", ["../../../gone", "/gone", "", "a" * 63, "A" * 64, "." * 64])
def test_names_of_states_are_no_paths(name: str, tmp_path: Path) -> None:
    """A checkpoint in Redis that names a path reads and removes nothing."""
    (tmp_path / "gone").write_bytes(b"x")
    blobs = DirectoryBlobs(tmp_path / "a" / "b")
    for use in (blobs.get, blobs.has, blobs.delete):
        with pytest.raises(TamperedError, match="expected the sha256"):
            use(f"{tmp_path}{name}" if name == "/gone" else name)
    assert (tmp_path / "gone").exists()
