# SPDX-License-Identifier: Apache-2.0
"""Signatures of model folders as the ecosystem makes them: OpenSSF model signing with a key, nothing sent
anywhere.

The file `model.sig` in the folder holds a signature over the name and the sha256 of each other file in it.
Any tool of that standard reads it (`model_signing verify key`). Keys are elliptic curves' in PEM.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from engine.extras import OMS

from .errors import WorkerError

SIGNATURE = "model.sig"


class SignatureError(WorkerError):
    """A folder without a signature, or with one that does not hold."""


def sign_folder(folder: Path, private_key: Path) -> Path:
    """Write the signature of a folder's files into it. Raises: SignatureError where the key is none."""
    signing = _module("signing", "--oms")
    target = folder / SIGNATURE
    target.unlink(missing_ok=True)
    try:
        config = signing.Config().use_elliptic_key_signer(private_key=str(private_key))
        config.set_hashing_config(_hashing(folder)).sign(str(folder), str(target))
    except Exception as error:  # the package raises what its own libraries raise
        raise SignatureError(
            f"{private_key}: expected a private key of an elliptic curve as PEM to sign {folder} with, got "
            f"{type(error).__name__}: {error}"
        ) from error
    return target


def verify_folder(folder: Path, public_key: Path) -> int:
    """Hold a folder to the signature in it; how many files it covers.

    Raises: SignatureError where there is none, it is another key's, or a file is changed, missing or added.
    """
    verifying = _module("verifying", "--key")
    signature = folder / SIGNATURE
    if not folder.is_dir() or not signature.is_file():
        raise SignatureError(
            f"{folder}: expected a folder with {SIGNATURE}, an OpenSSF signature of its files; found "
            "none. `freshet models put --oms KEY` writes one"
        )
    _refuse_links(folder)
    try:
        config = verifying.Config().use_elliptic_key_verifier(public_key=str(public_key))
        config.set_hashing_config(_hashing(folder)).verify(str(folder), str(signature))
    except Exception as error:  # the package raises what its own libraries raise
        what = " ".join(str(error).split())[:300] or type(error).__name__
        raise SignatureError(
            f"{folder}: expected the files that were signed by the holder of {public_key}, got: {what}; "
            "fetch the folder again, or ask who signs"
        ) from error
    return sum(1 for file in folder.rglob("*") if file.is_file()) - 1


@contextmanager
def signed_copy(folder: Path, private_key: Path) -> Iterator[Path]:
    """A copy of a folder with its signature in it, while the block lasts."""
    with tempfile.TemporaryDirectory(prefix="freshet-oms-") as place:
        copy = Path(place) / (folder.name or "model")
        shutil.copytree(folder, copy, symlinks=False)
        sign_folder(copy, private_key)
        yield copy


@contextmanager
def verified_copy(folder: Path, public_key: Path) -> Iterator[Path]:
    """A copy of a folder whose files were held to their signature: what is loaded from it is what was
    verified, whoever may write to the folder meanwhile."""
    with tempfile.TemporaryDirectory(prefix="freshet-oms-") as place:
        copy = Path(place) / (folder.name or "model")
        if not folder.is_dir():
            verify_folder(folder, public_key)
        shutil.copytree(folder, copy, symlinks=True)
        verify_folder(copy, public_key)
        yield copy


def _refuse_links(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_symlink():
            raise SignatureError(
                f"{file}: expected a file of the signed folder, got a link, which no signature covers"
            )


def _hashing(folder: Path) -> Any:
    """What is hashed: all files but the signature, hidden ones too."""
    hashing = _module("hashing", "--oms")
    return hashing.Config().set_ignored_paths(paths=[str(folder / SIGNATURE)], ignore_git_paths=False)


def _module(name: str, option: str) -> Any:
    OMS.require(f"an OpenSSF model signature ({option})")
    logging.getLogger("model_signing").setLevel(logging.ERROR)
    return import_module(f"model_signing.{name}")
