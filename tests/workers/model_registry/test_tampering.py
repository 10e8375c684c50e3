# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.servers.redis import RedisServer
from workers.errors import SettingsError
from workers.model_registry import (
    MissingBlobError,
    ModelRegistry,
    Signing,
    TamperedError,
    open_registry,
    read_signing,
)

from .conftest import MakeModel

pytestmark = pytest.mark.redis
KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
Reopen = Callable[[Signing], ModelRegistry]


@pytest.fixture
def reopened(redis_server: RedisServer, registry: ModelRegistry) -> Reopen:
    """The same registry for somebody with other keys."""
    return lambda signing: open_registry(redis_server.url, registry.name, signing=signing)


def sha_of(registry: ModelRegistry, path: str) -> str:
    """The blob of a file of version 1."""
    return registry.version(1).files[path].sha256


def test_changed_chunk_is_named(registry: ModelRegistry, make_model: MakeModel, tmp_path: Path) -> None:
    """A byte that was changed in Redis is found, the file is named, and nothing is left in the directory."""
    registry.put(make_model("a"), actor="t")
    registry.server.client.hset(
        f"{registry.server.root}blob:{sha_of(registry, 'ner/weights.safetensors')}", "0", b"b" + b"a" * 2999
    )
    with pytest.raises(TamperedError, match=r"version 1: ner/weights.safetensors: expected sha256"):
        registry.fetch(1, tmp_path / "out")
    with pytest.raises(TamperedError, match=r"ner/weights.safetensors"):
        registry.verify(1)
    assert not any(path.name != "models" for path in tmp_path.iterdir())


def test_missing_chunk_and_blob_are_named(
    registry: ModelRegistry, make_model: MakeModel, tmp_path: Path
) -> None:
    """A chunk that is gone is named by its number, a blob by its file; putting the files again heals both."""
    folder = make_model("a", 5 * 2**20)
    registry.put(folder, actor="t")
    key = f"{registry.server.root}blob:{sha_of(registry, 'ner/weights.safetensors')}"
    registry.server.client.hdel(key, "3")
    with pytest.raises(MissingBlobError, match=r"ner/weights.safetensors: chunk 3 of blob"):
        registry.fetch(1, tmp_path / "out")
    registry.server.client.delete(key)
    with pytest.raises(MissingBlobError, match=r"ner/weights.safetensors: expected blob"):
        registry.verify(1)
    registry.put(folder, actor="t")
    registry.verify(1)


@pytest.mark.parametrize(
    "signing", [Signing(private=KEY), Signing(secret=b"s3cret")], ids=["ed25519", "hmac"]
)
def test_changed_manifest_is_refused(
    reopened: Reopen, make_model: MakeModel, tmp_path: Path, signing: Signing
) -> None:
    """A manifest that was changed in Redis, or took another version's place, is refused, with its version's
    number."""
    with reopened(signing) as registry:
        registry.put(make_model("a"), actor="t")
        registry.put(make_model("b"), actor="t")
        one, two = (registry.server.client.hgetall(f"{registry.server.root}v:{number}") for number in (1, 2))
        registry.verify(1)
        registry.server.client.hset(
            f"{registry.server.root}v:1", "manifest", one[b"manifest"].replace(b'"actor":"t"', b'"actor":"x"')
        )
        with pytest.raises(TamperedError, match=r"version 1 of .*signature is wrong"):
            registry.fetch(1, tmp_path / "out")
        with pytest.raises(TamperedError, match=r"version 1 of .*signature is wrong"):
            registry.read_file(1, "config.cfg")
        registry.server.client.hset(
            f"{registry.server.root}v:1",
            mapping={"manifest": two[b"manifest"], "signature": two[b"signature"]},
        )
        with pytest.raises(TamperedError, match=r"version 1 of .*manifest is that of version 2"):
            registry.fetch(1, tmp_path / "out")


def test_unsigned_is_refused_where_a_key_is_trusted(
    registry: ModelRegistry, reopened: Reopen, make_model: MakeModel, tmp_path: Path
) -> None:
    """Who trusts a key takes neither unsigned versions nor those of others; who trusts none takes all."""
    registry.put(make_model("a"), actor="t")
    with reopened(Signing(private=OTHER)) as other:
        other.put(make_model("b"), actor="t")
    with reopened(Signing(trusted=(KEY.public_key(),))) as strict:
        with pytest.raises(TamperedError, match="expected a signed manifest"):
            strict.fetch(1, tmp_path / "out")
        with pytest.raises(TamperedError, match="expected a manifest signed by"):
            strict.fetch(2, tmp_path / "out")
    registry.fetch(2, tmp_path / "out")


def test_wrong_signature_is_refused(reopened: Reopen, make_model: MakeModel) -> None:
    """A signature that was changed, cut or replaced by nonsense is refused."""
    with reopened(Signing(private=KEY)) as registry:
        version = registry.put(make_model("a"), actor="t")
        assert version.signed_by.startswith("ed25519:")
        good = registry.server.client.hget(f"{registry.server.root}v:1", "signature").decode()
        for bad in (
            good[:-2] + ("00" if not good.endswith("00") else "11"),
            good[:-8],
            "ed25519",
            good + "zz",
            "rsa:" + good,
        ):
            registry.server.client.hset(f"{registry.server.root}v:1", "signature", bad)
            with pytest.raises(TamperedError, match="version 1"):
                registry.verify(1)


def test_keys_can_be_changed_one_after_another(reopened: Reopen, make_model: MakeModel) -> None:
    """A reader that trusts the old and the new public key takes versions of both."""
    for key, weights in ((KEY, "a"), (OTHER, "b")):
        with reopened(Signing(private=key)) as writer:
            writer.put(make_model(weights), actor="t")
    with reopened(Signing(trusted=(KEY.public_key(), OTHER.public_key()))) as reader:
        assert [reader.verify(number).number for number in (1, 2)] == [1, 2]


def test_keys_come_from_files(tmp_path: Path) -> None:
    """Keys are read from the files that the environment names; a file without one is a wrong setting."""
    private, public, secret = tmp_path / "private.pem", tmp_path / "public.pem", tmp_path / "secret"
    private.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(
        b"".join(
            key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            for key in (KEY, OTHER)
        )
    )
    secret.write_bytes(b"s3cret\n")
    signer = read_signing({"FRESHET_SIGNING_KEY_FILE": str(private)})
    reader = read_signing(
        {"FRESHET_VERIFY_KEY_FILE": str(public), "FRESHET_SIGNING_SECRET_FILE": str(secret)}
    )
    reader.verify(b"m", signer.sign(b"m"), "it")
    assert (len(reader.trusted), reader.secret) == (2, b"s3cret")
    for variable in ("FRESHET_SIGNING_KEY_FILE", "FRESHET_VERIFY_KEY_FILE"):
        with pytest.raises(SettingsError, match=variable):
            read_signing({variable: str(secret)})
    assert "s3cret" not in repr(reader)


def test_broken_audit_chain_is_found(registry: ModelRegistry, make_model: MakeModel) -> None:
    """An entry that was taken out, from the middle or from the end, is missed."""
    for weights in "abc":
        registry.put(make_model(weights), actor="t")
    entries = registry.audit()
    assert len(entries) == 3
    registry.server.client.xdel(f"{registry.server.root}audit", entries[2].id)
    with pytest.raises(TamperedError, match="entries are missing"):
        registry.audit()
    registry.server.client.xdel(f"{registry.server.root}audit", entries[0].id)
    with pytest.raises(TamperedError, match=r"audit entry .*expected chain"):
        registry.audit()


def test_paths_cannot_lead_out(registry: ModelRegistry, make_model: MakeModel, tmp_path: Path) -> None:
    """A manifest that names files outside of its directory is refused, also where nothing is signed."""
    registry.put(make_model("a"), actor="t")
    data = registry.server.client.hget(f"{registry.server.root}v:1", "manifest")
    for path in (b"../config.cfg", b"/tmp/config.cfg", b"a/../../x", b""):
        registry.server.client.hset(
            f"{registry.server.root}v:1", "manifest", data.replace(b'"config.cfg"', b'"' + path + b'"')
        )
        with pytest.raises(TamperedError, match="leads out"):
            registry.fetch(1, tmp_path / "out")
