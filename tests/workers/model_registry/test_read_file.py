# SPDX-License-Identifier: Apache-2.0
"""One file of a version, alone and verified."""

from __future__ import annotations

import pytest

from workers.model_registry import MissingBlobError, ModelRegistry, RegistryError, TamperedError

from .conftest import MakeModel

pytestmark = pytest.mark.redis
WEIGHTS = "ner/weights.safetensors"


def test_one_file_is_read_alone(registry: ModelRegistry, make_model: MakeModel) -> None:
    """It comes byte for byte, though all the others are gone; an empty one too."""
    registry.put(make_model("a", 3 * 2**20), actor="t")
    for path, file in registry.version(1).files.items():
        if path not in (WEIGHTS, "empty"):
            registry.blobs.delete(file.sha256)
    assert registry.read_file(1, WEIGHTS) == b"a" * (3 * 2**20)
    assert registry.read_file(1, "empty") == b""


def test_a_file_that_is_not_there_lists_those_that_are(
    registry: ModelRegistry, make_model: MakeModel
) -> None:
    """A wrong path, one that leads out too, is answered with the right ones."""
    registry.put(make_model("a"), actor="t")
    for path in ("ner/labels.json", "../config.cfg", ""):
        with pytest.raises(RegistryError, match=r"there are: config.cfg, empty, ner/weights"):
            registry.read_file(1, path)


def test_a_file_beyond_the_limit_is_not_read(registry: ModelRegistry, make_model: MakeModel) -> None:
    """The size in the signed manifest decides, before a byte is asked for."""
    registry.put(make_model("a"), actor="t")
    registry.blobs.delete(registry.version(1).files[WEIGHTS].sha256)
    with pytest.raises(RegistryError, match="expected at most 2,999 bytes, it has 3,000"):
        registry.read_file(1, WEIGHTS, max_bytes=2999)


def test_a_changed_file_is_refused(registry: ModelRegistry, make_model: MakeModel) -> None:
    """A changed byte, more bytes and none are refused by name."""
    registry.put(make_model("a"), actor="t")
    key = registry.server.key(f"blob:{registry.version(1).files[WEIGHTS].sha256}")
    for chunks in ({"0": b"b" + b"a" * 2999}, {"0": b"a" * 3000, "1": b"a" * 9}):
        registry.server.client.hset(key, mapping=chunks)
        with pytest.raises(TamperedError, match=f"version 1: {WEIGHTS}: expected"):
            registry.read_file(1, WEIGHTS)
    registry.server.client.delete(key)
    with pytest.raises(MissingBlobError, match=WEIGHTS):
        registry.read_file(1, WEIGHTS)


def test_a_changed_manifest_is_refused(registry: ModelRegistry, make_model: MakeModel) -> None:
    """The file of a manifest that is another version's is not read."""
    for weights in "ab":
        registry.put(make_model(weights), actor="t")
    two = registry.server.client.hget(registry.server.key("v:2"), "manifest")
    registry.server.client.hset(registry.server.key("v:1"), "manifest", two)
    with pytest.raises(TamperedError, match=r"version 1 of .*manifest is that of version 2"):
        registry.read_file(1, WEIGHTS)
