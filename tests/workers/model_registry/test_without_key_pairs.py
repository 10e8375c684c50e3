# SPDX-License-Identifier: Apache-2.0
"""The registry in a base install: shared secrets sign, and who names a key pair is told what to install."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BASE_INSTALL = Path(__file__).parents[2] / "base_install"

CODE = """
import sys
from workers.errors import SettingsError
from workers.model_registry import TamperedError, read_signing

signing = read_signing({"FRESHET_SIGNING_SECRET": "s3cret"})
signing.verify(b"manifest", signing.sign(b"manifest"), "version 1")
try:
    signing.verify(b"another", signing.sign(b"manifest"), "version 1")
except TamperedError as error:
    print(error)
for place in ("FRESHET_SIGNING_KEY_FILE", "FRESHET_VERIFY_KEY_FILE"):
    try:
        read_signing({place: "key.pem"})
    except SettingsError as error:
        print(error)
"""


def test_key_pairs_need_an_extra_and_secrets_do_not() -> None:
    """Without `cryptography` a secret signs and finds out changes; a key file is refused by its variable."""
    environ = {**os.environ, "PYTHONPATH": str(BASE_INSTALL), "FRESHET_WITHOUT": "cryptography"}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environ, capture_output=True, text=True, check=True, timeout=100
    )
    changed, *refused = done.stdout.splitlines()
    assert "the manifest's signature is wrong" in changed
    assert [line.split()[2].rstrip(":") for line in refused] == [
        "FRESHET_SIGNING_KEY_FILE",
        "FRESHET_VERIFY_KEY_FILE",
    ]
    assert all(line.endswith("type: pip install 'freshet[signing]'") for line in refused)
