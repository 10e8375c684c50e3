# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import engine
from engine.extras import OMS
from workers.cli.app import app
from workers.oms_signatures import SIGNATURE, SignatureError, sign_folder, verified_copy, verify_folder

pytestmark = pytest.mark.skipif(not OMS.is_installed, reason="needs the extra oms")


def key_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """Files of a private and a public key."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()))
    public.write_bytes(
        key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A private key, its public half, and somebody else's public key."""
    folder = tmp_path_factory.mktemp("keys")
    return (*key_pair(folder, "ours"), key_pair(folder, "theirs")[1])


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A pipeline's folder."""
    engine.blank("en").to_disk(tmp_path / "model")
    return tmp_path / "model"


CHANGES: dict[str, Callable[[Path], object]] = {
    "changed": lambda folder: (folder / "config.cfg").write_text("[nlp]\n"),
    "added": lambda folder: (folder / "more.py").write_text("1"),
    "hidden": lambda folder: (folder / ".hidden").write_text("1"),
    "removed": lambda folder: (folder / "tokenizer.json").unlink(),
    "renamed": lambda folder: (folder / "tokenizer.json").rename(folder / "tokens.json"),
    "linked": lambda folder: (folder / "link").symlink_to("/etc/hostname"),
    "unsigned": lambda folder: (folder / SIGNATURE).unlink(),
    "no signature": lambda folder: (folder / SIGNATURE).write_text("{}"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_signed_folder_is_held_to_its_files(
    change: Callable[[Path], object], model: Path, keys: tuple[Path, ...]
) -> None:
    """A folder is good as it was signed, and by the one key: no file changed, added, gone or linked."""
    private, public, other = keys
    sign_folder(model, private)
    assert verify_folder(model, public) == 3
    with pytest.raises(SignatureError):
        verify_folder(model, other)
    change(model)
    with pytest.raises(SignatureError):
        verify_folder(model, public)


def test_what_is_loaded_is_what_was_verified(model: Path, keys: tuple[Path, ...]) -> None:
    """A worker that requires a signature loads from its own copy; the folder may change behind it."""
    sign_folder(model, keys[0])
    with verified_copy(model, keys[1]) as copy:
        (model / "config.cfg").write_text("changed")
        assert engine.load(copy).lang == "en"
    with pytest.raises(SignatureError), verified_copy(model, keys[1]):
        pass


def test_commands_sign_and_verify(model: Path, keys: tuple[Path, ...], tmp_path: Path) -> None:
    """`models put --oms` signs, `models verify --oms` and `verify DIR --key` hold a version to it, `annotate
    --require-signature` serves nothing else."""
    run = CliRunner()
    registry = ["--registry", f"embedded:{tmp_path}/registry"]
    private, public, other = map(str, keys)
    put = run.invoke(app, ["models", "put", str(model), "--oms", private, *registry])
    assert put.exit_code == 0, put.output
    assert not (model / SIGNATURE).exists()
    assert run.invoke(app, ["models", "verify", "--oms", public, *registry]).exit_code == 0
    assert run.invoke(app, ["models", "verify", "--oms", other, *registry]).exit_code == 1
    folder = tmp_path / "out"
    assert run.invoke(app, ["models", "export", "1", str(folder), *registry]).exit_code == 0
    good = run.invoke(app, ["verify", str(folder), "--key", public])
    assert (good.exit_code, "3 files as they were signed" in good.output) == (0, True), good.output
    assert run.invoke(app, ["verify", str(folder), "--key", other]).exit_code == 1
    assert run.invoke(app, ["verify", str(model), "--key", public]).exit_code == 1
    for served, key in ((model, public), (folder, other)):
        refused = run.invoke(
            app, ["annotate", str(served), "--require-signature", key, "--broker", f"embedded:{tmp_path}/log"]
        )
        assert refused.exit_code == 1, refused.output
