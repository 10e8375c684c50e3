# SPDX-License-Identifier: Apache-2.0
"""From an address to a model registry."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .access import Access, read_access
from .client import connect
from .errors import RegistryError
from .registry import ModelRegistry
from .signatures import Signing, read_signing

DEFAULT_NAME = "default"
STATES = "states"


def open_registry(
    address: str,
    name: str = DEFAULT_NAME,
    *,
    signing: Signing | None = None,
    access: Access | None = None,
    states: Path | None = None,
) -> ModelRegistry:
    """The registry of a model at an address: embedded:DIR, redis://, rediss://, unix://, sentinel://.

    Keys and secrets are read from the environment (`read_signing`, `read_access`) unless they are given. The
    trainer's states are kept in the folder `states`, else in FRESHET_REGISTRY_STATES, else beside an embedded
    server's data, else in Redis. Nothing is asked of a distant server yet: it may be down. Raises:
    RegistryError for a wrong address or name, SettingsError.

    >>> import tempfile
    >>> with open_registry(f"embedded:{tempfile.mkdtemp()}") as registry:
    ...     registry.versions()
    []
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        raise RegistryError(f"expected a model's name of letters, digits, '.', '_' and '-', got {name!r}")
    access = access or read_access(os.environ)
    connected = connect(address, access)
    folder = states or _states(
        os.environ.get("FRESHET_REGISTRY_STATES", ""), connected.server.folder if connected.server else None
    )
    own = signing if signing is not None else read_signing(os.environ)
    return ModelRegistry(connected, name, own, ephemeral=access.ephemeral, states=folder)


def _states(named: str, beside: Path | None) -> Path | None:
    if named:
        return Path(named)
    return None if beside is None else beside / STATES
